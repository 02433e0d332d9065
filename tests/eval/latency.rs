//! What a listener saw, and when: scenarios with closed-form answers.

use asr_playground::decode::{Transcript, Word};
use asr_playground::eval::latency::{
    Clock, EmissionLog, EndsMismatch, LatencyMeter, StageTimes, WordLatency,
};
use asr_playground::eval::percentile::Percentiles;

/// A transcript of the words of `text`, the first `committed` of them committed.
pub fn shown(text: &str, committed: usize, revision: u32) -> Transcript {
    let word = |text: &str| Word {
        text: text.to_owned(),
        start_sample: 0,
        end_sample: 0,
        rows: 0..1,
        confidence: 1.0,
    };
    Transcript {
        words: text.split_whitespace().map(word).collect(),
        committed,
        revision,
        finished: false,
    }
}

/// 16 kHz samples.
fn samples<const N: usize>(ends_ms: [i64; N]) -> [i64; N] {
    ends_ms.map(|end_ms| end_ms * 16)
}

fn latency(
    first_shown_ms: f64,
    stable_ms: f64,
    committed_ms: impl Into<Option<f64>>,
) -> WordLatency {
    WordLatency {
        first_shown_ms,
        stable_ms,
        committed_ms: committed_ms.into(),
    }
}

#[test]
fn a_word_that_flickers_is_first_shown_once_and_stable_later() {
    let mut log = EmissionLog::default();
    for (now_ms, text, committed) in [
        (100.0, "", 0),
        (200.0, "the", 0),
        (300.0, "the cat", 0),
        (400.0, "a cat sat", 0),
        (500.0, "the cat", 0),
        (600.0, "the cat sat", 2),
        (700.0, "the cat sat", 2),
        (800.0, "the cat sat", 3),
    ] {
        log.record(now_ms, &shown(text, committed, 0));
    }
    let perceived = log.perceived(&samples([150, 250, 390])).unwrap();
    let expected = [
        latency(200.0 - 150.0, 500.0 - 150.0, 600.0 - 150.0),
        latency(300.0 - 250.0, 300.0 - 250.0, 600.0 - 250.0),
        // taken away at 500
        latency(400.0 - 390.0, 600.0 - 390.0, 800.0 - 390.0),
    ];
    assert_eq!(perceived.words, expected);
    assert_eq!(perceived.first_partial_ms, Some(200.0 - 150.0));
    assert_eq!(perceived.final_ms, Some(800.0 - 390.0));
    // the, cat, a, sat, the, nothing, sat
    assert_eq!(log.showings(), 7);
}

#[test]
fn a_word_can_be_there_before_it_ends_and_its_beginning_is_another_word() {
    let mut log = EmissionLog::default();
    log.record(100.0, &shown("some", 0, 0));
    log.record(200.0, &shown("something", 0, 0));
    let perceived = log.perceived(&samples([260])).unwrap();
    assert_eq!(perceived.words, [latency(-60.0, -60.0, None)]);
    assert_eq!(perceived.first_partial_ms, Some(-160.0));
    assert_eq!(perceived.final_ms, None, "nothing is committed");
}

#[test]
fn without_words_there_are_no_latencies() {
    let mut log = EmissionLog::default();
    assert_eq!(log.perceived(&[]).unwrap().words, []);
    log.record(100.0, &shown("oh", 0, 0));
    log.record(200.0, &shown("", 0, 0));
    let perceived = log.perceived(&[]).unwrap();
    assert_eq!(
        (perceived.first_partial_ms, perceived.final_ms),
        (None, None)
    );
    let mismatch = EndsMismatch { ends: 1, words: 0 };
    assert_eq!(log.perceived(&[5]), Err(mismatch));
}

#[test]
fn what_a_new_revision_leaves_alone_stays_as_old_as_it_is() {
    let mut log = EmissionLog::default();
    log.record(100.0, &shown("one too three", 3, 0));
    log.record(200.0, &shown("one two three", 1, 1));
    log.record(300.0, &shown("one two three", 3, 1));
    let perceived = log.perceived(&[0, 0, 0]).unwrap();
    let expected = [
        latency(100.0, 100.0, 100.0),
        latency(200.0, 200.0, 300.0),
        // committed at 100, but not by the revision that counts
        latency(100.0, 100.0, 300.0),
    ];
    assert_eq!(perceived.words, expected);
}

#[test]
fn readings_that_make_no_sense_are_the_ones_before() {
    let mut log = EmissionLog::default();
    log.set_began(-500.0);
    log.set_began(f64::NAN);
    log.record(-400.0, &shown("a", 0, 0));
    log.record(f64::NAN, &shown("a b", 0, 0));
    log.record(-450.0, &shown("a b c", 0, 0));
    let perceived = log.perceived(&[0, 0, 0]).unwrap();
    assert_eq!(perceived.words, [latency(100.0, 100.0, None); 3]);
    let mut log = EmissionLog::default();
    log.record(f64::INFINITY, &shown("a", 0, 0));
    let perceived = log.perceived(&[0]).unwrap();
    assert_eq!(perceived.words, [latency(0.0, 0.0, None)]);
}

#[test]
fn half_an_hour_is_kept_in_its_changes() {
    let mut log = EmissionLog::default();
    let (chunks, chunks_a_word) = (30 * 60 * 25, 10);
    let mut transcript = Transcript::default();
    for chunk in 0..chunks {
        let words = chunk / chunks_a_word + 1;
        if transcript.words.len() < words {
            transcript.words.extend(shown("word", 0, 0).words);
        }
        transcript.committed = words - 1;
        log.record(chunk as f64 * 40.0, &transcript);
    }
    assert_eq!(log.showings(), chunks / chunks_a_word);
    let ends: Vec<i64> = (0..chunks as i64 / 10)
        .map(|word| word * 400 * 16)
        .collect();
    let perceived = log.perceived(&ends).unwrap();
    let stable = Percentiles::of(perceived.words.iter().map(|word| word.stable_ms)).unwrap();
    assert_eq!((stable.count, stable.p50, stable.p99), (4500, 0.0, 0.0));
}

fn model_ms(model_ms: f64) -> StageTimes {
    StageTimes {
        model_ms,
        ..StageTimes::default()
    }
}

/// Chunks of 100 ms, of which the second takes 250 ms.
#[test]
fn the_meter_splits_queueing_from_compute_and_keeps_what_was_seen() {
    let mut meter = LatencyMeter::new(Clock::Simulated, Some(100.0));
    for (compute_ms, text) in [(10.0, "a"), (250.0, "a b"), (10.0, "a b"), (20.0, "a b c")] {
        meter.arrived(1600, 0.0);
        meter.processed(1600, model_ms(compute_ms), 0.0, &shown(text, 1, 0));
    }
    meter.finished(StageTimes::default(), 0.0, &shown("a b c", 3, 0));
    let chunks: Vec<(f64, f64)> = meter
        .chunks()
        .iter()
        .map(|chunk| (chunk.queueing_ms, chunk.compute_ms))
        .collect();
    // Done at 110, 450, 460, 480; complete at 100, 200, 300, 400.
    assert_eq!(
        chunks,
        [(0.0, 10.0), (0.0, 250.0), (150.0, 10.0), (60.0, 20.0)]
    );
    let perceived = meter
        .emissions()
        .perceived(&samples([90, 180, 400]))
        .unwrap();
    let expected = [
        latency(20.0, 20.0, 20.0),
        latency(270.0, 270.0, 300.0),
        latency(80.0, 80.0, 80.0),
    ];
    assert_eq!(perceived.words, expected);
    assert_eq!(perceived.final_ms, Some(80.0));
}

#[test]
fn with_a_real_clock_latencies_count_from_when_the_take_began() {
    let mut meter = LatencyMeter::new(Clock::Real, Some(100.0));
    // The take began at 7000, as the second batch shows; the first came 20 ms late.
    for now_ms in [7120.0, 7200.0] {
        meter.arrived(1600, now_ms);
    }
    meter.processed(1600, model_ms(90.0), 7215.0, &shown("a", 0, 0));
    meter.processed(1600, model_ms(30.0), 7250.0, &shown("a", 0, 0));
    meter.finished(model_ms(5.0), 7260.0, &shown("a", 1, 0));
    let chunks: Vec<(f64, f64)> = meter
        .chunks()
        .iter()
        .map(|chunk| (chunk.queueing_ms, chunk.compute_ms))
        .collect();
    // Begun with at 7125, 7220, 7255; complete at 7100, 7200, 7200.
    assert_eq!(chunks, [(25.0, 90.0), (20.0, 30.0), (55.0, 5.0)]);
    let perceived = meter.emissions().perceived(&samples([80])).unwrap();
    assert_eq!(perceived.words, [latency(135.0, 135.0, 180.0)]);
}
