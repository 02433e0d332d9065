//! Filler words, found to be shown as struck out. Nothing is dropped here: words keep
//! their places and times, and the caller shows which are marked.
//!
//! Two classes, each on its own switch, both off by default:
//! - *hesitations*: sounds that are no words of the sentence (um, uh, er, …);
//! - *discourse*: `like` and `you know`, which are fillers in "it was like you know big" and
//!   words in "I like what you know". Nothing here tells the two apart: every one is
//!   marked. That is why it is a class of its own.
//!
//! Limits: whole words only, as the model spells them, in lower case ("umm" is listed,
//! "ummmm" is not); a phrase must be words in a row; "er" and "ah" are marked where they are
//! meant as well ("ah, the sea"). A model trained on read speech rarely spells a
//! hesitation as it is listed.

use serde::{Deserialize, Serialize};

use super::Word;

/// Sounds of hesitation.
const HESITATIONS: &[&str] = &[
    "um", "umm", "uhm", "uh", "uhh", "er", "err", "erm", "hm", "hmm", "mm", "mmm", "ah", "ahh",
];

/// Phrases that may be fillers and may not.
const DISCOURSE: &[&[&str]] = &[&["like"], &["you", "know"]];

/// Which classes are marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FillerConfig {
    /// um, uh, er, erm, hmm, ah and their spellings.
    pub hesitations: bool,
    /// `like` and `you know`.
    pub discourse: bool,
}

/// Which of `words` are fillers: one answer a word.
///
/// A phrase split by a word that is itself a hesitation ("you um know") is found when
/// both classes are on.
#[must_use]
pub fn mark(words: &[Word], config: &FillerConfig) -> Vec<bool> {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    mark_texts(&texts, *config)
}

/// A text without its fillers, words joined by single spaces: what counts as said where
/// fillers do not.
#[must_use]
pub fn strip(text: &str, config: &FillerConfig) -> String {
    let texts: Vec<&str> = text.split_whitespace().collect();
    let marks = mark_texts(&texts, *config);
    let kept = texts.iter().zip(marks).filter(|(_, marked)| !marked);
    kept.map(|(text, _)| *text).collect::<Vec<_>>().join(" ")
}

fn mark_texts(texts: &[&str], config: FillerConfig) -> Vec<bool> {
    let hesitation = |text: &&str| config.hesitations && HESITATIONS.contains(text);
    let mut marks: Vec<bool> = texts.iter().map(hesitation).collect();
    if config.discourse {
        let left: Vec<usize> = (0..texts.len()).filter(|index| !marks[*index]).collect();
        for phrase in DISCOURSE {
            for places in left.windows(phrase.len()) {
                let said = places.iter().map(|index| texts[*index]);
                if said.eq(phrase.iter().copied()) {
                    for index in places {
                        marks[*index] = true;
                    }
                }
            }
        }
    }
    marks
}

/// The words that are not marked, joined by single spaces. Words beyond the marks are kept.
#[must_use]
pub fn text_without(words: &[Word], marks: &[bool]) -> String {
    let kept: Vec<&str> = words
        .iter()
        .zip(marks.iter().copied().chain(std::iter::repeat(false)))
        .filter(|(_, marked)| !marked)
        .map(|(word, _)| word.text.as_str())
        .collect();
    kept.join(" ")
}
