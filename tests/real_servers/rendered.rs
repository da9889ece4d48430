//! What was rendered: the oracle that arrived content is held against.

use crate::support::workspace::{CAMPAIGN, Workspace};
use hikyaku::model::{Address, CampaignId, Fields, Mailbox, Markup, RecipientId, Timestamp};
use hikyaku::render::{Addressee, Letter, LetterSource, Secret, TemplateFile};
use jiff::fmt::rfc2822;
use rusqlite::Connection;

/// The letter of a workspace's campaign, compiled once more outside of the program that sent it.
pub(crate) struct Rendered {
    letter: Letter,
    ledger: Connection,
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
        let (id, uid): (i64, String) = ledger
            .query_row(
                "SELECT id, uid FROM campaign WHERE name = ?1",
                [CAMPAIGN],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        let secret: [u8; 32] = ledger
            .query_row("SELECT octets FROM secret", [], |row| row.get(0))
            .unwrap();
        let tokens = Secret::new(&secret).tokens(CampaignId(id));
        let from = Mailbox {
            name: Some("Example News".to_owned()),
            address: Address::parse("news@example.com").unwrap(),
        };
        let source = LetterSource {
            html: Some((Markup::Html, TemplateFile::new("body.html", html()))),
            text: Some(TemplateFile::new("body.txt", text())),
            unsubscribe: Some(UNSUBSCRIBE.to_owned()),
            ..LetterSource::new(CAMPAIGN, &uid, tokens, from, SUBJECT)
        };
        let letter = Letter::compile(&source).unwrap();
        Self { letter, ledger }
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
        let id = self
            .ledger
            .query_row(
                "SELECT id FROM recipient WHERE email = ?1",
                [email],
                |row| row.get(0),
            )
            .unwrap();
        let id = RecipientId(id);
        let addressee = Addressee {
            id,
            address: &address,
            fields: &fields,
        };
        self.letter.render(&addressee, at).unwrap().content.concat()
    }
}
