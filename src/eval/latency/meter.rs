//! The meter that keeps the figures of one take.

use serde::{Deserialize, Serialize};

use super::{EmissionLog, Figures, StageTimes, milliseconds};
use crate::decode::Transcript;

/// Where the time of an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// From the caller, with the event.
    Real,
    /// From the audio's length and the compute times.
    Simulated,
}

/// Where the time of one chunk went, once its audio was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChunkTimes {
    /// Queueing: the chunk was complete, and the machine still busy.
    pub queueing_ms: f64,
    /// Compute: all stages.
    pub compute_ms: f64,
}

/// Keeps the [`Figures`] of one take, and what its listener saw.
///
/// For every batch of audio, in order: [`arrived`](Self::arrived), then, once it
/// has gone through the recogniser, [`processed`](Self::processed). With a real
/// clock several batches may arrive before the first is processed: they are the
/// queue. At last [`finished`](Self::finished). Batches need not be the same for
/// both; a chunk of the model is a good one to call processed.
///
/// *First word latency.* The first word appears when a transcript first has it as
/// it is spelled now: while it is tentative and its spelling changes, it appears
/// anew. Its end is the one it has in the latest transcript, but never after the
/// last sample received. Once the word is committed the figure is settled, and
/// recognising the take anew does not touch it. It is never below 0.
///
/// *Queueing of a chunk.* From when its last sample arrived (for the whole take at
/// once, the take's last) to when work on it began: on the simulated clock, when the
/// chunk before was done; on a real clock, its compute time before it was done, never
/// below 0.
///
/// *When a sample was spoken*, with a real clock: batches arrive late by different
/// amounts, and the least delayed one shows when the take began.
///
/// Compute times and clock readings that are not finite, and compute times and
/// sample counts below 0, are taken as 0.
#[derive(Clone, Debug)]
pub struct LatencyMeter {
    clock: Clock,
    arrived_samples: i64,
    processed_samples: i64,
    /// When the take's first sample arrived, on the clock.
    began_ms: f64,
    /// When the last batch arrived.
    arrived_ms: f64,
    /// When the last batch was done.
    done_ms: f64,
    first_word: Option<FirstWord>,
    figures: Figures,
    chunks: Vec<ChunkTimes>,
    emissions: EmissionLog,
}

#[derive(Clone, Debug)]
struct FirstWord {
    text: String,
    /// When it appeared, on the clock.
    appeared_ms: f64,
    /// It is committed, and will not change.
    settled: bool,
}

impl LatencyMeter {
    /// A meter for one take. `algorithmic_latency_ms` is
    /// [`algorithmic_latency_ms`](super::algorithmic_latency_ms) of the lookahead, or
    /// `None` for the whole take at once, which a simulated machine does not begin
    /// with before all that has arrived.
    #[must_use]
    pub fn new(clock: Clock, algorithmic_latency_ms: Option<f64>) -> Self {
        Self {
            clock,
            arrived_samples: 0,
            processed_samples: 0,
            began_ms: 0.0,
            arrived_ms: 0.0,
            done_ms: 0.0,
            first_word: None,
            figures: Figures {
                algorithmic_latency_ms,
                simulated: clock == Clock::Simulated,
                ..Figures::default()
            },
            chunks: Vec::new(),
            emissions: EmissionLog::default(),
        }
    }

    /// The clock that the latencies are measured with.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The next `samples` of the take have arrived; `now_ms` is the clock's reading,
    /// which a simulated clock does not look at.
    pub fn arrived(&mut self, samples: i64, now_ms: f64) {
        let first = self.arrived_samples == 0;
        self.arrived_samples = self.arrived_samples.saturating_add(samples.max(0));
        let audio_ms = milliseconds(self.arrived_samples);
        self.figures.audio_ms = audio_ms;
        match self.clock {
            Clock::Simulated => self.arrived_ms = audio_ms,
            Clock::Real => {
                self.arrived_ms = finite(now_ms);
                let began_ms = self.arrived_ms - audio_ms;
                self.began_ms = if first {
                    began_ms
                } else {
                    self.began_ms.min(began_ms)
                };
                self.emissions.set_began(self.began_ms);
                self.figures.queued_ms = self.waiting_ms();
            }
        }
    }

    /// The oldest `samples` not yet processed have gone through the recogniser, in
    /// `stages` (of these samples alone), leaving `transcript`. `now_ms` as for
    /// [`arrived`](Self::arrived). Recognising earlier audio anew, for another
    /// lookahead, is not reported.
    pub fn processed(
        &mut self,
        samples: i64,
        stages: StageTimes,
        now_ms: f64,
        transcript: &Transcript,
    ) {
        self.processed_samples = self
            .processed_samples
            .saturating_add(samples.max(0))
            .min(self.arrived_samples);
        let chunk = self.spend(stages, now_ms);
        self.chunks.push(chunk);
        self.figures.queued_ms = self.waiting_ms();
        self.look_at(transcript);
    }

    /// The recogniser has finished the take, in `stages` since the last batch; the
    /// final transcript is there. Nothing is queued any more.
    pub fn finished(&mut self, stages: StageTimes, now_ms: f64, transcript: &Transcript) {
        self.processed_samples = self.arrived_samples;
        let rest = self.spend(stages, now_ms);
        if rest.compute_ms > 0.0 {
            self.chunks.push(rest);
        }
        self.figures.queued_ms = 0.0;
        self.figures.final_latency_ms = Some((self.done_ms - self.arrived_ms).max(0.0));
        self.look_at(transcript);
    }

    /// Another lookahead from now on: see [`LatencyMeter::new`].
    pub fn set_algorithmic_latency(&mut self, algorithmic_latency_ms: Option<f64>) {
        self.figures.algorithmic_latency_ms = algorithmic_latency_ms;
    }

    /// The figures as they stand.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.figures
    }

    /// Queueing and compute of every chunk so far.
    #[must_use]
    pub fn chunks(&self) -> &[ChunkTimes] {
        &self.chunks
    }

    /// What the listener saw so far. A transcript is there when its chunk is done;
    /// drawing it is the page's affair.
    #[must_use]
    pub fn emissions(&self) -> &EmissionLog {
        &self.emissions
    }

    /// Counts compute time, and moves to the time it was done at.
    fn spend(&mut self, stages: StageTimes, now_ms: f64) -> ChunkTimes {
        let stages = StageTimes {
            resample_ms: finite(stages.resample_ms).max(0.0),
            features_ms: finite(stages.features_ms).max(0.0),
            model_ms: finite(stages.model_ms).max(0.0),
            decode_ms: finite(stages.decode_ms).max(0.0),
        };
        self.figures.stages += stages;
        let processed_ms = milliseconds(self.processed_samples);
        let compute_ms = stages.total_ms();
        let ready_ms = self.began_ms + self.ready_ms();
        let begun_ms = match self.clock {
            Clock::Real => finite(now_ms) - compute_ms,
            Clock::Simulated => self.done_ms.max(ready_ms),
        };
        self.done_ms = match self.clock {
            Clock::Real => finite(now_ms),
            Clock::Simulated => begun_ms + compute_ms,
        };
        self.figures.real_time_factor =
            (processed_ms > 0.0).then(|| self.figures.stages.total_ms() / processed_ms);
        ChunkTimes {
            queueing_ms: (begun_ms - ready_ms).max(0.0),
            compute_ms,
        }
    }

    /// When the last processed batch could be begun with, counted from the take's
    /// beginning.
    fn ready_ms(&self) -> f64 {
        milliseconds(match self.figures.algorithmic_latency_ms {
            Some(_) => self.processed_samples,
            None => self.arrived_samples,
        })
    }

    /// Audio that waits for the machine. With a real clock, what has arrived and is
    /// not processed, but for what a chunk may wait for. With a simulated clock, what
    /// would have been spoken since the processed batch arrived.
    fn waiting_ms(&self) -> f64 {
        let Some(chunk_ms) = self.figures.algorithmic_latency_ms else {
            return 0.0;
        };
        match self.clock {
            Clock::Real => {
                let unprocessed = milliseconds(self.arrived_samples - self.processed_samples);
                (unprocessed - chunk_ms).max(0.0)
            }
            Clock::Simulated => self.done_ms - self.ready_ms(),
        }
    }

    fn look_at(&mut self, transcript: &Transcript) {
        self.emissions.record(self.done_ms, transcript);
        let Some(word) = transcript.words.first() else {
            // It was tentative, and is gone.
            if self.first_word.as_ref().is_some_and(|first| !first.settled) {
                self.first_word = None;
                self.figures.first_word_latency_ms = None;
            }
            return;
        };
        let appeared_ms = match &self.first_word {
            Some(first) if first.settled => return,
            Some(first) if first.text == word.text => first.appeared_ms,
            _ => self.done_ms,
        };
        self.first_word = Some(FirstWord {
            text: word.text.clone(),
            appeared_ms,
            settled: transcript.committed > 0,
        });
        let ended_ms = self.began_ms + milliseconds(word.end_sample.min(self.arrived_samples));
        self.figures.first_word_latency_ms = Some((appeared_ms - ended_ms).max(0.0));
    }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests;
