//! The terminal itself: raw mode and the alternate screen, and the promise to give both back.
//!
//! A terminal belongs to the whole process, so whether it is ours is a static. It is given back
//! when the [`Screen`] is dropped, before a panic's message is printed, and by [`restore`], which
//! is there for code that ends the process without unwinding.

use super::app::App;
use super::view;
use crate::progress::Progress;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::io::{self, BufWriter, Stderr};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is in our mode.
static OURS: AtomicBool = AtomicBool::new(false);

/// Something that pictures are drawn on: a terminal, or a buffer in tests.
pub(super) trait Surface: Send + 'static {
    /// Draws one picture.
    fn draw(&mut self, app: &mut App, progress: &Progress) -> io::Result<()>;
}

/// The terminal behind stderr, in raw mode and on its alternate screen until it is dropped.
pub(super) struct Screen {
    terminal: Tty,
}

/// Never dropped: the library's own end shows the cursor, which [`restore`] does, and panics where
/// the terminal is gone and takes no words any more. What is leaked is one picture.
type Tty = ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stderr>>>>;

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where there is none; everything is given back then.
    pub(super) fn enter() -> io::Result<Self> {
        restore_before_panic_messages();
        take()?;
        let terminal = blank().inspect_err(|_| restore())?;
        Ok(Self { terminal })
    }
}

impl Surface for Screen {
    fn draw(&mut self, app: &mut App, progress: &Progress) -> io::Result<()> {
        // Another task's panic gave the terminal back to print its message; the run goes on.
        if !OURS.load(Ordering::SeqCst) {
            take()?;
            self.terminal = blank()?;
        }
        self.terminal
            .draw(|frame| view::draw(frame, app, progress))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// A terminal that has nothing on it yet. Not `Terminal::clear`: that asks the terminal where its
/// cursor is, and the key thread would take the answer.
fn blank() -> io::Result<Tty> {
    Terminal::new(CrosstermBackend::new(BufWriter::new(io::stderr()))).map(ManuallyDrop::new)
}

/// Raw mode, the alternate screen, no cursor.
fn take() -> io::Result<()> {
    enable_raw_mode()?;
    OURS.store(true, Ordering::SeqCst);
    execute!(io::stderr(), EnterAlternateScreen, Hide).inspect_err(|_| restore())
}

/// Gives the terminal back as it was, if the dashboard has it. For code that ends the process by
/// itself, such as a second Ctrl-C; everything else happens by itself.
pub fn restore() {
    if OURS.swap(false, Ordering::SeqCst) {
        // There is nobody left to tell about an error here.
        let _ = execute!(io::stderr(), Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

/// Puts [`restore`] before the panic hook that is there, once in a process.
fn restore_before_panic_messages() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
    });
}

/// The columns of the terminal, where there is one.
#[must_use]
pub fn terminal_width() -> Option<u16> {
    ratatui::crossterm::terminal::size()
        .ok()
        .map(|(columns, _)| columns)
}
