//! A server within the test.

use crate::desk::Notes;
use hikyaku::model::Serve;
use hikyaku::net::Clock;
use hikyaku::serve::{Options, Sender, Server, TlsFiles};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A server that runs; it ends with its handle.
pub(crate) struct Place {
    pub(crate) notes: Arc<Notes>,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinSet<()>,
    addresses: Vec<(&'static str, SocketAddr)>,
}

impl Place {
    /// With the built-in settings, all listeners on free ports.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With some settings changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Serve)) -> Self {
        Self::of(Notes::default(), None, change).await
    }

    pub(crate) async fn of(
        notes: Notes,
        tls: Option<TlsFiles>,
        change: impl FnOnce(&mut Serve),
    ) -> Self {
        let free = Some("127.0.0.1:0".parse().unwrap());
        let mut serve = Serve {
            http: free,
            metrics: free,
            smtp: free,
            ..Serve::default()
        };
        change(&mut serve);
        let notes = Arc::new(notes);
        let server = Server::bind(Options {
            serve,
            hostname: "mx.bounces.test".to_owned(),
            domains: vec!["bounces.test".to_owned()],
            tls,
            sender: Sender {
                name: Some("Example & Sons".to_owned()),
                contact: None,
            },
            desk: notes.clone(),
            clock: Clock::system(),
        });
        let server = server.await.unwrap();
        let addresses = server.addresses();
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(server.run(stop.clone()));
        Self {
            notes,
            stop,
            task,
            addresses,
        }
    }

    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        let found = self.addresses.iter().find(|(name, _)| *name == listener);
        found.unwrap().1
    }
}
