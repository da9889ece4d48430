//! A name server of a few records, over UDP, that answers what a table says.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread;

/// A record of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// A mail server of a domain.
    Mx(u16, &'static str),
    /// An address of a host, of either family.
    Address(IpAddr),
    /// A text.
    Text(&'static str),
    /// The name of an address.
    Pointer(&'static str),
    /// Questions of this type are not answered at all.
    Silence(u16),
}

/// What is known of a name that ends so.
pub(crate) type Table = Vec<(&'static str, Vec<Record>)>;

/// Answers questions from the table for as long as the test program runs; where it listens. The
/// first entry that fits a name's end counts.
pub(crate) fn serve(table: Table) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let table = Arc::new(table);
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut question) {
            if let Some(answer) = answer(&question[..length], &table) {
                drop(socket.send_to(&answer, peer));
            }
        }
    });
    address
}

/// The answer to a packet with one question (RFC 1035 section 4.1).
fn answer(packet: &[u8], table: &Table) -> Option<Vec<u8>> {
    let (mut name, mut at) = (String::new(), 12);
    loop {
        let length = usize::from(*packet.get(at)?);
        let label = packet.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        if length == 0 {
            break;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(std::str::from_utf8(label).ok()?);
    }
    let kind = u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?);
    let question = packet.get(12..at + 4)?;
    let name = name.to_ascii_lowercase();
    let known = table.iter().find(|(end, _)| name.ends_with(end));
    if known.is_some_and(|(_, records)| records.contains(&Record::Silence(kind))) {
        return None;
    }
    let records: Vec<_> = known
        .iter()
        .flat_map(|(_, records)| records.iter().filter_map(|record| record.wire(kind)))
        .collect();
    let mut out = packet.get(..2)?.to_vec();
    // An authoritative answer; NXDOMAIN for names that nobody knows.
    out.extend([0x84, if known.is_some() { 0 } else { 3 }]);
    out.extend([0, 1]);
    out.extend(u16::try_from(records.len()).ok()?.to_be_bytes());
    out.extend([0; 4]);
    out.extend(question);
    for data in records {
        // The name is the question's; class IN, a minute to live.
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        out.extend(data);
    }
    Some(out)
}

impl Record {
    /// Its data, where it is of this type.
    fn wire(&self, kind: u16) -> Option<Vec<u8>> {
        match (self, kind) {
            (Self::Mx(preference, host), 15) => {
                let mut data = preference.to_be_bytes().to_vec();
                data.extend(wire_name(host)?);
                Some(data)
            }
            (Self::Pointer(name), 12) => wire_name(name),
            (Self::Text(text), 16) => {
                let mut data = vec![u8::try_from(text.len()).ok()?];
                data.extend(text.as_bytes());
                Some(data)
            }
            (Self::Address(IpAddr::V4(ip)), 1) => Some(ip.octets().to_vec()),
            (Self::Address(IpAddr::V6(ip)), 28) => Some(ip.octets().to_vec()),
            _ => None,
        }
    }
}

/// A name as a record holds it.
fn wire_name(name: &str) -> Option<Vec<u8>> {
    let mut wire = Vec::new();
    for label in name.split('.') {
        wire.push(u8::try_from(label.len()).ok()?);
        wire.extend(label.as_bytes());
    }
    wire.push(0);
    Some(wire)
}
