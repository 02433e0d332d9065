//! Where the tokens of a prefix lie in time: its best single path.
//!
//! Beside the sum over all paths, each hypothesis keeps the most probable path that
//! spells it (Viterbi), one that ends in the blank and one that does not. What such
//! a path has passed is a chain of [`Passed`] tokens, last to first, one for each
//! node from the hypothesis' parent to the top; chains share their beginnings. They
//! are counted by reference and their places used again.

use super::trie::NONE;

/// The rows of a token on a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// First row, counted from the decoder's first.
    pub first: u32,
    /// Last row with the token in it.
    pub last: u32,
    /// The token's largest probability in these rows.
    pub peak: f32,
}

/// The best path to a hypothesis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    /// ln p of the path; −∞ where there is none.
    pub score: f64,
    /// Its last token.
    pub span: Span,
    /// The token before, in [`Paths`]; or [`NONE`].
    pub before: u32,
}

impl Path {
    pub const NO_PATH: Self = Self {
        score: f64::NEG_INFINITY,
        span: Span {
            first: 0,
            last: 0,
            peak: 0.0,
        },
        before: NONE,
    };
}

#[derive(Clone, Debug)]
struct Passed {
    span: Span,
    before: u32,
    references: u32,
    /// Depth of the token's node.
    depth: u32,
}

/// All chains.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    passed: Vec<Passed>,
    free: Vec<u32>,
}

impl Paths {
    /// Tokens in use.
    pub fn len(&self) -> usize {
        self.passed.len() - self.free.len()
    }

    pub fn span(&self, index: u32) -> Span {
        self.passed[index as usize].span
    }

    pub fn before(&self, index: u32) -> u32 {
        self.passed[index as usize].before
    }

    /// A passed token after `before`, not yet referred to.
    pub fn add(&mut self, span: Span, before: u32, depth: u32) -> u32 {
        self.retain(before);
        let passed = Passed {
            span,
            before,
            references: 0,
            depth,
        };
        if let Some(place) = self.free.pop() {
            self.passed[place as usize] = passed;
            place
        } else {
            self.passed.push(passed);
            (self.passed.len() - 1) as u32
        }
    }

    /// One more reference to a token; [`NONE`] is ignored.
    pub fn retain(&mut self, index: u32) {
        if index != NONE {
            self.passed[index as usize].references += 1;
        }
    }

    /// One reference less: tokens without any are freed.
    pub fn release(&mut self, mut index: u32) {
        while index != NONE {
            let passed = &mut self.passed[index as usize];
            passed.references -= 1;
            if passed.references > 0 {
                return;
            }
            self.free.push(index);
            index = passed.before;
        }
    }

    /// Cuts a chain off above the node at `depth`, which stays.
    pub fn cut(&mut self, mut index: u32, depth: u32) {
        while index != NONE {
            let passed = &mut self.passed[index as usize];
            if passed.depth == depth {
                let before = std::mem::replace(&mut passed.before, NONE);
                self.release(before);
                return;
            }
            index = passed.before;
        }
    }
}
