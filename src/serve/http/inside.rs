//! `/metrics` and `/healthz`: for the people who run it, on an address that the public does not reach.

use super::answer::{line, plain};
use crate::net::Clock;
use crate::serve::desk::Desk;
use crate::serve::metrics::{CLASSIC, Gauges, Metrics, OPEN, Wanted, classic, wanted};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long the ledger may take to answer that it is well.
const PULSE: Duration = Duration::from_secs(3);
/// How long such an answer is given again.
const FRESH: Duration = Duration::from_secs(1);
/// How long a scrape waits for gauges that are being read; it tells the older ones then.
const READING: Duration = Duration::from_secs(5);

/// What the inner side works with.
pub(in crate::serve) struct Inside {
    desk: Arc<dyn Desk>,
    registry: Registry,
    gauges: Arc<Mutex<Gauges>>,
    /// When the ledger was last asked, and what it said.
    health: Mutex<Option<(Instant, Result<(), String>)>>,
    started: Instant,
    clock: Clock,
}

impl Inside {
    pub(in crate::serve) fn new(desk: Arc<dyn Desk>, metrics: &Metrics, clock: Clock) -> Self {
        let mut registry = Registry::with_prefix("hikyaku");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
        metrics.register(&mut registry);
        let gauges = Gauges::default();
        gauges.register(&mut registry);
        Self {
            desk,
            registry,
            gauges: Arc::new(Mutex::new(gauges)),
            health: Mutex::default(),
            started: clock.instant(),
            clock,
        }
    }

    async fn health(&self) -> Result<(), String> {
        let mut health = self.health.lock().await;
        let now = self.clock.instant();
        if let Some((when, said)) = &*health
            && now.saturating_duration_since(*when) < FRESH
        {
            return said.clone();
        }
        let said = match timeout(PULSE, self.desk.check()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the ledger does not answer".to_owned()),
        };
        *health = Some((self.clock.instant(), said.clone()));
        said
    }

    /// Reads the gauges anew where they are old. One reads, others tell what is there; a reading
    /// that is given up goes on by itself.
    async fn refresh(&self) {
        let Ok(mut gauges) = Arc::clone(&self.gauges).try_lock_owned() else {
            return;
        };
        if !gauges.are_stale(self.clock.now()) {
            return;
        }
        let (desk, clock) = (Arc::clone(&self.desk), self.clock);
        let read = spawn_blocking(move || {
            let reader = desk.reader().map_err(|error| error.to_string())?;
            let read = gauges.read(&reader, || clock.now());
            read.map_err(|error| error.to_string())
        });
        if let Ok(Ok(Err(error))) = timeout(READING, read).await {
            tracing::warn!(target: "serve", error, "campaigns cannot be counted");
        }
    }
}

/// The inner routes.
pub(in crate::serve) fn inside(state: Arc<Inside>) -> Router {
    Router::new()
        .route("/healthz", routing::get(healthz))
        .route("/metrics", routing::get(metrics))
        .with_state(state)
}

async fn healthz(State(inside): State<Arc<Inside>>) -> Response<Body> {
    let health = inside.health().await;
    let now = inside.clock.instant();
    let told = serde_json::json!({
        "status": if health.is_ok() { "ok" } else { "failing" },
        "version": env!("CARGO_PKG_VERSION"),
        "uptime": now.saturating_duration_since(inside.started).as_secs(),
        "error": health.as_ref().err(),
    });
    let status = match health {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    plain(status, "application/json", format!("{told}\n"))
}

async fn metrics(State(inside): State<Arc<Inside>>, headers: HeaderMap) -> Response<Body> {
    inside.refresh().await;
    let mut text = String::new();
    if encode(&mut text, &inside.registry).is_err() {
        return line(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    match wanted(accept) {
        Wanted::Open => plain(StatusCode::OK, OPEN, text),
        Wanted::Classic => plain(StatusCode::OK, CLASSIC, classic(&text)),
    }
}
