//! What a listener saw of a take, and when: the record from which perceived latencies
//! and stability are computed.
//!
//! A word's *place* is its index in the transcript. For every place the log keeps each
//! text that was shown there with the time it came up, and nothing when nothing
//! changes; so memory grows with the number of changes, not with the number of
//! chunks. When a word is put in or taken out before others, those move to other
//! places, and there they count as changed: on a screen they do move.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::milliseconds;
use crate::decode::Transcript;
use crate::eval::percentile::Percentiles;
use crate::eval::stability::{StabilityCounts, revision};

/// The emission log of one take.
///
/// A transcript of another revision (the take recognised anew because a person
/// changed a setting) goes into the same log, since the listener saw it; what it
/// changes is not counted as instability, and committed words of the revision before
/// that it changes are not committed any more.
#[derive(Clone, Debug, Default)]
pub struct EmissionLog {
    places: Vec<Place>,
    /// Words shown now: places beyond are empty now.
    shown: usize,
    /// Of these, words committed.
    committed: usize,
    revision: u32,
    /// The last reading of the clock.
    now_ms: Option<f64>,
    /// The clock's reading when the take's first sample was spoken.
    began_ms: f64,
    first_text_ms: Option<f64>,
    unstable: StabilityCounts,
}

#[derive(Clone, Debug, Default)]
struct Place {
    /// In order of time; neighbours differ.
    showings: Vec<Showing>,
    committed_ms: Option<f64>,
}

#[derive(Clone, Debug)]
struct Showing {
    at_ms: f64,
    /// `None`: from here on nothing is shown at this place.
    text: Option<Box<str>>,
}

impl Place {
    fn text(&self) -> Option<&str> {
        self.showings.last()?.text.as_deref()
    }

    fn show(&mut self, at_ms: f64, text: Option<&str>) {
        if self.text() != text {
            self.showings.push(Showing {
                at_ms,
                text: text.map(Into::into),
            });
        }
    }
}

/// When one word of the final transcript reached the listener, each time counted in
/// milliseconds from the end of the spoken word. Below 0, it was there before the
/// word's end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordLatency {
    /// First shown: a transcript had the word, as it is spelled in the end, at its
    /// place for the first time. It may have gone and come back since.
    pub first_shown_ms: f64,
    /// Shown for good: since then every transcript has had it there. **This is the
    /// user-perceived latency** where only one is given: who read an earlier sight of
    /// the word had to read it again.
    pub stable_ms: f64,
    /// Committed: from then on it could not change. `None` while it is tentative.
    pub committed_ms: Option<f64>,
}

/// What a listener waited for in one take; see `docs/LATENCY.md`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerceivedLatencies {
    /// One for each word of the final transcript.
    pub words: Vec<WordLatency>,
    /// First partial: from the end of the first spoken word to the first text shown at
    /// all, whatever it said. `None` when no word was recognised.
    pub first_partial_ms: Option<f64>,
    /// Final: from the end of the last spoken word to when all of the text was
    /// committed. `None` while some is tentative, or without words.
    pub final_ms: Option<f64>,
}

impl PerceivedLatencies {
    /// The user-perceived latency of each word: when it was shown for good.
    pub fn stable_ms(&self) -> impl Iterator<Item = f64> + '_ {
        self.words.iter().map(|word| word.stable_ms)
    }

    /// Its percentiles; `None` without words.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        Percentiles::of(self.stable_ms())
    }
}

/// Ends of words that are not those of the final transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{ends} ends of words were given for a transcript of {words} words")]
pub struct EndsMismatch {
    /// Ends given.
    pub ends: usize,
    /// Words shown.
    pub words: usize,
}

impl EmissionLog {
    /// The clock's reading when the take's first sample was spoken; 0 until it is
    /// told. It can be told again, better, at any time.
    pub fn set_began(&mut self, began_ms: f64) {
        if began_ms.is_finite() {
            self.began_ms = began_ms;
        }
    }

    /// The listener sees `transcript` from `now_ms` on. A reading that is not finite,
    /// or earlier than the one before, is taken as the one before.
    pub fn record(&mut self, now_ms: f64, transcript: &Transcript) {
        let now_ms = match self.now_ms {
            Some(before_ms) if now_ms.is_finite() => before_ms.max(now_ms),
            Some(before_ms) => before_ms,
            None if now_ms.is_finite() => now_ms,
            None => 0.0,
        };
        self.now_ms = Some(now_ms);
        let words = &transcript.words;
        if transcript.revision == self.revision {
            // What is committed is the same on both sides.
            let from = self.committed.min(words.len());
            let before = self.places[from..self.shown.max(from)].iter();
            let before = before.filter_map(Place::text);
            let after = words[from..].iter().map(|word| word.text.as_str());
            self.unstable += revision(before, after);
        } else {
            self.begin_revision(transcript);
        }
        if !words.is_empty() {
            self.first_text_ms.get_or_insert(now_ms);
        }
        self.show(now_ms, transcript);
    }

    fn show(&mut self, now_ms: f64, transcript: &Transcript) {
        let words = &transcript.words;
        let end = words.len().max(self.shown);
        if end > self.places.len() {
            self.places.resize_with(end, Place::default);
        }
        for index in self.committed..end {
            let text = words.get(index).map(|word| word.text.as_str());
            let place = &mut self.places[index];
            place.show(now_ms, text);
            if index < transcript.committed.min(words.len()) {
                place.committed_ms.get_or_insert(now_ms);
            }
        }
        self.shown = words.len();
        self.committed = self.committed.max(transcript.committed.min(words.len()));
    }

    /// What was committed stays so where the new revision has it committed as well.
    fn begin_revision(&mut self, transcript: &Transcript) {
        self.revision = transcript.revision;
        self.committed = 0;
        let mut words = transcript.words.iter().take(transcript.committed);
        for place in &mut self.places {
            let text = words.next().map(|word| word.text.as_str());
            if text.is_none() || place.text() != text {
                place.committed_ms = None;
            }
        }
    }

    /// Latencies of the final transcript's words. `end_samples` are where the words
    /// end in the audio (16 kHz samples), found by forced alignment of that text: a
    /// decoder's own times follow its spikes, which come when the model is sure.
    ///
    /// # Errors
    /// When there is not one end for each word.
    pub fn perceived(&self, end_samples: &[i64]) -> Result<PerceivedLatencies, EndsMismatch> {
        if end_samples.len() != self.shown {
            return Err(EndsMismatch {
                ends: end_samples.len(),
                words: self.shown,
            });
        }
        let spoken_ms = |sample: i64| self.began_ms + milliseconds(sample);
        let words: Vec<WordLatency> = self.places[..self.shown]
            .iter()
            .zip(end_samples)
            .filter_map(|(place, end)| {
                let last = place.showings.last()?;
                let first = place.showings.iter().find(|s| s.text == last.text)?;
                let ended_ms = spoken_ms(*end);
                Some(WordLatency {
                    first_shown_ms: first.at_ms - ended_ms,
                    stable_ms: last.at_ms - ended_ms,
                    committed_ms: place.committed_ms.map(|at_ms| at_ms - ended_ms),
                })
            })
            .collect();
        let first_partial_ms = self
            .first_text_ms
            .zip(end_samples.first())
            .map(|(at_ms, end)| at_ms - spoken_ms(*end));
        Ok(PerceivedLatencies {
            final_ms: words.last().and_then(|word| word.committed_ms),
            words,
            first_partial_ms,
        })
    }

    /// How steady the text was, over `audio_ms` of audio, as one utterance.
    #[must_use]
    pub fn stability(&self, audio_ms: f64) -> StabilityCounts {
        StabilityCounts {
            final_words: self.shown,
            utterances: 1,
            audio_ms,
            ..self.unstable
        }
    }

    /// How many texts are kept, which is how often the text of a place changed.
    #[must_use]
    pub fn showings(&self) -> usize {
        self.places.iter().map(|place| place.showings.len()).sum()
    }
}
