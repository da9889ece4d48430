//! One side of a comparison, and what stands where nothing can.

use super::error::Fault;
use super::lex::Token;
use super::parse::Parser;
use super::remedy;
use super::tree::{Operand, Read, What};
use crate::model::Day;
use std::ops::Range;

impl Parser<'_> {
    pub(super) fn side(&mut self) -> Result<Operand, Fault> {
        let at = self.here();
        let what = match self.next() {
            None => return Err(Fault::new(at, "the expression ends too early")),
            Some(Token::Text(text)) => What::Text(text),
            Some(Token::Number(number)) => What::Number(number),
            Some(Token::Day(day)) => What::Day(day),
            Some(Token::Moment(moment)) => What::Moment(moment),
            Some(Token::Name(name)) => What::Field {
                name,
                read: Read::AsIs,
            },
            Some(Token::Word(word)) => self.word(word, &at)?,
            Some(Token::Sign("-")) => match self.next() {
                Some(Token::Number(number)) => What::Number(-number),
                _ => return Err(Fault::new(at, "a number is missing behind `-`")),
            },
            Some(Token::Span(..) | Token::Sign(_)) => {
                self.place -= 1;
                return Err(self.stray());
            }
        };
        let end = self.tokens[self.place - 1].1.end;
        Ok(Operand {
            at: at.start..end,
            what,
        })
    }

    /// What a word on a side means; `at` is its place.
    fn word(&mut self, word: String, at: &Range<usize>) -> Result<What, Fault> {
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        if matches!(self.peek(), Some(Token::Sign("("))) {
            return self.call(&word, at);
        }
        if is("true") || is("false") {
            return Ok(What::Boolean(is("true")));
        }
        if is("today") {
            return self.today(at).map(What::Day);
        }
        for reserved in ["and", "or", "not", "in", "is", "contains", "with"] {
            if is(reserved) {
                let fault = Fault::new(at.clone(), format!("`{word}` has nothing in front of it"));
                return Err(fault.hint(format!(
                    "a column of that name is written `{word}`, in backquotes"
                )));
            }
        }
        Ok(What::Field {
            name: word,
            read: Read::AsIs,
        })
    }

    /// `lower(column)` and the like.
    fn call(&mut self, function: &str, at: &Range<usize>) -> Result<What, Fault> {
        let read = match function {
            "lower" => Read::Lower,
            "number" => Read::Number,
            "date" => Read::Date,
            "field" => Read::AsIs,
            _ => {
                let fault = Fault::new(at.clone(), format!("there is no function `{function}`"));
                return Err(fault.hint("there are lower(x), number(x), date(x) and field(\"x\")"));
            }
        };
        self.place += 1;
        let inside = self.here();
        let name = match self.next() {
            Some(Token::Word(name) | Token::Name(name)) => name,
            Some(Token::Text(name)) if function == "field" => name,
            _ => {
                let what = format!("a column's name is missing in `{function}(…)`");
                return Err(Fault::new(inside, what));
            }
        };
        if !self.take_sign(")") {
            return Err(Fault::new(self.here(), "`)` is missing here"));
        }
        Ok(What::Field { name, read })
    }

    /// `today`, and what is added to it.
    fn today(&mut self, at: &Range<usize>) -> Result<Day, Fault> {
        let sign = if self.take_sign("-") {
            -1
        } else if self.take_sign("+") {
            1
        } else {
            return Ok(self.today);
        };
        let here = self.here();
        let Some(Token::Span(count, unit)) = self.next() else {
            let fault = Fault::new(here, "a span of time is missing here");
            return Err(fault.hint("write 30d, 4w, 6m (months) or 1y"));
        };
        let moved = self.today.moved(count.saturating_mul(sign), unit);
        moved.ok_or_else(|| Fault::new(at.start..here.end, "there is no such day"))
    }

    /// Something stands where it means nothing.
    pub(super) fn stray(&self) -> Fault {
        let at = self.here();
        let what = match self.peek() {
            None => "the expression ends too early",
            Some(Token::Sign(")")) => "this bracket was never opened",
            Some(Token::Span(..)) => "a span of time stands behind `today +` or `today -`",
            Some(_) => "`and` or `or` is missing in front of this, or it does not belong here",
        };
        let fault = Fault::new(at, what);
        let hint = match self.peek() {
            Some(Token::Sign("-")) => Some("a column with `-` in its name stands in backquotes"),
            Some(Token::Sign("+")) => Some("there are no sums; write the value itself"),
            Some(Token::Sign(",")) => Some("a number is written without a separator: 1500"),
            Some(Token::Word(word)) => remedy::elsewhere(word),
            _ => None,
        };
        match hint {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }
}
