//! What identifies a recipient of a campaign to the outside: message ids, return paths and
//! unsubscribe tokens, all stable over runs.
//!
//! Whoever knows the key can make every token, and the key is the campaign's uid for now: the
//! tokens are unguessable to recipients of other campaigns only. A secret of the workspace takes
//! the uid's place here when tokens are verified.

use crate::model::Address;
use ring::hmac;

/// Makes the tokens of one campaign.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    key: hmac::Key,
}

/// A recipient's tokens: lower-case hexadecimal, 32 digits each. One says nothing about the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    tag: hmac::Tag,
}

impl Tokens {
    /// Tokens under `uid`.
    pub(super) fn new(uid: &str) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, uid.as_bytes()),
        }
    }

    /// The tokens of `address`.
    pub(super) fn of(&self, address: &Address) -> Token {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(address.local().as_bytes());
        context.update(b"@");
        context.update(address.domain().as_str().as_bytes());
        Token {
            tag: context.sign(),
        }
    }
}

impl Tokens {
    /// The tokens of a message that is the same for everybody. No address is empty, so nobody has
    /// them as their own.
    pub(super) fn of_all(&self) -> Token {
        Token {
            tag: hmac::sign(&self.key, b""),
        }
    }
}

impl Token {
    /// What message ids and return paths carry.
    pub(super) fn message(&self) -> String {
        hex(self.tag.as_ref().get(..16).unwrap_or_default())
    }

    /// What unsubscribe addresses carry.
    pub(super) fn unsubscribe(&self) -> String {
        hex(self.tag.as_ref().get(16..32).unwrap_or_default())
    }
}

fn hex(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        text.push(char::from(DIGITS[usize::from(octet >> 4)]));
        text.push(char::from(DIGITS[usize::from(octet & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_stable_and_differ_by_campaign_and_recipient() {
        let address = |text| Address::parse(text).unwrap();
        let of = |uid, text| Tokens::new(uid).of(&address(text));
        let token = of("u1", "a@example.com");
        assert_eq!(token.message(), of("u1", "a@example.com").message());
        assert_eq!(token.message().len(), 32);
        assert_ne!(token.message(), token.unsubscribe());
        assert_ne!(token.message(), of("u2", "a@example.com").message());
        assert_ne!(token.message(), of("u1", "b@example.com").message());
    }
}
