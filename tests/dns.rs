//! The resolver against the sandbox's name server, over real sockets.

#![cfg(test)]

mod support;

use hikyaku::model::{Domain, MxAnswer, Timestamp};
use hikyaku::net::{AddressFailure, Resolver, ResolverOptions};
use hikyaku::route::{NoRoute, destination};
use hikyaku::sandbox::{Sandbox, SandboxOptions};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use support::names::Record;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

fn options() -> SandboxOptions {
    SandboxOptions::new(1, || Timestamp::ZERO)
}

async fn start() -> (Sandbox, Resolver) {
    let sandbox = Sandbox::start(options()).await.unwrap();
    let resolver = Resolver::system(&[sandbox.dns()]).unwrap();
    (sandbox, resolver)
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

#[tokio::test]
async fn domains_of_a_provider_are_one_destination() {
    let (sandbox, resolver) = start().await;
    let mut found = Vec::new();
    for name in ["one.plain.example", "plain-two.example"] {
        let at = domain(name);
        found.push(destination(&at, &resolver.mail_hosts(&at).await).unwrap());
    }
    assert_eq!(found[0].key, found[1].key);
    assert_eq!(found[0].name, "plain-mail.test{mx1,mx2}");
    let addresses = resolver.addresses(&found[0].hosts[0].name).await.unwrap();
    assert_eq!(addresses, ["127.77.0.10".parse::<IpAddr>().unwrap()]);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_dead_host_stands_before_a_live_one() {
    let (sandbox, resolver) = start().await;
    let at = domain("batch.example");
    let found = destination(&at, &resolver.mail_hosts(&at).await).unwrap();
    let [first, second] = found.hosts.as_slice() else {
        panic!("{found:?}");
    };
    assert!(first.preference < second.preference);
    for (host, alive) in [(first, false), (second, true)] {
        let address = resolver.addresses(&host.name).await.unwrap()[0];
        let connected = TcpStream::connect((address, sandbox.port())).await;
        assert_eq!(connected.is_ok(), alive, "{}", host.name);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn every_way_to_have_no_mail_server_is_told_apart() {
    let (sandbox, resolver) = start().await;
    assert_eq!(
        resolver.mail_hosts(&domain("nullmx.example")).await,
        MxAnswer::NullMx
    );
    assert_eq!(
        resolver.mail_hosts(&domain("nomx.example")).await,
        MxAnswer::Implicit
    );
    assert_eq!(
        resolver.mail_hosts(&domain("gone.example")).await,
        MxAnswer::NoSuchDomain
    );
    assert_eq!(
        resolver.addresses("mx.gone.example").await,
        Err(AddressFailure::NoSuchHost("mx.gone.example".to_owned()))
    );
    assert_eq!(
        resolver.addresses("not a name..").await,
        Err(AddressFailure::NoSuchHost("not a name..".to_owned()))
    );
    assert_eq!(
        resolver.addresses("::1").await,
        Ok(vec!["::1".parse().unwrap()])
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn servfail_is_asked_again_and_works_then() {
    let (sandbox, resolver) = start().await;
    let at = domain("servfail.example");
    let first = resolver.mail_hosts(&at).await;
    let MxAnswer::Failed(why) = &first else {
        panic!("{first:?}");
    };
    assert!(why.to_lowercase().contains("server failure"), "{why}");
    assert!(matches!(
        destination(&at, &first),
        Err(NoRoute::TryAgain { .. })
    ));
    assert!(matches!(
        resolver.mail_hosts(&at).await,
        MxAnswer::Hosts(hosts) if hosts.len() == 2
    ));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_domain_without_a_word_always_leads_to_somebody() {
    let (sandbox, resolver) = start().await;
    let mut own_hosts = 0;
    for n in 0..60 {
        let at = domain(&format!("customer{n}.example"));
        let found = destination(&at, &resolver.mail_hosts(&at).await).unwrap();
        own_hosts += usize::from(found.name.ends_with(at.as_str()));
        let mut alive = false;
        for host in &found.hosts {
            let address = resolver.addresses(&host.name).await.unwrap()[0];
            alive |= TcpStream::connect((address, sandbox.port())).await.is_ok();
        }
        assert!(alive, "{at}");
    }
    assert!((1..20).contains(&own_hosts), "{own_hosts}");
    sandbox.stop().await;
}

#[tokio::test]
async fn silent_and_absent_name_servers_fail_in_time_with_a_reason() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let absent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addresses = [silent.local_addr().unwrap(), absent.local_addr().unwrap()];
    drop(absent);
    let quick = ResolverOptions {
        timeout: Duration::from_millis(200),
        retries: 1,
        ..ResolverOptions::default()
    };
    for servers in [&addresses[..1], &addresses[1..], &addresses[..]] {
        let resolver = Resolver::with_options(servers, quick).unwrap();
        let at = domain("example.com");
        let asked = resolver.mail_hosts(&at);
        let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
        let MxAnswer::Failed(why) = answer.expect("an answer in time") else {
            panic!("answered");
        };
        assert!(why.contains("no name server"), "{why}");
    }
}

#[tokio::test]
async fn a_family_that_is_never_answered_for_does_not_hold_the_other_up() {
    let server = support::names::serve(vec![(
        "mx.test",
        vec![
            Record::Address("192.0.2.7".parse().unwrap()),
            Record::Silence(AAAA),
        ],
    )]);
    let resolver = Resolver::system(&[server]).unwrap();
    let asked = resolver.addresses("mx.test");
    // Well below the 7.5 s that such a question alone may take.
    let found = tokio::time::timeout(Duration::from_secs(5), asked).await;
    let expected = ["192.0.2.7".parse::<IpAddr>().unwrap()];
    assert_eq!(found.expect("an answer in time").unwrap(), expected);
}

/// The type of IPv6 address records (RFC 3596).
const AAAA: u16 = 28;

/// A question for the MX records of `plain.example`, and one that is none.
async fn ask_over_tcp(server: SocketAddr, question: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let length = u16::try_from(question.len()).unwrap();
    stream.write_u16(length).await.unwrap();
    stream.write_all(question).await.unwrap();
    let mut answer = vec![0; usize::from(stream.read_u16().await.unwrap())];
    stream.read_exact(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_name_server_speaks_tcp_and_bears_nonsense() {
    let sandbox = Sandbox::start(options()).await.unwrap();
    let question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\
                     \x05plain\x07example\x00\x00\x0f\x00\x01";
    let answer = ask_over_tcp(sandbox.dns(), question).await;
    assert_eq!(answer[..2], [0x12, 0x34]);
    assert_eq!((answer[3] & 15, answer[7]), (0, 2), "no error, two answers");
    let answer = ask_over_tcp(sandbox.dns(), &question[..20]).await;
    assert_eq!((&answer[..2], answer[3] & 15), (&[0x12, 0x34][..], 1));
    sandbox.stop().await;
}
