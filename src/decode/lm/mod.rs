//! Word n-gram language model: a back-off trie, and a lexicon trie for the words
//! still being spelled.
//!
//! A [`LanguageModel`] is immutable. It comes from the compact file
//! ([`LanguageModel::from_bytes`]), an ARPA file ([`LanguageModel::from_arpa`]) or
//! n-grams ([`LanguageModel::from_ngrams`]), which refuse what is not a complete back-off model, so queries cannot fail. They
//! do not allocate either. All scores are natural logarithms, and each value of a model is
//! within [`LEAST_LN`] and [`MOST_LN_BACKOFF`], so that no sum of them overflows.

mod arpa;
mod error;
mod format;
mod gram;
mod lexicon;
mod trie;
mod vocabulary;

pub use error::LmError;
pub use gram::{Gram, MAX_ORDER, NGram};
pub use lexicon::{Lexicon, LexiconNode};

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::ctc::Spelling;
use crate::model::Tokens;
use trie::Trie;
use vocabulary::Vocabulary;

/// The smallest ln p or ln of a back-off weight: that of 10⁻¹⁰⁰, which is as good as
/// never. ARPA files write 10⁻⁹⁹ for it.
pub const LEAST_LN: f32 = -100.0 * std::f32::consts::LN_10;

/// The largest ln of a back-off weight: that of 10¹⁰. It takes words of that little
/// probability to make a weight so large.
pub const MOST_LN_BACKOFF: f32 = 10.0 * std::f32::consts::LN_10;

/// Words that are tried before a model is held to be of another alphabet.
const PROBABLE_WORDS: usize = 1000;

/// A word of the vocabulary. The words come by falling unigram probability, from
/// [`WordId::FIRST`] on; below it are the three that nobody spells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WordId(pub u32);

impl WordId {
    /// `<unk>`: every word outside the vocabulary.
    pub const UNKNOWN: Self = Self(0);
    /// `<s>`: what stands before a sentence's first word.
    pub const START: Self = Self(1);
    /// `</s>`: what stands after its last.
    pub const END: Self = Self(2);
    /// The most probable word.
    pub const FIRST: Self = Self(3);
}

/// What a model remembers of the words so far: the longest context that can still
/// matter. Equal states give equal scores for all that follows. A state belongs to
/// the model that gave it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LmState(u32);

/// What comes of a future whose pauses are none.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return value;
        }
    }
}

/// A word n-gram model with back-off.
#[derive(Debug)]
pub struct LanguageModel {
    vocabulary: Vocabulary,
    lexicon: Lexicon,
    trie: Trie,
}

impl LanguageModel {
    /// Reads a model's file, ours or ARPA, as its content says.
    ///
    /// # Errors
    /// As for [`Self::from_bytes`] and [`Self::from_arpa`]; when it is neither.
    pub fn from_file(bytes: &[u8]) -> Result<Self, LmError> {
        if bytes.starts_with(&format::MAGIC) {
            return Self::from_bytes(bytes);
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut lines = bytes.split(|byte| *byte == b'\n');
        if !lines.any(|line| line.trim_ascii() == arpa::BEGIN.as_bytes()) {
            return Err(LmError::Neither);
        }
        Self::from_arpa(std::str::from_utf8(bytes).map_err(|error| {
            LmError::Arpa {
                line: bytes[..error.valid_up_to()]
                    .split(|byte| *byte == b'\n')
                    .count(),
                reason: "it is not UTF-8.".to_owned(),
            }
        })?)
    }

    /// Reads an ARPA file of order 1 to [`MAX_ORDER`]: the probabilities stay what
    /// they are, as f32, but for those below [`LEAST_LN`], which become it; the words
    /// become lower case. Where `<unk>` is missing, as in a model of a closed
    /// vocabulary, it gets 10⁻¹⁰⁰ (as in `KenLM`).
    ///
    /// # Errors
    /// When the text is not ARPA, or not a complete back-off model; two unigrams are
    /// the same word in lower case; a value is not a logarithm of a probability, or of
    /// a back-off weight up to [`MOST_LN_BACKOFF`].
    pub fn from_arpa(text: &str) -> Result<Self, LmError> {
        let (words, levels) = arpa::read(text)?;
        Self::from_ngrams(&words, levels)
    }

    /// Reads the compact format, which `format` describes byte by byte.
    ///
    /// # Errors
    /// When the bytes are cut off, of another format or version, damaged, or not a
    /// complete back-off model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LmError> {
        at_once(Self::from_bytes_with_pauses(bytes, &async || {}))
    }

    /// As [`Self::from_bytes`], for a thread that has other things to do: awaits `pause`
    /// every few milliseconds of work, so that these get their turn in it.
    ///
    /// # Errors
    /// As for [`Self::from_bytes`].
    pub async fn from_bytes_with_pauses(
        bytes: &[u8],
        pause: &impl AsyncFn(),
    ) -> Result<Self, LmError> {
        let (vocabulary, trie) = format::read(bytes, pause).await?;
        Ok(Self::of(vocabulary, trie, pause).await)
    }

    /// The compact file. Nothing is lost; it is small if there are few different
    /// values.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        format::write(self)
    }

    /// A model of these n-grams, `levels[n - 1]` being the n-grams of order n, in
    /// any order. `words` are the words from [`WordId::FIRST`] on; `levels[0]` has
    /// each of them once, and `<unk>`, `<s>` and `</s>`. The words may come in any
    /// order: they are given their ids here.
    ///
    /// # Errors
    /// When a word or n-gram is there twice, a word has no unigram, the first words
    /// of an n-gram are no n-gram themselves, or a value is not a log-probability.
    pub fn from_ngrams(words: &[String], levels: Vec<Vec<NGram>>) -> Result<Self, LmError> {
        let (vocabulary, levels) = vocabulary::rank(words, levels)?;
        let trie = Trie::new(&vocabulary, levels)?;
        Ok(at_once(Self::of(vocabulary, trie, &async || {})))
    }

    async fn of(vocabulary: Vocabulary, trie: Trie, pause: &impl AsyncFn()) -> Self {
        Self {
            lexicon: Lexicon::new(&vocabulary, trie.unigrams(), pause).await,
            vocabulary,
            trie,
        }
    }

    /// That the tokens can write words of the model: an upper-case alphabet, or one of
    /// another script, would make every word an unknown one.
    ///
    /// # Errors
    /// [`LmError::Unspellable`], when not one of the most probable words can be written.
    pub fn check_spelling(&self, tokens: &Tokens) -> Result<(), LmError> {
        let mut probable = self.words().take(PROBABLE_WORDS);
        if probable.any(|word| Spelling::new(tokens, word).is_ok()) {
            return Ok(());
        }
        Err(LmError::Unspellable {
            word: self.words().next().unwrap_or_default().to_owned(),
        })
    }

    /// The largest n of its n-grams.
    #[must_use]
    pub fn order(&self) -> usize {
        self.trie.order()
    }

    /// How many words it has; `<unk>`, `<s>` and `</s>` are not counted.
    #[must_use]
    pub fn word_count(&self) -> usize {
        self.vocabulary.len() - WordId::FIRST.0 as usize
    }

    /// How many n-grams it has, by order.
    #[must_use]
    pub fn ngram_counts(&self) -> Vec<usize> {
        self.trie.level_sizes()
    }

    /// The words, by id from [`WordId::FIRST`] on.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.vocabulary.words().map(|(word, _)| word)
    }

    /// The n-grams by order, each order sorted.
    #[must_use]
    pub fn levels(&self) -> Vec<Vec<NGram>> {
        self.trie.ngrams()
    }

    /// The state before a sentence's first word.
    #[must_use]
    pub fn start(&self) -> LmState {
        LmState(self.trie.unigram_context(WordId::START))
    }

    /// The id of a word; `None` if it is not in the vocabulary.
    #[must_use]
    pub fn word(&self, text: &str) -> Option<WordId> {
        let end = text
            .chars()
            .try_fold(self.lexicon.root(), |node, c| self.lexicon.child(node, c));
        self.lexicon.word(end?)
    }

    /// The spelling of a word; `None` for an id the vocabulary does not have.
    #[must_use]
    pub fn text(&self, word: WordId) -> Option<&str> {
        self.vocabulary.text(word)
    }

    /// ln p(`word` | `state`), and the state after that word. `None`, like an id
    /// that the vocabulary does not have, is `<unk>`.
    #[must_use]
    pub fn score(&self, state: LmState, word: Option<WordId>) -> (f32, LmState) {
        let word = word
            .filter(|word| (word.0 as usize) < self.vocabulary.len())
            .unwrap_or(WordId::UNKNOWN);
        let (ln_prob, next) = self.trie.score(state.0, word);
        (ln_prob, LmState(next))
    }

    /// ln p(`</s>` | `state`).
    #[must_use]
    pub fn end(&self, state: LmState) -> f32 {
        self.trie.score(state.0, WordId::END).0
    }

    /// The words as a trie over their characters.
    #[must_use]
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }
}
