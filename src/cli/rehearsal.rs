//! `send --sandbox`: the real engine, with a simulated internet at the far end of its sockets.

use super::context::Context;
use super::fail::Failure;
use super::output::say;
use super::suppress;
use crate::model::{
    Address, Delivery, Domain, RouteMode, RunState, Settings, Timeouts, Timestamp, TlsPolicy,
};
use crate::net::Clock;
use crate::sandbox::{Sandbox, SandboxOptions};
use crate::store::{Problem, Reader, Store, Suppression, SuppressionRecord, SuppressionTarget};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A sandbox that runs beside the engine.
pub(super) struct Rehearsal {
    sandbox: Sandbox,
    /// The ledger of the workspace, which is only read.
    real: PathBuf,
}

impl Rehearsal {
    /// Starts the simulated internet, and points the settings at it and at a ledger of its own.
    pub(super) async fn start(
        context: &Context,
        campaign: &str,
        settings: &mut Settings,
    ) -> Result<Self, Failure> {
        let now = || Clock::system().now();
        let sandbox = Sandbox::start(SandboxOptions::new(SEED, now))
            .await
            .map_err(|error| Failure::new(format_args!("the sandbox cannot start: {error}")))?;
        settings.route.mode = RouteMode::Mx;
        settings.route.override_to = None;
        settings.route.sources.clear();
        settings.route.port = sandbox.port();
        settings.dns.servers = vec![sandbox.dns()];
        // Its certificates are signed by nobody.
        settings.tls.policy = TlsPolicy::Opportunistic;
        // Its domains publish no policies and its zones are not signed.
        (settings.tls.mta_sts, settings.tls.dane) = (false, false);
        // Its refusals say nothing about the sender or the content.
        settings.safety.brake = false;
        hurry(&mut settings.delivery);
        let rehearsed = context.sandbox_store(campaign);
        let real = std::mem::replace(&mut settings.store.path, rehearsed);
        Ok(Self { sandbox, real })
    }

    /// A rehearsal that has ended can be held again: its ledger is removed. Call it with the
    /// campaign's lock.
    pub(super) fn start_over(&self, path: &Path, campaign: &str) -> Result<(), Failure> {
        let ended = Reader::open(path)
            .and_then(|reader| reader.campaign(campaign))
            .ok()
            .flatten()
            .is_some_and(|record| matches!(record.state, RunState::Finished | RunState::Cancelled));
        if !ended {
            return Ok(());
        }
        for ending in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(ending);
            match fs::remove_file(&file) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::file(Path::new(&file), &error)),
            }
        }
        say(format_args!(
            "{campaign}: the last rehearsal had ended; this one starts afresh"
        ));
        Ok(())
    }

    /// Suppresses whom the workspace does, and what the campaign's folder says for its rehearsals.
    pub(super) async fn suppress(
        &self,
        store: &Store,
        folder: &Path,
        now: Timestamp,
    ) -> Result<(), Failure> {
        copy_suppressions(&self.real, store, now).await?;
        let file = folder.join(SUPPRESSED);
        if !file.is_file() {
            return Ok(());
        }
        let defaults = suppress::Defaults {
            reason: "suppressed in rehearsals",
            scope: None,
        };
        suppress::import(store, &file, &defaults, now).await?;
        Ok(())
    }

    pub(super) async fn stop(self) {
        self.sandbox.stop().await;
    }
}

/// Copies suppressions of all scopes. The hashes of erased people hold only in the ledger that made
/// them: who was erased is mailed in rehearsals, where no mail arrives anywhere.
async fn copy_suppressions(from: &Path, to: &Store, now: Timestamp) -> Result<(), Failure> {
    let reader = match Reader::open(from) {
        Ok(reader) => reader,
        Err(error) if matches!(error.problem(), Problem::Missing) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut batch = Vec::new();
    for record in reader.suppressions()? {
        batch.extend(copied(record?));
        if batch.len() == BATCH {
            to.suppress(std::mem::take(&mut batch), now).await?;
        }
    }
    to.suppress(batch, now).await?;
    Ok(())
}

fn copied(record: SuppressionRecord) -> Option<Suppression> {
    let target = match record.target.strip_prefix('@') {
        Some(domain) => SuppressionTarget::Domain(Domain::parse(domain).ok()?),
        None => SuppressionTarget::Address(Address::parse(&record.target).ok()?),
    };
    Some(Suppression {
        target,
        scope: record.scope.parse().ok()?,
        reason: record.reason,
        source: record.source,
        since: Some(record.added),
    })
}

/// Hours become seconds.
fn hurry(delivery: &mut Delivery) {
    delivery.retry = [500, 1_000, 1_500, 2_000, 3_000, 5_000]
        .map(Duration::from_millis)
        .to_vec();
    // Counted in attempts, because a rehearsal may be left and taken up again.
    delivery.max_attempts = Some(25);
    delivery.timeouts = Timeouts {
        connect: Duration::from_secs(3),
        greeting: Duration::from_secs(5),
        command: Duration::from_secs(5),
        data_block: Duration::from_secs(5),
        data_final: Duration::from_secs(10),
    };
}

/// Suppressions copied in one transaction.
const BATCH: usize = 10_000;
/// Every rehearsal meets the same providers in the same mood.
const SEED: u64 = 1;
/// The file beside campaign.toml with addresses that rehearsals suppress.
const SUPPRESSED: &str = "suppress.csv";
