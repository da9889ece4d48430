//! Answers, with the headers that all of them carry.

use super::language::Texts;
use super::page::{POLICY, Page, Sender, html};
use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use std::time::Duration;

/// What may be done with the address of an unsubscribe.
pub(super) const METHODS: &str = "GET, HEAD, POST, OPTIONS";

/// A page.
pub(super) fn page(page: Page, texts: &Texts, sender: &Sender) -> Response<Body> {
    let status = match page {
        Page::Question | Page::Done | Page::Test => StatusCode::OK,
        Page::Unknown => StatusCode::NOT_FOUND,
        Page::NotAsked | Page::Bad => StatusCode::BAD_REQUEST,
        Page::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Page::Often => StatusCode::TOO_MANY_REQUESTS,
    };
    let mut answer = plain(
        status,
        "text/html; charset=utf-8",
        html(page, texts, sender),
    );
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(texts.tag));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    answer
}

/// A text.
pub(super) fn plain(
    status: StatusCode,
    kind: &'static str,
    text: impl Into<Body>,
) -> Response<Body> {
    let mut answer = Response::new(text.into());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    protect(headers);
    answer
}

/// A line of text that says nothing but the status.
pub(super) fn line(status: StatusCode) -> Response<Body> {
    let words = status.canonical_reason().unwrap_or("Error").to_lowercase();
    plain(status, "text/plain; charset=utf-8", words + "\n")
}

/// With the methods that are allowed.
pub(super) fn allowing(mut answer: Response<Body>, methods: &'static str) -> Response<Body> {
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

/// With the time after which to come back: whole seconds, one at least.
pub(super) fn after(mut answer: Response<Body>, wait: Duration) -> Response<Body> {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let headers = answer.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    answer
}

/// No page of ours is kept, indexed, framed, guessed at or named to other sites: its address is a
/// token.
fn protect(headers: &mut HeaderMap) {
    let policy = HeaderValue::from_str(&POLICY);
    let policy = policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
