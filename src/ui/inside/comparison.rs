//! The reference's words and where they lie, beside the decoded words and theirs. Free of
//! the browser.

use asr_playground::decode::Word;
use asr_playground::decode::ctc::AlignedWord;
use asr_playground::eval::wer::{EditKind, align_words};

/// Beyond this many pairs of words (about 10 ms of work) they are paired by time instead.
const MOST_PAIRS: usize = 1_000_000;

/// A word of the reference, and the decoded word that stands for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The reference's word, where the alignment puts it.
    pub said: AlignedWord,
    /// The decoded word; `None` where the word was missed.
    pub heard: Option<Word>,
}

impl Pair {
    /// Whether the right word was decoded.
    pub fn is_hit(&self) -> bool {
        self.heard
            .as_ref()
            .is_some_and(|heard| heard.text == self.said.text)
    }

    /// How much later the decoded word begins and ends, in milliseconds.
    pub fn shift_ms(&self) -> Option<(f64, f64)> {
        let heard = self.heard.as_ref()?;
        let ms = |samples: i64| samples as f64 / 16.0;
        Some((
            ms(heard.start_sample - self.said.start_sample),
            ms(heard.end_sample - self.said.end_sample),
        ))
    }
}

/// Pairs the reference's words with the decoded ones, as the word error rate does.
pub fn pairs(said: &[AlignedWord], heard: &[Word]) -> Vec<Pair> {
    if said.len().saturating_mul(heard.len()) > MOST_PAIRS {
        return said.iter().map(|said| by_time(said, heard)).collect();
    }
    let text = |words: &mut dyn Iterator<Item = &str>| words.collect::<Vec<_>>().join(" ");
    let reference = text(&mut said.iter().map(|word| word.text.as_str()));
    let hypothesis = text(&mut heard.iter().map(|word| word.text.as_str()));
    let (mut said, mut heard) = (said.iter(), heard.iter());
    let mut pairs = Vec::with_capacity(said.len());
    for step in align_words(&reference, &hypothesis).steps {
        let heard = if step.kind == EditKind::Deletion {
            None
        } else {
            heard.next().cloned()
        };
        if step.kind != EditKind::Insertion
            && let Some(said) = said.next().cloned()
        {
            pairs.push(Pair { said, heard });
        }
    }
    pairs
}

/// The decoded word over the middle of the reference's.
fn by_time(said: &AlignedWord, heard: &[Word]) -> Pair {
    let middle = i64::midpoint(said.start_sample, said.end_sample);
    let next = heard.partition_point(|word| word.end_sample <= middle);
    let over = heard.get(next).filter(|word| word.start_sample <= middle);
    Pair {
        said: said.clone(),
        heard: over.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> Vec<AlignedWord> {
        let word = |(index, text): (usize, &str)| AlignedWord {
            text: text.to_owned(),
            start_sample: index as i64 * 1600,
            end_sample: index as i64 * 1600 + 1000,
            score: -0.5,
        };
        words.split_whitespace().enumerate().map(word).collect()
    }

    fn heard(words: &str) -> Vec<Word> {
        let word = |(index, text): (usize, &str)| Word {
            text: text.to_owned(),
            start_sample: index as i64 * 1600 + 160,
            end_sample: index as i64 * 1600 + 1320,
            rows: 0..1,
            confidence: 0.9,
        };
        words.split_whitespace().enumerate().map(word).collect()
    }

    #[test]
    fn words_are_paired_as_errors_are_counted() {
        let pairs = pairs(&said("the cat sat down"), &heard("the bat sat uh down now"));
        let heard: Vec<Option<&str>> = pairs
            .iter()
            .map(|pair| pair.heard.as_ref().map(|word| word.text.as_str()))
            .collect();
        assert_eq!(heard, [Some("the"), Some("bat"), Some("sat"), Some("down")]);
        assert!(pairs[0].is_hit() && !pairs[1].is_hit());
        assert_eq!(pairs[0].shift_ms(), Some((10.0, 20.0)));
    }

    #[test]
    fn a_missed_word_has_nothing_beside_it() {
        let pairs = pairs(&said("a b c"), &heard("a c"));
        assert_eq!(pairs[1].heard, None);
        assert_eq!(pairs[1].shift_ms(), None);
        assert!(
            super::pairs(&said("a b"), &[])
                .iter()
                .all(|pair| pair.heard.is_none())
        );
    }

    #[test]
    fn long_takes_are_paired_by_time() {
        let words = "word ".repeat(1100);
        let pairs = pairs(&said(&words), &heard(&words));
        assert_eq!(pairs.len(), 1100);
        assert!(pairs.iter().all(Pair::is_hit));
    }
}
