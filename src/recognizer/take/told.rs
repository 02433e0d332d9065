//! What can be asked of a take.

use super::super::RecognizerError;
use super::super::Settings;
use super::super::question::TakeLatency;
use super::super::utterances::Start;
use super::Take;
use crate::decode::ctc::{AlignedWord, LogProbs, Spelling, align};
use crate::decode::{DecoderParts, Hypothesis, Segment, Transcript, Word};
use crate::eval::latency::{ChunkTimes, EmissionLog, Figures, PerceivedLatencies};
use crate::eval::stability::StabilityCounts;

impl Take {
    pub fn latency(&self, parts: &DecoderParts) -> TakeLatency {
        TakeLatency {
            perceived: self.perceived_latencies(parts).ok(),
            ..self.latency_but_words()
        }
    }

    /// All but what a listener waited for each word.
    pub fn latency_but_words(&self) -> TakeLatency {
        TakeLatency {
            perceived: None,
            chunks: self.chunk_times().to_vec(),
            stability: self.stability(),
            segments: self.segments().to_vec(),
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The words as heard.
    pub fn transcript(&self) -> Transcript {
        let mut transcript = self.written();
        self.times.heard(&mut transcript.words);
        transcript
    }

    /// The words that are shown, where the model wrote them.
    fn written(&self) -> Transcript {
        let decoder = self.recognition.utterances().decoder();
        let transcript = Transcript {
            revision: self.revision(),
            finished: self.recognition.is_done(),
            ..decoder.transcript()
        };
        let Some(gate) = &self.settings.gate else {
            return self.settled.apply(transcript, |rest| rest);
        };
        let decoded_sample = self.clock.start_sample(decoder.rows());
        self.settled.apply(transcript, |rest| {
            gate.apply(&rest, &self.levels_dbfs, self.clock, decoded_sample)
        })
    }

    pub fn segments(&self) -> &[Segment] {
        self.recognition.segments()
    }

    /// The decoders that the take has had, and the words that they have committed; the
    /// gate has not been over these.
    pub fn decoded(&self) -> (&[Start], &[Word]) {
        let utterances = self.recognition.utterances();
        (utterances.starts(), utterances.decoder().commit_point().0)
    }

    pub fn n_best(&self) -> Vec<Hypothesis> {
        self.recognition.utterances().n_best()
    }

    pub fn n_best_texts(&self) -> Vec<String> {
        let decoder = self.recognition.utterances().decoder();
        let transcript = decoder.transcript();
        let n_best = decoder.n_best();
        if n_best.is_empty() {
            return vec![transcript.text()];
        }
        let whole = |hypothesis: &Hypothesis| {
            let before = transcript.words.iter().take(hypothesis.first_word);
            let words = before.chain(&hypothesis.words);
            words.map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
        };
        n_best.iter().map(whole).collect()
    }

    pub fn aligned_words(&self, parts: &DecoderParts) -> Result<Vec<AlignedWord>, RecognizerError> {
        let mut words = self.written_words(parts)?;
        self.times.heard(&mut words);
        Ok(words)
    }

    /// The words that are shown, where forced alignment has them written.
    fn written_words(&self, parts: &DecoderParts) -> Result<Vec<AlignedWord>, RecognizerError> {
        let spelling = Spelling::new(&parts.tokens, &self.written().text())?;
        let log_probs = LogProbs::new(self.recognition.log_probs(), parts.tokens.len())?;
        Ok(align(log_probs, &spelling, self.clock)?.words)
    }

    pub fn perceived_latencies(
        &self,
        parts: &DecoderParts,
    ) -> Result<PerceivedLatencies, RecognizerError> {
        let words = self.written_words(parts)?;
        Ok(self.times.waits(words, self.emissions())?)
    }

    pub fn emissions(&self) -> &EmissionLog {
        self.meter.emissions()
    }

    pub fn chunk_times(&self) -> &[ChunkTimes] {
        self.meter.chunks()
    }

    pub fn stability(&self) -> StabilityCounts {
        StabilityCounts {
            utterances: self.segments().len().max(1),
            ..self.emissions().stability(self.figures().audio_ms)
        }
    }

    pub fn figures(&self) -> Figures {
        self.meter.figures()
    }

    pub fn features(&self) -> &[f32] {
        &self.features
    }

    pub fn log_probs(&self) -> &[f32] {
        self.recognition.log_probs()
    }

    pub fn audio(&self) -> &[i16] {
        &self.audio
    }

    pub fn revision(&self) -> u32 {
        self.recognition.revision()
    }

    pub fn progress_frames(&self) -> (i64, i64) {
        (
            self.recognition.decoded_frames() as i64,
            self.frame_count() as i64,
        )
    }

    pub fn is_done(&self) -> bool {
        self.recognition.is_done() || (self.audio_ended && self.features.is_empty())
    }
}
