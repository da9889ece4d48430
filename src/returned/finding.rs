//! What was found about one recipient, and the judgement over it.

use super::bounds::{DIAGNOSTIC, cut};
use super::failure::telling_words;
use super::reply::{Said, said};
use crate::model::{
    Action, Blame, EnhancedCode, Judge, Judgement, Reason, Reply, ReportedAction, Returned,
    ReturnedKind, Stage,
};

/// One recipient, and what was said of the message to it.
#[derive(Debug, Default, Clone)]
pub(super) struct Finding {
    pub(super) recipient: Option<String>,
    /// Other addresses of the same recipient.
    pub(super) aliases: Vec<String>,
    pub(super) action: Option<ReportedAction>,
    /// The report's own `Status`.
    pub(super) status: Option<EnhancedCode>,
    /// The server that refused, where it is named.
    pub(super) server: String,
    /// What was said of this recipient, the most reliable first.
    pub(super) texts: Vec<String>,
    /// The Subject, and what the whole mail says.
    pub(super) subject: String,
    pub(super) notice: String,
}

/// Texts about one recipient that are listened to.
const MOST_TEXTS: usize = 12;

/// A text, read and judged by its words alone.
struct Heard {
    said: Said,
    by_words: Reason,
}

impl Finding {
    /// The entry for this recipient.
    pub(super) fn returned(self, judge: &dyn Judge) -> Returned {
        let heard = self.hear_all(judge);
        let action = self.action.unwrap_or_else(|| self.implied_action(&heard));
        let telling = most_telling(&heard);
        let status = self.telling_status(&heard, telling);
        if action == ReportedAction::Delivered {
            return self.entry(ReturnedKind::Delivered, action, status, None, telling);
        }
        let judgement = self.judge(&heard, telling, status, action, judge);
        self.entry(
            ReturnedKind::Bounce,
            action,
            status,
            Some(judgement),
            telling,
        )
    }

    fn entry(
        self,
        kind: ReturnedKind,
        action: ReportedAction,
        status: Option<EnhancedCode>,
        judgement: Option<Judgement>,
        telling: Option<usize>,
    ) -> Returned {
        let diagnostic = match telling.and_then(|place| self.texts.get(place)) {
            Some(text) => one_line(text),
            None => one_line(&telling_words(&self.subject, &self.notice)),
        };
        Returned {
            kind,
            recipient: self.recipient,
            aliases: self.aliases,
            action: Some(action),
            status,
            judgement,
            diagnostic,
        }
    }

    /// Every text, judged until one names a cause: what comes behind it is less reliable.
    fn hear_all(&self, judge: &dyn Judge) -> Vec<Heard> {
        let mut told = false;
        let texts = self.texts.iter().take(MOST_TEXTS);
        texts
            .map(|text| {
                let heard = if told {
                    let by_words = Reason::Unknown;
                    Heard {
                        said: said(text),
                        by_words,
                    }
                } else {
                    self.hear(text, judge)
                };
                told |= weight(heard.by_words) == 2;
                heard
            })
            .collect()
    }

    fn hear(&self, text: &str, judge: &dyn Judge) -> Heard {
        let said = said(text);
        // A 450 alone means something, a 550 alone nothing: so it is the words that are judged.
        let words = Reply {
            code: 550,
            enhanced: None,
            text: said.words.clone(),
        };
        let mut by_words = judge.judge(&words, said.stage, &self.server).reason;
        if weight(by_words) == 1 && said.enhanced.is_some() {
            let both = Reply {
                enhanced: said.enhanced,
                ..words
            };
            by_words = judge.judge(&both, said.stage, &self.server).reason;
        }
        Heard { said, by_words }
    }

    /// Where the report does not say what became of the message, its codes do.
    fn implied_action(&self, heard: &[Heard]) -> ReportedAction {
        let class = self.status.map(|status| status.class).or_else(|| {
            let first = heard.iter().find_map(|heard| heard.said.code)?;
            u8::try_from(first / 100).ok()
        });
        match class {
            Some(2) => ReportedAction::Delivered,
            _ => ReportedAction::Failed,
        }
    }

    /// The enhanced code of what was most telling, or of the report, or any.
    fn telling_status(&self, heard: &[Heard], telling: Option<usize>) -> Option<EnhancedCode> {
        let of_text = telling.and_then(|place| heard[place].said.enhanced);
        let same_class =
            |code: &EnhancedCode| self.status.is_none_or(|own| own.class == code.class);
        let says =
            |code: &EnhancedCode| (code.subject != 0 || code.detail != 0) && same_class(code);
        of_text
            .filter(says)
            .or(self.status.filter(says))
            .or_else(|| {
                heard
                    .iter()
                    .find_map(|heard| heard.said.enhanced.filter(says))
            })
            .or(self.status)
            .or(of_text)
            .or_else(|| heard.iter().find_map(|heard| heard.said.enhanced))
    }

    /// Words above enhanced codes above basic codes; what was said of the recipient above what the
    /// whole mail says.
    fn judge(
        &self,
        heard: &[Heard],
        telling: Option<usize>,
        status: Option<EnhancedCode>,
        action: ReportedAction,
        judge: &dyn Judge,
    ) -> Judgement {
        let told = telling.filter(|place| heard[*place].by_words != Reason::Unknown);
        let reply = if let Some(place) = told {
            self.reply(
                &heard[place].said,
                heard[place].said.enhanced.or(status),
                action,
            )
        } else {
            self.of_notice(heard, telling, status, action, judge)
        };
        let stage = telling
            .and_then(|place| heard[place].said.stage)
            .unwrap_or(Stage::Async);
        settled(&reply, stage, &self.server, action, judge)
    }

    fn reply(&self, said: &Said, enhanced: Option<EnhancedCode>, action: ReportedAction) -> Reply {
        let class = enhanced.map(|enhanced| u16::from(enhanced.class) * 100 + 50);
        let implied = if action == ReportedAction::Delayed {
            450
        } else {
            550
        };
        Reply {
            code: said.code.or(class).unwrap_or(implied),
            enhanced,
            text: said.words.clone(),
        }
    }

    /// Where no text about the recipient says anything: its codes, then the mail's words.
    fn of_notice(
        &self,
        heard: &[Heard],
        telling: Option<usize>,
        status: Option<EnhancedCode>,
        action: ReportedAction,
        judge: &dyn Judge,
    ) -> Reply {
        let empty = Said::default();
        let said = telling.map_or(&empty, |place| &heard[place].said);
        let by_code = self.reply(said, status, action);
        let nothing = |code: EnhancedCode| code.subject == 0 && code.detail == 0;
        if status.is_some_and(|status| !nothing(status)) || self.notice.is_empty() {
            return by_code;
        }
        let whole = self.hear(&telling_words(&self.subject, &self.notice), judge);
        if whole.by_words == Reason::Unknown {
            return by_code;
        }
        Reply {
            text: whole.said.words,
            ..by_code
        }
    }
}

/// The text that says most by its words: the first that names a cause, else the first that says
/// anything, else the first.
fn most_telling(heard: &[Heard]) -> Option<usize> {
    let find = |fits: &dyn Fn(&Heard) -> bool| heard.iter().position(fits);
    find(&|heard| weight(heard.by_words) == 2)
        .or_else(|| find(&|heard| weight(heard.by_words) == 1))
        .or_else(|| find(&|heard| heard.said.enhanced.is_some()))
        .or_else(|| find(&|heard| heard.said.code.is_some()))
        .or(if heard.is_empty() { None } else { Some(0) })
}

/// How much a reason tells: a cause, a refusal or trouble without one, nothing.
fn weight(reason: Reason) -> u8 {
    match reason {
        Reason::Unknown => 0,
        Reason::PolicyRejected
        | Reason::ServerError
        | Reason::ProtocolError
        | Reason::Unreachable => 1,
        _ => 2,
    }
}

/// What has failed for good is permanent, whatever code the last attempt ended with.
fn settled(
    reply: &Reply,
    stage: Stage,
    server: &str,
    action: ReportedAction,
    judge: &dyn Judge,
) -> Judgement {
    let judgement = judge.judge(reply, Some(stage), server);
    let dead = matches!(
        judgement.reason,
        Reason::MailboxUnknown | Reason::MailboxInactive | Reason::DomainUnknown
    );
    if action == ReportedAction::Delayed {
        // A report of a delay suppresses nobody.
        let action = match judgement.action {
            Action::Suppress => Action::Retry,
            other => other,
        };
        return Judgement {
            action,
            ..judgement
        };
    }
    if dead && judgement.blame == Blame::Recipient {
        return Judgement {
            action: Action::Suppress,
            ..judgement
        };
    }
    judgement
}

/// A text on one line, cut to what people read.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(DIAGNOSTIC));
    for word in text.split_whitespace() {
        if line.len() + word.len() > DIAGNOSTIC {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    cut(&line, DIAGNOSTIC).to_owned()
}
