//! `send --test-to`: real messages to a few addresses, with a ledger of their own.

use super::args::{Send as Args, Ui};
use super::campaign::{letter, origin};
use super::context::{Context, Opened};
use super::fail::{Failure, Outcome};
use super::output::{data, unwritable, width};
use super::preview::{Wanted, find};
use super::send::{chosen, conduct, exit_code, hostname, resolver};
use crate::engine::{Origin, Run, Setup};
use crate::model::{Address, Fields, Schedule, Settings, Timestamp};
use crate::net::Clock;
use crate::render::{Secret, Tokens};
use crate::report::write_table;
use crate::store::{CampaignLock, NewSubscriber, Store};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Stands in front of the subject.
const MARK: &str = "[Test] ";
/// Somebody waits: long enough for greylisting, not for an outage.
const GIVE_UP_AFTER: Duration = Duration::from_secs(20 * 60);
/// The name of the list in the ledger of the test.
const LIST: &str = "test";

/// Sends the campaign's message to the addresses of `--test-to`, with the fields of one of its
/// recipients. Neither the campaign's ledger nor its recipients are touched; the links of the
/// message lead to nobody.
pub(super) async fn run(context: &Context, mut opened: Opened, args: &Args) -> Outcome {
    let addresses = args.test_to.iter().map(|text| {
        Address::parse(text).map_err(|error| Failure::usage(format_args!("--test-to: {error}")))
    });
    let addresses: Vec<Address> = addresses.collect::<Result<_, _>>()?;
    opened.campaign.subject.insert_str(0, MARK);
    letter(&opened, "test", Tokens::sample())?;
    let rows = origin(&opened, &args.reading)?;
    let (_, fields) = find(&rows, &Wanted::nth(args.row))?;
    let folder = Folder::new(context)?;
    let path = folder.0.join("state.db");
    let store = Store::open(&path)?;
    let clock = Clock::system();
    enter(&store, addresses, &fields, clock.now()).await?;
    let name = opened.campaign.name.clone();
    let campaign = store.open_campaign(&name, clock.now()).await?;
    let tokens = Secret::new(&store.secret().await?).tokens(campaign.id);
    let setup = Setup {
        lock: CampaignLock::acquire(&path, &name)?,
        store: store.clone(),
        letter: Arc::new(letter(&opened, &campaign.uid, tokens)?),
        origin: Origin::List {
            name: LIST.to_owned(),
            ledger: path.clone(),
        },
        resolver: resolver(&opened, false)?,
        hostname: hostname(&opened),
        schedule: Schedule::default(),
        tried_out: false,
        limit: None,
        seed: clock.now().as_millis().unsigned_abs(),
        events: None,
        campaign: campaign.clone(),
        settings: settings(&opened),
        clock,
    };
    let (run, handle) = Run::new(setup)?;
    // The table at the end says all there is to say of a few messages.
    let ui = match chosen(args.ui) {
        Ui::Json | Ui::Quiet => Ui::Quiet,
        Ui::Auto | Ui::Tui | Ui::Plain => Ui::Plain,
    };
    let (end, interrupted) = conduct(context, run, &handle, ui).await?;
    data(None, |mut out| {
        let rows = store.reader()?.report(campaign.id, &[])?;
        write_table(rows, &mut out, width()).map_err(unwritable)?;
        Ok(())
    })?;
    store.close().await;
    Ok(exit_code(&end, interrupted))
}

/// Enters the addresses as a list of the test's ledger, all with the same fields.
async fn enter(
    store: &Store,
    addresses: Vec<Address>,
    fields: &Fields,
    now: Timestamp,
) -> Result<(), Failure> {
    let list = store.open_list(LIST, now).await?;
    let columns: Vec<String> = fields.iter().map(|(name, _)| name.to_owned()).collect();
    let rows = addresses.into_iter().map(|address| NewSubscriber {
        address,
        fields: fields.clone(),
    });
    store
        .import(list.id, columns.into(), rows.collect(), now)
        .await?;
    Ok(())
}

fn settings(opened: &Opened) -> Settings {
    let mut settings = opened.settings.clone();
    // A handful of refusals says nothing about the campaign.
    settings.safety.brake = false;
    settings.delivery.give_up_after = settings.delivery.give_up_after.min(GIVE_UP_AFTER);
    settings
}

/// The folder of a test's ledger, which is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(context: &Context) -> Result<Self, Failure> {
        let name = format!("test-{}", std::process::id());
        let path = context.root.join(".hikyaku").join(name);
        // What a test that was killed under this number has left.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|error| Failure::file(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It holds nothing but the test's own addresses.
        let _ = fs::remove_dir_all(&self.0);
    }
}
