//! A name server with a signed root of its own, unsigned and broken zones below it.

use hickory_server::Server;
use hickory_server::dnssec::NxProofKind;
use hickory_server::net::runtime::Time;
use hickory_server::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_server::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_server::proto::dnssec::{Algorithm, DigestType, DnssecSigner, SigningKey};
use hickory_server::proto::op::{Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::tlsa::{CertUsage, Matching, Selector};
use hickory_server::proto::rr::rdata::{A, CNAME, MX, NS, SOA, TLSA, TXT};
use hickory_server::proto::rr::{LowerName, Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{
    AxfrPolicy, Catalog, MessageResponseBuilder, ZoneHandler, ZoneType,
};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};

/// A text that stands at a name for now, or does not.
type Text = (LowerName, Option<String>);

/// Zones while they are written.
pub(crate) struct Zones {
    zones: Vec<(Name, Vec<Record>)>,
    /// Names that are answered with SERVFAIL.
    failing: Vec<LowerName>,
    /// Kinds of questions that nobody answers.
    hidden: Vec<RecordType>,
    /// Questions for keys that are answered with SERVFAIL before others are answered.
    stumbles: usize,
    signed: bool,
}

/// The running server.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    /// The root's key, as a file of trust anchors has it.
    pub(crate) anchor: String,
    /// Texts that stand at names and may be changed while it runs.
    texts: Arc<Mutex<Vec<Text>>>,
    _server: Server<Handler>,
}

impl Zones {
    /// An empty root zone.
    pub(crate) fn new() -> Self {
        let mut zones = Self {
            zones: Vec::new(),
            failing: Vec::new(),
            hidden: Vec::new(),
            stumbles: 0,
            signed: true,
        };
        zones.open(Name::root());
        zones
    }

    /// Without signatures, as name servers have it that do not pass DNSSEC on.
    pub(crate) fn unsigned(mut self) -> Self {
        self.signed = false;
        self
    }

    /// Questions for keys are never answered.
    pub(crate) fn hiding_keys(self) -> Self {
        self.hiding(&[RecordType::DNSKEY])
    }

    /// Questions of these kinds are never answered.
    pub(crate) fn hiding(mut self, kinds: &[RecordType]) -> Self {
        self.hidden.extend(kinds);
        self
    }

    /// The first questions for keys, so many of them, are answered with SERVFAIL.
    pub(crate) fn stumbling(mut self, times: usize) -> Self {
        self.stumbles = times;
        self
    }

    fn open(&mut self, origin: Name) {
        let soa = SOA::new(ns(), ns(), 1, 3600, 600, 86400, 60);
        let records = vec![
            Record::from_rdata(origin.clone(), TTL, RData::SOA(soa)),
            Record::from_rdata(origin.clone(), TTL, RData::NS(NS(ns()))),
        ];
        self.zones.push((origin, records));
    }

    /// A zone of its own below the root, without signatures; the root says so.
    pub(crate) fn insecure(mut self, origin: &str) -> Self {
        let origin = name(origin);
        let delegation = Record::from_rdata(origin.clone(), TTL, RData::NS(NS(ns())));
        self.zones[0].1.push(delegation);
        self.open(origin);
        self
    }

    /// The same, but the root says that it is signed.
    pub(crate) fn bogus(self, origin: &str) -> Self {
        let mut zones = self.insecure(origin);
        let ds = DS::new(1, Algorithm::ED25519, DigestType::SHA256, vec![7; 32]);
        let ds = RData::DNSSEC(DNSSECRData::DS(ds));
        zones.zones[0]
            .1
            .push(Record::from_rdata(name(origin), TTL, ds));
        zones
    }

    /// Every question about the name is answered with SERVFAIL, until a text is set there.
    pub(crate) fn failing(mut self, at: &str) -> Self {
        self.failing.push(LowerName::from(name(at)));
        self
    }

    pub(crate) fn mx(self, at: &str, hosts: &[&str]) -> Self {
        let mut zones = self;
        for (preference, host) in (10..).zip(hosts) {
            zones = zones.add(at, RData::MX(MX::new(preference, name(host))));
        }
        zones
    }

    pub(crate) fn a(self, at: &str, address: Ipv4Addr) -> Self {
        self.add(at, RData::A(A(address)))
    }

    pub(crate) fn cname(self, at: &str, to: &str) -> Self {
        self.add(at, RData::CNAME(CNAME(name(to))))
    }

    pub(crate) fn tlsa(self, at: &str, usage: u8, selector: u8, matching: u8, data: &[u8]) -> Self {
        let (usage, selector) = (CertUsage::from(usage), Selector::from(selector));
        let tlsa = TLSA::new(usage, selector, Matching::from(matching), data.to_vec());
        self.add(at, RData::TLSA(tlsa))
    }

    fn add(mut self, at: &str, data: RData) -> Self {
        let at = name(at);
        let zone = self
            .zones
            .iter_mut()
            .rev()
            .find(|(zone, _)| zone.zone_of(&at));
        zone.unwrap().1.push(Record::from_rdata(at, TTL, data));
        self
    }

    /// Signs the root and serves everything on a port of its own.
    pub(crate) async fn serve(self) -> NameServer {
        let pkcs8 = Ed25519SigningKey::generate_pkcs8().unwrap();
        let key = Ed25519SigningKey::from_pkcs8(&pkcs8).unwrap();
        let public = DNSKEY::from_key(&key.to_public_key().unwrap());
        let anchor = format!(". 3600 IN DNSKEY {public}\n");
        let (mut all, mut parents) = (Catalog::new(), Catalog::new());
        for (origin, records) in &self.zones {
            let root = origin.is_root();
            let proofs = (root && self.signed).then_some(NxProofKind::Nsec);
            let mut zone: InMemoryZoneHandler = InMemoryZoneHandler::empty(
                origin.clone(),
                ZoneType::Primary,
                AxfrPolicy::Deny,
                proofs,
            );
            for record in records {
                zone.upsert_mut(record.clone(), 1);
            }
            if root && self.signed {
                let key = Box::new(Ed25519SigningKey::from_pkcs8(&pkcs8).unwrap());
                let day = Duration::from_secs(86_400);
                let signer = DnssecSigner::new(public.clone(), key, Name::root(), day);
                zone.add_zone_signing_key_mut(signer).unwrap();
                zone.secure_zone_mut().unwrap();
            }
            let zone: Arc<dyn ZoneHandler> = Arc::new(zone);
            all.upsert(origin.clone().into(), vec![Arc::clone(&zone)]);
            if root {
                parents.upsert(origin.clone().into(), vec![zone]);
            }
        }
        let texts = Arc::new(Mutex::new(Vec::new()));
        let handler = Handler {
            all,
            parents,
            failing: self.failing,
            hidden: self.hidden,
            stumbles: AtomicUsize::new(self.stumbles),
            texts: Arc::clone(&texts),
        };
        let (address, server) = listen(handler).await;
        NameServer {
            address,
            anchor,
            texts,
            _server: server,
        }
    }
}

impl NameServer {
    /// From now on this unsigned text stands at a name, or nothing at all.
    pub(crate) fn set_text(&self, at: &str, text: Option<&str>) {
        let mut texts = self.texts.lock().unwrap();
        let at = LowerName::from(name(at));
        texts.retain(|(name, _)| *name != at);
        texts.push((at, text.map(str::to_owned)));
    }
}

async fn listen(handler: Handler) -> (SocketAddr, Server<Handler>) {
    let mut server = Server::new(handler);
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        // Somebody else may have the port for UDP.
        if let Ok(udp) = UdpSocket::bind(address).await {
            server.register_socket(udp);
            server.register_listener(tcp, Duration::from_secs(5), 4_096);
            return (address, server);
        }
    }
}

/// Answers as a resolver would that finds the right zone: a DS record stands in the zone above.
struct Handler {
    all: Catalog,
    parents: Catalog,
    failing: Vec<LowerName>,
    hidden: Vec<RecordType>,
    stumbles: AtomicUsize,
    texts: Arc<Mutex<Vec<Text>>>,
}

#[async_trait::async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let Ok(info) = request.request_info() else {
            return self.all.handle_request::<R, T>(request, response).await;
        };
        let (at, kind) = (info.query.name().clone(), info.query.query_type());
        if self.hidden.contains(&kind) {
            std::future::pending::<()>().await;
        }
        let stumbles = kind == RecordType::DNSKEY
            && self
                .stumbles
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        let builder = MessageResponseBuilder::from_message_request(request);
        let text = self
            .texts
            .lock()
            .unwrap()
            .iter()
            .find(|(name, _)| *name == at)
            .cloned();
        if stumbles || (text.is_none() && self.failing.contains(&at)) {
            let failed = builder.error_msg(&request.metadata, ResponseCode::ServFail);
            return response.send_response(failed).await.unwrap();
        }
        if let (Some((_, text)), RecordType::TXT) = (text, kind) {
            let record = |text| {
                let data = RData::TXT(TXT::new(vec![text]));
                Record::from_rdata(Name::from(at.clone()), 0, data)
            };
            let records: Vec<Record> = text.map(record).into_iter().collect();
            let metadata = Metadata::response_from_request(&request.metadata);
            let answer = builder.build(metadata, records.iter(), [], [], []);
            return response.send_response(answer).await.unwrap();
        }
        let catalog = if kind == RecordType::DS {
            &self.parents
        } else {
            &self.all
        };
        catalog.handle_request::<R, T>(request, response).await
    }
}

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}

fn ns() -> Name {
    name("ns.test")
}

const TTL: u32 = 300;
