//! All listeners together: bound before anything is served, ended together.

use super::desk::Desk;
use super::http::{self, Inside, Public, Sender, inside, public};
use super::limit::Limiter;
use super::listener::{Guest, Listener};
use super::metrics::Metrics;
use super::seats::Seats;
use super::smtp::{self, Budget, Mailroom, TlsFiles};
use crate::model::{Rate, Serve};
use crate::net::Clock;
use axum::Router;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What a server is made of besides its settings.
pub struct Options {
    /// `[serve]`
    pub serve: Serve,
    /// The name in the greeting and the answer to EHLO.
    pub hostname: String,
    /// The domains that mail is taken for.
    pub domains: Vec<String>,
    /// The certificate for STARTTLS.
    pub tls: Option<TlsFiles>,
    /// Who the pages say it is.
    pub sender: Sender,
    /// Where things are handed in.
    pub desk: Arc<dyn Desk>,
    /// What time it is.
    pub clock: Clock,
}

/// Sockets that are bound, and what answers on them.
pub struct Server {
    options: Options,
    metrics: Metrics,
    strangers: Option<Arc<Limiter>>,
    sockets: Sockets,
}

#[derive(Default)]
struct Sockets {
    http: Option<TcpListener>,
    metrics: Option<TcpListener>,
    smtp: Option<TcpListener>,
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{key} {address}: {source}")]
pub struct BindError {
    /// The setting that names the address.
    pub key: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

impl Server {
    /// Binds every address. Nothing is accepted before [`Server::run`].
    ///
    /// # Errors
    /// The first address that cannot be had.
    pub async fn bind(options: Options) -> Result<Self, BindError> {
        let serve = &options.serve;
        let own = serve.metrics.filter(|_| !shares(serve));
        let sockets = Sockets {
            http: listen("serve.http", serve.http).await?,
            metrics: listen("serve.metrics", own).await?,
            smtp: listen("serve.smtp", serve.smtp).await?,
        };
        let now = options.clock.instant();
        let strangers = serve.rate.map(|Rate { per_second }| {
            // What a minute allows may come at once.
            let burst = (per_second * 60.0).clamp(10.0, 10_000.0) as u32;
            Arc::new(Limiter::new(per_second, burst, now))
        });
        Ok(Self {
            options,
            metrics: Metrics::default(),
            strangers,
            sockets,
        })
    }

    /// What it listens on: a name and an address for each socket.
    #[must_use]
    pub fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        let Sockets {
            http,
            metrics,
            smtp,
        } = &self.sockets;
        [("http", http), ("metrics", metrics), ("smtp", smtp)]
            .into_iter()
            .filter_map(|(name, socket)| Some((name, socket.as_ref()?.local_addr().ok()?)))
            .collect()
    }

    /// Serves until `stop`, then finishes what is open, for some seconds at most.
    pub async fn run(mut self, stop: CancellationToken) {
        let Sockets {
            http,
            metrics,
            smtp,
        } = std::mem::take(&mut self.sockets);
        let mut running = JoinSet::new();
        let inner = self.inner_routes();
        if let Some(socket) = http {
            let mut routes = self.public_routes();
            if shares(&self.options.serve) {
                routes = routes.merge(inner.clone());
            }
            running.spawn(web(self.listener("http", socket, &stop), routes));
        }
        if let Some(socket) = metrics {
            running.spawn(web(self.listener("metrics", socket, &stop), inner));
        }
        if let Some(socket) = smtp {
            let listener = self.listener("smtp", socket, &stop);
            running.spawn(mail(listener, self.mailroom()));
        }
        // Listeners end at `stop` and not before; one that panicked takes the service with it, so
        // that whoever watches over it starts it again. The last one ends it in order.
        while let Some(ended) = running.join_next().await {
            if let Err(error) = ended
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }

    fn listener(
        &self,
        name: &'static str,
        socket: TcpListener,
        stop: &CancellationToken,
    ) -> Listener {
        let serve = &self.options.serve;
        // Nobody speaks for others by SMTP.
        let trusted = if name == "smtp" {
            Vec::new()
        } else {
            serve.trusted_proxies.clone()
        };
        Listener {
            name,
            socket,
            seats: Seats::new(serve.connections, serve.connections_per_client),
            trusted,
            metrics: self.metrics.clone(),
            stop: stop.clone(),
        }
    }

    fn public_routes(&self) -> Router {
        let options = &self.options;
        public(Arc::new(Public::new(
            Arc::clone(&options.desk),
            options.sender.clone(),
            (
                options.serve.trusted_proxies.clone(),
                self.strangers.clone(),
            ),
            self.metrics.clone(),
            options.clock,
        )))
    }

    fn inner_routes(&self) -> Router {
        let desk = Arc::clone(&self.options.desk);
        inside(Arc::new(Inside::new(
            desk,
            &self.metrics,
            self.options.clock,
        )))
    }

    fn mailroom(&self) -> Arc<Mailroom> {
        let options = &self.options;
        Arc::new(Mailroom {
            desk: Arc::clone(&options.desk),
            hostname: options.hostname.clone(),
            domains: options.domains.clone(),
            max_size: options.serve.max_message_size as u64,
            budget: Budget::new(options.serve.mail_memory),
            tls: options.tls.clone(),
            strangers: self.strangers.clone(),
            metrics: self.metrics.clone(),
            clock: options.clock,
        })
    }
}

/// Whether metrics are told on the address of the unsubscribes. Two sockets that may have any port
/// are two.
fn shares(serve: &Serve) -> bool {
    serve.metrics.is_some()
        && serve.metrics == serve.http
        && serve.http.is_some_and(|address| address.port() != 0)
}

async fn listen(
    key: &'static str,
    address: Option<SocketAddr>,
) -> Result<Option<TcpListener>, BindError> {
    let Some(address) = address else {
        return Ok(None);
    };
    match TcpListener::bind(address).await {
        Ok(socket) => Ok(Some(socket)),
        Err(source) => Err(BindError {
            key,
            address,
            source,
        }),
    }
}

async fn web(listener: Listener, routes: Router) {
    let stop = listener.stop.clone();
    let serve = |guest: Guest| {
        let seat = (guest.seat, guest.in_need);
        http::serve(
            guest.stream,
            guest.address,
            seat,
            routes.clone(),
            stop.clone(),
        )
    };
    listener.run(b"", serve).await;
}

async fn mail(listener: Listener, room: Arc<Mailroom>) {
    let stop = listener.stop.clone();
    let serve = |guest: Guest| smtp::serve(guest, Arc::clone(&room), stop.clone());
    listener.run(smtp::TURNED_AWAY, serve).await;
}
