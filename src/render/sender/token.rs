//! What identifies a recipient of a campaign to the outside: message ids, return paths and
//! unsubscribe tokens. The first and the last are stable over runs, so that a message that is sent
//! again is the same one to whoever has it already; a return path tells which run's message it was.
//!
//! A token is the campaign's and the recipient's number in the ledger under deterministic
//! authenticated encryption (the construction of RFC 5297, with HMAC-SHA256): whoever has the
//! workspace's secret can open it, nobody else can make one or read anything from one. A token made
//! for one purpose is none for another, so nobody unsubscribes a person by a Message-ID they saw.

use crate::model::{CampaignId, RecipientId};
use ring::hmac::{self, HMAC_SHA256, Key};

/// Octets of the numbers: 4 of the campaign, 1 of the run, 5 of the recipient.
const NUMBERS: usize = 10;
/// Where the run stands. Only return paths have one; elsewhere, and in the first run, it is 0.
const RUN: usize = 4;
/// Octets of the tag. Whoever guesses asks a server for each guess, so 80 bits are plenty.
const TAG: usize = 10;
/// Both in base 32.
const LENGTH: usize = (NUMBERS + TAG) * 8 / 5;
/// Lower case: mail programs and servers change the case of addresses.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The left side of a Message-ID.
    Message,
    /// The local part of a return path (VERP).
    ReversePath,
    /// The unsubscribe address.
    Unsubscribe,
}

/// Makes and opens the tokens of a workspace.
#[derive(Debug, Clone)]
pub struct Secret {
    tag: Key,
    mask: Key,
}

/// Makes the tokens of one campaign.
#[derive(Debug, Clone)]
pub struct Tokens {
    secret: Secret,
    campaign: CampaignId,
    /// Runs before this one, as far as an octet counts.
    earlier_runs: u8,
}

/// A recipient of a campaign, as its tokens name them.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) struct Token<'a> {
    tokens: &'a Tokens,
    recipient: RecipientId,
}

impl Secret {
    /// The secret that `octets` stand for: 32 random ones that the workspace keeps.
    #[must_use]
    pub fn new(octets: &[u8; 32]) -> Self {
        let root = Key::new(HMAC_SHA256, octets);
        let derived = |label: &[u8]| Key::new(HMAC_SHA256, hmac::sign(&root, label).as_ref());
        Self {
            tag: derived(b"hikyaku token tag"),
            mask: derived(b"hikyaku token mask"),
        }
    }

    /// The tokens of a campaign.
    #[must_use]
    pub fn tokens(&self, campaign: CampaignId) -> Tokens {
        Tokens {
            secret: self.clone(),
            campaign,
            earlier_runs: 0,
        }
    }

    /// Whom a token names, if this workspace made it for that purpose.
    #[must_use]
    pub fn open(&self, purpose: Purpose, token: &str) -> Option<(CampaignId, RecipientId)> {
        let numbers = self.numbers(purpose, token)?;
        let number = |octets: &[u8]| octets.iter().fold(0, |n, o| n << 8 | i64::from(*o));
        let (campaign, recipient) = (number(&numbers[..RUN]), number(&numbers[RUN + 1..]));
        Some((CampaignId(campaign), RecipientId(recipient)))
    }

    /// The run of the campaign that a return path's token is of, the first is 1; `None` where there
    /// were more of them than it can say.
    pub(in crate::render) fn run_of(&self, token: &str) -> Option<u32> {
        let numbers = self.numbers(Purpose::ReversePath, token)?;
        (numbers[RUN] < u8::MAX).then(|| u32::from(numbers[RUN]) + 1)
    }

    /// What a token holds.
    fn numbers(&self, purpose: Purpose, token: &str) -> Option<[u8; NUMBERS]> {
        let octets = decode(token)?;
        let (tag, masked) = octets.split_at(TAG);
        let numbers = self.masked(purpose, tag, masked.try_into().ok()?);
        equal(&self.tag_of(purpose, &numbers), tag).then_some(numbers)
    }

    /// A token as its recipient's message carries it, for tests of what comes back.
    #[cfg(test)]
    pub(crate) fn token(&self, purpose: Purpose, of: CampaignId, recipient: RecipientId) -> String {
        self.tokens(of).of(recipient).text(purpose)
    }

    /// The same of a return path, in a run of the campaign.
    #[cfg(test)]
    pub(crate) fn path_token(&self, of: CampaignId, recipient: RecipientId, run: u32) -> String {
        let tokens = self.tokens(of).in_run(run);
        tokens.of(recipient).text(Purpose::ReversePath)
    }

    fn tag_of(&self, purpose: Purpose, numbers: &[u8; NUMBERS]) -> [u8; TAG] {
        first(&self.tag, purpose, numbers)
    }

    /// Numbers to what hides them, and back.
    fn masked(&self, purpose: Purpose, tag: &[u8], mut numbers: [u8; NUMBERS]) -> [u8; NUMBERS] {
        let mask: [u8; NUMBERS] = first(&self.mask, purpose, tag);
        for (octet, mask) in numbers.iter_mut().zip(mask) {
            *octet ^= mask;
        }
        numbers
    }
}

impl Tokens {
    /// Tokens that nobody can open: of messages that are only looked at.
    #[must_use]
    pub fn sample() -> Self {
        Secret::new(&[0; 32]).tokens(CampaignId(0))
    }

    /// The same in a run of the campaign; the first is number 1.
    #[must_use]
    pub fn in_run(mut self, number: u32) -> Self {
        self.earlier_runs = u8::try_from(number.saturating_sub(1)).unwrap_or(u8::MAX);
        self
    }

    /// The tokens of a recipient. The number 0 stands for everybody and nobody.
    pub(in crate::render) fn of(&self, recipient: RecipientId) -> Token<'_> {
        Token {
            tokens: self,
            recipient,
        }
    }
}

impl Token<'_> {
    /// The token for one purpose: 32 letters and digits.
    pub(in crate::render) fn text(&self, purpose: Purpose) -> String {
        let Tokens {
            secret, campaign, ..
        } = self.tokens;
        let mut numbers = [0; NUMBERS];
        // Ledgers never get that far; one that did would have tokens that name nobody.
        let campaign = u32::try_from(campaign.0).unwrap_or(u32::MAX);
        let recipient = u64::try_from(self.recipient.0).unwrap_or(u64::MAX);
        numbers[..RUN].copy_from_slice(&campaign.to_be_bytes());
        if purpose == Purpose::ReversePath {
            numbers[RUN] = self.tokens.earlier_runs;
        }
        numbers[RUN + 1..].copy_from_slice(&recipient.to_be_bytes()[3..]);
        let tag = secret.tag_of(purpose, &numbers);
        let mut octets = [0; TAG + NUMBERS];
        octets[..TAG].copy_from_slice(&tag);
        octets[TAG..].copy_from_slice(&secret.masked(purpose, &tag, numbers));
        encode(&octets)
    }
}

/// The first octets of what a key makes of a text for a purpose.
fn first<const N: usize>(key: &Key, purpose: Purpose, text: &[u8]) -> [u8; N] {
    let mut context = hmac::Context::with_key(key);
    context.update(&[match purpose {
        Purpose::Message => 1,
        Purpose::ReversePath => 2,
        Purpose::Unsubscribe => 3,
    }]);
    context.update(text);
    let mut out = [0; N];
    let made = context.sign();
    for (octet, made) in out.iter_mut().zip(made.as_ref()) {
        *octet = *made;
    }
    out
}

/// Whether they are equal, in a time that does not tell where they differ.
fn equal(a: &[u8; TAG], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// Base 32 (RFC 4648 section 6) in lower case: 5 octets are 8 digits.
fn encode(octets: &[u8; TAG + NUMBERS]) -> String {
    let mut text = String::with_capacity(LENGTH);
    for five in octets.chunks(5) {
        let bits = five
            .iter()
            .fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
        for digit in (0..8).rev() {
            let value = usize::try_from(bits >> (5 * digit) & 31).unwrap_or_default();
            text.push(char::from(ALPHABET[value]));
        }
    }
    text
}

fn decode(text: &str) -> Option<[u8; TAG + NUMBERS]> {
    if text.len() != LENGTH {
        return None;
    }
    let mut octets = [0; TAG + NUMBERS];
    for (five, digits) in octets.chunks_mut(5).zip(text.as_bytes().chunks(8)) {
        let mut bits = 0_u64;
        for digit in digits {
            let digit = digit.to_ascii_lowercase();
            let value = ALPHABET.iter().position(|known| *known == digit)?;
            bits = bits << 5 | u64::try_from(value).ok()?;
        }
        five.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PURPOSES: [Purpose; 3] = [Purpose::Message, Purpose::ReversePath, Purpose::Unsubscribe];

    fn secret() -> Secret {
        Secret::new(&[7; 32])
    }

    #[test]
    fn a_token_is_for_one_purpose_and_one_workspace() {
        let tokens = secret().tokens(CampaignId(3));
        let texts = PURPOSES.map(|purpose| tokens.of(RecipientId(1)).text(purpose));
        for (text, purpose) in texts.iter().zip(PURPOSES) {
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            );
            for asked in PURPOSES {
                let opened = secret().open(asked, text);
                assert_eq!(opened.is_some(), asked == purpose, "{purpose:?} {asked:?}");
            }
            assert_eq!(Secret::new(&[8; 32]).open(purpose, text), None);
            assert!(secret().open(purpose, &text.to_uppercase()).is_some());
        }
        let near = tokens.of(RecipientId(2)).text(Purpose::Message);
        let same = near.bytes().zip(texts[0].bytes()).filter(|(a, b)| a == b);
        assert!(same.count() < 12, "{near} {}", texts[0]);
    }

    #[test]
    fn a_return_path_tells_its_run_and_nothing_else_does() {
        let (campaign, recipient) = (CampaignId(3), RecipientId(77));
        for (run, told) in [
            (1, Some(1)),
            (2, Some(2)),
            (255, Some(255)),
            (256, None),
            (9999, None),
        ] {
            let token = secret().path_token(campaign, recipient, run);
            assert_eq!(secret().run_of(&token), told, "{run}");
            let whose = Some((campaign, recipient));
            assert_eq!(secret().open(Purpose::ReversePath, &token), whose);
        }
        let first = secret().token(Purpose::ReversePath, campaign, recipient);
        assert_eq!(secret().path_token(campaign, recipient, 1), first);
        let tokens = secret().tokens(campaign).in_run(2);
        for purpose in [Purpose::Message, Purpose::Unsubscribe] {
            let later = tokens.of(recipient).text(purpose);
            assert_eq!(
                later,
                secret().token(purpose, campaign, recipient),
                "{purpose:?}"
            );
            assert_eq!(secret().run_of(&later), None);
        }
    }

    proptest! {
        #[test]
        fn what_was_made_is_opened(campaign in 0..i64::from(u32::MAX), recipient in 0..1_i64 << 40) {
            let (campaign, recipient) = (CampaignId(campaign), RecipientId(recipient));
            let text = secret().tokens(campaign).of(recipient).text(Purpose::Unsubscribe);
            prop_assert_eq!(text.len(), LENGTH);
            prop_assert_eq!(secret().open(Purpose::Unsubscribe, &text), Some((campaign, recipient)));
        }

        #[test]
        fn what_was_changed_is_not(at in 0..LENGTH, to in "[a-z2-7]") {
            let text = secret().tokens(CampaignId(1)).of(RecipientId(1)).text(Purpose::Unsubscribe);
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            let opened = secret().open(Purpose::Unsubscribe, &changed);
            prop_assert_eq!(opened.is_some(), changed == text);
        }

        #[test]
        fn nothing_else_is_a_token(text in "\\PC{0,40}") {
            prop_assert_eq!(secret().open(Purpose::Message, &text), None);
        }
    }
}
