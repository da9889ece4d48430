//! What a Rust programmer would write instead: lettre's pooled transport, a letter built for
//! every row of the list.
//!
//! ```text
//! race_lettre SERVER CONNECTIONS plain|starttls CAMPAIGN_FOLDER
//! ```
//!
//! It reads the same list and the same texts as Hikyaku and puts name and city in by plain
//! replacement, which costs less than a template engine. It keeps no outcomes.

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinSet;

type Fault = Box<dyn Error + Send + Sync>;
type Transport = AsyncSmtpTransport<Tokio1Executor>;

fn main() -> Result<(), Fault> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [server, connections, tls, campaign] = words.as_slice() else {
        return Err("race_lettre SERVER CONNECTIONS plain|starttls CAMPAIGN_FOLDER".into());
    };
    let (host, port) = server.rsplit_once(':').ok_or("SERVER is HOST:PORT")?;
    let connections: u32 = connections.parse()?;
    let tls = match tls.as_str() {
        "plain" => Tls::None,
        _ => Tls::Required(any_certificate(host)?),
    };
    // The pool starts tasks when it is made and when it is dropped.
    let runtime = tokio::runtime::Runtime::new()?;
    let _entered = runtime.enter();
    let transport = Transport::builder_dangerous(host)
        .port(port.parse()?)
        .tls(tls)
        .pool_config(PoolConfig::new().max_size(connections))
        .build();
    let campaign = Arc::new(Campaign::read(Path::new(campaign))?);
    runtime.block_on(send_all(&transport, &campaign, connections))
}

fn any_certificate(host: &str) -> Result<TlsParameters, Fault> {
    let parameters = TlsParameters::builder(host.to_owned())
        .dangerous_accept_invalid_certs(true)
        .dangerous_accept_invalid_hostnames(true);
    Ok(parameters.build_rustls()?)
}

/// As many tasks as connections, each taking the next row until there is none.
async fn send_all(
    transport: &Transport,
    campaign: &Arc<Campaign>,
    connections: u32,
) -> Result<(), Fault> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (transport, campaign, next) =
            (transport.clone(), Arc::clone(campaign), Arc::clone(&next));
        tasks.spawn(async move {
            while let Some(row) = campaign.rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                transport.send(campaign.letter(row)?).await?;
                // The pool takes its connection back in a task of its own; without this turn it
                // would open another one for the next letter.
                tokio::task::yield_now().await;
            }
            Ok::<(), Fault>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    transport.shutdown().await;
    Ok(())
}

/// A list and the letter for it.
struct Campaign {
    rows: Vec<Row>,
    text: String,
    html: String,
    from: Mailbox,
}

struct Row {
    email: String,
    name: String,
    city: String,
}

impl Campaign {
    fn read(folder: &Path) -> Result<Self, Fault> {
        let mut rows = Vec::new();
        for record in csv::Reader::from_path(folder.join("recipients.csv"))?.records() {
            let record = record?;
            let cell = |at| record.get(at).unwrap_or_default().to_owned();
            rows.push(Row {
                email: cell(0),
                name: cell(1),
                city: cell(2),
            });
        }
        Ok(Self {
            rows,
            text: fs::read_to_string(folder.join("body.txt"))?,
            html: fs::read_to_string(folder.join("body.html"))?,
            from: "Example News <news@example.com>".parse()?,
        })
    }

    fn letter(&self, row: &Row) -> Result<Message, Fault> {
        let personal = |text: &str| {
            text.replace("{{ name }}", &row.name)
                .replace("{{ city }}", &row.city)
        };
        let body = MultiPart::alternative_plain_html(personal(&self.text), personal(&self.html));
        let message = Message::builder()
            .from(self.from.clone())
            .to(row.email.parse()?)
            .subject(format!("Hello {}", row.name))
            .multipart(body)?;
        Ok(message)
    }
}
