//! POP3 (RFC 1939), with STLS (RFC 2595), capabilities (RFC 2449) and SASL (RFC 5034).
//!
//! `incoming` reads what a server sends without a socket, wherever it is cut; `conversation` asks;
//! `client` is a session from greeting to QUIT.

mod client;
mod conversation;
mod incoming;
mod login;

pub(super) use client::Pop3;
