//! Fetching MTA-STS policies from web servers of every kind.

use crate::certs::Authority;
use crate::web::{Page, WebServer};
use crate::zone::{NameServer, Zones};
use hikyaku::model::Tls;
use hikyaku::net::{FetchError, PolicyClient, Resolver, TlsClient};
use std::net::Ipv4Addr;
use std::time::Duration;

const DOMAIN: &str = "example.test";
const POLICY: &str = "version: STSv1\nmode: enforce\nmx: mx.example.test\nmax_age: 86400\n";

struct Site {
    web: WebServer,
    client: PolicyClient,
    _dns: NameServer,
    _folder: tempfile::TempDir,
}

async fn site(names: &[&str]) -> Site {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    let settings = Tls {
        ca_file: Some(path),
        ..Tls::default()
    };
    let tls = TlsClient::new(&settings).unwrap();
    let web = WebServer::start(authority.issue(names).acceptor()).await;
    let host = format!("mta-sts.{DOMAIN}");
    let zones = Zones::new().unsigned().a(&host, Ipv4Addr::LOCALHOST);
    let dns = zones.serve().await;
    let resolver = Resolver::system(&[dns.address]).unwrap();
    Site {
        client: PolicyClient::new(resolver, &tls, web.address.port()).unwrap(),
        web,
        _dns: dns,
        _folder: folder,
    }
}

#[tokio::test]
async fn a_policy_is_fetched_as_it_stands() {
    let site = site(&["mta-sts.example.test"]).await;
    for text in [POLICY.to_owned(), POLICY.replace('\n', "\r\n")] {
        site.web.set(DOMAIN, Page::policy(&text));
        assert_eq!(site.client.fetch(DOMAIN).await.unwrap(), text);
    }
    let request = site.web.requests().remove(0).to_lowercase();
    assert!(
        request.starts_with("get /.well-known/mta-sts.txt http/1.1\r\n"),
        "{request}"
    );
    let port = site.web.address.port();
    assert!(
        request.contains(&format!("host: mta-sts.example.test:{port}\r\n")),
        "{request}"
    );
}

#[tokio::test]
async fn what_is_no_policy_is_refused() {
    let site = site(&["mta-sts.example.test"]).await;
    let plain = "Content-Type: text/plain\r\n";
    let elsewhere = "Location: https://mta-sts.example.test/elsewhere\r\n";
    let endless = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n".to_owned();
    let large = "x".repeat(64 * 1024 + 1);
    type Expected = fn(&FetchError) -> bool;
    let cases: [(Page, Expected); 8] = [
        (
            Page::answer("301 Moved", elsewhere, ""),
            |e| matches!(e, FetchError::Status { status, .. } if status.as_u16() == 301),
        ),
        (Page::answer("404 Not Found", plain, POLICY), |e| {
            matches!(e, FetchError::Status { .. })
        }),
        (
            Page::answer("200 OK", "Content-Type: text/html\r\n", POLICY),
            |e| matches!(e, FetchError::Kind { kind, .. } if kind == "text/html"),
        ),
        (Page::answer("200 OK", "", POLICY), |e| {
            matches!(e, FetchError::Kind { .. })
        }),
        (Page::answer("200 OK", plain, &large), |e| {
            matches!(e, FetchError::Body { .. })
        }),
        (Page::Stall(endless + &large), |e| {
            matches!(e, FetchError::Body { .. })
        }),
        (Page::Answer("SSH-2.0-OpenSSH\r\n".to_owned()), |e| {
            matches!(e, FetchError::Http { .. })
        }),
        (
            Page::Answer(format!(
                "HTTP/1.1 200 OK\r\n{plain}Content-Length: 999\r\n\r\nshort"
            )),
            |e| matches!(e, FetchError::Body { .. }),
        ),
    ];
    for (number, (page, expected)) in cases.into_iter().enumerate() {
        site.web.set(DOMAIN, page);
        let fetched = tokio::time::timeout(Duration::from_secs(20), site.client.fetch(DOMAIN));
        let error = fetched.await.unwrap().unwrap_err();
        assert!(expected(&error), "case {number}: {error:?}");
        assert!(
            error.to_string().contains("mta-sts.example.test"),
            "{error}"
        );
    }
    // Nobody was followed anywhere.
    let paths = site.web.requests();
    assert!(
        paths
            .iter()
            .all(|r| r.starts_with("GET /.well-known/mta-sts.txt "))
    );
}

#[tokio::test]
async fn a_body_of_the_greatest_size_is_taken() {
    let site = site(&["mta-sts.example.test"]).await;
    let text = "x".repeat(64 * 1024);
    site.web.set(DOMAIN, Page::policy(&text));
    assert_eq!(site.client.fetch(DOMAIN).await.unwrap(), text);
}

#[tokio::test]
async fn the_certificate_has_to_be_the_policy_hosts() {
    let site = site(&["example.test"]).await;
    site.web.set(DOMAIN, Page::policy(POLICY));
    let error = site.client.fetch(DOMAIN).await.unwrap_err();
    assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
    assert!(
        error.to_string().contains("it is for example.test"),
        "{error}"
    );
    assert_eq!(
        site.web.requests().len(),
        0,
        "nothing was asked of a stranger"
    );
}

#[tokio::test]
async fn a_host_without_an_address_is_told() {
    let site = site(&["mta-sts.example.test"]).await;
    let error = site.client.fetch("nowhere.test").await.unwrap_err();
    assert!(matches!(error, FetchError::Address(_)), "{error:?}");
}
