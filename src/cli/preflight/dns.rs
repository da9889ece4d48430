//! What DNS says about a sender: the questions are asked at once, and all of them together take
//! no longer than a bound.

use crate::dkim::{Match, NamedKey, Published, Signers};
use crate::model::{Domain, MxAnswer};
use crate::net::{AddressFailure, Clock, Resolver, Unanswered};
use crate::preflight::{
    Answer, Facts, KeyFacts, Selector, Sending, SourceFacts, SpfFacts, Wanted, Way, organisation,
    wanted,
};
use std::collections::BTreeSet;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

/// Asks everything that the rules want to know, of the signing keys only those that sign. A question that has no answer `within` this time
/// counts as unanswered.
pub(super) async fn ask(
    resolver: &Resolver,
    sending: &Sending,
    signers: &Signers,
    within: Duration,
) -> Facts {
    let until = Instant::from_std(Clock::system().instant()) + within;
    let asking = Asking {
        resolver: resolver.clone(),
        until,
    };
    let from = sending.from.as_str();
    let above = organisation(from);
    let (from_mail, return_mail, dmarc, above_dmarc, keys, sources, spf) = tokio::join!(
        asking.mail(&sending.from),
        asking.mail(&sending.return_path),
        asking.texts(format!("_dmarc.{from}")),
        async {
            match above == from {
                true => None,
                false => Some(asking.texts(format!("_dmarc.{above}")).await),
            }
        },
        asking.keys(signers.aligned(&sending.from).map(Arc::as_ref).collect()),
        asking.sources(sending),
        asking.spf(sending),
    );
    Facts {
        from_mail,
        return_mail,
        spf,
        dmarc,
        dmarc_of_organisation: above_dmarc,
        keys,
        sources,
    }
}

#[derive(Clone)]
struct Asking {
    resolver: Resolver,
    until: Instant,
}

impl Asking {
    async fn mail(&self, domain: &Domain) -> MxAnswer {
        let asked = timeout_at(self.until, self.resolver.mail_hosts(domain)).await;
        asked.unwrap_or_else(|_| MxAnswer::Failed(LATE.to_owned()))
    }

    async fn texts(&self, name: String) -> Answer<Vec<String>> {
        answer(timeout_at(self.until, self.resolver.texts(&name)).await)
    }

    async fn addresses(&self, host: &str) -> Answer<Vec<IpAddr>> {
        match timeout_at(self.until, self.resolver.addresses(host)).await {
            Ok(Ok(found)) => Answer::Found(found),
            Ok(Err(AddressFailure::NoSuchHost(_) | AddressFailure::NoAddress(_))) => {
                Answer::Nothing
            }
            Ok(Err(AddressFailure::Failed { why, .. })) => Answer::Unanswered(why),
            Err(_) => Answer::Unanswered(LATE.to_owned()),
        }
    }

    async fn keys(&self, keys: Vec<&NamedKey>) -> Vec<KeyFacts> {
        let asked = keys.iter().map(|key| {
            let (asking, name) = (self.clone(), key.record_name());
            async move { asking.texts(name).await }
        });
        let published = each(asked).await;
        let keys = keys.into_iter().zip(published);
        keys.map(|(key, published)| key_facts(key, published))
            .collect()
    }

    /// Addresses of the public internet that were chosen to send from: others are translated on the
    /// way, and nobody here knows into what.
    async fn sources(&self, sending: &Sending) -> Vec<SourceFacts> {
        each(public_sources(sending).map(|address| {
            let asking = self.clone();
            async move {
                let names = asking.names(address).await;
                SourceFacts { address, names }
            }
        }))
        .await
    }

    async fn names(&self, address: IpAddr) -> Answer<Vec<(String, Answer<Vec<IpAddr>>)>> {
        let names = match answer(timeout_at(self.until, self.resolver.names(address)).await) {
            Answer::Found(names) => names,
            Answer::Nothing => return Answer::Nothing,
            Answer::Unanswered(why) => return Answer::Unanswered(why),
        };
        let asked = names.into_iter().take(NAMES).map(|name| {
            let asking = self.clone();
            async move {
                let forward = asking.addresses(&name).await;
                (name, forward)
            }
        });
        Answer::Found(each(asked).await)
    }

    /// The records that SPF leads to, level by level, and, where sources are to be compared, the
    /// addresses that they allow.
    async fn spf(&self, sending: &Sending) -> SpfFacts {
        let (of, from) = (sending.return_path.as_str(), sending.from.as_str());
        let mut facts = SpfFacts::default();
        if from != of {
            facts
                .texts
                .insert(from.to_owned(), self.texts(from.to_owned()).await);
        }
        let mut hosts = BTreeSet::new();
        let mut names = BTreeSet::from([of.to_owned()]);
        while !names.is_empty() && facts.texts.len() < RECORDS {
            let asked = std::mem::take(&mut names).into_iter().map(|name| {
                let asking = self.clone();
                async move { (name.clone(), asking.texts(name).await) }
            });
            for (name, answer) in each(asked).await {
                if let Answer::Found(texts) = &answer {
                    let Wanted { texts, addresses } = wanted(&name, texts);
                    names.extend(texts);
                    hosts.extend(addresses);
                }
                facts.texts.insert(name, answer);
            }
            names.retain(|name| !facts.texts.contains_key(name));
        }
        if public_sources(sending).next().is_some() {
            facts.addresses.extend(
                each(hosts.into_iter().take(RECORDS).map(|(mx, name)| {
                    let asking = self.clone();
                    async move {
                        let addresses = if mx {
                            asking.servers(&name).await
                        } else {
                            asking.addresses(&name).await
                        };
                        ((mx, name), addresses)
                    }
                }))
                .await,
            );
        }
        facts
    }

    /// The addresses of a domain's mail servers, of no more than ten (RFC 7208 section 4.6.4).
    async fn servers(&self, domain: &str) -> Answer<Vec<IpAddr>> {
        let Ok(domain) = Domain::parse(domain) else {
            return Answer::Nothing;
        };
        let hosts = match self.mail(&domain).await {
            MxAnswer::Hosts(hosts) => hosts,
            MxAnswer::Failed(why) => return Answer::Unanswered(why),
            MxAnswer::Implicit
            | MxAnswer::NullMx
            | MxAnswer::NoSuchDomain
            | MxAnswer::NoAddress => {
                return Answer::Nothing;
            }
        };
        let asked = hosts.into_iter().take(10).map(|host| {
            let asking = self.clone();
            async move { asking.addresses(&host.name).await }
        });
        let mut all = Vec::new();
        for answer in each(asked).await {
            match answer {
                Answer::Found(found) => all.extend(found),
                Answer::Nothing => {}
                Answer::Unanswered(why) => return Answer::Unanswered(why),
            }
        }
        Answer::Found(all)
    }
}

/// Runs tasks beside one another; what they come to, in their order.
async fn each<T: Send + 'static>(
    tasks: impl Iterator<Item: Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut running = JoinSet::new();
    for (place, task) in tasks.enumerate() {
        running.spawn(async move { (place, task.await) });
    }
    let mut all = running.join_all().await;
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, came)| came).collect()
}

/// Nothing, where there are no records.
fn answer(asked: Result<Result<Vec<String>, Unanswered>, Elapsed>) -> Answer<Vec<String>> {
    match asked {
        Ok(Ok(none)) if none.is_empty() => Answer::Nothing,
        Ok(Ok(found)) => Answer::Found(found),
        Ok(Err(error)) => Answer::Unanswered(error.why),
        Err(_) => Answer::Unanswered(LATE.to_owned()),
    }
}

fn public_sources(sending: &Sending) -> impl Iterator<Item = IpAddr> + '_ {
    let direct = sending.way == Way::Direct;
    sending
        .sources
        .iter()
        .copied()
        .filter(move |ip| direct && is_public(*ip))
}

/// Whether an address is the same for everybody (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => {
            let shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || shared)
        }
        IpAddr::V6(ip) => {
            !(ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local())
        }
    }
}

/// A signing key held against what is published for it.
fn key_facts(key: &NamedKey, published: Answer<Vec<String>>) -> KeyFacts {
    KeyFacts {
        selector: Selector {
            domain: key.domain.clone(),
            selector: key.selector.clone(),
        },
        differs: match &published {
            Answer::Found(texts) => difference(key.key.published(texts)),
            Answer::Nothing | Answer::Unanswered(_) => None,
        },
        published,
    }
}

/// Why a receiver would not accept a signature by what is published.
fn difference(published: Published) -> Option<String> {
    let one = match published {
        Published::One(one) => one,
        Published::Malformed(error) => return Some(error.to_string()),
        // Rules of their own speak of these.
        Published::Missing | Published::Several(_) => return None,
    };
    let why = match one {
        Match::Matches | Match::Testing | Match::Revoked => return None,
        Match::OtherKey => "it is another key's",
        Match::OtherType(_) => "it is a key's of another type",
        Match::Short(_) => "it is another key's, and too short for receivers to accept",
        Match::NoSha256 => "h= leaves out sha256, which every signature uses",
        Match::NotForMail => "s= does not allow it for mail",
    };
    Some(why.to_owned())
}

/// Names of an address that are followed.
const NAMES: usize = 5;
/// SPF records, and hosts that they name, that are asked for.
const RECORDS: usize = 30;
/// Why a question has no answer that would have come too late.
const LATE: &str = "no answer in time";
