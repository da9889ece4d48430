//! The machine while content comes in, by DATA or by BDAT.

use super::content::{Lines, Step};
use super::event::{Event, Received};
use super::machine::{Phase, Server};
use super::session::{Question, Refusal, too_big};
use super::wire::reply;
use bytes::Buf;

/// The octets of one BDAT.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) octets: u64,
    pub(super) left: u64,
    pub(super) last: bool,
    pub(super) refusal: Option<Refusal>,
}

impl Server {
    /// One step through DATA's content; `None` where input is missing.
    pub(super) fn content(&mut self) -> Option<Option<Event>> {
        let Phase::Content(decoder, lines) = &mut self.phase else {
            return Some(None);
        };
        match decoder.step(&mut self.input) {
            Step::More => None,
            Step::Piece(piece) => {
                lines.see(&piece);
                let kept = lines.size <= self.config.max_size;
                Some(kept.then_some(Event::Content(piece)))
            }
            Step::End => {
                let lines = std::mem::take(lines);
                self.phase = Phase::Commands;
                self.note_run_ahead();
                if lines.size > self.config.max_size {
                    self.say(&too_big());
                    return Some(self.abandon());
                }
                let received = received(&lines, false);
                Some(self.ask(Question::Message, Event::Message(received)))
            }
        }
    }

    /// One step through BDAT's octets; `None` where input is missing.
    pub(super) fn chunk(&mut self) -> Option<Option<Event>> {
        let Phase::Chunk(chunk) = &mut self.phase else {
            return Some(None);
        };
        if chunk.left == 0 {
            return Some(self.chunk_end());
        }
        let here =
            usize::try_from(chunk.left).map_or(self.input.len(), |n| n.min(self.input.len()));
        if here == 0 {
            return None;
        }
        chunk.left -= here as u64;
        if chunk.refusal.is_some() {
            self.input.advance(here);
            return Some(None);
        }
        let piece = self.input.split_to(here).freeze();
        if let Some(open) = &mut self.session.transaction {
            open.chunks.get_or_insert_default().see(&piece);
        }
        Some(Some(Event::Content(piece)))
    }

    fn chunk_end(&mut self) -> Option<Event> {
        let Phase::Chunk(chunk) = std::mem::replace(&mut self.phase, Phase::Commands) else {
            return None;
        };
        self.note_run_ahead();
        if let Some(Refusal { reply, ends }) = chunk.refusal {
            self.say(&reply);
            return if ends { self.abandon() } else { None };
        }
        let open = self.session.transaction.as_mut()?;
        let lines = open.chunks.get_or_insert_default();
        if chunk.last {
            let received = received(lines, true);
            return self.ask(Question::Message, Event::Message(received));
        }
        let text = format!("{} octets received", chunk.octets);
        self.say(&reply(250, 0, 0, text));
        None
    }
}

fn received(lines: &Lines, chunked: bool) -> Received {
    Received {
        size: lines.size,
        chunked,
        bare_line_ends: lines.bare_line_ends(),
        longest_line: lines.longest_line(),
    }
}
