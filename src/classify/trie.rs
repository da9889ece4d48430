//! Many texts compared at one place at once.

use super::phrase::PartId;

/// What a text of the trie stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) part: PartId,
    /// Whether its last word must end with it.
    pub(super) whole: bool,
}

/// A tree of octets: its size does not matter to a walk, only how far the text goes along.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// Sorted by octet.
    next: Vec<(u8, usize)>,
    literals: Vec<Literal>,
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

impl Trie {
    pub(super) fn add(&mut self, text: &str, literal: Literal) {
        let mut at = 0;
        for octet in text.bytes() {
            let place = self.nodes[at]
                .next
                .binary_search_by_key(&octet, |(octet, _)| *octet);
            at = match place {
                Ok(place) => self.nodes[at].next[place].1,
                Err(place) => {
                    let new = self.nodes.len();
                    self.nodes.push(Node::default());
                    self.nodes[at].next.insert(place, (octet, new));
                    new
                }
            };
        }
        self.nodes[at].literals.push(literal);
    }

    /// Tells every literal that stands at `start`, with the place it ends at.
    pub(super) fn walk(&self, text: &[u8], start: usize, mut tell: impl FnMut(Literal, usize)) {
        let mut node = &self.nodes[0];
        for (place, octet) in text.iter().enumerate().skip(start) {
            let Ok(next) = node.next.binary_search_by_key(octet, |(octet, _)| *octet) else {
                return;
            };
            node = &self.nodes[node.next[next].1];
            for literal in &node.literals {
                tell(*literal, place + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_every_literal_on_the_way() {
        let mut trie = Trie::default();
        for (part, text) in ["us", "user", "usage", "user unknown"].iter().enumerate() {
            let part = PartId::try_from(part).unwrap();
            trie.add(text, Literal { part, whole: false });
        }
        let mut told = Vec::new();
        trie.walk(b"a user unknow", 2, |literal, end| {
            told.push((literal.part, end));
        });
        assert_eq!(told, [(0, 4), (1, 6)]);
    }
}
