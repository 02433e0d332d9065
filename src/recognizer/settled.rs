//! Which words stay shown when settings change in the middle of a take.
//!
//! The gate for non-speech looks at words after the decoder has committed them. What was
//! shown as committed stays, and what was left out stays out, whatever another gate says.

use crate::decode::{GateConfig, RowClock, Transcript, Word, mark_non_speech};

/// Of the words that the decoder had committed when settings changed, which are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled(Vec<bool>);

impl Settled {
    /// The settled words that are shown, and what `gate` leaves of the rest.
    pub fn apply(
        &self,
        mut transcript: Transcript,
        gate: impl FnOnce(Transcript) -> Transcript,
    ) -> Transcript {
        let settled = self.0.len().min(transcript.words.len());
        let rest = transcript.words.split_off(settled);
        let shown = transcript.words.iter().zip(&self.0);
        let mut words: Vec<Word> = shown
            .filter(|(_, shown)| **shown)
            .map(|(word, _)| word.clone())
            .collect();
        let before = words.len();
        let rest = gate(Transcript {
            words: rest,
            committed: transcript.committed.saturating_sub(settled),
            ..transcript
        });
        words.extend(rest.words);
        Transcript {
            words,
            committed: before + rest.committed,
            ..transcript
        }
    }

    /// These, and those that `committed` has beyond, as `gate` shows them; up to the last
    /// that is shown. What comes after it may still turn out to be speech.
    pub fn with(
        &self,
        committed: &[Word],
        levels_dbfs: &[f32],
        clock: RowClock,
        gate: Option<&GateConfig>,
    ) -> Self {
        let mut shown = self.0.clone();
        let rest = committed.get(shown.len()..).unwrap_or_default();
        match gate {
            None => shown.resize(committed.len(), true),
            Some(gate) => {
                let marks = mark_non_speech(rest, levels_dbfs, clock, gate);
                shown.extend(marks.into_iter().map(|marked| !marked));
            }
        }
        let last = shown.iter().rposition(|shown| *shown);
        shown.truncate(last.map_or(0, |last| last + 1));
        Self(shown)
    }
}
