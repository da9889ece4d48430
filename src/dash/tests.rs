//! Pictures of scripted runs, and the whole dashboard driven by keys.

use super::app::{App, Key};
use super::keys::Input;
use super::options::{DashEnd, DashOptions};
use super::run::drive;
use super::term::Surface;
use super::{samples, view};
use crate::model::{Command, RunState};
use crate::progress::Progress;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

fn app(change: impl Fn(&mut DashOptions)) -> App {
    let mut options = DashOptions::default();
    change(&mut options);
    App::new("welcome", &options)
}

fn drawn(app: &mut App, progress: &Progress, width: u16, height: u16) -> Buffer {
    let Ok(mut terminal): Result<_, Infallible> = Terminal::new(TestBackend::new(width, height));
    terminal
        .draw(|frame| view::draw(frame, app, progress))
        .unwrap();
    terminal.backend().buffer().clone()
}

/// The lines of a picture as a terminal would show them.
fn lines(buffer: &Buffer) -> String {
    let mut lines = String::new();
    for row in buffer.area.rows() {
        let mut line = String::new();
        let mut hidden = 0;
        for place in row.columns() {
            let symbol = buffer[place.as_position()].symbol();
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            line.push_str(symbol);
            hidden = crate::progress::text::width(symbol).saturating_sub(1);
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

fn shot(keys: &[Key], progress: &Progress, width: u16, height: u16) -> String {
    let mut app = app(|options| options.can_detach = true);
    drawn(&mut app, progress, width, height);
    for key in keys {
        app.update(*key, progress.state());
    }
    lines(&drawn(&mut app, progress, width, height))
}

#[test]
fn every_size_has_its_picture() {
    let progress = samples::running();
    insta::assert_snapshot!("80x24", shot(&[], &progress, 80, 24));
    insta::assert_snapshot!("120x40", shot(&[], &progress, 120, 40));
    insta::assert_snapshot!("200x50", shot(&[], &progress, 200, 50));
    insta::assert_snapshot!("40x10", shot(&[], &progress, 40, 10));
    insta::assert_snapshot!("too_small", shot(&[], &progress, 32, 8));
}

#[test]
fn every_panel_on_a_small_screen() {
    let progress = samples::running();
    insta::assert_snapshot!("40x10_bounces", shot(&[Key::Char('b')], &progress, 40, 10));
    insta::assert_snapshot!("40x10_notices", shot(&[Key::Char('n')], &progress, 40, 10));
    let keys = [Key::Char('n'), Key::Down, Key::Down];
    insta::assert_snapshot!("80x24_notices", shot(&keys, &progress, 80, 24));
}

#[test]
fn every_state_of_a_run() {
    let mut loading = Progress::new("welcome");
    loading.apply(&crate::model::Event::Loading {
        at: samples::at(0),
        rows: 12_000,
        of: Some(50_000),
    });
    insta::assert_snapshot!("loading", shot(&[], &loading, 80, 18));
    let paused = samples::in_state(RunState::Paused);
    insta::assert_snapshot!("paused", shot(&[], &paused, 80, 18));
    let draining = samples::in_state(RunState::Draining);
    insta::assert_snapshot!("draining", shot(&[], &draining, 80, 18));
    insta::assert_snapshot!("finished", shot(&[], &samples::finished(), 80, 24));
}

#[test]
fn overlays_stand_in_the_middle() {
    let progress = samples::running();
    insta::assert_snapshot!(
        "quit",
        shot(&[Key::Char('q'), Key::Down], &progress, 80, 24)
    );
    insta::assert_snapshot!("quit_40x10", shot(&[Key::Char('q')], &progress, 40, 10));
    insta::assert_snapshot!("help", shot(&[Key::Char('?')], &progress, 80, 24));
    let draining = samples::in_state(RunState::Draining);
    insta::assert_snapshot!("quit_draining", shot(&[Key::Char('q')], &draining, 80, 24));
}

#[test]
fn no_size_panics() {
    let progress = samples::hostile();
    let mut app = app(|_| ());
    for width in 1..=100 {
        for height in 1..=40 {
            drawn(&mut app, &progress, width, height);
        }
    }
}

#[test]
fn nothing_and_overlays_fit_everywhere() {
    let nothing = Progress::new("");
    for keys in ["", "b", "n", "?", "q"] {
        let mut app = app(|_| ());
        for key in keys.chars() {
            app.update(Key::Char(key), RunState::Running);
        }
        for size in [
            (1, 1),
            (40, 10),
            (40, 80),
            (41, 18),
            (79, 29),
            (150, 30),
            (300, 80),
        ] {
            drawn(&mut app, &nothing, size.0, size.1);
        }
    }
}

#[test]
fn hostile_texts_never_reach_a_cell() {
    let progress = samples::hostile();
    for (key, width, height) in [('d', 200, 50), ('b', 40, 10), ('n', 40, 10), ('n', 80, 24)] {
        let mut app = app(|_| ());
        app.update(Key::Char(key), RunState::Running);
        app.title = "\x1b[2J\u{202e}title".to_owned();
        let buffer = drawn(&mut app, &progress, width, height);
        let acts = |c: char| c.is_control() || "\u{200b}\u{202e}\u{2066}".contains(c);
        let wrong = buffer
            .content()
            .iter()
            .find(|cell| cell.symbol().contains(acts));
        assert_eq!(wrong, None, "{width}×{height}");
        assert!(
            buffer
                .content()
                .iter()
                .all(|cell| cell.symbol().len() <= 16)
        );
    }
}

#[test]
fn columns_stand_behind_wide_glyphs() {
    let mut app = app(|_| ());
    let buffer = drawn(&mut app, &samples::running(), 120, 40);
    let text = lines(&buffer);
    let column = |line: &str, needle: &str| {
        line.find(needle)
            .map(|place| crate::progress::text::width(&line[..place]))
    };
    let wide = text
        .lines()
        .find(|line| line.starts_with("郵便局"))
        .unwrap();
    let plain = text
        .lines()
        .find(|line| line.starts_with("outlook"))
        .unwrap();
    assert_eq!(column(wide, "4/10"), column(plain, "4/10"));
}

#[test]
fn without_colour_no_cell_has_one() {
    let mut app = app(|options| options.colour = false);
    let buffer = drawn(&mut app, &samples::running(), 120, 40);
    let plain = ratatui::style::Color::Reset;
    assert!(
        buffer
            .content()
            .iter()
            .all(|cell| cell.fg == plain && cell.bg == plain)
    );
}

/// A surface whose latest picture the test can see.
struct Shown(Terminal<TestBackend>, Arc<Mutex<String>>);

impl Surface for Shown {
    fn draw(&mut self, app: &mut App, progress: &Progress) -> io::Result<()> {
        let Ok(_) = self.0.draw(|frame| view::draw(frame, app, progress));
        *self.1.lock().unwrap() = lines(self.0.backend().buffer());
        Ok(())
    }
}

/// A dashboard that runs, and everything that leads into it and out of it.
struct Bench {
    keys: mpsc::Sender<Input>,
    inputs: Option<mpsc::Receiver<Input>>,
    snapshots: watch::Sender<Arc<Progress>>,
    commands: mpsc::UnboundedReceiver<Command>,
    asks: Option<mpsc::UnboundedSender<Command>>,
    picture: Arc<Mutex<String>>,
}

impl Bench {
    fn new() -> Self {
        let (keys, inputs) = mpsc::channel(8);
        let (snapshots, _) = watch::channel(Arc::new(samples::running()));
        let (asks, commands) = mpsc::unbounded_channel();
        Self {
            keys,
            inputs: Some(inputs),
            snapshots,
            commands,
            asks: Some(asks),
            picture: Arc::default(),
        }
    }

    /// The dashboard itself; to be run beside the script.
    fn dashboard(
        &mut self,
        options: DashOptions,
    ) -> impl Future<Output = io::Result<DashEnd>> + use<> {
        let Ok(terminal) = Terminal::new(TestBackend::new(80, 24));
        let surface = Shown(terminal, Arc::clone(&self.picture));
        let mut inputs = self.inputs.take().unwrap();
        let (snapshots, asks) = (self.snapshots.subscribe(), self.asks.take().unwrap());
        async move {
            let app = App::new("welcome", &options);
            drive(app, surface, &mut inputs, snapshots, asks, options.linger).await
        }
    }

    async fn press(&self, key: Key) {
        self.keys.send(Input::Key(key)).await.unwrap();
    }

    /// Waits until the picture says something.
    async fn until_seen(&self, words: &str) {
        for _ in 0..1000 {
            if self.picture.lock().unwrap().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "{words:?} is not to be seen:\n{}",
            self.picture.lock().unwrap()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn keys_steer_the_whole_dashboard() {
    let mut bench = Bench::new();
    let dashboard = bench.dashboard(DashOptions::default());
    let script = async {
        bench.until_seen("busy and troubled first").await;
        bench.press(Key::Char('s')).await;
        bench.until_seen("by name").await;
        bench.press(Key::Char('?')).await;
        bench.until_seen("leave or stop: asks first").await;
        bench.press(Key::Escape).await;
        bench.press(Key::Char('p')).await;
        assert_eq!(bench.commands.recv().await, Some(Command::Pause));
        bench
            .snapshots
            .send_replace(Arc::new(samples::in_state(RunState::Paused)));
        bench.until_seen("‖ paused").await;
        bench.press(Key::Char('p')).await;
        assert_eq!(bench.commands.recv().await, Some(Command::Resume));
        bench.snapshots.send_replace(Arc::new(samples::running()));
        bench.press(Key::Char('n')).await;
        bench.until_seen("━ Notices").await;
        bench.press(Key::Control('c')).await;
        bench.until_seen("Leave the dashboard?").await;
        bench.press(Key::Control('c')).await;
        assert_eq!(bench.commands.recv().await, Some(Command::Drain));
        bench.until_seen("Ctrl-C again aborts").await;
        bench.press(Key::Control('c')).await;
        assert_eq!(bench.commands.recv().await, Some(Command::Abort));
        bench.snapshots.send_replace(Arc::new(samples::finished()));
    };
    let (end, ()) = tokio::join!(dashboard, script);
    assert_eq!(end.unwrap(), DashEnd::Finished);
}

#[tokio::test(start_paused = true)]
async fn the_last_picture_stays_as_long_as_asked() {
    let mut bench = Bench::new();
    let options = DashOptions {
        linger: Some(Duration::MAX),
        ..DashOptions::default()
    };
    let dashboard = bench.dashboard(options);
    let script = async {
        bench.snapshots.send_replace(Arc::new(samples::finished()));
        bench.until_seen("any key leaves").await;
        bench.press(Key::Down).await;
        bench.press(Key::Enter).await;
    };
    let (end, ()) = tokio::join!(dashboard, script);
    assert_eq!(end.unwrap(), DashEnd::Finished);
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_left_and_when_nobody_sends_pictures() {
    let mut bench = Bench::new();
    let options = DashOptions {
        watch_only: true,
        ..DashOptions::default()
    };
    let dashboard = bench.dashboard(options);
    let (end, ()) = tokio::join!(dashboard, bench.press(Key::Char('q')));
    assert_eq!(end.unwrap(), DashEnd::Detached);

    let mut bench = Bench::new();
    let dashboard = bench.dashboard(DashOptions::default());
    drop(bench.snapshots);
    assert_eq!(dashboard.await.unwrap(), DashEnd::Lost);
}

#[test]
fn the_picture_is_well_formed() {
    let svg = super::picture(&samples::hostile(), 100, 30);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(!svg.contains('\x1b'));
    assert_eq!(
        svg.matches("<text ").count(),
        svg.matches("</text>").count()
    );
}
