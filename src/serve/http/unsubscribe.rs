//! The address in List-Unsubscribe, for mail programs and for people.

use super::answer::{METHODS, after, allowing, line, page, plain};
use super::body::{self, Flaw};
use super::connection::Peer;
use super::language::{Texts, negotiate};
use super::page::{Page, Sender};
use super::token::candidates;
use super::wish::{self, Wish};
use crate::model::{CampaignId, Network, RecipientId};
use crate::net::Clock;
use crate::serve::client::{Client, behind};
use crate::serve::desk::Desk;
use crate::serve::limit::Limiter;
use crate::serve::metrics::Metrics;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, HOST};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, Version};
use axum::{Router, routing};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Requests for one token a second in the long run, and at once.
const TOKEN_RATE: (f64, u32) = (0.5, 30);
/// How long the ledger may take.
const LEDGER: Duration = Duration::from_secs(20);
/// When to come back where it could not be written.
const BUSY: Duration = Duration::from_secs(30);

/// What the public side works with.
pub(in crate::serve) struct Public {
    pub(in crate::serve) desk: Arc<dyn Desk>,
    pub(in crate::serve) sender: Sender,
    pub(in crate::serve) trusted: Vec<Network>,
    /// What leads nowhere, by client.
    pub(in crate::serve) strangers: Option<Arc<Limiter>>,
    /// What leads somewhere, by token.
    tokens: Limiter,
    pub(in crate::serve) metrics: Metrics,
    pub(in crate::serve) clock: Clock,
}

impl Public {
    pub(in crate::serve) fn new(
        desk: Arc<dyn Desk>,
        sender: Sender,
        (trusted, strangers): (Vec<Network>, Option<Arc<Limiter>>),
        metrics: Metrics,
        clock: Clock,
    ) -> Self {
        let (rate, burst) = TOKEN_RATE;
        Self {
            desk,
            sender,
            trusted,
            strangers,
            tokens: Limiter::new(rate, burst, clock.instant()),
            metrics,
            clock,
        }
    }

    fn stranger(&self, client: Client) -> Result<(), Duration> {
        let Some(limiter) = &self.strangers else {
            return Ok(());
        };
        limiter.take(client, self.clock.instant())
    }
}

/// The public routes: everything is an unsubscribe address, because nobody knows what a proxy puts in
/// front of the token.
pub(in crate::serve) fn public(state: Arc<Public>) -> Router {
    Router::new()
        .route("/robots.txt", routing::get(robots))
        .fallback(answer)
        .with_state(state)
}

async fn robots() -> Response<Body> {
    let text = "User-agent: *\nDisallow: /\n";
    plain(StatusCode::OK, "text/plain; charset=utf-8", text)
}

async fn answer(
    State(public): State<Arc<Public>>,
    Extension(peer): Extension<Arc<Peer>>,
    request: Request,
) -> Response<Body> {
    let headers = request.headers();
    let forwarded = headers.get_all("x-forwarded-for");
    let lines: Vec<&str> = forwarded
        .iter()
        .filter_map(|line| line.to_str().ok())
        .collect();
    let client = behind(peer.address, lines.into_iter(), &public.trusted);
    let method = request.method().clone();
    let (route, answer) = decide(&public, &peer, client, request).await;
    let status = answer.status().as_u16();
    public.metrics.request(route, known(&method), status);
    // What leads nowhere comes in floods: it is counted, and told only to whoever asks for all.
    if route == "unsubscribe" {
        tracing::info!(target: "serve", %client, method = known(&method), status, "unsubscribe");
    } else {
        tracing::debug!(target: "serve", %client, method = known(&method), status, "nowhere");
    }
    answer
}

/// The route, for metrics, and the answer.
async fn decide(
    public: &Public,
    peer: &Peer,
    client: Client,
    request: Request,
) -> (&'static str, Response<Body>) {
    let texts = language(request.headers());
    let of = |what| page(what, texts, &public.sender);
    let found = whose(public, request.uri());
    let wrong = if well_formed(&request) {
        astray(request.method(), found.is_some())
    } else {
        Some(Astray::Page(Page::Bad))
    };
    if let Some(wrong) = wrong {
        let answer = match public.stranger(client) {
            Ok(()) => wrong.answer(of),
            Err(wait) => after(of(Page::Often), wait),
        };
        return ("nowhere", answer);
    }
    let Some((token, whose)) = found else {
        return ("nowhere", of(Page::Unknown));
    };
    let answer = match public.tokens.take(whose, public.clock.instant()) {
        Err(wait) => after(of(Page::Often), wait),
        Ok(()) if whose.1 == RecipientId(0) => of(Page::Test),
        Ok(()) if *request.method() == Method::POST => {
            act(public, peer, (&token, whose), request, texts).await
        }
        Ok(()) => of(Page::Question),
    };
    ("unsubscribe", answer)
}

/// What leads nowhere.
enum Astray {
    Page(Page),
    Method(StatusCode),
}

impl Astray {
    fn answer(self, page: impl Fn(Page) -> Response<Body>) -> Response<Body> {
        match self {
            Self::Page(what) => page(what),
            Self::Method(status) => allowing(line(status), METHODS),
        }
    }
}

fn astray(method: &Method, found: bool) -> Option<Astray> {
    match *method {
        Method::OPTIONS => Some(Astray::Method(StatusCode::NO_CONTENT)),
        Method::GET | Method::HEAD | Method::POST => {
            (!found).then_some(Astray::Page(Page::Unknown))
        }
        _ => Some(Astray::Method(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

/// The token in an address, if there is one of ours, and whom it names.
fn whose(public: &Public, uri: &Uri) -> Option<(String, (CampaignId, RecipientId))> {
    candidates(uri.path(), uri.query())
        .find_map(|token| Some((token.to_owned(), public.desk.peek(token)?)))
}

/// A POST with a token of ours.
async fn act(
    public: &Public,
    peer: &Peer,
    (token, (campaign, _)): (&str, (CampaignId, RecipientId)),
    request: Request,
    texts: &'static Texts,
) -> Response<Body> {
    let of = |what| page(what, texts, &public.sender);
    let body = match body::read(request.into_body()).await {
        Ok(body) => body,
        Err(Flaw::TooLong) => return line(StatusCode::PAYLOAD_TOO_LARGE),
        Err(Flaw::TooSlow) => return line(StatusCode::REQUEST_TIMEOUT),
        Err(Flaw::Broken) => return line(StatusCode::BAD_REQUEST),
    };
    let Some(wish) = wish::read(&body) else {
        return of(Page::NotAsked);
    };
    peer.seat.earn(true);
    let done = timeout(LEDGER, public.desk.unsubscribe(token, wish.as_str())).await;
    peer.seat.earn(false);
    match done {
        Ok(Ok(true)) => {
            public.metrics.unsubscribed(wish.as_str());
            tracing::info!(target: "serve", %campaign, way = wish.as_str(), "unsubscribed");
            match wish {
                Wish::OneClick => plain(
                    StatusCode::OK,
                    "text/plain; charset=utf-8",
                    "unsubscribed\n",
                ),
                Wish::Page => of(Page::Done),
            }
        }
        // The token is ours, and the ledger has nobody of that number any more.
        Ok(Ok(false)) => of(Page::Unknown),
        Ok(Err(_)) | Err(_) => after(of(Page::Busy), BUSY),
    }
}

/// HTTP/1.1 asks for exactly one Host that can be one (RFC 9112 section 3.2).
fn well_formed(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(_), Some(_)) => false,
        (Some(host), None) => {
            let plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"-._~:[]%".contains(octet);
            host.as_bytes().iter().all(plain)
        }
    }
}

fn language(headers: &HeaderMap) -> &'static Texts {
    let accept = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    negotiate(accept.unwrap_or_default())
}

/// A method by a name that nobody else chooses.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
