//! What the ledger costs: rows a second, CPU per row, peak memory.
//!
//! `cargo bench --bench store -- [import|enqueue|send] [ROWS]`; all three with 200,000 rows where
//! nothing is said. Peak memory is that of the process: measure one at a time. Everything is
//! written to the target folder with real fsyncs.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, prints what it found, and ends where it cannot go on"
)]

use hikyaku::model::{
    Address, Blame, CampaignId, DomainId, Fields, Peer, Recipient, Stage, State, Timestamp,
};
use hikyaku::store::{
    Import, ImportRules, LoadSummary, NewRecipient, NewSubscriber, Settlement, Store,
};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// Rows of a batch on their way in.
const BATCH: u64 = 20_000;
/// Recipients of one claim.
const CLAIM: usize = 100;
/// Connections that claim and settle at a time.
const CONNECTIONS: usize = 8;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let rows = arguments.iter().find_map(|argument| argument.parse().ok());
    let rows: u64 = rows.unwrap_or(200_000);
    let wanted = |name: &str| {
        let names = arguments.iter().filter(|a| a.parse::<u64>().is_err());
        names.clone().count() == 0 || names.clone().any(|argument| argument == name)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    if wanted("import") {
        runtime.block_on(import(&folder.path().join("import.db"), rows));
    }
    if wanted("enqueue") {
        runtime.block_on(enqueue(&folder.path().join("enqueue.db"), rows));
    }
    if wanted("send") {
        runtime.block_on(send(&folder.path().join("send.db"), rows));
    }
}

/// Makes batches of rows on a thread of its own, one ahead, as reading a file does.
fn feed<T: Send + 'static>(rows: u64, row: fn(u64) -> T) -> Receiver<Vec<T>> {
    let (ready, batches) = tokio::sync::mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let mut from = 0;
        while from < rows {
            let to = rows.min(from + BATCH);
            ready.blocking_send((from..to).map(row).collect()).unwrap();
            from = to;
        }
    });
    batches
}

async fn import(path: &Path, rows: u64) {
    let store = Store::open(path).unwrap();
    let list = store.open_list("weekly", at(1)).await.unwrap().id;
    let columns: Arc<[String]> = ["email", "name", "city", "country"]
        .map(String::from)
        .into();
    for (pass, now) in [("import, new", at(2)), ("import, update", at(3))] {
        let meter = Meter::start(pass);
        let columns = Arc::clone(&columns);
        let part = Import::new(list, columns, ImportRules::default(), now);
        let mut batches = feed(rows, |row| NewSubscriber {
            address: address(row),
            fields: fields(row),
        });
        while let Some(batch) = batches.recv().await {
            let next = batches.recv().await.unwrap_or_default();
            let batch = store.import_part(&part, batch);
            let next = store.import_part(&part, next);
            tokio::try_join!(batch, next).unwrap();
        }
        meter.stop(rows, path);
    }
    let meter = Meter::start("export");
    let exported = store.reader().unwrap().subscribers(list).unwrap();
    assert_eq!(exported.map(Result::unwrap).count() as u64, rows);
    meter.stop(rows, path);
    store.close().await;
}

async fn fill(store: &Store, rows: u64) -> CampaignId {
    let campaign = store.open_campaign("welcome", at(1)).await.unwrap().id;
    store.begin_load(campaign).await.unwrap();
    let meter = Meter::start("enqueue");
    let mut batches = feed(rows, |row| NewRecipient::Valid {
        row,
        address: address(row),
        fields: fields(row),
    });
    while let Some(batch) = batches.recv().await {
        let next = batches.recv().await.unwrap_or_default();
        let (batch, next) = (
            store.enqueue(campaign, batch),
            store.enqueue(campaign, next),
        );
        tokio::try_join!(batch, next).unwrap();
    }
    meter.stop(rows, store.path());
    let meter = Meter::start("loaded");
    let summary = LoadSummary {
        columns: Vec::new(),
        rows,
    };
    store.loaded(campaign, summary).await.unwrap();
    meter.stop(rows, store.path());
    campaign
}

async fn enqueue(path: &Path, rows: u64) {
    let meter = Meter::start("(rows alone)");
    let mut batches = feed(rows, |row| (address(row), fields(row)));
    while batches.recv().await.is_some() {}
    let store = Store::open(path).unwrap();
    meter.stop(rows, path);
    let campaign = fill(&store, rows).await;
    let meter = Meter::start("tally");
    assert_eq!(store.tally(campaign).await.unwrap().counts.pending, rows);
    meter.stop(rows, path);
    let meter = Meter::start("backlog");
    store.backlog(campaign).await.unwrap();
    meter.stop(rows, path);
    let meter = Meter::start("report");
    let report = store.reader().unwrap().report(campaign, &[]).unwrap();
    assert_eq!(report.map(Result::unwrap).count() as u64, rows);
    meter.stop(rows, path);
    store.close().await;
}

/// Connections that claim, "send", and settle in small groups, as the engine does.
async fn send(path: &Path, rows: u64) {
    let store = Store::open(path).unwrap();
    let campaign = fill(&store, rows).await;
    let backlog = store.backlog(campaign).await.unwrap();
    let mut shares = vec![Vec::new(); CONNECTIONS];
    for (n, entry) in backlog.iter().enumerate() {
        shares[n % CONNECTIONS].push(entry.id);
    }
    let meter = Meter::start("claim and settle");
    let mut connections = tokio::task::JoinSet::new();
    for (n, domains) in shares.into_iter().enumerate() {
        connections.spawn(connection(store.clone(), campaign, domains, n));
    }
    let mut claims = Latencies::default();
    let mut settles = Latencies::default();
    while let Some(done) = connections.join_next().await {
        let (claimed, settled) = done.unwrap();
        claims.0.extend(claimed.0);
        settles.0.extend(settled.0);
    }
    meter.stop(rows, path);
    claims.show("claim");
    settles.show("settle");
    let counts = store.tally(campaign).await.unwrap().counts;
    assert_eq!(counts.delivered, rows);
    store.close().await;
}

async fn connection(
    store: Store,
    campaign: CampaignId,
    mut domains: Vec<DomainId>,
    number: usize,
) -> (Latencies, Latencies) {
    let peer = Arc::new(Peer {
        mx: format!("mx{number}.example.com"),
        remote_ip: Some([192, 0, 2, 1].into()),
        source_ip: Some([192, 0, 2, 2].into()),
        tls: String::from("TLSv1.3 TLS13_AES_256_GCM_SHA384 unverified"),
    });
    let destination: Arc<str> = Arc::from("example.com");
    let mut claims = Latencies::default();
    let mut settles = tokio::task::JoinSet::new();
    let mut settled = Latencies::default();
    while !domains.is_empty() {
        let begun = Instant::now();
        let some: Vec<_> = domains.iter().copied().take(64).collect();
        let claimed = store.claim(campaign, some, CLAIM, at(5)).await.unwrap();
        claims.0.push(begun.elapsed());
        domains.retain(|domain| !claimed.drained.iter().any(|entry| entry.domain == *domain));
        let outcomes: Vec<_> = claimed
            .recipients
            .iter()
            .map(|recipient| delivered(recipient, &peer, &destination))
            .collect();
        for group in outcomes.chunks(25) {
            let (store, group) = (store.clone(), group.to_vec());
            settles.spawn(async move {
                let begun = Instant::now();
                store.settle(campaign, group).await.unwrap();
                begun.elapsed()
            });
        }
        while settles.len() > 32 {
            settled.0.push(settles.join_next().await.unwrap().unwrap());
        }
    }
    settled.0.extend(settles.join_all().await);
    (claims, settled)
}

fn delivered(recipient: &Recipient, peer: &Arc<Peer>, destination: &Arc<str>) -> Settlement {
    Settlement {
        id: recipient.id,
        domain: recipient.domain,
        state: State::Delivered,
        reason: None,
        blame: Blame::None,
        stage: Some(Stage::Final),
        code: Some(250),
        enhanced: None,
        diagnostic: format!("Ok: queued as 4F{:012X}", recipient.id.0),
        peer: Some(Arc::clone(peer)),
        message_id: format!(
            "{:032x}@news.example.com",
            mix(recipient.id.0.unsigned_abs())
        ),
        destination: Arc::clone(destination),
        at: at(10),
        next_attempt: None,
        doubt: false,
        lasting: None,
        counts_attempt: true,
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

/// Scatters numbers, so that addresses come in no order.
fn mix(number: u64) -> u64 {
    let scattered = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    scattered ^ (scattered >> 29)
}

/// Half of the addresses are at ten large domains, the others at two thousand.
fn address(row: u64) -> Address {
    let dice = mix(row);
    let domain = if dice.is_multiple_of(2) {
        dice / 2 % 10
    } else {
        10 + dice / 2 % 2_000
    };
    Address::parse(&format!("subscriber.{dice:x}@domain{domain}.example")).unwrap()
}

fn fields(row: u64) -> Fields {
    [
        ("email", format!("subscriber.{:x}@example.com", mix(row))),
        ("name", format!("Subscriber {row}")),
        ("city", String::from("Nagoya 名古屋")),
        ("country", String::from("JP")),
    ]
    .into_iter()
    .collect()
}

#[derive(Default)]
struct Latencies(Vec<Duration>);

impl Latencies {
    fn show(mut self, name: &str) {
        self.0.sort_unstable();
        let at = |share: f64| self.0[((self.0.len() - 1) as f64 * share) as usize];
        println!(
            "{name:>18}: {} calls, median {:.1?}, 99 % {:.1?}, longest {:.1?}",
            self.0.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

/// Time, CPU and memory of a part.
struct Meter {
    name: &'static str,
    begun: Instant,
    cpu: f64,
}

impl Meter {
    fn start(name: &'static str) -> Self {
        Self {
            name,
            begun: Instant::now(),
            cpu: cpu_seconds(),
        }
    }

    fn stop(self, rows: u64, path: &Path) {
        let took = self.begun.elapsed().as_secs_f64();
        let cpu = cpu_seconds() - self.cpu;
        let size = std::fs::metadata(path).unwrap().len() / 1_000_000;
        println!(
            "{:>18}: {:>9.0} rows/s, {:>5.2} us CPU a row, {rows} rows in {took:.2} s, peak {} MB, file {size} MB",
            self.name,
            rows as f64 / took,
            cpu * 1e6 / rows as f64,
            peak_memory() / 1_000,
        );
    }
}

/// CPU of the whole process so far; the kernel counts in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let ticks = |place: usize| fields[place].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

/// The most memory the process ever had, in kB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
