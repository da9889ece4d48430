//! The program among domains that publish what they expect of TLS.

use crate::town::{DOMAIN, MX, Shows, Town, host, notices};
use crate::web::Page;
use crate::zone::Zones;
use hickory_server::proto::rr::RecordType;
use ring::digest::{SHA256, digest};
use serde_json::Value;

const ANN: &str = "ann@example.test";
const DEFERRED: &str = "\"to\":\"deferred\"";

fn plain(zones: Zones, _port: u16) -> Zones {
    zones.unsigned()
}

fn says(row: &Value, column: &str, words: &[&str]) {
    let text = row[column].as_str().unwrap_or_default();
    for word in words {
        assert!(text.contains(word), "{column} does not say {word:?}: {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enforced_policy_that_is_met_is_in_the_report() {
    let town = Town::new(Shows::Good, "dane = false", plain).await;
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(town.mail.messages(), (0, 1));
    let row = town.row(ANN);
    says(&row, "tls", &["TLSv1.3 TLS13_", " mta-sts"]);
    says(&row, "destination", &[MX, "(MTA-STS)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_any_certificate_will_do() {
    for shows in [Shows::OtherName, Shows::Stranger, Shows::Nothing] {
        let town = Town::new(shows, "dane = false", plain).await;
        let ended = town.send(&[ANN]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let row = town.row(ANN);
        match shows {
            Shows::Nothing => assert_eq!(row["tls"], Value::Null),
            _ => says(&row, "tls", &[" unverified"]),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_enforced_policy_forbids_waits() {
    for (shows, mx, words) in [
        (
            Shows::OtherName,
            "*.example.test",
            &["mx.elsewhere.test", "policy"][..],
        ),
        (Shows::Stranger, "*.example.test", &["unknown issuer"]),
        (
            Shows::Nothing,
            "*.example.test",
            &["does not offer STARTTLS"],
        ),
        (
            Shows::Good,
            "mx.elsewhere.test",
            &["names none of its mail servers", MX],
        ),
    ] {
        let town = Town::new(shows, "dane = false", plain).await;
        town.publish(DOMAIN, "1", "enforce", mx);
        town.send_until(&[ANN], &[DEFERRED]).await;
        assert_eq!(town.mail.messages(), (0, 0));
        let row = town.row(ANN);
        assert_eq!(
            (&row["state"], &row["stage"]),
            (&"deferred".into(), &"tls".into()),
            "{row}"
        );
        says(&row, "diagnostic", words);
        says(&row, "diagnostic", &["MTA-STS", "RFC 8461"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_testing_lets_mail_through_and_tells() {
    for (shows, mx, words) in [
        (Shows::OtherName, "*.example.test", "mx.elsewhere.test"),
        (Shows::Nothing, "*.example.test", "STARTTLS"),
        (
            Shows::Good,
            "mx.elsewhere.test",
            "no mail would go to mx.example.test",
        ),
    ] {
        let town = Town::new(shows, "dane = false", plain).await;
        town.publish(DOMAIN, "1", "testing", mx);
        let ended = town.send(&[ANN]).await;
        assert_eq!(town.row(ANN)["state"], "delivered");
        let told = notices(&ended);
        let ours: Vec<_> = told
            .iter()
            .filter(|text| text.contains("mode testing"))
            .collect();
        assert_eq!(ours.len(), 1, "{told:?}");
        assert!(
            ours[0].contains(words) && ours[0].contains(DOMAIN),
            "{ours:?}"
        );
    }
    let town = Town::new(Shows::Good, "dane = false", plain).await;
    town.publish(DOMAIN, "1", "testing", "*.example.test");
    let ended = town.send(&[ANN]).await;
    assert!(!ended.stdout.contains("mode testing"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_holds_when_it_can_no_longer_be_found() {
    let town = Town::new(Shows::OtherName, "dane = false", plain).await;
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    town.send_until(&[ANN], &[DEFERRED]).await;
    // Neither the record nor the web server is there any more; another run knows it all the same.
    town.dns.set_text("_mta-sts.example.test", None);
    town.web.set(DOMAIN, Page::answer("404 Not Found", "", ""));
    let campaign =
        std::fs::read_to_string(town.workspace.path().join("campaigns/spring/campaign.toml"));
    let renamed = campaign
        .unwrap()
        .replace("name = \"spring\"", "name = \"summer\"");
    town.workspace.campaign_file("campaign.toml", renamed);
    town.send_until(&[ANN], &[DEFERRED]).await;
    assert_eq!(town.mail.messages(), (0, 0));
    assert_eq!(town.web.requests().len(), 1, "fetched once");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_id_is_another_policy() {
    let town = Town::new(Shows::OtherName, "dane = false", plain).await;
    let hurry = "retry = [\"1h\"]";
    let workspace = town.workspace.path().join("hikyaku.toml");
    let config = std::fs::read_to_string(&workspace).unwrap();
    std::fs::write(&workspace, config.replace(hurry, "retry = [\"0.5s\"]")).unwrap();
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    let sending = town.send(&[ANN]);
    let mending = async {
        while town.mail.connections() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        town.publish(DOMAIN, "2", "none", "*.example.test");
    };
    let (ended, ()) = tokio::join!(sending, mending);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(town.row(ANN)["state"], "delivered");
    assert_eq!(town.web.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn domains_on_the_same_servers_are_held_to_their_own_policies_alone() {
    let zones = |zones: Zones, _| zones.unsigned().mx("other.test", &[MX]);
    let town = Town::new(Shows::OtherName, "dane = false", zones).await;
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    let both = [DEFERRED, "\"email\":\"bob@other.test\""];
    town.send_until(&[ANN, "bob@other.test"], &both).await;
    let bob = town.row("bob@other.test");
    assert_eq!(bob["state"], "delivered");
    says(&bob, "tls", &[" unverified"]);
    assert_eq!(town.row(ANN)["state"], "deferred");
}

#[tokio::test(flavor = "multi_thread")]
async fn destinations_on_the_same_servers_share_their_limits() {
    let zones = |zones: Zones, _| zones.unsigned().mx("other.test", &[MX]);
    let town = Town::new(Shows::Good, "dane = false", zones).await;
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    let everybody: Vec<String> = (0..300)
        .flat_map(|n| [format!("u{n}@other.test"), format!("u{n}@example.test")])
        .collect();
    let everybody: Vec<&str> = everybody.iter().map(String::as_str).collect();
    let ended = town.send(&everybody).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(town.mail.messages(), (0, 600));
    says(&town.row("u0@other.test"), "tls", &[" unverified"]);
    says(&town.row("u0@example.test"), "tls", &[" mta-sts"]);
    // The workspace allows two.
    assert_eq!(town.mail.most_at_once(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_not_asked_for_where_they_are_switched_off() {
    let town = Town::new(Shows::OtherName, "dane = false\nmta_sts = false", plain).await;
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(town.web.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_that_says_nothing_holds_mail_up_for_seconds_only() {
    let town = Town::new(Shows::Good, "dane = false", plain).await;
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    town.web
        .set(DOMAIN, Page::Stall("HTTP/1.1 200 OK\r\n".to_owned()));
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&town.row(ANN), "tls", &[" unverified"]);
}

fn at(port: u16) -> String {
    format!("_{port}._tcp.{MX}")
}

#[tokio::test(flavor = "multi_thread")]
async fn dane_makes_a_stranger_known() {
    for (shows, usage, word) in [
        (Shows::Stranger, 3, " dane-ee"),
        (Shows::OtherName, 3, " dane-ee"),
        (Shows::Good, 2, " dane-ta"),
    ] {
        let town = Town::with_key(shows, "", |zones, port, (key, authority)| match usage {
            3 => zones.tlsa(&at(port), 3, 1, 1, digest(&SHA256, key).as_ref()),
            _ => zones.tlsa(&at(port), 2, 0, 1, digest(&SHA256, authority).as_ref()),
        })
        .await;
        // Whatever MTA-STS says: it neither adds to DANE nor takes away.
        town.publish(DOMAIN, "1", "testing", "mx.elsewhere.test");
        let ended = town.send(&[ANN]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        says(&town.row(ANN), "tls", &[word]);
        assert_eq!(town.mail.messages(), (0, 1));
        assert!(!ended.stdout.contains("DANE is off"), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dane_does_not_vouch_for_waits() {
    let wrong = |zones: Zones, port| zones.tlsa(&at(port), 3, 1, 1, &[9; 32]);
    let failing = |zones: Zones, port| zones.failing(&at(port));
    type Records = fn(Zones, u16) -> Zones;
    let cases: [(Shows, Records, &str, &[&str]); 3] = [
        (
            Shows::Good,
            wrong,
            "tls",
            &["DANE", "none of its 1 TLSA records"],
        ),
        (
            Shows::Nothing,
            wrong,
            "tls",
            &["STARTTLS", "DANE", "RFC 7672"],
        ),
        (Shows::Good, failing, "resolve", &["DANE", "TLSA", MX]),
    ];
    for (shows, records, stage, words) in cases {
        let town = Town::new(shows, "", records).await;
        town.send_until(&[ANN], &[DEFERRED]).await;
        assert_eq!(town.mail.messages(), (0, 0));
        let row = town.row(ANN);
        assert_eq!(
            (&row["state"], &row["stage"]),
            (&"deferred".into(), &stage.into()),
            "{row}"
        );
        says(&row, "diagnostic", words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_records_ask_for_encryption_and_no_more() {
    let unusable = |zones: Zones, port| zones.tlsa(&at(port), 1, 1, 1, &[9; 32]);
    let town = Town::new(Shows::Stranger, "", unusable).await;
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&town.row(ANN), "tls", &[" unverified"]);
    let town = Town::new(Shows::Nothing, "", unusable).await;
    town.send_until(&[ANN], &[DEFERRED]).await;
    says(&town.row(ANN), "diagnostic", &["STARTTLS", "TLSA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_zone_is_not_mailed_and_an_open_one_is() {
    let town = Town::new(Shows::Stranger, "", |zones, port| {
        zones
            .bogus("forged.test")
            .mx("forged.test", &["mx.forged.test"])
            .a("mx.forged.test", host(1))
            .insecure("open.test")
            .mx("open.test", &["mx.open.test"])
            .a("mx.open.test", host(1))
            .tlsa(&format!("_{port}._tcp.mx.open.test"), 3, 1, 1, &[9; 32])
    })
    .await;
    town.send_until(&["ann@forged.test"], &[DEFERRED]).await;
    let row = town.row("ann@forged.test");
    assert_eq!(row["stage"], "resolve");
    says(&row, "diagnostic", &["DNSSEC", "tls.dane"]);
    town.workspace.campaign_file("recipients.csv", "");
    std::fs::remove_file(town.workspace.store()).unwrap();
    let ended = town.send(&["ann@open.test"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&town.row("ann@open.test"), "tls", &[" unverified"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_servers_without_dnssec_switch_dane_off_with_one_notice() {
    let town = Town::new(Shows::Stranger, "", |zones, port| {
        zones
            .unsigned()
            .mx("other.test", &[MX])
            .tlsa(&at(port), 3, 1, 1, &[9; 32])
    })
    .await;
    let ended = town.send(&[ANN, "bob@other.test"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = notices(&ended);
    let ours = told
        .iter()
        .filter(|text| text.contains("DANE is off"))
        .count();
    assert_eq!(ours, 1, "{told:?}");
    assert_eq!(town.mail.messages(), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn name_servers_that_keep_keys_to_themselves_switch_dane_off_too() {
    let town = Town::new(Shows::Stranger, "", |zones, _| zones.hiding_keys()).await;
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = notices(&ended);
    let ours = told.iter().filter(|text| text.contains("DANE is off"));
    assert!(
        ours.clone().all(|text| text.contains("do not answer")),
        "{told:?}"
    );
    assert_eq!(ours.count(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stumble_of_the_name_servers_does_not_switch_dane_off() {
    // The resolver asks again by itself, so that one try takes a few questions.
    let town = Town::with_key(Shows::Stranger, "", |zones, port, (key, _)| {
        let zones = zones.tlsa(&at(port), 3, 1, 1, digest(&SHA256, key).as_ref());
        zones.stumbling(2)
    })
    .await;
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&town.row(ANN), "tls", &[" dane-ee"]);
    assert!(!ended.stdout.contains("DANE is off"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn name_servers_that_answer_little_cost_a_run_seconds_and_not_each_domain() {
    let town = Town::new(Shows::Stranger, "", |zones, _| {
        let others = (0..OTHERS).map(|n| format!("d{n}.test"));
        let zones = others.fold(zones, |zones, domain| zones.mx(&domain, &[MX]));
        zones.hiding(&[
            RecordType::DNSKEY,
            RecordType::TLSA,
            RecordType::TXT,
            RecordType::DS,
        ])
    })
    .await;
    let everybody: Vec<String> = (0..OTHERS).map(|n| format!("u@d{n}.test")).collect();
    let everybody: Vec<&str> = everybody.iter().map(String::as_str).collect();
    let begin = std::time::Instant::now();
    let ended = town.send(&everybody).await;
    let took = begin.elapsed();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(town.mail.messages(), (0, usize::from(OTHERS)));
    // One TXT question takes 7.5 s at the most; all of them run at the same time.
    eprintln!("{OTHERS} domains took {took:?}");
    assert!(took.as_secs() < 20, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_hosts_that_hang_take_no_policy_from_other_domains() {
    let hung = host(9);
    let town = Town::new(Shows::Good, "dane = false", |zones, _| {
        let others = (0..OTHERS).map(|n| format!("d{n}.test"));
        others.fold(zones.unsigned(), |zones, domain| {
            let policy_host = format!("mta-sts.{domain}");
            zones.mx(&domain, &[MX]).a(&policy_host, hung)
        })
    })
    .await;
    // It is connected to, and says nothing.
    let port = town.web.address.port();
    let _listener = tokio::net::TcpListener::bind((hung, port)).await.unwrap();
    let mut everybody: Vec<String> = (0..OTHERS).map(|n| format!("u@d{n}.test")).collect();
    for n in 0..OTHERS {
        town.publish(&format!("d{n}.test"), "1", "enforce", "*.example.test");
    }
    town.publish(DOMAIN, "1", "enforce", "*.example.test");
    everybody.push(ANN.to_owned());
    let everybody: Vec<&str> = everybody.iter().map(String::as_str).collect();
    let ended = town.send(&everybody).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&town.row(ANN), "tls", &[" mta-sts"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_whose_policy_dns_did_not_tell_is_asked_again_when_mail_is_due() {
    let town = Town::new(Shows::Good, "dane = false", |zones, _| {
        let zones = zones.unsigned().failing("_mta-sts.other.test");
        zones
            .mx("other.test", &["mx.other.test"])
            .a("mx.other.test", host(2))
    })
    .await;
    let path = town.workspace.path().join("hikyaku.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let config = config.replace("retry = [\"1h\"]", "retry = [\"6s\"]");
    std::fs::write(&path, config).unwrap();
    let at = std::net::SocketAddr::from((host(2), town.mail.address.port()));
    let mending = async {
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        assert_eq!(town.web.requests().len(), 0);
        town.publish("other.test", "1", "none", "mx.other.test");
        crate::mail::MailServer::start(at, None).await
    };
    let (ended, mail) = tokio::join!(town.send(&["bob@other.test"]), mending);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(mail.messages(), (1, 0));
    assert_eq!(town.web.requests().len(), 1, "asked again");
}

/// Domains beside the usual one; more than a handful, and few enough to be asked for at once.
const OTHERS: u16 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn required_tls_is_verified_by_the_name_and_says_what_is_wrong() {
    let required = "dane = false\nmta_sts = false\npolicy = \"required\"";
    let town = Town::new(Shows::Good, required, plain).await;
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&town.row(ANN), "tls", &[" verified"]);
    let town = Town::new(Shows::OtherName, required, plain).await;
    town.send_until(&[ANN], &[DEFERRED]).await;
    let row = town.row(ANN);
    assert_eq!(row["stage"], "tls");
    says(
        &row,
        "diagnostic",
        &["not for mx.example.test", "mx.elsewhere.test", "tls.policy"],
    );
    // The same server under the name its certificate carries.
    let route = format!(
        "override = \"{}\"\noverride_name = \"mx.elsewhere.test\"",
        town.mail.address
    );
    let path = town.workspace.path().join("hikyaku.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let config = config.replace(&format!("port = {}", town.mail.address.port()), &route);
    std::fs::write(&path, config).unwrap();
    std::fs::remove_file(town.workspace.store()).unwrap();
    let ended = town.send(&[ANN]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    says(&town.row(ANN), "tls", &[" verified"]);
}
