//! Bodies of requests, small and soon.

use axum::body::Body;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::timeout;

/// Octets of a body. The longest that a mail program sends is a few hundred.
pub(super) const MOST: usize = 8 << 10;
/// Octets that are read and thrown away behind that, so that a client that is still sending reads
/// the answer instead of a reset.
const SURPLUS: usize = 256 << 10;
/// How long a body may take.
const TIME: Duration = Duration::from_secs(10);

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    TooLong,
    TooSlow,
    Broken,
}

/// Reads a body whole.
pub(super) async fn read(body: Body) -> Result<Vec<u8>, Flaw> {
    timeout(TIME, collect(body))
        .await
        .unwrap_or(Err(Flaw::TooSlow))
}

async fn collect(mut body: Body) -> Result<Vec<u8>, Flaw> {
    let mut octets = Vec::new();
    let mut all = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Flaw::Broken)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        all += data.len();
        if all <= MOST {
            octets.extend_from_slice(data);
        } else if all > SURPLUS {
            break;
        }
    }
    if all > MOST {
        return Err(Flaw::TooLong);
    }
    Ok(octets)
}
