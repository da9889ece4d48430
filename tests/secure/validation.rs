//! DNSSEC through a signed root of the test's own.

use crate::zone::{NameServer, Zones};
use hikyaku::model::{Domain, MxAnswer};
use hikyaku::net::{Probe, SecureResolver, TlsaAnswer};
use std::net::Ipv4Addr;

const HOST: Ipv4Addr = Ipv4Addr::new(127, 88, 0, 1);

async fn resolver(zones: Zones) -> (NameServer, SecureResolver) {
    let server = zones.serve().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    std::fs::write(&path, &server.anchor).unwrap();
    let resolver = SecureResolver::new(&[server.address], Some(&path)).unwrap();
    (server, resolver)
}

fn zones() -> Zones {
    Zones::new()
        .mx("signed.test", &["mx.signed.test"])
        .a("mx.signed.test", HOST)
        .tlsa("_25._tcp.mx.signed.test", 3, 1, 1, &[1; 32])
        .tlsa("_25._tcp.mx.signed.test", 0, 0, 1, &[2; 32])
        .mx("bare.test", &["mx.bare.test"])
        .a("mx.bare.test", HOST)
        .cname("alias.test", "mx.signed.test")
        .cname("lost.test", "mx.bare.test")
        .tlsa("_25._tcp.lost.test", 3, 1, 1, &[3; 32])
        .a("broken.test", HOST)
        .failing("_25._tcp.broken.test")
        .insecure("open.test")
        .mx("open.test", &["mx.open.test"])
        .a("mx.open.test", HOST)
        .tlsa("_25._tcp.mx.open.test", 3, 1, 1, &[4; 32])
        .bogus("forged.test")
        .mx("forged.test", &["mx.forged.test"])
        .a("mx.forged.test", HOST)
}

#[tokio::test]
async fn a_signed_zone_vouches_for_its_tlsa_records() {
    let (_server, resolver) = resolver(zones()).await;
    assert_eq!(resolver.probe().await, Probe::Works);
    let TlsaAnswer::Records { base, mut records } = resolver.tlsa("mx.signed.test", 25).await
    else {
        panic!("no records")
    };
    records.sort_by_key(|record| record.usage);
    let seen: Vec<_> = records
        .iter()
        .map(|r| (r.usage, r.selector, r.matching))
        .collect();
    assert_eq!(
        (base.as_str(), seen),
        ("mx.signed.test", vec![(0, 0, 1), (3, 1, 1)])
    );
    assert_eq!(records[1].data, [1; 32]);
    // Another port is another name, whose absence is proved.
    assert_eq!(
        resolver.tlsa("mx.signed.test", 2525).await,
        TlsaAnswer::None
    );
    assert_eq!(resolver.tlsa("mx.bare.test", 25).await, TlsaAnswer::None);
}

#[tokio::test]
async fn aliases_lead_to_the_base_domain() {
    let (_server, resolver) = resolver(zones()).await;
    let base = |answer| match answer {
        TlsaAnswer::Records { base, .. } => base,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        base(resolver.tlsa("alias.test", 25).await),
        "mx.signed.test"
    );
    assert_eq!(base(resolver.tlsa("lost.test", 25).await), "lost.test");
}

#[tokio::test]
async fn unsigned_zones_have_no_tlsa_records() {
    let (_server, resolver) = resolver(zones()).await;
    assert_eq!(resolver.tlsa("mx.open.test", 25).await, TlsaAnswer::None);
    let hosts = resolver.mail_hosts(&domain("open.test")).await;
    assert!(matches!(hosts, MxAnswer::Hosts(_)), "{hosts:?}");
    let none = resolver.mail_hosts(&domain("mx.open.test")).await;
    assert_eq!(none, MxAnswer::Implicit);
}

#[tokio::test]
async fn what_cannot_be_believed_is_a_failure_and_never_an_absence() {
    let (_server, resolver) = resolver(zones()).await;
    for host in ["mx.forged.test", "broken.test"] {
        let answer = resolver.tlsa(host, 25).await;
        assert!(
            matches!(answer, TlsaAnswer::Failed(_)),
            "{host}: {answer:?}"
        );
    }
    let MxAnswer::Failed(why) = resolver.mail_hosts(&domain("forged.test")).await else {
        panic!("believed")
    };
    assert!(why.contains("DNSSEC") && why.contains("tls.dane"), "{why}");
}

#[tokio::test]
async fn validated_answers_are_told_apart_as_plain_ones_are() {
    let (_server, resolver) = resolver(zones()).await;
    let hosts = resolver.mail_hosts(&domain("signed.test")).await;
    assert!(
        matches!(&hosts, MxAnswer::Hosts(h) if h[0].name == "mx.signed.test"),
        "{hosts:?}"
    );
    assert_eq!(
        resolver.mail_hosts(&domain("mx.bare.test")).await,
        MxAnswer::Implicit
    );
    assert_eq!(
        resolver.mail_hosts(&domain("absent.test")).await,
        MxAnswer::NoSuchDomain
    );
}

#[tokio::test]
async fn servers_that_pass_no_dnssec_on_are_found_out() {
    let (_server, resolver) = resolver(zones().unsigned()).await;
    let probe = resolver.probe().await;
    assert!(matches!(probe, Probe::Withheld(_)), "{probe:?}");
    // Keys that nobody trusts are none.
    let (server, _) = self::resolver(zones()).await;
    let foreign = SecureResolver::new(&[server.address], None).unwrap();
    let probe = foreign.probe().await;
    assert!(matches!(probe, Probe::Withheld(_)), "{probe:?}");
}

#[tokio::test]
async fn a_file_that_holds_no_keys_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    for text in [None, Some("this is no key")] {
        text.iter()
            .for_each(|text| std::fs::write(&path, text).unwrap());
        let error = SecureResolver::new(&[], Some(&path))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("dns.trust_anchors") && error.contains("DNSKEY"),
            "{error}"
        );
    }
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}
