//! What was rendered: the oracle that arrived content is held against.

use crate::support::workspace::{CAMPAIGN, Workspace};
use hikyaku::model::{Address, Fields, Mailbox, Timestamp};
use hikyaku::render::{Letter, LetterSource};
use jiff::fmt::rfc2822;
use rusqlite::Connection;

/// The letter of a workspace's campaign, compiled once more outside of the program that sent it.
pub(crate) struct Rendered {
    letter: Letter,
}

const HTML: &str = "<p>Dear {{ name }} of {{ city }},</p>\n";
const SUBJECT: &str = "Hello {{ name }}";
const UNSUBSCRIBE: &str = "https://example.com/u/{{ email | urlencode }}";

/// Lines that a careless sender or server breaks, and that go over the wire as they are: dots
/// where lines begin, lone dots, and lines of 998 octets, the longest there may be (RFC 5322
/// section 2.1.1).
pub(crate) fn text() -> String {
    let (long, dotted) = ("x".repeat(998), "y".repeat(997));
    format!(
        "Dear {{{{ name }}}} of {{{{ city }}}},\n.\n..\n.dot\n{long}\n.{dotted}\n\n.\n.\nGoodbye\n"
    )
}

/// HTML with a line too long for SMTP, which has to travel encoded.
pub(crate) fn html() -> String {
    HTML.repeat(2) + &"a very long line without an end ".repeat(60) + "\n.\n"
}

impl Rendered {
    /// The letter that this workspace has sent; the ledger knows what tells it from others.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let ledger = Connection::open(workspace.store()).unwrap();
        let uid: String = ledger
            .query_row(
                "SELECT uid FROM campaign WHERE name = ?1",
                [CAMPAIGN],
                |row| row.get(0),
            )
            .unwrap();
        let source = LetterSource {
            campaign: CAMPAIGN.to_owned(),
            uid,
            from: Mailbox {
                name: Some("Example News".to_owned()),
                address: Address::parse("news@example.com").unwrap(),
            },
            reply_to: None,
            subject: SUBJECT.to_owned(),
            html: Some(("body.html".to_owned(), html())),
            text: Some(("body.txt".to_owned(), text())),
            unsubscribe: Some(UNSUBSCRIBE.to_owned()),
            bounce_domain: None,
        };
        let letter = Letter::compile(&source).unwrap();
        Self { letter }
    }

    /// The octets for row `row` of the list, rendered at the time that `date`, a header, says.
    pub(crate) fn content(&self, email: &str, row: usize, date: &str) -> Vec<u8> {
        let time = rfc2822::parse(date).unwrap().timestamp();
        let (name, city) = (format!("Name {row}"), format!("City {}", row % 10));
        let fields: Fields = [("email", email), ("name", &name), ("city", &city)]
            .into_iter()
            .collect();
        let address = Address::parse(email).unwrap();
        let at = Timestamp::from_millis(time.as_millisecond());
        self.letter
            .render(&address, &fields, at)
            .unwrap()
            .content
            .concat()
    }
}
