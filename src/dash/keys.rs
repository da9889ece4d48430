//! Keys and resizes of the terminal, read on a thread of their own, because reading blocks.

use super::app::Key;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;

/// What a terminal tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// A key was pressed.
    Key(Key),
    /// The size is another.
    Resized,
}

/// The thread that reads, and what it read.
pub(super) struct Keys {
    pub(super) inputs: mpsc::Receiver<Input>,
    stop: Arc<AtomicBool>,
    /// Closes when the thread has ended.
    ended: Receiver<()>,
}

/// How long the thread may take to notice that it shall end.
const NOTICE: Duration = Duration::from_millis(50);
/// Keys that wait to be taken; nobody types faster, and what a paste leaves over can wait.
const AHEAD: usize = 64;

impl Keys {
    /// Starts to read.
    ///
    /// # Errors
    /// Where no thread can be had.
    pub(super) fn start() -> io::Result<Self> {
        let (sender, inputs) = mpsc::channel(AHEAD);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (alive, ended) = sync_channel(0);
        thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                let _alive = alive;
                read(&sender, &stopped);
            })?;
        Ok(Self {
            inputs,
            stop,
            ended,
        })
    }
}

impl Drop for Keys {
    /// Waits for the thread, so that it takes no key from whoever has the terminal next. Not for
    /// long: where the terminal itself is gone, the library may never come back from asking it.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.inputs.close();
        // Closed or not, there is nothing more to be done.
        let _ = self.ended.recv_timeout(4 * NOTICE);
    }
}

/// Reads until it shall stop, nobody listens, or the terminal is gone.
fn read(sender: &mpsc::Sender<Input>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let event = match event::poll(NOTICE) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let Ok(event) = event else {
            return;
        };
        if let Some(input) = input(&event)
            && sender.blocking_send(input).is_err()
        {
            return;
        }
    }
}

/// What an event of the terminal means here.
fn input(event: &Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => self::key(*key).map(Input::Key),
        Event::Resize(..) => Some(Input::Resized),
        Event::Key(_)
        | Event::FocusGained
        | Event::FocusLost
        | Event::Mouse(_)
        | Event::Paste(_) => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    Some(match event.code {
        KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Control(c.to_ascii_lowercase())
        }
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_and_releases_are_not_keys() {
        let press = |code, modifiers| input(&Event::Key(KeyEvent::new(code, modifiers)));
        let control_c = press(KeyCode::Char('C'), KeyModifiers::CONTROL);
        assert_eq!(control_c, Some(Input::Key(Key::Control('c'))));
        let plain = press(KeyCode::Char('c'), KeyModifiers::NONE);
        assert_eq!(plain, Some(Input::Key(Key::Char('c'))));
        assert_eq!(press(KeyCode::F(5), KeyModifiers::NONE), None);
        assert_eq!(input(&Event::Resize(80, 24)), Some(Input::Resized));
        let mut release = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        release.kind = KeyEventKind::Release;
        assert_eq!(input(&Event::Key(release)), None);
    }
}
