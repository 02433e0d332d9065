//! A sweep gives at every point what a take of its own would.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "browser/native.rs"]
#[allow(dead_code, reason = "the browser tests need more of it")]
mod native;

use asr_playground::audio::decode_file;
use asr_playground::decode::{DecoderKind, Hotword};
use asr_playground::eval::bootstrap::Bootstrap;
use asr_playground::eval::normalise::{Normaliser, normalise};
use asr_playground::eval::sweep::{Grid, SweepRow};
use asr_playground::eval::wer::{ErrorCounts, char_errors, word_errors};
use asr_playground::recognizer::{Recognizer, Settings};
use asr_playground::sweep::{ClipRun, Plan, PlanError, Step, Sweep};
use native::{clip, recognizer, text_of};

const NOW: fn() -> f64 = || 0.0;
const CLIPS: [(&str, &str); 2] = [
    ("digits.flac", "Enter four five eight!"),
    (
        "sentence.flac",
        "The house stood on a hill, and the door was open.",
    ),
];

fn grid() -> Grid {
    Grid {
        lookaheads_ms: vec![Some(160), None],
        decoders: vec![DecoderKind::Greedy, DecoderKind::BeamLm],
        beam_widths: vec![1, 8],
        lm_weights: vec![0.5],
        word_bonuses: vec![1.0],
        hotwords: vec![false, true],
        normalisers: vec![Normaliser::default(), Normaliser::none()],
    }
}

fn base() -> Settings {
    let mut base = Settings::default();
    base.decoder.beam.hotwords = vec![Hotword {
        phrase: "hill".to_owned(),
        boost: 8.0,
    }];
    base
}

fn audio(file: &str) -> (Vec<f32>, u32) {
    let audio = decode_file(file, &std::fs::read(clip(file)).unwrap()).unwrap();
    (audio.samples, audio.sample_rate_hz)
}

/// Runs the plan over the clips; gives the rows and how many steps it took.
fn run(plan: &Plan, recognizer: &mut Recognizer) -> (Vec<SweepRow>, usize) {
    let mut sweep = Sweep::new(plan, None);
    let mut steps = 0;
    for (file, reference) in CLIPS {
        let (samples, rate) = audio(file);
        let mut clip_run = ClipRun::start(plan, recognizer, &samples, rate).unwrap();
        loop {
            steps += 1;
            match clip_run.step(recognizer, &NOW).unwrap() {
                Step::Worked => {}
                Step::Outcome(outcome) => sweep.add(&outcome, reference),
                Step::Done => break,
            }
        }
    }
    (sweep.rows(&Bootstrap::default()), steps)
}

#[test]
fn every_point_is_what_a_take_of_its_own_gives() {
    let plan = Plan::new(&grid(), &base()).unwrap();
    // 2 lookaheads × (greedy + 2 widths × 2), each judged by two normalisers.
    assert_eq!((plan.runs().len(), plan.points().len()), (10, 20));
    let mut recognizer = recognizer();
    let (rows, _) = run(&plan, &mut recognizer);
    assert_eq!(rows.len(), 20);
    for run in plan.runs() {
        let texts = CLIPS.map(|(file, _)| {
            let (samples, rate) = audio(file);
            text_of(&samples, rate, &run.settings)
        });
        for row in &rows[run.points.clone()] {
            assert_eq!(row.clips, 2);
            let plain = row.setting.normaliser == Normaliser::none();
            let prepare = |text: &str| {
                if plain {
                    text.to_owned()
                } else {
                    normalise(text)
                }
            };
            let pairs = CLIPS.iter().zip(&texts);
            let pairs: Vec<(String, String)> = pairs
                .map(|((_, reference), text)| (prepare(reference), prepare(text)))
                .collect();
            let words: ErrorCounts = pairs.iter().map(|(r, h)| word_errors(r, h)).sum();
            let characters: ErrorCounts = pairs.iter().map(|(r, h)| char_errors(r, h)).sum();
            assert_eq!(row.wer, words.rate(), "{}", row.setting);
            assert_eq!(row.cer, characters.rate(), "{}", row.setting);
            assert_eq!(row.words, words.reference_len());
            assert!(row.oracle_wer <= row.wer);
            assert_eq!(row.wip, words.information_preserved());
            assert_eq!(row.wil, words.information_lost());
            let words = row.latencies.perceived.expect("words were recognised");
            let said: usize = texts.iter().map(|text| text.split(' ').count()).sum();
            assert_eq!(words.count, said, "{}", row.setting);
            assert!(words.p50 <= words.p95 && words.p95 <= words.p99);
        }
    }
    // What is judged without lower-casing is worse, or the normaliser did nothing.
    assert!(rows[1].wer > rows[0].wer);
}

#[test]
fn rows_come_singly_too_and_word_tables_count_every_error() {
    let plan = Plan::new(&grid(), &base()).unwrap();
    let mut recognizer = recognizer();
    let mut sweep = Sweep::new(&plan, None);
    for (file, reference) in CLIPS {
        let (samples, rate) = audio(file);
        let mut clip_run = ClipRun::start(&plan, &mut recognizer, &samples, rate).unwrap();
        while let step = clip_run.step(&mut recognizer, &NOW).unwrap()
            && !matches!(step, Step::Done)
        {
            if let Step::Outcome(outcome) = step {
                sweep.add(&outcome, reference);
            }
        }
    }
    let bootstrap = Bootstrap::default();
    let rows = sweep.rows(&bootstrap);
    for (index, (row, table)) in rows.iter().zip(sweep.word_tables()).enumerate() {
        assert_eq!(sweep.row(index, &bootstrap).as_ref(), Some(row));
        let total = |counts: Vec<usize>| counts.iter().sum::<usize>();
        let wrong = total(table.substitutions().iter().map(|(_, n)| *n).collect())
            + total(table.insertions().iter().map(|(_, n)| *n).collect())
            + total(table.deletions().iter().map(|(_, n)| *n).collect());
        let rate = wrong as f64 / row.words as f64;
        assert!((rate - row.wer.unwrap()).abs() < 1e-12, "{}", row.setting);
    }
    assert_eq!(sweep.row(rows.len(), &bootstrap), None);
}

/// The front end runs once, before the first run; every run's chunks are charged for it alike, each
/// for the audio in it. The clock ticks once whenever it is read, so all work takes as long.
#[test]
fn the_first_run_pays_for_the_front_end_as_the_others_do() {
    let grid = Grid {
        lookaheads_ms: vec![Some(160)],
        hotwords: vec![false],
        normalisers: vec![Normaliser::default()],
        ..grid()
    };
    let plan = Plan::new(&grid, &base()).unwrap();
    let mut recognizer = recognizer();
    let ticks = std::cell::Cell::new(0.0);
    let now = || {
        ticks.set(ticks.get() + 1.0);
        ticks.get()
    };
    let (samples, rate) = audio("sentence.flac");
    let mut clip_run = ClipRun::start(&plan, &mut recognizer, &samples, rate).unwrap();
    let mut chunks = Vec::new();
    while let step = clip_run.step(&mut recognizer, &now).unwrap()
        && !matches!(step, Step::Done)
    {
        if let Step::Outcome(outcome) = step {
            chunks.push(outcome.chunks);
        }
    }
    assert_eq!(chunks.len(), plan.runs().len());
    assert!(chunks.len() > 1 && chunks[0].len() > 3);
    for others in &chunks[1..] {
        assert_eq!(&chunks[0], others);
    }
}

#[test]
fn a_sweep_can_be_stopped_between_two_steps_and_run_again() {
    let plan = Plan::new(&grid(), &base()).unwrap();
    let mut recognizer = recognizer();
    let (samples, rate) = audio(CLIPS[0].0);
    let mut stopped = ClipRun::start(&plan, &mut recognizer, &samples, rate).unwrap();
    for _ in 0..7 {
        stopped.step(&mut recognizer, &NOW).unwrap();
    }
    let (rows, steps) = run(&plan, &mut recognizer);
    assert_eq!(rows[0].clips, 2);
    // Many small steps, not a few long ones.
    assert!(steps > 100, "{steps}");
}

#[test]
fn what_cannot_be_run_is_refused_before_it_begins() {
    let wide = Grid {
        beam_widths: vec![0],
        ..grid()
    };
    assert!(matches!(Plan::new(&wide, &base()), Err(PlanError::Beam(_))));
    let empty = Grid {
        decoders: Vec::new(),
        ..grid()
    };
    assert!(matches!(
        Plan::new(&empty, &base()),
        Err(PlanError::Grid(_))
    ));
}
