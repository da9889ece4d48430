//! Mailboxes that `serve` fetches from.

use crate::support::program::run;
use crate::support::report::Status;
use crate::support::service::{Service, sent};
use crate::support::workspace::{CAMPAIGN, email};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// A POP3 server with these mails: its port, and what a session deleted once it has said QUIT.
fn pop3(mails: Vec<String>) -> (u16, Receiver<Vec<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut deleted = Vec::new();
            let mut writing = stream.try_clone().unwrap();
            let _ = writing.write_all(b"+OK\r\n");
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let (verb, number) = line.split_once(' ').unwrap_or((&line, ""));
                let number = number.parse().unwrap_or(0_usize);
                let each = |text: &dyn Fn(usize) -> String| {
                    let lines: String = (1..=mails.len()).map(text).collect();
                    format!("+OK\r\n{lines}.\r\n")
                };
                let answer = match verb {
                    "CAPA" => "+OK\r\nUSER\r\nUIDL\r\n.\r\n".to_owned(),
                    "LIST" => each(&|n| format!("{n} {}\r\n", mails[n - 1].len())),
                    "UIDL" => each(&|n| format!("{n} id{n}\r\n")),
                    "RETR" => format!("+OK\r\n{}\r\n.\r\n", mails[number - 1]),
                    "DELE" => {
                        deleted.push(number);
                        "+OK\r\n".to_owned()
                    }
                    _ => "+OK\r\n".to_owned(),
                };
                let _ = writing.write_all(answer.as_bytes());
                if verb == "QUIT" {
                    let _ = tell.send(deleted);
                    break;
                }
            }
        }
    });
    (port, told)
}

fn mailbox(port: u16, handled: &str) -> String {
    format!(
        "[[mailbox]]\nprotocol = \"pop3\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"off\"\n\
         handled = \"{handled}\"\nauth = {{ username = \"me\", password_file = \"password\", \
         allow_plaintext = true }}\n"
    )
}

#[test]
fn each_mailbox_is_fetched_for_itself_and_only_what_was_ours_is_deleted_where_asked() {
    for (handled, gone) in [("delete", vec![2]), ("flag", vec![])] {
        let sent = sent();
        let bounce = format!(
            "From: MAILER-DAEMON@far.test\r\nDelivered-To: {0}\r\nSubject: failure\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\n\r\nNo.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; far.test\r\n\r\nFinal-Recipient: rfc822; {1}\r\n\
             Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--",
            sent.return_path,
            email(0)
        );
        let letter = "From: a@friend.test\r\nSubject: lunch?\r\n\r\nAt one?".to_owned();
        // It takes connections and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, deleted) = pop3(vec![letter, bounce]);
        let boxes = mailbox(silent.local_addr().unwrap().port(), handled) + &mailbox(port, handled);
        let path = sent.workspace.path().join("hikyaku.toml");
        let config = std::fs::read_to_string(path).unwrap();
        sent.workspace
            .write("hikyaku.toml", format!("{config}\n{boxes}").as_bytes());
        sent.workspace.write("password", b"geheim");
        let service = Service::start(&sent, &[]);
        let deleted = deleted.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(deleted, gone, "{handled}");
        assert_eq!(
            Status::of(sent.workspace.path(), CAMPAIGN).count("bounced"),
            1
        );
        let (code, said) = service.end();
        assert_eq!(code, Some(0), "{said}");
        let notes = run(sent.workspace.path(), &["bounces", "notes"]);
        assert_eq!(notes.stdout, "", "a friend's letter is left alone");
    }
}
