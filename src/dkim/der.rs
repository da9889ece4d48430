//! The little of DER (X.690) that keys are wrapped in.

/// INTEGER
const INTEGER: u8 = 0x02;
/// BIT STRING
const BIT_STRING: u8 = 0x03;
/// OCTET STRING
const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER
const OBJECT: u8 = 0x06;
/// SEQUENCE
const SEQUENCE: u8 = 0x30;

/// rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017 appendix A.1).
pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// id-Ed25519, 1.3.101.112 (RFC 8410 section 3).
pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// The parameters of rsaEncryption: NULL.
const NULL: &[u8] = &[0x05, 0x00];

/// The algorithm and the key of a PKCS#8 PrivateKeyInfo (RFC 5208, RFC 5958).
pub(super) fn private_key_info(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (info, _) = element(octets, SEQUENCE)?;
    let (_version, rest) = element(info, INTEGER)?;
    let (algorithm, rest) = element(rest, SEQUENCE)?;
    let (object, _) = element(algorithm, OBJECT)?;
    let (key, _) = element(rest, OCTET_STRING)?;
    Some((object, key))
}

/// A PKCS#8 PrivateKeyInfo around an Ed25519 seed, as OpenSSL writes it (RFC 8410 section 7).
pub(super) fn ed25519_private_key(seed: &[u8; 32]) -> Vec<u8> {
    let algorithm = wrap(SEQUENCE, &[&wrap(OBJECT, &[ED25519])]);
    let key = wrap(OCTET_STRING, &[&wrap(OCTET_STRING, &[seed])]);
    wrap(SEQUENCE, &[&wrap(INTEGER, &[&[0]]), &algorithm, &key])
}

/// The algorithm and the key of a SubjectPublicKeyInfo (RFC 5280 section 4.1).
pub(super) fn public_key_info(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (info, _) = element(octets, SEQUENCE)?;
    let (algorithm, rest) = element(info, SEQUENCE)?;
    let (object, _) = element(algorithm, OBJECT)?;
    let (bits, _) = element(rest, BIT_STRING)?;
    // The first octet counts the bits of the last one that are not used: none.
    Some((object, bits.strip_prefix(&[0])?))
}

/// A SubjectPublicKeyInfo around an RSAPublicKey.
pub(super) fn rsa_public_key_info(key: &[u8]) -> Vec<u8> {
    let algorithm = wrap(SEQUENCE, &[&wrap(OBJECT, &[RSA]), NULL]);
    wrap(SEQUENCE, &[&algorithm, &wrap(BIT_STRING, &[&[0], key])])
}

/// The bits of the modulus of an RSAPublicKey (RFC 8017 appendix A.1.1), if it is one and
/// nothing stands behind it.
pub(super) fn rsa_public_bits(key: &[u8]) -> Option<usize> {
    let (numbers, behind) = element(key, SEQUENCE)?;
    let (modulus, rest) = element(numbers, INTEGER)?;
    let (_exponent, rest) = element(rest, INTEGER)?;
    (behind.is_empty() && rest.is_empty()).then(|| bits(modulus))
}

/// The bits of the modulus of an RSAPrivateKey (RFC 8017 appendix A.1.2).
pub(super) fn rsa_private_bits(key: &[u8]) -> Option<usize> {
    let (numbers, _) = element(key, SEQUENCE)?;
    let (_version, rest) = element(numbers, INTEGER)?;
    let (modulus, _) = element(rest, INTEGER)?;
    Some(bits(modulus))
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    let Some(first) = number.get(zeros) else {
        return 0;
    };
    let unused = usize::try_from(first.leading_zeros()).unwrap_or(0);
    (number.len() - zeros) * 8 - unused
}

/// The content of the element that octets begin with, and what follows it.
fn element(octets: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = octets.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        // Keys are short: three octets of length are more than enough.
        0x81..=0x83 => {
            let (octets, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            let length = octets
                .iter()
                .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
            (length, rest)
        }
        _ => return None,
    };
    if first != tag {
        return None;
    }
    rest.split_at_checked(length)
}

fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut octets = vec![tag];
    let big_endian = length.to_be_bytes();
    let zeros = big_endian.iter().take_while(|octet| **octet == 0).count();
    let written = &big_endian[zeros..];
    match written {
        [] => octets.push(0),
        [short @ 0..=0x7f] => octets.push(*short),
        // A length has at most eight octets.
        long => {
            octets.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            octets.extend_from_slice(long);
        }
    }
    for part in parts {
        octets.extend_from_slice(part);
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_are_written_as_der_wants_them() {
        for (length, head) in [
            (0, &[4, 0][..]),
            (127, &[4, 127]),
            (128, &[4, 0x81, 128]),
            (300, &[4, 0x82, 1, 44]),
        ] {
            let octets = wrap(OCTET_STRING, &[&vec![9; length]]);
            assert_eq!(&octets[..head.len()], head);
            let (content, rest) = element(&octets, OCTET_STRING).unwrap();
            assert_eq!((content.len(), rest.len()), (length, 0));
        }
    }

    #[test]
    fn bits_do_not_count_what_is_in_front() {
        assert_eq!(bits(&[0, 0x80, 0]), 16);
        assert_eq!(bits(&[1, 0]), 9);
        assert_eq!(bits(&[0]), 0);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = private_key_info(&octets);
            let _ = public_key_info(&octets);
            let _ = rsa_private_bits(&octets);
            let _ = rsa_public_bits(&octets);
        }
    }
}
