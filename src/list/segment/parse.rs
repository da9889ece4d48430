//! Tokens to a tree.
//!
//! ```text
//! any        = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | "(" any ")" | comparison
//! comparison = side ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "starts with" | "ends with" ) side
//!            | side [ "not" ] "in" "[" literal { "," literal } "]"
//!            | side "is" [ "not" ] ( "empty" | "set" )
//!            | side
//! side       = column | `column` | lower(column) | number(column) | date(column)
//!            | "text" | 'text' | 20 | -1.5 | true | false | 2026-12-31 | today [ ( "+" | "-" ) 30d ]
//! ```

use super::error::Fault;
use super::lex::{Placed, Token, tokens};
use super::tree::{Op, Operand, Tree, What};
use crate::model::Day;
use std::ops::Range;

/// How deep brackets and `not` may nest.
const DEEPEST: usize = 64;

/// Reads an expression. `today` is the date that is.
pub(super) fn parse(text: &str, today: Day) -> Result<Tree, Fault> {
    let mut parser = Parser {
        tokens: &tokens(text)?,
        place: 0,
        end: text.trim_end().len(),
        depth: 0,
        today,
    };
    if parser.tokens.is_empty() {
        let fault = Fault::new(0..0, "the expression is empty");
        return Err(fault.hint("write one such as country == \"JP\", or leave the segment out"));
    }
    let tree = parser.any()?;
    match parser.peek() {
        None => Ok(tree),
        Some(_) => Err(parser.stray()),
    }
}

pub(super) struct Parser<'a> {
    pub(super) tokens: &'a [Placed],
    pub(super) place: usize,
    /// Where the expression ends.
    end: usize,
    depth: usize,
    pub(super) today: Day,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place).map(|(token, _)| token)
    }

    pub(super) fn here(&self) -> Range<usize> {
        let place = self.tokens.get(self.place);
        place.map_or(self.end..self.end, |(_, at)| at.clone())
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned()?;
        self.place += 1;
        Some(token)
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.place += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.place += usize::from(found);
        found
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    fn any(&mut self) -> Result<Tree, Fault> {
        let mut parts = vec![self.all()?];
        while self.take_word("or") {
            parts.push(self.all()?);
        }
        Ok(single(parts, Tree::Or))
    }

    fn all(&mut self) -> Result<Tree, Fault> {
        let mut parts = vec![self.one()?];
        while self.take_word("and") {
            parts.push(self.one()?);
        }
        Ok(single(parts, Tree::And))
    }

    fn one(&mut self) -> Result<Tree, Fault> {
        let (at, not) = (self.here(), self.take_word("not"));
        if !not && !self.take_sign("(") {
            return self.comparison();
        }
        if self.depth == DEEPEST {
            let what = format!("brackets and `not` nest deeper than {DEEPEST}");
            return Err(Fault::new(at, what));
        }
        self.depth += 1;
        let inner = if not {
            Tree::Not(Box::new(self.one()?))
        } else {
            let inner = self.any()?;
            if !self.take_sign(")") {
                return Err(match self.peek() {
                    None => Fault::new(at, "this bracket is not closed"),
                    Some(_) => self.stray(),
                });
            }
            inner
        };
        self.depth -= 1;
        Ok(inner)
    }

    fn comparison(&mut self) -> Result<Tree, Fault> {
        let left = self.side()?;
        let op_at = self.here();
        if self.take_word("is") {
            return self.is(left);
        }
        if self.is_word("not") {
            self.place += 1;
            if !self.take_word("in") {
                let fault = Fault::new(op_at, "`not` stands in front of a comparison, or of `in`");
                return Err(fault.hint("write not (…), or != for what differs"));
            }
            let found = self.list(left.clone())?;
            // An empty cell is neither in nor not in.
            let filled = Tree::Set { left, set: true };
            return Ok(Tree::And(vec![filled, Tree::Not(Box::new(found))]));
        }
        if self.take_word("in") {
            return self.list(left);
        }
        let Some(op) = self.op()? else {
            return Ok(Tree::Alone(left));
        };
        let op_at = op_at.start..self.tokens[self.place - 1].1.end;
        let right = self.side()?;
        let again = self.here();
        if matches!(
            self.peek(),
            Some(Token::Sign("==" | "!=" | "<" | "<=" | ">" | ">="))
        ) {
            let fault = Fault::new(again, "comparisons do not chain");
            return Err(fault.hint("write each by itself: age >= 20 and age < 30"));
        }
        Ok(Tree::Compare {
            left,
            op,
            op_at,
            right,
        })
    }

    fn op(&mut self) -> Result<Option<Op>, Fault> {
        const SIGNS: &[(&str, Op)] = &[
            ("==", Op::Equal),
            ("!=", Op::Unequal),
            ("<=", Op::LessOrEqual),
            ("<", Op::Less),
            (">=", Op::GreaterOrEqual),
            (">", Op::Greater),
        ];
        const WORDS: &[(&str, Op, bool)] = &[
            ("contains", Op::Contains, false),
            ("startswith", Op::StartsWith, false),
            ("starts_with", Op::StartsWith, false),
            ("endswith", Op::EndsWith, false),
            ("ends_with", Op::EndsWith, false),
            ("starts", Op::StartsWith, true),
            ("ends", Op::EndsWith, true),
        ];
        if let Some((_, op)) = SIGNS.iter().find(|(sign, _)| self.take_sign(sign)) {
            return Ok(Some(*op));
        }
        let Some((word, op, with)) = WORDS.iter().find(|(word, ..)| self.take_word(word)) else {
            return Ok(None);
        };
        if *with && !self.take_word("with") {
            return Err(Fault::new(
                self.here(),
                format!("`with` is missing behind `{word}`"),
            ));
        }
        Ok(Some(*op))
    }

    /// Behind `is`.
    fn is(&mut self, left: Operand) -> Result<Tree, Fault> {
        let not = self.take_word("not");
        let at = self.here();
        let set = if self.take_word("empty") {
            false
        } else if self.take_word("set") || self.take_word("filled") {
            true
        } else {
            let fault = Fault::new(at, "`empty` or `set` is missing behind `is`");
            let hint = match ["null", "none", "nil"]
                .iter()
                .any(|word| self.is_word(word))
            {
                true => "write `is empty`, or `is set`",
                false => "to compare, write ==",
            };
            return Err(fault.hint(hint));
        };
        let set = set != not;
        Ok(Tree::Set { left, set })
    }

    /// Behind `in`.
    fn list(&mut self, left: Operand) -> Result<Tree, Fault> {
        let at = self.here();
        if !self.take_sign("[") {
            let fault = Fault::new(at, "`[` is missing behind `in`");
            return Err(fault.hint("write the values in brackets: in [\"JP\", \"KR\"]"));
        }
        let mut items = Vec::new();
        while !self.take_sign("]") {
            let item = self.side()?;
            if let What::Field { name, .. } = &item.what {
                let fault = Fault::new(item.at, format!("{name:?} is not a value"));
                return Err(fault.hint(format!("text stands in quotes: write \"{name}\"")));
            }
            items.push(item);
            let here = self.here();
            if !self.take_sign(",") && !matches!(self.peek(), Some(Token::Sign("]"))) {
                return Err(Fault::new(here, "`,` or `]` is missing here"));
            }
        }
        if items.is_empty() {
            return Err(Fault::new(at, "nothing stands in the brackets"));
        }
        Ok(Tree::In { left, items })
    }
}

/// One part is itself.
fn single(mut parts: Vec<Tree>, many: fn(Vec<Tree>) -> Tree) -> Tree {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
