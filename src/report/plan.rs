//! How a campaign would go out, for people and for programs.

mod json;
mod table;

pub use json::plan_json;
pub use table::write_plan;

use crate::model::{Rate, Timestamp};
use std::time::Duration;

/// A campaign's plan.
#[derive(Debug, Clone)]
pub struct PlanReport<'a> {
    /// The campaign's name.
    pub campaign: &'a str,
    /// How many of how many subscribers are in the segment, where there is one.
    pub segment: Option<(u64, u64)>,
    /// Everybody who would get a letter.
    pub recipients: u64,
    /// Destinations, the most recipients first.
    pub destinations: Vec<Planned>,
    /// Whether DNS said which domains share servers.
    pub asked_dns: bool,
    /// The time that the limits of the whole run need.
    pub whole_run: Duration,
    /// When it begins.
    pub starts: Timestamp,
    /// When it has ended at best; `None` where that is months away.
    pub ends: Option<Timestamp>,
    /// When what has not been sent is not sent any more.
    pub not_after: Option<Timestamp>,
}

/// One destination of a plan.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// How many domains it takes mail for.
    pub domains: u64,
    /// How many recipients have an address there.
    pub recipients: u64,
    /// The limits that hold; `None` where no mail can be delivered.
    pub pace: Option<Pace>,
    /// What DNS said instead, where there is no route.
    pub trouble: Option<String>,
}

/// How fast a destination is served.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Connections at a time, from all source addresses.
    pub connections: usize,
    /// Messages, from all source addresses.
    pub rate: Option<Rate>,
    /// Messages on one connection.
    pub messages_per_connection: Option<u32>,
    /// The time it takes at best.
    pub needed: Duration,
    /// Whether that is by the rate, and not by the connections.
    pub by_rate: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::text;

    fn plan() -> PlanReport<'static> {
        let planned = |name: &str, recipients, per_second: Option<f64>| Planned {
            name: name.to_owned(),
            domains: 2,
            recipients,
            pace: Some(Pace {
                connections: 2,
                rate: per_second.map(|per_second| Rate { per_second }),
                messages_per_connection: Some(20),
                needed: Duration::from_secs(recipients / 4),
                by_rate: per_second.is_some(),
            }),
            trouble: None,
        };
        let mut destinations = vec![
            planned("yahoo.co.jp{mx1,mx2}", 40_000, Some(10.0)),
            planned("google.com{\x1b[2J}", 9_000, None),
            Planned {
                pace: None,
                trouble: Some("the domain gone.example does not exist".into()),
                domains: 1,
                ..planned("gone.example", 5, None)
            },
        ];
        destinations.extend((0..20).map(|n| planned(&format!("d{n}.example"), 2, None)));
        PlanReport {
            segment: None,
            campaign: "spring",
            recipients: 49_045,
            destinations,
            asked_dns: true,
            whole_run: Duration::from_secs(5),
            starts: Timestamp::from_millis(1_796_083_200_000),
            ends: Some(Timestamp::from_millis(1_796_093_200_000)),
            not_after: Some(Timestamp::from_millis(1_796_090_000_000)),
        }
    }

    #[test]
    fn for_people() {
        let mut out = Vec::new();
        write_plan(&plan(), &mut out, 100).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(!shown.contains('\x1b'));
        assert!(
            shown.lines().all(|line| text::width(line) <= 100),
            "{shown}"
        );
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn for_programs() {
        let value: serde_json::Value = serde_json::from_str(&plan_json(&plan()).unwrap()).unwrap();
        assert_eq!(value["v"], 1);
        assert_eq!(value["destinations"].as_array().unwrap().len(), 23);
        assert_eq!(value["destinations"][0]["per_second"], 10.0);
        assert_eq!(value["destinations"][0]["name"], "yahoo.co.jp{mx1,mx2}");
        assert_eq!(
            value["destinations"][2]["trouble"],
            "the domain gone.example does not exist"
        );
        assert_eq!(value["ends"], "2026-12-01T02:46:40.000Z");
    }
}
