//! The n-grams as a trie: a node is an n-gram, its children are the n-grams with
//! one more word behind.
//!
//! Node 0 is the empty n-gram. Its children are the unigrams, one for each id, so
//! that the unigram of id w is node 1 + w. The nodes of an order follow those of the
//! order below, sorted by their words; so the children of a node are neighbours,
//! sorted by their last word, and those of the next node come right behind them.
//!
//! A query is the automaton of Aho and Corasick (1975): where a node has no child
//! for the word, the back-off weight is paid and the search goes on at the node of
//! the longest shorter context.

use super::at_once;
use super::{
    Gram, LEAST_LN, LmError, MAX_ORDER, MOST_LN_BACKOFF, NGram, WordId, vocabulary::Vocabulary,
};

const ROOT: u32 = 0;
/// Contexts that are linked between two pauses.
const LINK_STRIDE: u32 = 1 << 11;

/// The n-grams.
#[derive(Debug)]
pub(super) struct Trie {
    /// First node of each order, from 0 on; then the number of nodes.
    levels: Vec<u32>,
    /// By node: its last word.
    words: Vec<WordId>,
    /// By node: ln p(last word | the words before it).
    ln_probs: Vec<f32>,
    /// By node below the highest order: ln of its back-off weight.
    ln_backoffs: Vec<f32>,
    /// By node below the highest order: its first child; then the number of nodes.
    first_children: Vec<u32>,
    /// By node below the highest order: the longest proper suffix of it that matters
    /// as a context.
    shorter: Vec<u32>,
}

impl Trie {
    /// Builds the trie; `levels[n - 1]` are the n-grams of order n, in any order.
    pub fn new(vocabulary: &Vocabulary, mut levels: Vec<Vec<NGram>>) -> Result<Self, LmError> {
        while levels.last().is_some_and(Vec::is_empty) {
            levels.pop();
        }
        if levels.len() > MAX_ORDER {
            return Err(LmError::Order {
                order: levels.len(),
            });
        }
        let nodes = 1 + levels.iter().map(Vec::len).sum::<usize>();
        if u32::try_from(nodes).is_err() {
            return Err(LmError::TooLarge);
        }
        let mut parts = Parts::with_root();
        let mut contexts = vec![Gram::EMPTY];
        for (below, level) in levels.iter_mut().enumerate() {
            level.sort_unstable_by_key(|ngram| ngram.gram);
            check(vocabulary, below + 1, level, &contexts)?;
            parts.push_level(level, &contexts);
            contexts.clear();
            contexts.extend(level.iter().map(|ngram| ngram.gram));
        }
        Ok(at_once(parts.link(&async || {})))
    }

    pub fn order(&self) -> usize {
        self.levels.len() - 2
    }

    pub fn level_sizes(&self) -> Vec<usize> {
        let sizes = self.levels.windows(2).skip(1);
        sizes.map(|pair| (pair[1] - pair[0]) as usize).collect()
    }

    /// The n-grams by order, in the order of the nodes.
    pub fn ngrams(&self) -> Vec<Vec<NGram>> {
        let mut levels: Vec<Vec<NGram>> = vec![vec![self.ngram(ROOT, Gram::EMPTY)]];
        for below in 0..self.order() {
            let mut level = Vec::new();
            for (node, context) in (self.levels[below]..).zip(&levels[below]) {
                for child in self.children(node) {
                    let gram = context.gram.then(self.words[child as usize]);
                    level.push(self.ngram(child, gram));
                }
            }
            levels.push(level);
        }
        levels.remove(0);
        levels
    }

    fn ngram(&self, node: u32, gram: Gram) -> NGram {
        let ln_backoff = self.ln_backoffs.get(node as usize);
        NGram {
            gram,
            ln_prob: self.ln_probs[node as usize],
            ln_backoff: ln_backoff.copied().unwrap_or(0.0),
        }
    }

    /// ln p of the unigrams, by id.
    pub fn unigrams(&self) -> &[f32] {
        &self.ln_probs[self.levels[1] as usize..self.levels[2] as usize]
    }

    /// The context after this word alone.
    pub fn unigram_context(&self, word: WordId) -> u32 {
        let node = 1 + word.0;
        if self.matters(node) { node } else { ROOT }
    }

    /// ln p(`word` | `context`), and the context after it. The word is one of the
    /// vocabulary's.
    pub fn score(&self, context: u32, word: WordId) -> (f32, u32) {
        // A state of another model must not lead out of the tables.
        let mut context = if (context as usize) < self.shorter.len() {
            context
        } else {
            ROOT
        };
        let mut ln_backoff = 0.0;
        let node = loop {
            match self.child(context, word) {
                Some(node) => break node,
                None => ln_backoff += self.ln_backoffs[context as usize],
            }
            context = self.shorter[context as usize];
        };
        let ln_prob = ln_backoff + self.ln_probs[node as usize];
        (ln_prob, self.next(context, node, word))
    }

    /// The longest context that matters and ends in `node`, the child of `context`
    /// for `word`, or shorter.
    fn next(&self, mut context: u32, mut node: u32, word: WordId) -> u32 {
        loop {
            if self.matters(node) {
                return node;
            }
            node = loop {
                if context == ROOT {
                    return ROOT;
                }
                context = self.shorter[context as usize];
                if let Some(node) = self.child(context, word) {
                    break node;
                }
            };
        }
    }

    /// Whether knowing this n-gram, rather than a suffix of it, can change a score.
    fn matters(&self, node: u32) -> bool {
        let node = node as usize;
        node < self.ln_backoffs.len()
            && (self.ln_backoffs[node] != 0.0
                || self.first_children[node] < self.first_children[node + 1])
    }

    fn child(&self, node: u32, word: WordId) -> Option<u32> {
        if node == ROOT {
            return Some(1 + word.0);
        }
        let children = self.children(node);
        let words = &self.words[children.start as usize..children.end as usize];
        let place = words.binary_search(&word).ok()?;
        Some(children.start + place as u32)
    }

    fn children(&self, node: u32) -> std::ops::Range<u32> {
        self.first_children[node as usize]..self.first_children[node as usize + 1]
    }
}

/// The level is sorted: no n-gram twice, each one's context there, the values sound.
/// The unigrams are known to be complete.
fn check(
    vocabulary: &Vocabulary,
    order: usize,
    level: &[NGram],
    contexts: &[Gram],
) -> Result<(), LmError> {
    if let Some(pair) = level.windows(2).find(|pair| pair[0].gram == pair[1].gram) {
        return Err(LmError::Repeated {
            words: vocabulary.spell(pair[0].gram, order),
        });
    }
    for ngram in level {
        let words = || vocabulary.spell(ngram.gram, order);
        let backoffs = LEAST_LN..=MOST_LN_BACKOFF;
        if !((LEAST_LN..=0.0).contains(&ngram.ln_prob) && backoffs.contains(&ngram.ln_backoff)) {
            return Err(LmError::Value {
                words: words(),
                ln_prob: ngram.ln_prob,
                ln_backoff: ngram.ln_backoff,
            });
        }
        let context = ngram.gram.context();
        if contexts.binary_search(&context).is_err() {
            return Err(LmError::MissingContext {
                words: words(),
                context: vocabulary.spell(context, order - 1),
            });
        }
    }
    Ok(())
}

/// A trie while it is put together, order by order.
pub(super) struct Parts {
    levels: Vec<u32>,
    words: Vec<WordId>,
    ln_probs: Vec<f32>,
    ln_backoffs: Vec<f32>,
    first_children: Vec<u32>,
}

impl Parts {
    /// The root alone.
    pub fn with_root() -> Self {
        Self {
            levels: vec![0, 1],
            words: vec![WordId::UNKNOWN],
            ln_probs: vec![0.0],
            ln_backoffs: vec![0.0],
            first_children: Vec::new(),
        }
    }

    /// Adds a sorted level whose contexts are among `contexts`, the level below.
    fn push_level(&mut self, level: &[NGram], contexts: &[Gram]) {
        let mut rest = level.iter().peekable();
        for context in contexts {
            self.open_family();
            while let Some(ngram) = rest.next_if(|ngram| ngram.gram.context() == *context) {
                self.push(ngram.gram.last(), ngram.ln_prob, ngram.ln_backoff);
            }
        }
        self.close_level();
    }

    /// The nodes that come are the children of the next node.
    pub fn open_family(&mut self) {
        self.first_children.push(self.words.len() as u32);
    }

    /// Adds a node: of one family, they come by rising ids.
    pub fn push(&mut self, word: WordId, ln_prob: f32, ln_backoff: f32) {
        self.words.push(word);
        self.ln_probs.push(ln_prob);
        self.ln_backoffs.push(ln_backoff);
    }

    /// The order is complete.
    pub fn close_level(&mut self) {
        self.levels.push(self.words.len() as u32);
    }

    /// Finds each context's longest suffix that matters; awaits `pause` now and then.
    pub async fn link(mut self, pause: &impl AsyncFn()) -> Trie {
        let contexts = self.first_children.len();
        self.first_children.push(self.words.len() as u32);
        self.ln_backoffs.truncate(contexts);
        let mut trie = Trie {
            levels: self.levels,
            words: self.words,
            ln_probs: self.ln_probs,
            ln_backoffs: self.ln_backoffs,
            first_children: self.first_children,
            shorter: vec![ROOT; contexts],
        };
        // By rising order, so that the links of the shorter contexts are there.
        for parent in 1..contexts as u32 {
            if parent.is_multiple_of(LINK_STRIDE) {
                pause().await;
            }
            for child in trie.children(parent) {
                if trie.matters(child) {
                    // As if the word had come after the parent's longest suffix.
                    let suffix = trie.shorter[parent as usize];
                    let word = trie.words[child as usize];
                    trie.shorter[child as usize] = trie.suffix_context(suffix, word);
                }
            }
        }
        trie
    }
}

impl Trie {
    /// The longest context that matters among `context` with the word behind and
    /// its suffixes.
    fn suffix_context(&self, mut context: u32, word: WordId) -> u32 {
        loop {
            match self.child(context, word) {
                Some(node) if self.matters(node) => return node,
                _ if context == ROOT => return ROOT,
                _ => context = self.shorter[context as usize],
            }
        }
    }
}
