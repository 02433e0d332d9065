//! The meter that keeps the figures of one take.

use super::{Figures, StageTimes, milliseconds};
use crate::decode::Transcript;

/// Where the time of an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// From the caller, with the event.
    Real,
    /// From the audio's length and the compute times.
    Simulated,
}

/// Keeps the [`Figures`] of one take.
///
/// For every batch of audio, in order: [`arrived`](Self::arrived), then, once it
/// has gone through the recogniser, [`processed`](Self::processed). With a real
/// clock several batches may arrive before the first is processed: they are the
/// queue. At last [`finished`](Self::finished).
///
/// *First word latency.* The first word appears when a transcript first has it as
/// it is spelled now: while it is tentative and its spelling changes, it appears
/// anew. Its end is the one it has in the latest transcript, but never after the
/// last sample received. Once the word is committed the figure is settled, and
/// recognising the take anew does not touch it. It is never below 0.
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
    /// A meter for one take. `algorithmic_latency_ms` is passed on to the figures; see
    /// [`algorithmic_latency_ms`](super::algorithmic_latency_ms).
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
        }
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
        self.spend(stages, now_ms);
        self.figures.queued_ms = self.waiting_ms();
        self.look_at(transcript);
    }

    /// The recogniser has finished the take, in `stages` since the last batch; the
    /// final transcript is there. Nothing is queued any more.
    pub fn finished(&mut self, stages: StageTimes, now_ms: f64, transcript: &Transcript) {
        self.processed_samples = self.arrived_samples;
        self.spend(stages, now_ms);
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

    /// Counts compute time, and moves to the time it was done at.
    fn spend(&mut self, stages: StageTimes, now_ms: f64) {
        let stages = StageTimes {
            resample_ms: finite(stages.resample_ms).max(0.0),
            features_ms: finite(stages.features_ms).max(0.0),
            model_ms: finite(stages.model_ms).max(0.0),
            decode_ms: finite(stages.decode_ms).max(0.0),
        };
        self.figures.stages += stages;
        let processed_ms = milliseconds(self.processed_samples);
        self.done_ms = match self.clock {
            Clock::Real => finite(now_ms),
            Clock::Simulated => self.done_ms.max(processed_ms) + stages.total_ms(),
        };
        self.figures.real_time_factor =
            (processed_ms > 0.0).then(|| self.figures.stages.total_ms() / processed_ms);
    }

    /// Audio that has arrived and is not yet processed. With a simulated clock that
    /// is what would have been spoken since the processed batch arrived.
    fn waiting_ms(&self) -> f64 {
        match self.clock {
            Clock::Real => milliseconds(self.arrived_samples - self.processed_samples),
            Clock::Simulated => self.done_ms - milliseconds(self.processed_samples),
        }
    }

    fn look_at(&mut self, transcript: &Transcript) {
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::algorithmic_latency_ms;
    use super::*;
    use crate::decode::Word;

    /// 100 ms of audio.
    const BATCH: i64 = 1600;

    fn model_ms(model_ms: f64) -> StageTimes {
        StageTimes {
            model_ms,
            ..StageTimes::default()
        }
    }

    /// One word that ends at `end_ms`.
    fn heard(text: &str, end_ms: i64, committed: usize) -> Transcript {
        let word = Word {
            text: text.to_owned(),
            start_sample: 0,
            end_sample: 16 * end_ms,
            confidence: 1.0,
        };
        Transcript {
            words: vec![word],
            committed,
            ..Transcript::default()
        }
    }

    fn nothing() -> Transcript {
        Transcript::default()
    }

    fn assert_ms(actual: impl Into<Option<f64>>, expected: impl Into<Option<f64>>) {
        match (actual.into(), expected.into()) {
            (Some(actual), Some(expected)) => {
                assert!(
                    (actual - expected).abs() < 1e-9,
                    "{actual} is not {expected}"
                );
            }
            (actual, expected) => assert_eq!(actual, expected),
        }
    }

    #[test]
    fn before_anything_there_are_no_latencies() {
        let meter = LatencyMeter::new(Clock::Simulated, Some(175.0));
        let expected = Figures {
            algorithmic_latency_ms: Some(175.0),
            simulated: true,
            ..Figures::default()
        };
        assert_eq!(meter.figures(), expected);
        let mut meter = LatencyMeter::new(Clock::Real, None);
        meter.finished(StageTimes::default(), 5000.0, &nothing());
        assert_eq!(meter.figures().real_time_factor, None);
    }

    #[test]
    fn simulated_faster_than_real_time() {
        let mut meter = LatencyMeter::new(Clock::Simulated, None);
        for batch in 1..=10 {
            meter.arrived(BATCH, f64::NAN);
            let transcript = if batch < 4 {
                nothing()
            } else {
                heard("a", 250, 0)
            };
            meter.processed(BATCH, model_ms(30.0), f64::NAN, &transcript);
            // While it computed for 30 ms, 30 ms of audio arrived.
            assert_ms(meter.figures().queued_ms, 30.0);
        }
        // The word ended at 250 and was there when the batch of 300..400 was done.
        assert_ms(meter.figures().first_word_latency_ms, 400.0 + 30.0 - 250.0);
        assert_ms(meter.figures().final_latency_ms, None);
        meter.finished(model_ms(50.0), 0.0, &heard("a", 250, 1));
        let figures = meter.figures();
        // 30 ms of the last batch, then 50 ms.
        assert_ms(figures.final_latency_ms, 80.0);
        assert_ms(figures.real_time_factor, 350.0 / 1000.0);
        assert_ms(figures.audio_ms, 1000.0);
        assert_ms(figures.queued_ms, 0.0);
        assert_ms(figures.stages.model_ms, 350.0);
    }

    #[test]
    fn simulated_slower_than_real_time_the_queue_grows() {
        let mut meter = LatencyMeter::new(Clock::Simulated, None);
        for batch in 1..=10 {
            meter.arrived(BATCH, 0.0);
            meter.processed(BATCH, model_ms(150.0), 0.0, &heard("a", 500, 0));
            // Batch k is done at 100 + 150 k, and arrived at 100 k.
            assert_ms(meter.figures().queued_ms, 100.0 + 50.0 * f64::from(batch));
        }
        meter.finished(model_ms(10.0), 0.0, &nothing());
        assert_ms(
            meter.figures().final_latency_ms,
            100.0 + 1500.0 + 10.0 - 1000.0,
        );
        assert_ms(meter.figures().real_time_factor, 1.51);
    }

    #[test]
    fn a_slow_batch_is_caught_up_with() {
        let mut meter = LatencyMeter::new(Clock::Simulated, None);
        let queued: Vec<f64> = [10.0, 250.0, 10.0, 10.0, 10.0]
            .into_iter()
            .map(|compute_ms| {
                meter.arrived(BATCH, 0.0);
                meter.processed(BATCH, model_ms(compute_ms), 0.0, &nothing());
                meter.figures().queued_ms
            })
            .collect();
        assert_eq!(queued, [10.0, 250.0, 160.0, 70.0, 10.0]);
    }

    #[test]
    fn with_a_real_clock_what_has_arrived_waits() {
        let mut meter = LatencyMeter::new(Clock::Real, None);
        // The take began at 7000; the first batch came 20 ms late, the others 5.
        for (batch, now_ms) in [7120.0, 7205.0, 7305.0].into_iter().enumerate() {
            meter.arrived(BATCH, now_ms);
            assert_ms(meter.figures().queued_ms, 100.0 * (batch + 1) as f64);
        }
        meter.processed(BATCH, model_ms(90.0), 7310.0, &nothing());
        assert_ms(meter.figures().queued_ms, 200.0);
        meter.processed(BATCH, model_ms(90.0), 7400.0, &heard("a", 160, 0));
        assert_ms(meter.figures().real_time_factor, 0.9);
        // Sample 0 arrived at 7005, had it been by itself.
        assert_ms(
            meter.figures().first_word_latency_ms,
            7400.0 - 7005.0 - 160.0,
        );
        meter.processed(BATCH, model_ms(90.0), 7490.0, &heard("a", 160, 1));
        meter.finished(model_ms(20.0), 7515.0, &heard("a", 160, 1));
        let figures = meter.figures();
        assert_ms(figures.first_word_latency_ms, 235.0);
        assert_ms(figures.final_latency_ms, 7515.0 - 7305.0);
        assert_ms(figures.queued_ms, 0.0);
        assert_ms(figures.real_time_factor, 290.0 / 300.0);
        assert!(!figures.simulated);
    }

    #[test]
    fn the_first_word_appears_when_it_is_spelled_as_it_stays() {
        let mut meter = LatencyMeter::new(Clock::Simulated, None);
        let mut after = |transcript: Transcript| {
            meter.arrived(BATCH, 0.0);
            meter.processed(BATCH, model_ms(0.0), 0.0, &transcript);
            meter.figures().first_word_latency_ms
        };
        assert_ms(after(heard("he", 60, 0)), 40.0);
        // gone, and back with another spelling
        assert_ms(after(nothing()), None);
        assert_ms(after(heard("hello", 240, 0)), 60.0);
        // the same word ends later: it has been there since 300
        assert_ms(after(heard("hello", 260, 0)), 40.0);
        // beyond the audio: counted to the audio's end, never below 0
        assert_ms(after(heard("hello", 900, 0)), 0.0);
        assert_ms(after(heard("hello", 260, 1)), 40.0);
        // settled: what another revision says does not matter
        assert_ms(after(nothing()), 40.0);
        assert_ms(after(heard("yellow", 100, 1)), 40.0);
    }

    #[test]
    fn a_word_that_ends_in_the_flush_counts_to_the_end_of_the_audio() {
        let mut meter = LatencyMeter::new(Clock::Simulated, None);
        meter.arrived(BATCH, 0.0);
        meter.processed(BATCH, model_ms(5.0), 0.0, &nothing());
        meter.finished(model_ms(15.0), 0.0, &heard("a", 140, 1));
        assert_ms(meter.figures().first_word_latency_ms, 20.0);
    }

    #[test]
    fn the_wait_no_machine_could_shorten() {
        // 160 ms chunks, and one encoder frame; windows of 25 ms, 10 ms apart
        assert_ms(algorithmic_latency_ms(2560, 400, 160), 175.0);
        assert_ms(algorithmic_latency_ms(640, 400, 160), 55.0);
        assert!(algorithmic_latency_ms(i64::MAX, i64::MAX, i64::MIN).is_finite());
    }

    #[test]
    fn nonsense_is_taken_as_nothing() {
        for clock in [Clock::Real, Clock::Simulated] {
            let mut meter = LatencyMeter::new(clock, None);
            let times = StageTimes {
                resample_ms: f64::NAN,
                features_ms: -5.0,
                model_ms: f64::INFINITY,
                decode_ms: 1.0,
            };
            meter.arrived(-5, f64::NAN);
            meter.arrived(BATCH, f64::INFINITY);
            meter.arrived(i64::MAX, 0.0);
            meter.processed(i64::MAX, times, f64::NAN, &heard("a", i64::MAX / 16, 0));
            meter.finished(times, f64::NEG_INFINITY, &heard("a", i64::MIN / 16, 0));
            let figures = meter.figures();
            assert_ms(figures.stages.total_ms(), 2.0);
            assert!(figures.audio_ms.is_finite() && figures.final_latency_ms.unwrap() >= 0.0);
            assert!(figures.first_word_latency_ms.unwrap().is_finite());
        }
    }
}
