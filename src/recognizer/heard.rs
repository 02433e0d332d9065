//! From where the model wrote a word to where it was heard.
//!
//! CTC tokens are short peaks that come some time after the sound: a word's first letter well
//! after the word began, its last letter a little after it ended. A model's manifest says by
//! how much ([`Lateness`]); a take takes that off the times of its words.

use super::path::samples_of_ms;
use crate::decode::Word;
use crate::decode::ctc::{AlignedWord, Detection};
use crate::eval::latency::{EmissionLog, EndsMismatch, PerceivedLatencies};
use crate::model::{Lateness, ModelSpec};

/// How a model's rows become times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    lateness: Lateness,
    row_samples: i64,
}

/// Something that was said from one sample to another.
pub(super) trait Said {
    fn span(&mut self) -> (&mut i64, &mut i64);
}

impl Said for Word {
    fn span(&mut self) -> (&mut i64, &mut i64) {
        (&mut self.start_sample, &mut self.end_sample)
    }
}

impl Said for AlignedWord {
    fn span(&mut self) -> (&mut i64, &mut i64) {
        (&mut self.start_sample, &mut self.end_sample)
    }
}

impl Said for Detection {
    fn span(&mut self) -> (&mut i64, &mut i64) {
        (&mut self.start_sample, &mut self.end_sample)
    }
}

impl Times {
    pub fn of(spec: &ModelSpec) -> Self {
        Self {
            lateness: spec.lateness,
            row_samples: spec.row_samples(),
        }
    }

    /// Moves words from the rows of their tokens to where they were heard, at least a row each.
    /// None begins before the one before it has ended, or before the take; so a word's place
    /// depends on those before it alone, and words that stay keep theirs.
    pub fn heard(self, words: &mut [impl Said]) {
        let begins = samples_of_ms(self.lateness.start_ms);
        let ends = samples_of_ms(self.lateness.end_ms);
        let mut free_from = 0;
        for word in words {
            let (start, end) = word.span();
            *start = start.saturating_sub(begins).max(free_from);
            let least = start.saturating_add(self.row_samples);
            *end = end.saturating_sub(ends).max(least);
            free_from = *end;
        }
    }

    /// What a listener waited for each word of a text that was laid over the rows.
    pub fn waits(
        self,
        mut words: Vec<AlignedWord>,
        emissions: &EmissionLog,
    ) -> Result<PerceivedLatencies, EndsMismatch> {
        self.heard(&mut words);
        let ends: Vec<i64> = words.iter().map(|word| word.end_sample).collect();
        emissions.perceived(&ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times {
        lateness: Lateness {
            start_ms: 200,
            end_ms: 100,
        },
        row_samples: 320,
    };

    /// Spans in milliseconds, through `heard`.
    fn of(spans: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut words: Vec<Detection> = spans
            .iter()
            .map(|(start, end)| Detection {
                start_sample: start * 16,
                end_sample: end * 16,
                score: 0.0,
            })
            .collect();
        TIMES.heard(&mut words);
        let ms = |word: &Detection| (word.start_sample / 16, word.end_sample / 16);
        words.iter().map(ms).collect()
    }

    #[test]
    fn words_go_to_where_they_were_heard() {
        assert_eq!(of(&[(700, 900), (1400, 1420)]), [(500, 800), (1200, 1320)]);
    }

    #[test]
    fn words_stay_in_the_take_and_in_order() {
        // The first would begin before the take, the second before the first has ended, and
        // the last would end where it begins.
        let spans = [(40, 60), (80, 260), (280, 400), (420, 440)];
        let expected = [(0, 20), (20, 160), (160, 300), (300, 340)];
        assert_eq!(of(&spans), expected);
        for count in 0..spans.len() {
            assert_eq!(of(&spans[..count]), expected[..count]);
        }
    }
}
