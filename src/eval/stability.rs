//! How much a text changes under its reader's eyes, after Shangguan et al. 2020
//! ("Analyzing the Quality and Stability of a Streaming End-to-End On-Device Speech
//! Recognizer", arXiv 2006.01416). Implementations differ in what they count and what
//! they divide by; this is ours, in full:
//!
//! - A transcript that follows another revises it where a word shown before is another
//!   word now, or gone. Words are compared place by place (by index), so a word put in
//!   before others makes those behind it, which move, unstable. One exception: the
//!   last word shown may grow (`rec` → `recognise`), since it was being spelled.
//! - An **unstable word** is a word revised, counted each time it is. **UPWR**, the
//!   unstable partial word ratio, is unstable words ÷ words of the final text.
//! - An **unstable segment** is a run of neighbouring unstable words in one revision.
//!   **UPSR**, the unstable partial segment ratio, is unstable segments ÷ utterances.
//! - A **flicker event** is a transcript with at least one unstable word, that is, one
//!   twitch of the screen, however much of it twitched. Given per minute of audio.
//!
//! UPWR and UPSR are not parts of a whole: both can exceed 1.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::decode::Transcript;

/// What the ratios are computed from; counts of several utterances are added up
/// before a ratio is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StabilityCounts {
    /// Words revised.
    pub unstable_words: usize,
    /// Runs of neighbouring words revised together.
    pub unstable_segments: usize,
    /// Transcripts that revised something.
    pub flickers: usize,
    /// Words of the final text.
    pub final_words: usize,
    /// Utterances judged.
    pub utterances: usize,
    /// Audio judged, in milliseconds.
    pub audio_ms: f64,
}

impl StabilityCounts {
    /// Counts over a sequence of transcripts of one utterance of `audio_ms`, the last
    /// being the final one.
    #[must_use]
    pub fn of(transcripts: &[Transcript], audio_ms: f64) -> Self {
        let mut counts = Self {
            final_words: transcripts.last().map_or(0, |last| last.words.len()),
            utterances: 1,
            audio_ms,
            ..Self::default()
        };
        for pair in transcripts.windows(2) {
            if pair[0].revision == pair[1].revision {
                counts += revision(texts(&pair[0]), texts(&pair[1]));
            }
        }
        counts
    }

    /// Unstable partial word ratio: unstable words ÷ final words. `None` without
    /// final words.
    #[must_use]
    pub fn unstable_partial_word_ratio(&self) -> Option<f64> {
        (self.final_words > 0).then(|| self.unstable_words as f64 / self.final_words as f64)
    }

    /// Unstable partial segment ratio: unstable segments ÷ utterances. `None` without
    /// utterances.
    #[must_use]
    pub fn unstable_partial_segment_ratio(&self) -> Option<f64> {
        (self.utterances > 0).then(|| self.unstable_segments as f64 / self.utterances as f64)
    }

    /// Flicker events per minute of audio. `None` without audio.
    #[must_use]
    pub fn flickers_per_minute(&self) -> Option<f64> {
        (self.audio_ms > 0.0).then(|| self.flickers as f64 * 60_000.0 / self.audio_ms)
    }
}

impl AddAssign for StabilityCounts {
    fn add_assign(&mut self, other: Self) {
        self.unstable_words += other.unstable_words;
        self.unstable_segments += other.unstable_segments;
        self.flickers += other.flickers;
        self.final_words += other.final_words;
        self.utterances += other.utterances;
        self.audio_ms += other.audio_ms;
    }
}

fn texts(transcript: &Transcript) -> impl Iterator<Item = &str> {
    transcript.words.iter().map(|word| word.text.as_str())
}

/// What is unstable when the words `after` replace the words `before`. Neither side
/// need have the words that both are known to begin with.
pub(super) fn revision<'a>(
    before: impl Iterator<Item = &'a str>,
    mut after: impl Iterator<Item = &'a str>,
) -> StabilityCounts {
    let mut counts = StabilityCounts::default();
    let mut before = before.peekable();
    let mut in_segment = false;
    while let Some(old) = before.next() {
        let is_last = before.peek().is_none();
        let stable = after
            .next()
            .is_some_and(|new| new == old || is_last && new.starts_with(old));
        if !stable {
            counts.unstable_words += 1;
            counts.unstable_segments += usize::from(!in_segment);
        }
        in_segment = !stable;
    }
    counts.flickers = usize::from(counts.unstable_words > 0);
    counts
}
