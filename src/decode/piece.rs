//! What a token does to the words: the one reading of tokens that all decoders
//! share.

use crate::model::Tokens;

/// What begins a word in a word-piece token (U+2581, `SentencePiece`'s).
pub(super) const WORD_START: char = '▁';

/// What a token does to the words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    /// It ends the word before it.
    pub ends_word: bool,
    /// It writes this into the word being spelled.
    pub text: String,
}

impl Piece {
    /// The pieces of all tokens, by index.
    pub fn all(tokens: &Tokens) -> Vec<Self> {
        (0..tokens.len())
            .map(|index| Self::of(tokens, index))
            .collect()
    }

    /// The space ends a word and writes nothing; a token with `▁` in front ends
    /// the word before it and begins the next; any other goes on with the word.
    fn of(tokens: &Tokens, index: usize) -> Self {
        let token = tokens.text(index);
        let (ends_word, text) = if tokens.space() == Some(index) {
            (true, "")
        } else if let Some(rest) = token.strip_prefix(WORD_START) {
            (true, rest)
        } else {
            (false, token)
        };
        Self {
            ends_word,
            text: text.to_owned(),
        }
    }

    /// It ends a word and begins none.
    pub fn is_boundary(&self) -> bool {
        self.ends_word && self.text.is_empty()
    }
}
