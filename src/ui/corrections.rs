//! Which words replaced others that had been shown. Free of the browser.

use asr_playground::decode::{Transcript, Word};

/// What each word of the transcript replaced, if it did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corrections {
    revision: u32,
    shown: Vec<Word>,
    /// One a word.
    replaced: Vec<Option<String>>,
}

impl Corrections {
    /// Takes in the next transcript of the take. A new revision begins anew: there the
    /// person has changed the settings, not the recogniser its mind.
    pub fn update(&mut self, transcript: &Transcript) {
        if transcript.revision != self.revision || transcript.words.is_empty() {
            *self = Self {
                revision: transcript.revision,
                ..Self::default()
            };
        }
        let replaced = transcript.words.iter().map(|word| self.replaced_by(word));
        self.replaced = replaced.collect();
        self.shown.clone_from(&transcript.words);
    }

    /// What stood where `word` is now: the same word keeps what it had replaced.
    fn replaced_by(&self, word: &Word) -> Option<String> {
        let overlapping = || {
            let all = self.shown.iter().zip(&self.replaced);
            all.filter(|(old, _)| {
                old.start_sample < word.end_sample && word.start_sample < old.end_sample
            })
        };
        if let Some((_, before)) = overlapping().find(|(old, _)| old.text == word.text) {
            return before.clone();
        }
        let longest = overlapping().max_by_key(|(old, _)| {
            old.end_sample.min(word.end_sample) - old.start_sample.max(word.start_sample)
        });
        // A word that only grew while it was being said was not wrong.
        longest
            .filter(|(old, _)| !word.text.starts_with(&old.text))
            .map(|(old, _)| old.text.clone())
    }

    /// What a word replaced.
    pub fn of(&self, index: usize) -> Option<&str> {
        self.replaced.get(index)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(words: &[(&str, i64, i64)]) -> Transcript {
        let word = |(text, start, end): &(&str, i64, i64)| Word {
            text: (*text).to_owned(),
            start_sample: *start,
            end_sample: *end,
            rows: 0..1,
            confidence: 1.0,
        };
        Transcript {
            words: words.iter().map(word).collect(),
            ..Transcript::default()
        }
    }

    #[test]
    fn a_replaced_word_is_a_correction_and_a_grown_one_is_not() {
        let mut corrections = Corrections::default();
        corrections.update(&transcript(&[("the", 0, 10), ("hou", 12, 20)]));
        corrections.update(&transcript(&[("the", 0, 10), ("house", 12, 25)]));
        assert_eq!(corrections.of(1), None);
        corrections.update(&transcript(&[
            ("a", 0, 9),
            ("the", 10, 11),
            ("horse", 12, 25),
        ]));
        assert_eq!(corrections.of(0), Some("the"));
        assert_eq!(corrections.of(2), Some("house"));
        corrections.update(&transcript(&[
            ("a", 0, 9),
            ("horse", 12, 25),
            ("ran", 30, 40),
        ]));
        assert_eq!(corrections.of(1), Some("house"), "it stays known");
        assert_eq!(corrections.of(2), None);
    }

    #[test]
    fn a_new_revision_begins_anew() {
        let mut corrections = Corrections::default();
        corrections.update(&transcript(&[("the", 0, 10)]));
        let next = Transcript {
            revision: 1,
            ..transcript(&[("a", 0, 10)])
        };
        corrections.update(&next);
        assert_eq!(corrections.of(0), None);
    }
}
