//! From a phrase as a person types it to one that the model can write.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::decode::ctc::{CtcError, Spelling};
use crate::eval::normalise::normalise;
use crate::model::Tokens;

/// A phrase that no transcript can ever hold, so that listening for it would be in vain.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LeftOut {
    /// There is no word in it.
    #[error("{phrase:?} has no word in it")]
    NoWord {
        /// As it was typed.
        phrase: String,
    },
    /// The model has no token for a character of it.
    #[error(
        "{phrase:?} has a {character:?}, which the model never writes: write it as it is spoken"
    )]
    Unspellable {
        /// As it was typed.
        phrase: String,
        /// The character.
        character: char,
    },
}

/// The phrase as a transcript would have it: normalised as texts are before they are
/// compared (letter case, hyphens, quotation marks, numbers that are written in digits),
/// and without accents where the tokens have none.
///
/// # Errors
/// When the tokens cannot spell that: `4x4` and `2nd` are left as they are by the
/// normaliser, and a model of letters writes no digits.
pub fn spell_hotword(tokens: &Tokens, phrase: &str) -> Result<String, LeftOut> {
    let spelled = |text: String| match Spelling::new(tokens, &text) {
        Ok(_) => Ok(text),
        Err(CtcError::Unspellable { character, .. }) => Err(LeftOut::Unspellable {
            phrase: phrase.to_owned(),
            character,
        }),
        Err(_) => Err(LeftOut::NoWord {
            phrase: phrase.to_owned(),
        }),
    };
    let normal = normalise(phrase);
    let plain: String = normal.nfd().filter(|c| !is_combining_mark(*c)).collect();
    spelled(normal).or_else(|refused| spelled(plain).map_err(|_| refused))
}
