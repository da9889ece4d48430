//! What a destination's servers have taught us in this run: how many messages they take on a
//! connection, how far they let us go ahead, how many recipients they take at once.

use crate::model::PipelineMode;
use crate::proto::smtp_client::Closing;

/// Habits of a destination, learned from how its sessions ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Learned {
    /// After how many messages the server closes.
    messages: Option<u32>,
    /// After how many the last session ended that ended without a word.
    suspected: Option<u32>,
    /// The fastest way transactions may travel.
    pipeline: PipelineMode,
    /// Transactions in the window of the next session, at first.
    window: usize,
    /// Recipients of one transaction.
    recipients: Option<u32>,
    /// Sessions in a row that broke while a window was open.
    broken: u32,
}

impl Learned {
    /// Nothing yet; `pipeline` is what the configuration allows.
    pub(crate) const fn nothing(pipeline: PipelineMode) -> Self {
        Self {
            messages: None,
            suspected: None,
            pipeline,
            window: 1,
            recipients: None,
            broken: 0,
        }
    }

    /// Messages that a connection should carry at most, where `limit` is configured.
    pub(crate) fn messages(&self, limit: Option<u32>) -> Option<u32> {
        limit.into_iter().chain(self.messages).min()
    }

    /// Recipients that a transaction should have at most, where `limit` is configured.
    pub(crate) fn recipients(&self, limit: u32) -> u32 {
        self.recipients.map_or(limit, |learned| learned.min(limit))
    }

    /// The fastest way transactions may travel.
    pub(crate) const fn pipeline(&self) -> PipelineMode {
        self.pipeline
    }

    /// Transactions in the window of the next session, at first.
    pub(crate) const fn window(&self) -> usize {
        self.window
    }

    /// Learns from the end of a session; every change is told in a sentence.
    pub(crate) fn from(&mut self, closing: &Closing) -> Vec<String> {
        self.window = closing.window;
        let lessons = [
            self.limit_of(closing),
            self.pace_of(closing),
            self.recipients_of(closing),
        ];
        lessons.into_iter().flatten().collect()
    }

    /// Servers that close after so many messages are left before that.
    fn limit_of(&mut self, closing: &Closing) -> Option<String> {
        let k = closing.server_limit?;
        let announced = closing.reply.is_some();
        let again = self.suspected.replace(k) == Some(k);
        // One that ends without a word may just have been restarted.
        let sure = announced || again;
        if !sure || self.messages.is_some_and(|known| known <= k) {
            return None;
        }
        self.messages = Some(k);
        Some(format!(
            "the server ends a connection after {k} messages; \
             connections now end themselves before that"
        ))
    }

    /// Servers that do not bear what runs ahead of their answers are asked more slowly.
    fn pace_of(&mut self, closing: &Closing) -> Option<String> {
        let in_order = closing.clean || closing.reply.is_some() || closing.server_limit.is_some();
        if in_order {
            self.broken = 0;
        } else if closing.window_broke {
            self.broken += 1;
        }
        let slower = match closing.fall_back {
            None if self.broken >= BROKEN => Some(PipelineMode::Data),
            fall_back => fall_back,
        }?;
        if slower <= self.pipeline {
            return None;
        }
        self.pipeline = slower;
        self.broken = 0;
        let now = match slower {
            PipelineMode::Auto => return None,
            PipelineMode::Data => "messages no longer stream ahead (CHUNKING) in this run",
            PipelineMode::Off => "it is asked one command at a time in this run",
        };
        Some(format!("{}: {now}", closing.why))
    }

    fn recipients_of(&mut self, closing: &Closing) -> Option<String> {
        let limit = closing.recipients_limit?;
        if self.recipients.is_some_and(|known| known <= limit) {
            return None;
        }
        self.recipients = Some(limit);
        Some(format!(
            "the server takes {limit} recipients of one message; they are split accordingly"
        ))
    }
}

/// Sessions in a row that broke in an open window before it is given up: a network breaks one now
/// and then.
const BROKEN: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Reply, Stage};

    fn closing() -> Closing {
        Closing {
            stage: Stage::Final,
            reply: None,
            why: "it broke".to_owned(),
            clean: false,
            accepted: 9,
            server_limit: None,
            unsent: Vec::new(),
            window: 1,
            window_broke: false,
            fall_back: None,
            recipients_limit: None,
            refusal: None,
        }
    }

    fn nothing() -> Learned {
        Learned::nothing(PipelineMode::Auto)
    }

    #[test]
    fn a_limit_that_was_announced_holds_at_once() {
        let mut learned = nothing();
        let announced = Closing {
            server_limit: Some(50),
            reply: Some(Reply {
                code: 421,
                enhanced: None,
                text: String::new(),
            }),
            ..closing()
        };
        assert_eq!(learned.from(&announced).len(), 1);
        assert_eq!(learned.from(&announced).len(), 0);
        assert_eq!(learned.messages(None), Some(50));
        assert_eq!(learned.messages(Some(20)), Some(20));
    }

    #[test]
    fn a_limit_without_a_word_has_to_be_seen_twice() {
        let mut learned = nothing();
        let silent = Closing {
            server_limit: Some(50),
            ..closing()
        };
        assert!(learned.from(&silent).is_empty());
        assert_eq!(learned.messages(None), None);
        assert_eq!(learned.from(&silent).len(), 1);
    }

    #[test]
    fn a_server_out_of_step_is_asked_more_slowly_and_never_faster_again() {
        let mut learned = nothing();
        let fall = |fall_back| Closing {
            fall_back,
            ..closing()
        };
        assert_eq!(learned.from(&fall(Some(PipelineMode::Data))).len(), 1);
        assert_eq!(learned.from(&fall(Some(PipelineMode::Data))).len(), 0);
        assert_eq!(learned.from(&fall(Some(PipelineMode::Off))).len(), 1);
        assert_eq!(learned.from(&fall(Some(PipelineMode::Data))).len(), 0);
        assert_eq!(learned.pipeline(), PipelineMode::Off);
    }

    #[test]
    fn a_window_that_breaks_twice_in_a_row_is_given_up() {
        let mut learned = nothing();
        let broke = Closing {
            window_broke: true,
            ..closing()
        };
        let fine = Closing {
            clean: true,
            window: 40,
            ..closing()
        };
        assert!(learned.from(&broke).is_empty());
        assert_eq!(learned.window(), 1);
        assert!(learned.from(&fine).is_empty());
        assert_eq!(learned.window(), 40);
        assert!(learned.from(&broke).is_empty());
        assert_eq!(learned.from(&broke).len(), 1);
        assert_eq!(learned.pipeline(), PipelineMode::Data);
    }

    #[test]
    fn the_smallest_number_of_recipients_counts() {
        let mut learned = nothing();
        let few = |limit| Closing {
            recipients_limit: Some(limit),
            ..closing()
        };
        assert_eq!(learned.recipients(100), 100);
        assert_eq!(learned.from(&few(20)).len(), 1);
        assert_eq!(learned.from(&few(30)).len(), 0);
        assert_eq!(learned.recipients(100), 20);
        assert_eq!(learned.recipients(5), 5);
    }
}
