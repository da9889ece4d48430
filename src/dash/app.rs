//! What a person chose, and what each key does. No terminal in sight.

use super::choices::{Filter, Panel, Scroll, Sort, Span};
use super::options::DashOptions;
use super::theme::Theme;
use crate::model::{Command, RunState};
use jiff::tz::TimeZone;

/// A key, as far as it means anything here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Control(char),
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
    BackTab,
    Enter,
    Escape,
}

/// What follows from a key besides another picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Something is asked of the run.
    Ask(Command),
    /// The dashboard is left.
    Leave,
}

/// What stands over the panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlay {
    None,
    Help,
    /// The question of the quit key, and the place of the answer that is marked.
    Quit(usize),
}

/// An answer to the quit key's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Stay,
    Drain,
    Abort,
    Detach,
}

/// The dashboard's own state.
#[derive(Debug)]
pub(super) struct App {
    pub(super) title: String,
    pub(super) theme: Theme,
    pub(super) zone: TimeZone,
    pub(super) focus: Panel,
    pub(super) overlay: Overlay,
    pub(super) sort: Sort,
    pub(super) filter: Filter,
    pub(super) span: Span,
    pub(super) watch_only: bool,
    can_detach: bool,
    /// Whether a drain was asked for here; the run may take a moment to say so itself.
    drain_asked: bool,
    scrolls: [Scroll; 3],
}

/// Whether a run in this state has come to its end.
fn ended(state: RunState) -> bool {
    match state {
        RunState::Finished | RunState::Stopped | RunState::Cancelled | RunState::Braked => true,
        RunState::Loading
        | RunState::Scheduled
        | RunState::Running
        | RunState::Paused
        | RunState::Draining => false,
    }
}

impl App {
    pub(super) fn new(title: &str, options: &DashOptions) -> Self {
        Self {
            title: title.to_owned(),
            theme: Theme::new(options.colour),
            zone: options.zone.clone(),
            focus: Panel::Destinations,
            overlay: Overlay::None,
            sort: Sort::Trouble,
            filter: Filter::All,
            span: Span::Recent,
            watch_only: options.watch_only,
            can_detach: options.can_detach || options.watch_only,
            drain_asked: false,
            scrolls: [Scroll::default(); 3],
        }
    }

    /// Takes a key while the run is in `state`.
    pub(super) fn update(&mut self, key: Key, state: RunState) -> Option<Act> {
        if key == Key::Control('c') {
            return self.interrupt(state);
        }
        match self.overlay {
            Overlay::Help => {
                self.overlay = Overlay::None;
                None
            }
            Overlay::Quit(marked) if !ended(state) => self.answer_key(key, marked, state),
            Overlay::Quit(_) | Overlay::None => {
                self.overlay = Overlay::None;
                self.panel_key(key, state)
            }
        }
    }

    /// Ctrl-C: asks, then drains, then aborts.
    fn interrupt(&mut self, state: RunState) -> Option<Act> {
        if self.watch_only || ended(state) {
            return Some(Act::Leave);
        }
        if self.draining(state) {
            return Some(Act::Ask(Command::Abort));
        }
        if matches!(self.overlay, Overlay::Quit(_)) {
            return self.give(Answer::Drain);
        }
        self.overlay = Overlay::Quit(0);
        None
    }

    fn panel_key(&mut self, key: Key, state: RunState) -> Option<Act> {
        match key {
            Key::Char('?' | 'h') => self.overlay = Overlay::Help,
            Key::Tab => self.focus = self.focus.step(1),
            Key::BackTab => self.focus = self.focus.step(2),
            Key::Char('d') => self.focus = Panel::Destinations,
            Key::Char('b') => self.focus = Panel::Problems,
            Key::Char('n') => self.focus = Panel::Notices,
            Key::Char('s') => self.sort = self.sort.next(),
            Key::Char('f') => self.filter = self.filter.next(),
            Key::Char('t') => {
                self.span = match self.span {
                    Span::Recent => Span::Whole,
                    Span::Whole => Span::Recent,
                }
            }
            Key::Up | Key::Char('k') => self.scroll(|s| s.offset.saturating_sub(1)),
            Key::Down | Key::Char('j') => self.scroll(|s| s.offset + 1),
            Key::PageUp => self.scroll(|s| s.offset.saturating_sub(s.page)),
            Key::PageDown => self.scroll(|s| s.offset + s.page),
            Key::Home => self.scroll(|_| 0),
            Key::End => self.scroll(|s| s.rows),
            _ if ended(state) => return Some(Act::Leave),
            Key::Char('q') if self.watch_only => return Some(Act::Leave),
            Key::Char('q') => self.overlay = Overlay::Quit(0),
            Key::Char('p') => return pause_or_resume(state).map(Act::Ask),
            Key::Char(_) | Key::Control(_) | Key::Enter | Key::Escape => {}
        }
        None
    }

    fn scroll(&mut self, to: impl Fn(&Scroll) -> usize) {
        let scroll = &mut self.scrolls[self.focus as usize];
        scroll.go(to(scroll));
    }

    /// A key while the question stands.
    fn answer_key(&mut self, key: Key, marked: usize, state: RunState) -> Option<Act> {
        let answers = self.answers(state);
        match key {
            Key::Escape => return self.give(Answer::Stay),
            Key::Enter => return answers.get(marked).and_then(|answer| self.give(*answer)),
            Key::Down | Key::Tab | Key::Char('j') => {
                self.overlay = Overlay::Quit((marked + 1) % answers.len());
            }
            Key::Up | Key::BackTab | Key::Char('k') => {
                self.overlay = Overlay::Quit((marked + answers.len() - 1) % answers.len());
            }
            Key::Char(letter) => {
                let chosen = answers.iter().find(|answer| answer.letter() == letter);
                return chosen.and_then(|answer| self.give(*answer));
            }
            Key::Control(_) | Key::PageUp | Key::PageDown | Key::Home | Key::End => {}
        }
        None
    }

    fn give(&mut self, answer: Answer) -> Option<Act> {
        self.overlay = Overlay::None;
        match answer {
            Answer::Stay => None,
            Answer::Drain => {
                self.drain_asked = true;
                Some(Act::Ask(Command::Drain))
            }
            Answer::Abort => Some(Act::Ask(Command::Abort)),
            Answer::Detach => Some(Act::Leave),
        }
    }

    /// The answers there are. Staying comes first: it is what a slip of the finger should do.
    pub(super) fn answers(&self, state: RunState) -> Vec<Answer> {
        let stop = if self.draining(state) {
            Answer::Abort
        } else {
            Answer::Drain
        };
        let mut answers = vec![Answer::Stay, stop];
        if self.can_detach {
            answers.push(Answer::Detach);
        }
        answers
    }

    /// Whether the run is about to stop.
    pub(super) fn draining(&self, state: RunState) -> bool {
        !ended(state) && (self.drain_asked || state == RunState::Draining)
    }

    /// Tells how long a panel's list is and how much of it is seen, and gives the first line to
    /// draw. Called for each picture, because both change with every event and every resize.
    pub(super) fn measure(&mut self, panel: Panel, rows: usize, page: usize) -> Scroll {
        let scroll = &mut self.scrolls[panel as usize];
        (scroll.rows, scroll.page) = (rows, page);
        scroll.go(scroll.offset);
        *scroll
    }
}

impl Answer {
    /// The key that gives it.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Stay => 's',
            Self::Drain => 'd',
            Self::Abort => 'a',
            Self::Detach => 't',
        }
    }
}

/// What the pause key asks for; nothing where there is nothing to pause.
fn pause_or_resume(state: RunState) -> Option<Command> {
    match state {
        RunState::Paused => Some(Command::Resume),
        RunState::Loading | RunState::Scheduled | RunState::Running => Some(Command::Pause),
        RunState::Draining
        | RunState::Finished
        | RunState::Stopped
        | RunState::Cancelled
        | RunState::Braked => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(change: impl Fn(&mut DashOptions)) -> App {
        let mut options = DashOptions::default();
        change(&mut options);
        App::new("welcome", &options)
    }

    fn press(app: &mut App, keys: &[Key]) -> Vec<Act> {
        let take = |key: &Key| app.update(*key, RunState::Running);
        keys.iter().filter_map(take).collect()
    }

    #[test]
    fn ctrl_c_asks_then_drains_then_aborts() {
        let mut app = app(|_| ());
        let acts = press(&mut app, &[Key::Control('c'); 3]);
        assert_eq!(acts, [Act::Ask(Command::Drain), Act::Ask(Command::Abort)]);
    }

    #[test]
    fn quitting_asks_and_a_slip_of_the_finger_stays() {
        let mut app = app(|_| ());
        assert_eq!(press(&mut app, &[Key::Char('q'), Key::Enter]), []);
        assert_eq!(
            press(&mut app, &[Key::Char('q'), Key::Char('t')]),
            [],
            "nowhere to detach to"
        );
        assert_eq!(press(&mut app, &[Key::Escape]), []);
        let acts = press(&mut app, &[Key::Char('q'), Key::Down, Key::Enter]);
        assert_eq!(acts, [Act::Ask(Command::Drain)]);
        let acts = press(&mut app, &[Key::Char('q'), Key::Char('a')]);
        assert_eq!(acts, [Act::Ask(Command::Abort)], "draining already");
    }

    #[test]
    fn detaching_leaves_and_watching_leaves_without_a_question() {
        let mut sending = app(|options| options.can_detach = true);
        assert_eq!(
            press(&mut sending, &[Key::Char('q'), Key::Up, Key::Enter]),
            [Act::Leave]
        );
        let mut watching = app(|options| options.watch_only = true);
        assert_eq!(press(&mut watching, &[Key::Char('q')]), [Act::Leave]);
        assert_eq!(press(&mut watching, &[Key::Control('c')]), [Act::Leave]);
    }

    #[test]
    fn pausing_follows_the_state_of_the_run() {
        let mut app = app(|_| ());
        let p = Key::Char('p');
        assert_eq!(
            app.update(p, RunState::Running),
            Some(Act::Ask(Command::Pause))
        );
        assert_eq!(
            app.update(p, RunState::Paused),
            Some(Act::Ask(Command::Resume))
        );
        assert_eq!(app.update(p, RunState::Draining), None);
    }

    #[test]
    fn when_it_is_over_keys_leave_but_scrolling_goes_on() {
        let mut app = app(|_| ());
        assert_eq!(app.update(Key::Down, RunState::Finished), None);
        assert_eq!(app.update(Key::Tab, RunState::Finished), None);
        assert_eq!(
            app.update(Key::Char('x'), RunState::Finished),
            Some(Act::Leave)
        );
        assert_eq!(
            app.update(Key::Char('q'), RunState::Stopped),
            Some(Act::Leave)
        );
    }

    #[test]
    fn scrolling_stays_within_the_list() {
        let mut app = app(|_| ());
        app.measure(Panel::Destinations, 30, 10);
        press(&mut app, &[Key::End, Key::Down]);
        assert_eq!(app.measure(Panel::Destinations, 30, 10).offset, 20);
        press(&mut app, &[Key::PageUp, Key::Up]);
        assert_eq!(app.measure(Panel::Destinations, 30, 10).offset, 9);
        assert_eq!(
            app.measure(Panel::Destinations, 12, 10).offset,
            2,
            "the list got shorter"
        );
        press(&mut app, &[Key::Home]);
        assert_eq!(app.measure(Panel::Destinations, 30, 10).offset, 0);
    }
}
