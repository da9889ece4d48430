//! Replies out of any bytes: no panic, bounded memory, and the same replies however they are cut.

#![no_main]

use hikyaku::model::Reply;
use hikyaku::proto::{ReplyError, ReplyParser};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (size, wire) = input;
    let whole = parse(wire, wire.len().max(1));
    let cut = parse(wire, usize::from(size).max(1));
    assert_eq!(whole, cut);
});

fn parse(wire: &[u8], size: usize) -> (Vec<Reply>, Option<ReplyError>) {
    let mut parser = ReplyParser::new();
    let mut replies = Vec::new();
    for mut piece in wire.chunks(size) {
        loop {
            match parser.read(&mut piece) {
                Ok(Some(reply)) => replies.push(reply.into_reply()),
                Ok(None) => break,
                Err(error) => return (replies, Some(error)),
            }
        }
    }
    (replies, None)
}
