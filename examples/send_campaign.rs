//! Sends one campaign from code, and prints what happens.
//!
//! ```text
//! cargo run --example send_campaign -- 127.0.0.1:2525
//! ```
//!
//! Everything goes to the server that is named: a test server such as `smtp-sink`, never the
//! internet. The ledger is a temporary file, so every run is a new campaign.

#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use hikyaku::engine::{Origin, Run, Setup};
use hikyaku::list::ListOptions;
use hikyaku::model::{Address, Event, Mailbox, Schedule, Settings};
use hikyaku::net::Clock;
use hikyaku::render::{Letter, LetterSource, Secret, TemplateFile};
use hikyaku::store::{CampaignLock, Store};
use std::error::Error;
use std::fs;
use std::sync::Arc;
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::args()
        .nth(1)
        .ok_or("which server? give HOST:PORT")?;
    let (host, port) = server.rsplit_once(':').ok_or("give HOST:PORT")?;

    let folder = std::env::temp_dir().join(format!("hikyaku-example-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let list = folder.join("recipients.csv");
    fs::write(
        &list,
        "email,name\nann@example.com,Ann\nharuka@example.jp,遥\n",
    )?;

    let mut settings = Settings::default();
    settings.route.override_to = Some((host.to_owned(), port.parse()?));

    let clock = Clock::system();
    let path = folder.join("state.db");
    let lock = CampaignLock::acquire(&path, "example")?;
    let store = Store::open(&path)?;
    let campaign = store.open_campaign("example", clock.now()).await?;
    let tokens = Secret::new(&store.secret().await?).tokens(campaign.id);
    let from = Mailbox {
        name: Some("Example News".to_owned()),
        address: Address::parse("news@example.com")?,
    };
    let text = "Hello {{ name }},\n\nthis is all.\n";
    let letter = Letter::compile(&LetterSource {
        text: Some(TemplateFile::new("body.txt", text)),
        ..LetterSource::new(
            &campaign.name,
            &campaign.uid,
            tokens,
            from,
            "Hello {{ name }}",
        )
    })?;

    let (events, mut happened) = mpsc::channel(1_000);
    let (run, _handle) = Run::new(Setup {
        campaign,
        lock,
        store,
        settings,
        schedule: Schedule::default(),
        origin: Origin::File {
            path: list,
            options: ListOptions::default(),
        },
        letter: Arc::new(letter),
        resolver: None,
        clock,
        hostname: "localhost".to_owned(),
        tried_out: false,
        limit: None,
        seed: 1,
        events: Some(events),
    })?;

    // The run and its listener go on side by side; the events end with the run.
    let listener = async {
        while let Some(event) = happened.recv().await {
            if let Event::Settled(settled) = event {
                println!(
                    "{}: {} {}",
                    settled.email, settled.state, settled.diagnostic
                );
            }
        }
    };
    let (end, ()) = tokio::join!(run.run(), listener);
    println!("{:?}", end?.counts);
    fs::remove_dir_all(&folder)?;
    Ok(())
}
