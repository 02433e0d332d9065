//! Scenarios with closed-form answers.

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
        rows: 0..1,
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
    let mut meter = LatencyMeter::new(Clock::Simulated, Some(0.0));
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
    let mut meter = LatencyMeter::new(Clock::Simulated, Some(0.0));
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
    let mut meter = LatencyMeter::new(Clock::Simulated, Some(0.0));
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
    let mut meter = LatencyMeter::new(Clock::Real, Some(0.0));
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
    let mut meter = LatencyMeter::new(Clock::Simulated, Some(0.0));
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
fn what_waits_for_its_chunk_to_fill_is_not_queued() {
    let mut meter = LatencyMeter::new(Clock::Real, Some(175.0));
    let queued: Vec<f64> = (1..=3)
        .map(|batch| {
            meter.arrived(BATCH, 100.0 * f64::from(batch));
            meter.figures().queued_ms
        })
        .collect();
    assert_eq!(queued, [0.0, 25.0, 125.0]);
    meter.set_algorithmic_latency(None);
    meter.arrived(BATCH, 400.0);
    assert_ms(meter.figures().queued_ms, 0.0);
}

#[test]
fn the_whole_take_is_begun_with_when_all_has_arrived() {
    let mut meter = LatencyMeter::new(Clock::Simulated, None);
    meter.arrived(10 * BATCH, 0.0);
    meter.processed(6 * BATCH, model_ms(80.0), 0.0, &heard("a", 200, 1));
    meter.processed(4 * BATCH, model_ms(60.0), 0.0, &heard("a", 200, 1));
    meter.finished(StageTimes::default(), 0.0, &heard("a", 200, 1));
    let figures = meter.figures();
    assert_ms(figures.first_word_latency_ms, 1000.0 + 80.0 - 200.0);
    assert_ms(figures.final_latency_ms, 140.0);
    assert_ms(figures.queued_ms, 0.0);
}

#[test]
fn a_word_that_ends_in_the_flush_counts_to_the_end_of_the_audio() {
    let mut meter = LatencyMeter::new(Clock::Simulated, Some(0.0));
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
