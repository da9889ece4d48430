//! What is left of an address that was erased: enough to know it again, too little to know who it was.

use super::secret::secret;
use crate::model::Address;
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use ring::hmac::{Context, HMAC_SHA256, Key};
use std::fmt;
use std::str::FromStr;

/// The keyed hash of an erased address (HMAC-SHA256, RFC 2104, with the ledger's secret; 128 bits of
/// it). Without the ledger nobody can try addresses out against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErasedKey([u8; 16]);

impl fmt::Display for ErasedKey {
    /// `#` and 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl FromStr for ErasedKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not # and 32 hexadecimal digits");
        let digits = text.strip_prefix('#').ok_or_else(wrong)?;
        if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let number = u128::from_str_radix(digits, 16).map_err(|_| wrong())?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// Makes the keyed hashes of one ledger.
pub(crate) struct Eraser(Context);

impl Eraser {
    pub(crate) fn of(ledger: &Ledger) -> Result<Self, Fault> {
        Ok(Self::new(&secret(ledger)?))
    }

    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        let mut context = Context::with_key(&Key::new(HMAC_SHA256, secret));
        // Keeps these hashes apart from everything else the secret is used for.
        context.update(b"erased address\0");
        Self(context)
    }

    pub(crate) fn key(&self, address: &Address) -> ErasedKey {
        let mut context = self.0.clone();
        context.update(address.key().as_bytes());
        let tag = context.sign();
        let mut key = [0; 16];
        key.iter_mut()
            .zip(tag.as_ref())
            .for_each(|(octet, from)| *octet = *from);
        ErasedKey(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_addresss_and_the_ledgers() {
        let address = |text| Address::parse(text).unwrap();
        let (ours, theirs) = (Eraser::new(&[1; 32]), Eraser::new(&[2; 32]));
        let key = ours.key(&address("Ann@Example.com"));
        assert_eq!(key, ours.key(&address("ann@example.com")));
        assert_ne!(key, ours.key(&address("bob@example.com")));
        assert_ne!(key, theirs.key(&address("ann@example.com")));
        assert_eq!(key.to_string().parse(), Ok(key));
        for wrong in ["", "#", "#00", &key.to_string()[1..], &format!("{key}0")] {
            assert!(wrong.parse::<ErasedKey>().is_err(), "{wrong}");
        }
    }
}
