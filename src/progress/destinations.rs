//! The latest picture of the destinations, with the rates that come of comparing two pictures.

use super::{Latest, text};
use crate::model::{DestinationView, Timestamp, Waiting};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The destinations that matter most, as the engine ordered them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Destinations {
    /// When this picture was taken.
    at: Option<Timestamp>,
    /// Busy and troubled ones first.
    pub shown: Latest<DestinationNow, 100>,
    /// How many there are in all.
    pub total: usize,
    /// Connections that are open in all.
    pub connections: usize,
}

/// A destination, and how fast it goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DestinationNow {
    /// What the engine says of it.
    pub view: DestinationView,
    /// Recipients delivered a second, smoothed; `None` until two pictures were compared.
    pub rate: Option<f64>,
}

/// The time in which an old rate loses about two thirds of its weight.
const SMOOTHING_SECONDS: f64 = 3.0;

impl Destinations {
    /// Replaces the picture.
    pub(super) fn replace(
        &mut self,
        at: Timestamp,
        views: &[DestinationView],
        total: usize,
        connections: usize,
    ) {
        let passed = self.at.map_or(0.0, |before| at.since(before).as_secs_f64());
        let before: HashMap<&str, &DestinationNow> = self
            .shown
            .iter()
            .map(|now| (now.view.name.as_str(), now))
            .collect();
        let shown = views
            .iter()
            .take(100)
            .map(|view| {
                let view = clipped(view);
                let rate = before
                    .get(view.name.as_str())
                    .and_then(|old| smoothed(old, &view, passed));
                DestinationNow { view, rate }
            })
            .collect();
        *self = Self {
            at: Some(at),
            shown,
            total,
            connections,
        };
    }
}

/// The new rate of a destination that was seen before.
fn smoothed(old: &DestinationNow, view: &DestinationView, passed: f64) -> Option<f64> {
    if passed <= 0.0 {
        return old.rate;
    }
    let delivered = view.delivered.saturating_sub(old.view.delivered);
    let fresh = delivered as f64 / passed;
    let weight = 1.0 - (-passed / SMOOTHING_SECONDS).exp();
    Some(
        old.rate
            .map_or(fresh, |rate| rate + (fresh - rate) * weight),
    )
}

/// The same view without endless texts.
fn clipped(view: &DestinationView) -> DestinationView {
    let waiting = match &view.waiting {
        Waiting::Backoff { until, why } => Waiting::Backoff {
            until: *until,
            why: text::clip(why, 300).to_owned(),
        },
        other => other.clone(),
    };
    DestinationView {
        name: text::clip(&view.name, 255).to_owned(),
        waiting,
        ..*view
    }
}
