//! A typed text as the model's tokens.

use std::collections::HashMap;
use std::ops::Range;

use super::CtcError;
use crate::decode::piece::WORD_START;
use crate::model::Tokens;

/// A word of a [`Spelling`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpelledWord {
    /// The word as typed.
    pub text: String,
    /// Which of the spelling's tokens write it; a space between words is in none.
    pub tokens: Range<usize>,
}

/// A text as token indices, never empty.
///
/// The text is spelled as it stands, words parted by any white space; the caller
/// normalises it first (lower case, numbers in words). Where the tokens have a space,
/// it stands between two words; otherwise each word is spelled with `▁` in front.
/// Of several ways to put a word together from pieces the one with fewest pieces is
/// taken, of those the one whose first pieces are longest. A piece model may have
/// been trained on another split of the same word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    tokens: Vec<usize>,
    words: Vec<SpelledWord>,
    blank: usize,
    /// Tokens of the model.
    columns: usize,
}

impl Spelling {
    /// Spells `text`.
    ///
    /// # Errors
    /// [`CtcError::EmptyText`] when there is no word in it;
    /// [`CtcError::Unspellable`], which names the character.
    pub fn new(tokens: &Tokens, text: &str) -> Result<Self, CtcError> {
        let pieces = Pieces::of(tokens);
        let mut spelling = Self {
            tokens: Vec::new(),
            words: Vec::new(),
            blank: tokens.blank(),
            columns: tokens.len(),
        };
        for word in text.split_whitespace() {
            if !spelling.words.is_empty() {
                match tokens.space() {
                    Some(space) => spelling.tokens.push(space),
                    None if pieces.marked => {}
                    None => {
                        return Err(CtcError::Unspellable {
                            character: ' ',
                            word: text.to_owned(),
                        });
                    }
                }
            }
            let first = spelling.tokens.len();
            spelling.tokens.extend(pieces.spell(word)?);
            spelling.words.push(SpelledWord {
                text: word.to_owned(),
                tokens: first..spelling.tokens.len(),
            });
        }
        if spelling.words.is_empty() {
            return Err(CtcError::EmptyText);
        }
        Ok(spelling)
    }

    /// Token indices, at least one, none of them the blank.
    #[must_use]
    pub fn tokens(&self) -> &[usize] {
        &self.tokens
    }

    /// The words in order, at least one.
    #[must_use]
    pub fn words(&self) -> &[SpelledWord] {
        &self.words
    }

    /// The token of each state of the trellis: blank, token 1, blank, …, token L, blank.
    pub fn states(&self) -> impl Iterator<Item = usize> + '_ {
        let tokens = self.tokens.iter().flat_map(|token| [self.blank, *token]);
        tokens.chain([self.blank])
    }

    /// Rows that the text needs at least: one a token, and one for the blank between
    /// two tokens that are equal.
    #[must_use]
    pub fn rows_needed(&self) -> usize {
        let repeats = self.tokens.windows(2).filter(|pair| pair[0] == pair[1]);
        self.tokens.len() + repeats.count()
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }
}

/// The tokens by what they write.
struct Pieces<'a> {
    by_text: HashMap<&'a str, usize>,
    /// Characters of the longest.
    longest: usize,
    /// A word begins with `▁`.
    marked: bool,
}

impl<'a> Pieces<'a> {
    fn of(tokens: &'a Tokens) -> Self {
        let by_text: HashMap<&str, usize> = (0..tokens.len())
            .filter(|index| *index != tokens.blank() && tokens.space() != Some(*index))
            .map(|index| (tokens.text(index), index))
            .collect();
        Self {
            longest: by_text
                .keys()
                .map(|text| text.chars().count())
                .max()
                .unwrap_or(0),
            marked: tokens.space().is_none()
                && by_text.keys().any(|text| text.starts_with(WORD_START)),
            by_text,
        }
    }

    /// Fewest pieces from the end of the word to its front; at each place the longest
    /// first piece among equals.
    fn spell(&self, word: &str) -> Result<Vec<usize>, CtcError> {
        let mark = if self.marked { "▁" } else { "" };
        let text = format!("{mark}{word}");
        let starts: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let n = starts.len() - 1;
        // From place i to the end: pieces needed, the first of them, where it ends.
        let mut best: Vec<Option<(usize, usize, usize)>> = vec![None; n + 1];
        best[n] = Some((0, 0, n));
        for i in (0..n).rev() {
            for end in (i + 1..=n.min(i + self.longest)).rev() {
                let Some(&token) = self.by_text.get(&text[starts[i]..starts[end]]) else {
                    continue;
                };
                let Some((rest, ..)) = best[end] else {
                    continue;
                };
                if best[i].is_none_or(|(count, ..)| rest + 1 < count) {
                    best[i] = Some((rest + 1, token, end));
                }
            }
        }
        if best[0].is_none() {
            return Err(self.unspellable(word, &text, &starts));
        }
        let (mut at, mut tokens) = (0, Vec::new());
        while let Some((_, token, end)) = best[at].filter(|_| at < n) {
            tokens.push(token);
            at = end;
        }
        Ok(tokens)
    }

    /// Names the character at the furthest place that pieces reach from the front.
    fn unspellable(&self, word: &str, text: &str, starts: &[usize]) -> CtcError {
        let n = starts.len() - 1;
        let mut reached = vec![false; n + 1];
        reached[0] = true;
        for i in 0..n {
            if reached[i] {
                for end in i + 1..=n.min(i + self.longest) {
                    reached[end] |= self.by_text.contains_key(&text[starts[i]..starts[end]]);
                }
            }
        }
        let furthest = reached.iter().rposition(|reached| *reached).unwrap_or(0);
        // The mark itself is ours: where it is all that fails, the word's first
        // character has no piece.
        let rest = text[starts[furthest.min(n - 1)]..].trim_start_matches(WORD_START);
        CtcError::Unspellable {
            character: rest.chars().next().unwrap_or(WORD_START),
            word: word.to_owned(),
        }
    }
}
