//! Nobody's figures pay for building what the model needs for a whole take's length.
//!
//! The made-up clock counts this thread's allocations: building a plan makes a great many, running
//! it always as many. Alone in its file because the counting allocator is the whole process's.
#![cfg(not(target_arch = "wasm32"))]
// Counting allocations takes a global allocator, and implementing one is unsafe;
// both calls go to the system's unchanged.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod counting;
#[path = "browser/native.rs"]
#[allow(dead_code, reason = "the browser tests need more of it")]
mod native;

use asr_playground::audio::decode_file;
use asr_playground::decode::DecoderKind;
use asr_playground::eval::latency::Clock;
use asr_playground::eval::normalise::Normaliser;
use asr_playground::eval::sweep::Grid;
use asr_playground::model::Lookahead;
use asr_playground::recognizer::{Recognizer, Settings};
use asr_playground::sweep::{ClipRun, Outcome, Plan, Step};
use native::{at, clip, recognizer};

/// "Time" that the work of this thread takes.
fn now() -> f64 {
    counting::allocations() as f64
}

fn speech(file: &str) -> (Vec<f32>, u32) {
    let audio = decode_file(file, &std::fs::read(clip(file)).unwrap()).unwrap();
    (audio.samples, audio.sample_rate_hz)
}

fn sweep(recognizer: &mut Recognizer, file: &str) -> Outcome {
    let grid = Grid {
        lookaheads_ms: vec![None],
        decoders: vec![DecoderKind::Greedy],
        beam_widths: Vec::new(),
        lm_weights: Vec::new(),
        word_bonuses: Vec::new(),
        hotwords: Vec::new(),
        normalisers: vec![Normaliser::default()],
    };
    let plan = Plan::new(&grid, &Settings::default()).unwrap();
    let (samples, rate) = speech(file);
    let mut run = ClipRun::start(&plan, recognizer, &samples, rate).unwrap();
    loop {
        match run.step(recognizer, &now).unwrap() {
            Step::Worked => {}
            Step::Outcome(outcome) => return *outcome,
            Step::Done => unreachable!("the plan has a run"),
        }
    }
}

/// Whether the first is the second but for a twentieth.
fn alike(first: f64, second: f64) -> bool {
    (first - second).abs() <= second / 20.0
}

#[test]
fn compute_and_latency_of_a_whole_take_are_the_same_before_and_after_its_plan_is_there() {
    let mut recognizer = recognizer();
    for file in ["sentence.flac", "digits.flac"] {
        let (first, second) = (sweep(&mut recognizer, file), sweep(&mut recognizer, file));
        let compute = |outcome: &Outcome| outcome.figures.stages.total_ms();
        assert!(compute(&second) > 100.0, "the clock goes");
        assert!(
            alike(compute(&first), compute(&second)),
            "{file}: {} and then {}",
            compute(&first),
            compute(&second)
        );
        let last = |outcome: &Outcome| {
            let perceived = outcome.perceived.as_ref().expect("there are words");
            perceived.final_ms.expect("they were committed")
        };
        assert!(alike(last(&first), last(&second)), "{file}");
    }
}

#[test]
fn a_live_take_waits_for_its_plan_and_its_compute_does_not_have_it() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    let mut compute = || {
        let settings = at(Lookahead::WholeTake);
        recognizer.start(rate, &settings, Clock::Real).unwrap();
        recognizer.accept(&samples, now(), &now).unwrap();
        recognizer.finish(&now).unwrap();
        while recognizer.advance(&now).unwrap() {}
        let figures = recognizer.figures();
        let wait_ms = figures.final_latency_ms.expect("the take is over");
        (figures.stages.model_ms, wait_ms)
    };
    let (first, second) = (compute(), compute());
    assert!(second.0 > 100.0, "the clock goes");
    assert!(alike(first.0, second.0), "{first:?} and then {second:?}");
    assert!(first.1 > 2.0 * second.1, "{first:?} and then {second:?}");
}
