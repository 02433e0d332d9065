//! The vocabulary as a trie over its characters, for the word being spelled.

use super::{WordId, vocabulary::Vocabulary};

/// Nodes that are made between two pauses.
const STRIDE_NODES: usize = 1 << 13;

/// No word ends here.
const NO_WORD: u32 = u32::MAX;

/// The words as a trie over their characters, each node with the best unigram
/// probability of what it can become.
#[derive(Debug)]
pub struct Lexicon {
    /// By node: its last character. The nodes are in breadth-first order, so the
    /// children of a node are neighbours, sorted by their characters.
    characters: Vec<char>,
    /// By node: its first child; then the number of nodes.
    first_children: Vec<u32>,
    /// By node: the word that ends here, or [`NO_WORD`].
    words: Vec<u32>,
    /// By node: the largest unigram ln p of the words at or below it.
    best: Vec<f32>,
}

/// A node of a [`Lexicon`]: the first characters of a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LexiconNode(pub u32);

impl Lexicon {
    /// The words differ; `ln_probs` are the unigrams' by id. Awaits `pause` now and then.
    pub(super) async fn new(
        vocabulary: &Vocabulary,
        ln_probs: &[f32],
        pause: &impl AsyncFn(),
    ) -> Self {
        let mut sorted: Vec<(&str, WordId)> = vocabulary.words().collect();
        sorted.sort_unstable();
        pause().await;
        let mut lexicon = Self {
            characters: vec!['\0'],
            first_children: Vec::new(),
            words: Vec::new(),
            best: Vec::new(),
        };
        // Node by node, the words that begin as it does, and how many bytes that is.
        let mut spans = vec![(0, sorted.len(), 0)];
        let mut node = 0;
        while let Some(&(mut begin, end, depth)) = spans.get(node) {
            node += 1;
            if node.is_multiple_of(STRIDE_NODES) {
                pause().await;
            }
            let ends_here = begin < end && sorted[begin].0.len() == depth && depth > 0;
            lexicon.words.push(if ends_here {
                sorted[begin].1.0
            } else {
                NO_WORD
            });
            begin += usize::from(ends_here);
            lexicon.first_children.push(spans.len() as u32);
            while let Some(c) = sorted[begin..end]
                .first()
                .and_then(|(word, _)| word[depth..].chars().next())
            {
                let same =
                    sorted[begin..end].partition_point(|(word, _)| word[depth..].starts_with(c));
                spans.push((begin, begin + same, depth + c.len_utf8()));
                lexicon.characters.push(c);
                begin += same;
            }
        }
        lexicon.first_children.push(spans.len() as u32);
        pause().await;
        lexicon.find_best(ln_probs);
        lexicon
    }

    fn find_best(&mut self, ln_probs: &[f32]) {
        let of_word = |word: &u32| ln_probs.get(*word as usize).copied();
        self.best = self
            .words
            .iter()
            .map(|word| of_word(word).unwrap_or(f32::NEG_INFINITY))
            .collect();
        for node in (0..self.words.len()).rev() {
            let children = self.children(LexiconNode(node as u32));
            let below = self.best[children]
                .iter()
                .fold(f32::NEG_INFINITY, |best, value| best.max(*value));
            self.best[node] = self.best[node].max(below);
        }
    }

    fn children(&self, node: LexiconNode) -> std::ops::Range<usize> {
        let index = node.0 as usize;
        self.first_children[index] as usize..self.first_children[index + 1] as usize
    }

    /// The node of no characters.
    #[must_use]
    pub fn root(&self) -> LexiconNode {
        LexiconNode(0)
    }

    /// The node with one more character; `None` if no word begins so.
    ///
    /// # Panics
    /// When the node is of another lexicon and beyond this one's.
    #[must_use]
    pub fn child(&self, node: LexiconNode, character: char) -> Option<LexiconNode> {
        let children = self.children(node);
        let first = children.start;
        let place = self.characters[children].binary_search(&character).ok()?;
        Some(LexiconNode((first + place) as u32))
    }

    /// The word that ends here.
    #[must_use]
    pub fn word(&self, node: LexiconNode) -> Option<WordId> {
        let word = *self.words.get(node.0 as usize)?;
        (word != NO_WORD).then_some(WordId(word))
    }

    /// The largest unigram ln p of any word at or below the node; −∞ for the root
    /// of an empty vocabulary.
    #[must_use]
    pub fn best(&self, node: LexiconNode) -> f32 {
        let best = self.best.get(node.0 as usize);
        best.copied().unwrap_or(f32::NEG_INFINITY)
    }
}
