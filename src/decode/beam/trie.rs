//! The prefixes of the beam as one trie: each node is its parent's prefix and one
//! token more, so no text is ever copied.
//!
//! Invariants: every node has a hypothesis or a child with one, or is the top; a
//! node that loses both is freed at once and its place used again. The top is the
//! longest prefix known to be common to all hypotheses; what lies above it is gone.

use super::fusion::{Ending, Fusion, Scorer};
use crate::decode::piece::Piece;

/// No node, no hypothesis.
pub(super) const NONE: u32 = u32::MAX;
/// Instead of a hypothesis: the place is free.
const FREE: u32 = u32::MAX - 1;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub parent: u32,
    first_child: u32,
    next_sibling: u32,
    children: u32,
    pub token: u32,
    /// Tokens from the decoder's first row to this one.
    pub depth: u32,
    /// Rank of the hypothesis that ends here, or [`NONE`].
    pub hypothesis: u32,
    /// Equal texts have equal hashes, however their tokens cut them.
    pub text_hash: u64,
    pub fusion: Fusion,
    ending: Option<Ending>,
}

#[derive(Clone, Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    free: Vec<u32>,
    top: u32,
}

impl Trie {
    /// A trie of the empty prefix, which stands as if `token` had come before.
    pub fn new(token: u32, fusion: Fusion) -> Self {
        Self {
            nodes: vec![Node {
                parent: NONE,
                first_child: NONE,
                next_sibling: NONE,
                children: 0,
                token,
                depth: 0,
                hypothesis: NONE,
                text_hash: FNV_OFFSET,
                fusion,
                ending: None,
            }],
            free: Vec::new(),
            top: 0,
        }
    }

    pub fn top(&self) -> u32 {
        self.top
    }

    pub fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    pub fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.nodes[index as usize]
    }

    /// Nodes in use.
    pub fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    /// The children of a node.
    pub fn children(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.node(index).first_child;
        std::iter::successors((first != NONE).then_some(first), |child| {
            let next = self.node(*child).next_sibling;
            (next != NONE).then_some(next)
        })
    }

    pub fn child(&self, index: u32, token: u32) -> Option<u32> {
        self.children(index)
            .find(|child| self.node(*child).token == token)
    }

    /// The fusion of a node's prefix with one more token.
    pub fn extended(&mut self, index: u32, piece: &Piece, scorer: &Scorer) -> Fusion {
        let node = &mut self.nodes[index as usize];
        let ending = (piece.ends_word && node.fusion.open).then(|| {
            *node
                .ending
                .get_or_insert_with(|| scorer.ending(&node.fusion))
        });
        scorer.extend(&node.fusion, piece, ending)
    }

    /// The child with `token`, made if it is not there.
    pub fn child_or_new(&mut self, index: u32, token: u32, piece: &Piece, scorer: &Scorer) -> u32 {
        if let Some(child) = self.child(index, token) {
            return child;
        }
        let fusion = self.extended(index, piece, scorer);
        let parent = &mut self.nodes[index as usize];
        let goes_on = parent.fusion.open && !piece.ends_word;
        let node = Node {
            parent: index,
            first_child: NONE,
            next_sibling: parent.first_child,
            children: 0,
            token,
            depth: parent.depth + 1,
            hypothesis: NONE,
            text_hash: hash(parent.text_hash, &piece.text, goes_on),
            fusion,
            ending: None,
        };
        parent.children += 1;
        let place = if let Some(place) = self.free.pop() {
            self.nodes[place as usize] = node;
            place
        } else {
            self.nodes.push(node);
            (self.nodes.len() - 1) as u32
        };
        self.nodes[index as usize].first_child = place;
        place
    }

    /// Frees the node if nothing needs it any more, then its parent, and so on. A
    /// node that is free already stays so.
    pub fn release(&mut self, mut index: u32) {
        loop {
            let node = self.node(index);
            if node.children > 0 || node.hypothesis != NONE || index == self.top {
                return;
            }
            let parent = node.parent;
            self.unlink(parent, index);
            self.node_mut(index).hypothesis = FREE;
            self.free.push(index);
            index = parent;
        }
    }

    fn unlink(&mut self, parent: u32, index: u32) {
        let next = self.node(index).next_sibling;
        let before = self
            .children(parent)
            .find(|child| self.node(*child).next_sibling == index);
        match before {
            Some(before) => self.node_mut(before).next_sibling = next,
            None => self.node_mut(parent).first_child = next,
        }
        self.node_mut(parent).children -= 1;
    }

    /// The top's only child, when all hypotheses are at or below it.
    pub fn next_top(&self) -> Option<u32> {
        let top = self.node(self.top);
        (top.children == 1 && top.hypothesis == NONE).then_some(top.first_child)
    }

    /// Makes [`Trie::next_top`]'s node the top.
    pub fn descend(&mut self, next: u32) {
        self.free.push(self.top);
        self.top = next;
        let node = self.node_mut(next);
        node.parent = NONE;
        node.next_sibling = NONE;
    }

    /// The ancestor of a node, or itself, at a depth from the top's to its own.
    pub fn ancestor(&self, mut index: u32, depth: u32) -> u32 {
        while self.node(index).depth > depth {
            index = self.node(index).parent;
        }
        index
    }

    /// Computes every fusion anew, from the top's.
    pub fn rescore(&mut self, top: Fusion, pieces: &[Piece], scorer: &Scorer) {
        let node = self.node_mut(self.top);
        node.fusion = top;
        node.ending = None;
        let mut stack: Vec<u32> = self.children(self.top).collect();
        while let Some(index) = stack.pop() {
            let node = self.node(index);
            let (parent, piece) = (node.parent, &pieces[node.token as usize]);
            let fusion = self.extended(parent, piece, scorer);
            let node = self.node_mut(index);
            node.fusion = fusion;
            node.ending = None;
            stack.extend(self.children(index));
        }
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// FNV-1a over the text, with a byte that UTF-8 has not before each word.
fn hash(before: u64, text: &str, goes_on: bool) -> u64 {
    let first = (!goes_on && !text.is_empty()).then_some(0xff);
    let bytes = first.into_iter().chain(text.bytes());
    bytes.fold(before, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
    })
}
