//! Clients that say exactly what they are told to.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Longer than anything of these tests takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Connects from an address of the loopback network.
pub(crate) async fn from(source: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let source: IpAddr = source.parse().unwrap();
    socket.bind(SocketAddr::new(source, 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// Everything the server says until it ends its side.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A reset behind the last words is an end too.
    let read = timeout(LIMIT, stream.read_to_end(&mut said)).await;
    assert!(read.is_ok(), "no end: {}", String::from_utf8_lossy(&said));
    String::from_utf8_lossy(&said).into_owned()
}

/// What is answered to octets, after which the connection ends.
pub(crate) async fn raw(to: SocketAddr, octets: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    // The server may hang up before it has read all.
    let _ = stream.write_all(octets).await;
    rest(&mut stream).await
}

/// A request of one's own headers, and an end.
pub(crate) async fn ask(to: SocketAddr, line: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    Answer(raw(to, request.as_bytes()).await)
}

/// An HTTP answer, whole.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        let word = self.0.split(' ').nth(1).unwrap_or_default();
        word.parse().unwrap_or_default()
    }

    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap_or_default();
        head.lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find_map(|(key, value)| (key.to_lowercase() == name).then_some(value))
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

/// An SMTP client, command by command.
pub(crate) struct Smtp(pub(crate) TcpStream);

impl Smtp {
    /// Connects and hears the greeting.
    pub(crate) async fn greeted(to: SocketAddr) -> Self {
        let mut client = Self(TcpStream::connect(to).await.unwrap());
        let greeting = client.hear().await;
        assert!(greeting.starts_with("220 "), "{greeting}");
        client
    }

    /// Up to RCPT of an address of ours.
    pub(crate) async fn with_recipient(to: SocketAddr) -> Self {
        let mut client = Self::greeted(to).await;
        client.say("EHLO client.test").await;
        client.say("MAIL FROM:<>").await;
        let answer = client.say("RCPT TO:<b-1@bounces.test>").await;
        assert!(answer.starts_with("250 2.1.5"), "{answer}");
        client
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) {
        self.0.write_all(octets).await.unwrap();
    }

    /// Says a line and hears the answer.
    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.hear().await
    }

    /// One reply, all of its lines.
    pub(crate) async fn hear(&mut self) -> String {
        let mut said = Vec::new();
        loop {
            let octet = timeout(LIMIT, self.0.read_u8()).await;
            let octet = octet.unwrap_or_else(|_| panic!("silence behind {said:?}"));
            let Ok(octet) = octet else { break };
            said.push(octet);
            let text = String::from_utf8_lossy(&said);
            let line = text.trim_end_matches("\r\n").rsplit("\r\n").next();
            if text.ends_with("\r\n")
                && line.is_some_and(|line| line.as_bytes().get(3) == Some(&b' '))
            {
                break;
            }
        }
        String::from_utf8(said).unwrap()
    }
}
