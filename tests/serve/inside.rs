//! Metrics and health.

use crate::client::{Smtp, ask};
use crate::desk::Notes;
use crate::place::Place;
use hikyaku::model::{Address, Fields, Timestamp};
use hikyaku::store::{LoadSummary, NewRecipient, Store};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn health_is_that_of_the_ledger() {
    let place = Place::new().await;
    let to = place.address("metrics");
    let well = ask(to, "GET /healthz", "", "").await;
    assert_eq!(well.status(), 200);
    let told: serde_json::Value = serde_json::from_str(well.body()).unwrap();
    assert_eq!(told["status"], "ok");
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert!(told["uptime"].is_u64());

    let place = Place::new().await;
    place.notes.broken.store(true, Ordering::Relaxed);
    let ill = ask(place.address("metrics"), "GET /healthz", "", "").await;
    assert_eq!(ill.status(), 503);
    assert!(ill.body().contains("the disk is full"), "{ill:?}");
    assert_eq!(ask(to, "GET /u/reader1", "", "").await.status(), 404);
    assert_eq!(ask(to, "POST /metrics", "", "").await.status(), 405);
}

#[tokio::test]
async fn what_happened_is_counted() {
    let place = Place::new().await;
    let web = place.address("http");
    ask(web, "POST /u/reader1", "", "List-Unsubscribe=One-Click").await;
    ask(web, "GET /u/forged", "", "").await;
    let mut mail = Smtp::with_recipient(place.address("smtp")).await;
    mail.say("RCPT TO:<x@elsewhere.test>").await;
    mail.say("DATA").await;
    mail.say("x\r\n.").await;
    let to = place.address("metrics");
    let scraped = ask(to, "GET /metrics", "", "").await;
    let kind = scraped.header("content-type").unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    for line in [
        "# TYPE hikyaku_http_requests_total counter",
        "hikyaku_http_requests_total{route=\"unsubscribe\",method=\"POST\",status=\"200\"} 1",
        "hikyaku_http_requests_total{route=\"nowhere\",method=\"GET\",status=\"404\"} 1",
        "hikyaku_unsubscribes_total{way=\"one-click\"} 1",
        "hikyaku_smtp_recipients_total{outcome=\"taken\"} 1",
        "hikyaku_smtp_recipients_total{outcome=\"relay\"} 1",
        "hikyaku_smtp_mails_total{outcome=\"taken\"} 1",
        "hikyaku_returned_mail_total{kind=\"bounce\",reason=\"user_unknown\"} 1",
    ] {
        assert!(
            scraped.body().lines().any(|l| l == line),
            "{line} in {}",
            scraped.body()
        );
    }
    let open = ask(
        to,
        "GET /metrics",
        "Accept: application/openmetrics-text\r\n",
        "",
    )
    .await;
    let kind = open.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    assert!(open.body().ends_with("# EOF\n"));
}

#[tokio::test]
async fn campaigns_are_told_by_state_with_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = Store::open(&path).unwrap();
    let now = Timestamp::from_millis(1);
    let name = "spring \"sale\"\n\\1";
    let campaign = store.open_campaign(name, now).await.unwrap().id;
    store.begin_load(campaign).await.unwrap();
    let rows = (1..4).map(|row| NewRecipient::Valid {
        row,
        address: Address::parse(&format!("u{row}@x.example")).unwrap(),
        fields: Fields::new(),
    });
    store.enqueue(campaign, rows.collect()).await.unwrap();
    let summary = LoadSummary::default();
    store.loaded(campaign, summary).await.unwrap();
    let notes = Notes {
        ledger: Some(path),
        ..Notes::default()
    };
    let place = Place::of(notes, None, |_| {}).await;
    let scraped = ask(place.address("metrics"), "GET /metrics", "", "").await;
    let line =
        r#"hikyaku_campaign_recipients{campaign="spring \"sale\"\n\\1",state="pending"} 3.0"#;
    assert!(scraped.body().contains(line), "{}", scraped.body());
    assert!(scraped.body().contains("hikyaku_suppressions 0.0"));
    store.close().await;
}
