//! DNS answers: which provider serves a name, in records.

use super::dice;
use super::manners::{DEAD_HOST, FALLBACK, Host, MANNERS, Manners};
use hickory_resolver::proto::op::{Edns, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, MX, SOA};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};

/// Seconds an answer may be kept.
const TTL: u32 = 300;
/// `servfail` names whose questions are counted; further ones work at once.
const COUNTED: usize = 100_000;

/// What the name of a domain's own host begins with.
const OWN_HOST: &str = "mx.";

/// How a name is served.
#[derive(Debug, Clone, Copy)]
enum Served {
    /// By the provider's hosts.
    By(&'static Manners),
    /// By a host of its own, which is the provider's first.
    Vanity(&'static Manners),
    /// No MX, an address.
    NoMx,
    NullMx,
    Gone,
    ServFail,
    Dead,
}

/// All names there are.
#[derive(Debug)]
pub(super) struct Zone {
    network: [u8; 3],
    servfails: u32,
    asked: Mutex<HashMap<String, u32>>,
}

/// The name of the provider that serves `domain` in a sandbox: one of [`MANNERS`], or how DNS
/// fails for it (`nullmx`, `nomx`, `gone`, `servfail`, `dead`).
///
/// The first label that holds one of these words, as a whole between hyphens, digits or the
/// label's ends, decides (`grey.example`, `shop-grey2.example`); a domain without such a word
/// goes to one of the accepting providers by a hash of its name, always the same.
#[must_use]
pub fn provider_of(domain: &str) -> &'static str {
    match served(domain) {
        Served::By(manners) | Served::Vanity(manners) => manners.word,
        Served::NoMx => "nomx",
        Served::NullMx => "nullmx",
        Served::Gone => "gone",
        Served::ServFail => "servfail",
        Served::Dead => "dead",
    }
}

fn served(domain: &str) -> Served {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    // The host of a domain's own is named below it and served like it.
    let domain = domain.strip_prefix(OWN_HOST).unwrap_or(&domain);
    let not_a_letter = |c: char| !c.is_ascii_alphabetic();
    let mut words = domain
        .split('.')
        .flat_map(|label| label.split(not_a_letter));
    words.find_map(by_word).unwrap_or_else(|| by_hash(domain))
}

fn by_word(word: &str) -> Option<Served> {
    match word {
        "nullmx" => Some(Served::NullMx),
        "nomx" => Some(Served::NoMx),
        "gone" => Some(Served::Gone),
        "servfail" => Some(Served::ServFail),
        "dead" => Some(Served::Dead),
        _ => MANNERS.iter().find(|m| m.word == word).map(Served::By),
    }
}

fn by_hash(domain: &str) -> Served {
    let hash = dice::hash(0, domain);
    let all: u64 = MANNERS.iter().map(|m| m.share).sum();
    let mut place = hash % all.max(1);
    let mut chosen = FALLBACK;
    for manners in MANNERS {
        if place < manners.share {
            chosen = manners;
            break;
        }
        place -= manners.share;
    }
    // Most domains leave their mail to somebody's hosts; some have one of their own.
    if (hash >> 32).is_multiple_of(8) {
        Served::Vanity(chosen)
    } else {
        Served::By(chosen)
    }
}

impl Zone {
    pub(super) fn new(network: [u8; 3], servfails: u32) -> Self {
        Self {
            network,
            servfails,
            asked: Mutex::default(),
        }
    }

    /// The answer to a message, in octets of at most `room`; `None` where it deserves none.
    pub(super) fn answer(&self, request: &[u8], room: Option<u16>) -> Option<Vec<u8>> {
        let Ok(request) = Message::from_vec(request) else {
            let id = u16::from_be_bytes([*request.first()?, *request.get(1)?]);
            let error = Message::error_msg(id, OpCode::Query, ResponseCode::FormErr);
            return error.to_vec().ok();
        };
        if request.metadata.message_type != MessageType::Query {
            return None;
        }
        let response = self.respond(&request);
        let octets = response.to_vec().ok()?;
        let room = room.map(|least| usize::from(request.max_payload().max(least)));
        if room.is_some_and(|room| octets.len() > room) {
            return response.truncate().to_vec().ok();
        }
        Some(octets)
    }

    fn respond(&self, request: &Message) -> Message {
        let mut response = Message::response(request.metadata.id, request.metadata.op_code);
        response.metadata = Metadata::response_from_request(&request.metadata);
        response.metadata.authoritative = true;
        response.metadata.recursion_available = true;
        response.add_queries(request.queries.iter().cloned());
        if request.edns.is_some() {
            let mut edns = Edns::new();
            edns.set_max_payload(1232);
            response.set_edns(edns);
        }
        let ([query], OpCode::Query) = (request.queries.as_slice(), request.metadata.op_code)
        else {
            response.metadata.response_code = ResponseCode::NotImp;
            return response;
        };
        match self.records(query.name(), query.query_type()) {
            Ok(data) => {
                let record = |data| Record::from_rdata(query.name().clone(), TTL, data);
                response.add_answers(data.into_iter().map(record));
            }
            Err(code) => response.metadata.response_code = code,
        }
        let denied = response.answers.is_empty()
            && response.metadata.response_code != ResponseCode::ServFail;
        if denied {
            response.add_authority(Record::from_rdata(Name::root(), TTL, authority()));
        }
        response
    }

    fn records(&self, name: &Name, kind: RecordType) -> Result<Vec<RData>, ResponseCode> {
        let text = name.to_ascii().to_ascii_lowercase();
        let text = text.trim_end_matches('.');
        let hosts = MANNERS.iter().flat_map(|m| m.hosts).chain([&DEAD_HOST]);
        let mut named = hosts.filter(|host| host.name == text);
        if let Some(host) = named.next() {
            return Ok(self.address_records(host, kind));
        }
        let (mx, host) = match served(text) {
            Served::Gone => return Err(ResponseCode::NXDomain),
            Served::ServFail if self.still_fails(text) => return Err(ResponseCode::ServFail),
            Served::ServFail => (shared(FALLBACK.hosts), first_live(FALLBACK)),
            Served::By(manners) => (shared(manners.hosts), first_live(manners)),
            Served::Vanity(manners) => (own(text), first_live(manners)),
            Served::NoMx => (Vec::new(), first_live(FALLBACK)),
            // The root as exchange: RFC 7505.
            Served::NullMx => (vec![(0, Name::root())], first_live(FALLBACK)),
            Served::Dead => (shared(&[DEAD_HOST]), DEAD_HOST),
        };
        if kind == RecordType::MX && !text.starts_with(OWN_HOST) {
            let record = |(preference, exchange)| RData::MX(MX::new(preference, exchange));
            return Ok(mx.into_iter().map(record).collect());
        }
        Ok(self.address_records(&host, kind))
    }

    fn address_records(&self, host: &Host, kind: RecordType) -> Vec<RData> {
        if kind != RecordType::A {
            return Vec::new();
        }
        vec![RData::A(A(address(self.network, host)))]
    }

    /// Whether this question of a `servfail` name is one of the first.
    fn still_fails(&self, domain: &str) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= COUNTED && !asked.contains_key(domain) {
            return false;
        }
        let times = asked.entry(domain.to_owned()).or_default();
        *times = times.saturating_add(1);
        *times <= self.servfails
    }
}

/// Where a host listens, or where nobody does.
pub(super) const fn address(network: [u8; 3], host: &Host) -> Ipv4Addr {
    let [a, b, c] = network;
    Ipv4Addr::new(a, b, c, host.octet)
}

fn first_live(manners: &'static Manners) -> Host {
    let live = manners.hosts.iter().find(|host| host.alive);
    *live.unwrap_or(&DEAD_HOST)
}

fn shared(hosts: &[Host]) -> Vec<(u16, Name)> {
    let record = |host: &Host| Some((host.preference, absolute(host.name)?));
    hosts.iter().filter_map(record).collect()
}

fn own(domain: &str) -> Vec<(u16, Name)> {
    let name = absolute(&format!("{OWN_HOST}{domain}"));
    name.map(|name| (10, name)).into_iter().collect()
}

fn absolute(name: &str) -> Option<Name> {
    let mut name = Name::from_ascii(name).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// What lets resolvers keep a negative answer (RFC 2308).
fn authority() -> RData {
    RData::SOA(SOA::new(
        Name::root(),
        Name::root(),
        1,
        3600,
        600,
        86400,
        TTL,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn a_word_of_a_label_decides() {
        for (domain, provider) in [
            ("grey.example", "grey"),
            ("shop-grey2.example.com", "grey"),
            ("a.Strict.example", "strict"),
            ("dead.plain.example", "dead"),
            ("nullmx.example", "nullmx"),
            ("no.servfail.test", "servfail"),
        ] {
            assert_eq!(provider_of(domain), provider, "{domain}");
        }
        assert_eq!(provider_of("mx.example.com"), provider_of("example.com"));
    }

    #[test]
    fn a_real_list_is_spread_over_all_and_always_alike() {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for n in 0..2000 {
            let domain = format!("customer{n}.example");
            assert_eq!(provider_of(&domain), provider_of(&domain.to_uppercase()));
            *seen.entry(provider_of(&domain)).or_default() += 1;
        }
        assert_eq!(seen.len(), MANNERS.len());
        assert!(seen["plain"] > 400, "{seen:?}");
    }

    proptest! {
        #[test]
        fn any_octets_are_borne(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Zone::new([127, 77, 0], 3).answer(&octets, Some(512));
        }
    }
}
