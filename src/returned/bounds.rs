//! How much of a mail is looked at. Whoever sends mail to a bounce address decides what is in it.

/// Octets of a mail; what matters stands at the beginning.
pub(super) const OCTETS: usize = 2 << 20;
/// Parts of a mail, and how deep they nest.
pub(super) const PARTS: usize = 64;
/// Multiparts within multiparts.
pub(super) const DEPTH: usize = 8;
/// Mails within mails: a report that was forwarded, and forwarded again.
pub(super) const FORWARDS: usize = 3;
/// Fields of a header, and octets of one of them.
pub(super) const FIELDS: usize = 500;
/// Octets of a field's value.
pub(super) const VALUE: usize = 8 << 10;
/// Octets of the words in a notice.
pub(super) const NOTICE: usize = 64 << 10;
/// Recipients that one mail may speak of.
pub(super) const RECIPIENTS: usize = 500;
/// Octets of a diagnostic.
pub(super) const DIAGNOSTIC: usize = 2000;
/// Traces of a kind.
pub(super) const TRACES: usize = 20;

/// The beginning of a text, cut between characters.
pub(super) fn cut(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
