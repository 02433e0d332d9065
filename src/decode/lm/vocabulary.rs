//! The words and their ids.

use std::collections::HashSet;

use super::{Gram, LmError, NGram, WordId, gram::MAX_WORDS};

/// The longest word, in bytes: the format has one byte for a length.
const MAX_WORD_BYTES: usize = 255;

const SPECIAL: [&str; 3] = ["<unk>", "<s>", "</s>"];

/// The spellings, by id.
#[derive(Debug)]
pub(super) struct Vocabulary {
    spellings: String,
    /// Where each spelling ends.
    ends: Vec<u32>,
}

impl Vocabulary {
    /// The special words, then these.
    pub fn new<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, LmError> {
        let mut vocabulary = Self {
            spellings: String::new(),
            ends: Vec::new(),
        };
        for word in SPECIAL.into_iter().chain(words) {
            if word.len() > MAX_WORD_BYTES {
                return Err(LmError::LongWord {
                    word: word.chars().take(40).collect(),
                });
            }
            vocabulary.spellings.push_str(word);
            vocabulary.ends.push(vocabulary.spellings.len() as u32);
        }
        if vocabulary.ends.len() > MAX_WORDS || u32::try_from(vocabulary.spellings.len()).is_err() {
            return Err(LmError::TooLarge);
        }
        Ok(vocabulary)
    }

    /// All ids, the special words' included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn text(&self, word: WordId) -> Option<&str> {
        let index = word.0 as usize;
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.spellings.get(start as usize..end)
    }

    /// The words that can be spelled, with their ids.
    pub fn words(&self) -> impl Iterator<Item = (&str, WordId)> {
        (WordId::FIRST.0..self.len() as u32)
            .filter_map(|index| Some((self.text(WordId(index))?, WordId(index))))
    }

    /// The words of an n-gram, for a message.
    pub fn spell(&self, gram: Gram, order: usize) -> String {
        let words: Vec<&str> = gram
            .words(order)
            .map(|word| self.text(word).unwrap_or("?"))
            .collect();
        words.join(" ")
    }
}

/// Gives the words their ids: by falling unigram probability, then alphabetically.
/// The n-grams come back with the new ids.
pub(super) fn rank(
    words: &[String],
    mut levels: Vec<Vec<NGram>>,
) -> Result<(Vocabulary, Vec<Vec<NGram>>), LmError> {
    let mut seen: HashSet<&str> = SPECIAL.into_iter().collect();
    if let Some(word) = words.iter().find(|word| !seen.insert(word)) {
        return Err(LmError::Repeated {
            words: word.clone(),
        });
    }
    let first = WordId::FIRST.0 as usize;
    let mut ln_probs = vec![None; first + words.len()];
    for unigram in levels.first().ok_or(LmError::NoUnigrams)? {
        let Some(ln_prob) = ln_probs.get_mut(unigram.gram.last().0 as usize) else {
            return Err(LmError::UnknownId(unigram.gram.last()));
        };
        *ln_prob = Some(unigram.ln_prob);
    }
    let mut order: Vec<usize> = (0..words.len()).collect();
    let ln_prob = |index: &usize| ln_probs[first + index].unwrap_or(f32::NEG_INFINITY);
    order.sort_by(|a, b| {
        ln_prob(b)
            .total_cmp(&ln_prob(a))
            .then_with(|| words[*a].cmp(&words[*b]))
    });
    let vocabulary = Vocabulary::new(order.iter().map(|index| words[*index].as_str()))?;
    let missing = ln_probs.iter().position(Option::is_none);
    if let Some(index) = missing {
        let word = SPECIAL.get(index).map_or_else(
            || words[index - first].clone(),
            |special| (*special).to_owned(),
        );
        return Err(LmError::MissingUnigram { word });
    }

    let mut ids: Vec<WordId> = (0..ln_probs.len() as u32).map(WordId).collect();
    for (rank, index) in order.iter().enumerate() {
        ids[first + index] = WordId((first + rank) as u32);
    }
    for (below, level) in levels.iter_mut().enumerate() {
        for ngram in level {
            let mut gram = Gram::EMPTY;
            for word in ngram.gram.words(below + 1) {
                let id = ids.get(word.0 as usize).ok_or(LmError::UnknownId(word))?;
                gram = gram.then(*id);
            }
            ngram.gram = gram;
        }
    }
    Ok((vocabulary, levels))
}
