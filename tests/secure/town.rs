//! A small internet for the program: a domain with its mail servers, its DNS, its web server and
//! its certificates, and a workspace that lives there.

use crate::certs::Authority;
use crate::mail::MailServer;
use crate::support::program::{self, Ended, Running};
use crate::support::report;
use crate::support::workspace::{CAMPAIGN, Workspace, closed_port};
use crate::web::{Page, WebServer};
use crate::zone::{NameServer, Zones};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The domain that most tests write to; its mail server is `mx.DOMAIN`.
pub(crate) const DOMAIN: &str = "example.test";
pub(crate) const MX: &str = "mx.example.test";
/// Its policy host and mail servers are at these addresses.
const WEB: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Everything that runs.
pub(crate) struct Town {
    pub(crate) mail: MailServer,
    pub(crate) web: WebServer,
    pub(crate) dns: NameServer,
    pub(crate) workspace: Workspace,
}

/// What the domain's server shows at STARTTLS.
#[derive(Clone, Copy)]
pub(crate) enum Shows {
    /// A good certificate for its name.
    Good,
    /// One for another name.
    OtherName,
    /// One that nobody trusts.
    Stranger,
    /// It does not offer STARTTLS.
    Nothing,
}

impl Town {
    /// A town whose name server says what `zones` makes of the usual records. `%PORT%` in a name
    /// stands for the port of the mail servers.
    pub(crate) async fn new(
        shows: Shows,
        config: &str,
        zones: impl FnOnce(Zones, u16) -> Zones,
    ) -> Self {
        Self::with_key(shows, config, |usual, port, _| zones(usual, port)).await
    }

    /// The same, with the public key of the mail server and the authority's certificate for the
    /// records.
    pub(crate) async fn with_key(
        shows: Shows,
        config: &str,
        zones: impl FnOnce(Zones, u16, (&[u8], &[u8])) -> Zones,
    ) -> Self {
        let authority = Authority::new();
        let own = match shows {
            Shows::OtherName => authority.issue(&["mx.elsewhere.test"]),
            Shows::Stranger => Authority::new().issue(&[MX]),
            Shows::Good | Shows::Nothing => authority.issue(&[MX]),
        };
        let offered = (!matches!(shows, Shows::Nothing)).then(|| own.acceptor());
        let mail = MailServer::start(SocketAddr::from((host(1), 0)), offered).await;
        let port = mail.address.port();
        let policy_hosts = ["mta-sts.example.test", "mta-sts.other.test"];
        let web = WebServer::start(authority.issue(&policy_hosts).acceptor()).await;
        let mut usual = Zones::new().mx(DOMAIN, &[MX]).a(MX, host(1));
        for name in policy_hosts {
            usual = usual.a(name, WEB);
        }
        let dns = zones(usual, port, (own.public(), authority.der()))
            .serve()
            .await;
        let workspace = workspace(&authority, &dns, &web, port, config);
        Self {
            mail,
            web,
            dns,
            workspace,
        }
    }

    /// The domain has this policy.
    pub(crate) fn publish(&self, domain: &str, id: &str, mode: &str, mx: &str) {
        let text = format!("version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n");
        self.web.set(domain, Page::policy(&text));
        let record = format!("v=STSv1; id={id};");
        self.dns
            .set_text(&format!("_mta-sts.{domain}"), Some(&record));
    }

    /// Sends to these recipients until all is settled.
    pub(crate) async fn send(&self, recipients: &[&str]) -> Ended {
        self.recipients(recipients);
        let path = self.workspace.path().to_owned();
        let arguments = ["send", CAMPAIGN, "--yes", "--ui", "json"];
        let run = move || program::run(&path, &arguments);
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// Sends until a line with each of `texts` has come, then ends the run.
    pub(crate) async fn send_until(&self, recipients: &[&str], texts: &[&'static str]) -> Ended {
        self.recipients(recipients);
        let (path, mut texts) = (self.workspace.path().to_owned(), texts.to_vec());
        let run = move || {
            let arguments = ["send", CAMPAIGN, "--yes", "--ui", "json"];
            let mut running = Running::start(program::hikyaku(&path, &arguments));
            while !texts.is_empty() {
                let line = running.wait_for_line("");
                texts.retain(|text| !line.contains(text));
            }
            running.signal("INT");
            running.wait(Duration::from_secs(60))
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// The row of the report for a recipient.
    pub(crate) fn row(&self, email: &str) -> Value {
        let rows = report::rows(self.workspace.path(), CAMPAIGN);
        let row = rows.iter().find(|row| row["email"] == email).cloned();
        row.unwrap_or_else(|| panic!("no {email} in {rows:?}"))
    }

    fn recipients(&self, recipients: &[&str]) {
        let rows = recipients
            .iter()
            .map(|email| format!("{email},Ann,Kyoto\n"));
        let list = format!("email,name,city\n{}", rows.collect::<String>());
        self.workspace.campaign_file("recipients.csv", list);
    }
}

/// A mail server's address, one for each number.
pub(crate) fn host(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 88, 0, number)
}

fn workspace(
    authority: &Authority,
    dns: &NameServer,
    web: &WebServer,
    port: u16,
    config: &str,
) -> Workspace {
    let nowhere = closed_port();
    let tls = format!(
        "ca_file = \"ca.pem\"\nmta_sts_port = {}\n{config}\n\n[dns]\nservers = [\"{}\"]\n\
         trust_anchors = \"root.key\"\n",
        web.address.port(),
        dns.address
    );
    let workspace = Workspace::new(nowhere, 2)
        .with_config_changed(
            &format!("override = \"{nowhere}\""),
            &format!("port = {port}"),
        )
        .with_config_changed("policy = \"off\"\n", &tls)
        .with_config_changed("retry = [\"0.1s\", \"0.2s\"]", "retry = [\"1h\"]");
    workspace.write("ca.pem", authority.pem().as_bytes());
    workspace.write("root.key", dns.anchor.as_bytes());
    workspace
}

/// The notices of a run.
pub(crate) fn notices(ended: &Ended) -> Vec<String> {
    let events = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let notices = events.filter(|event| event["event"] == "notice");
    notices
        .map(|event| event["text"].as_str().unwrap().to_owned())
        .collect()
}
