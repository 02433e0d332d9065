//! The figures that the modules `decode::gate`, `decode::endpoint` and `decode::ctc::keyword` have in
//! their documentation: counts, not times, over every dev and noise clip.
//!
//!     models/training/.venv/bin/python tests/golden/ctc/make.py --all DIR
//!     cargo bench --no-default-features --bench ctc -- DIR
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a harness, like the tests"
)]

use std::collections::BTreeMap;
use std::path::Path;

use asr_playground::decode::ctc::{Keyword, KeywordConfig, KeywordPaths, Spelling};
use asr_playground::decode::{
    EndpointConfig, Endpointer, GateConfig, Greedy, RowClock, Word, mark_non_speech,
};
use asr_playground::eval::wer::{ErrorCounts, word_errors};
use asr_playground::model::Tokens;
use serde::Deserialize;

/// 16 kHz samples a row.
const ROW_SAMPLES: i64 = 320;
const ROWS_AN_HOUR: f64 = 180_000.0;

fn main() {
    // Cargo adds an option of its own.
    let folder = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let folder = folder.expect("a folder that make.py --all has written");
    let clips = clips(Path::new(&folder));
    gate(&clips);
    endpoints(&clips);
    keywords(&clips);
}

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    corpus: String,
    text: String,
    rows: usize,
}

struct Clip {
    case: Case,
    log_probs: Vec<f32>,
    levels: Vec<f32>,
    /// Greedy decoding's.
    words: Vec<Word>,
}

fn english() -> Tokens {
    Tokens::parse(include_str!("../../models/tokens.txt")).unwrap()
}

fn floats(path: &Path) -> std::vec::IntoIter<f32> {
    let bytes = std::fs::read(path).expect("a file that make.py --all has written");
    let values = bytes.chunks_exact(4);
    let values = values.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    values.collect::<Vec<_>>().into_iter()
}

fn clips(folder: &Path) -> Vec<Clip> {
    let tokens = english();
    let json = std::fs::read_to_string(folder.join("cases.json"));
    let cases: Cases = serde_json::from_str(&json.expect("cases.json")).unwrap();
    let mut levels = floats(&folder.join("levels.f32"));
    let mut log_probs = floats(&folder.join("log_probs.f32"));
    let clip = |case: Case| {
        let log_probs: Vec<f32> = log_probs.by_ref().take(case.rows * tokens.len()).collect();
        let mut greedy = Greedy::new(&tokens, ROW_SAMPLES);
        greedy.push(&log_probs).unwrap();
        greedy.finish();
        Clip {
            levels: levels.by_ref().take(case.rows).collect(),
            words: greedy.transcript().words,
            case,
            log_probs,
        }
    };
    cases.cases.into_iter().map(clip).collect()
}

fn is_noise(clip: &Clip) -> bool {
    clip.case.corpus == "noise"
}

/// One line: WER by corpus, and what noise is left.
fn gate_line<'a>(clips: impl IntoIterator<Item = &'a Clip>, config: &GateConfig) {
    let clock = RowClock {
        samples_per_row: ROW_SAMPLES,
    };
    let mut counts: BTreeMap<&str, ErrorCounts> = BTreeMap::new();
    let (mut noise_clips, mut noise_words) = (0, 0);
    for clip in clips {
        let marks = mark_non_speech(&clip.words, &clip.levels, clock, config);
        let kept = clip.words.iter().zip(marks).filter(|(_, marked)| !marked);
        let kept: Vec<&str> = kept.map(|(word, _)| word.text.as_str()).collect();
        if is_noise(clip) {
            noise_clips += usize::from(!kept.is_empty());
            noise_words += kept.len();
        } else {
            let errors = word_errors(&clip.case.text, &kept.join(" "));
            *counts.entry(&clip.case.corpus).or_default() += errors;
        }
    }
    let rates: Vec<f64> = counts.values().map(|c| 100.0 * c.rate().unwrap()).collect();
    println!(
        "{config:?}: noise clips {noise_clips}, words {noise_words}; mean WER {:.2}, {:.1?} {:?}",
        rates.iter().sum::<f64>() / rates.len() as f64,
        rates,
        counts.keys()
    );
}

fn gate(clips: &[Clip]) {
    let default = GateConfig::default();
    let sure = |confidence| GateConfig {
        confidence,
        ..default
    };
    for confidence in [0.0, 0.5, 0.55, 0.6, 0.65] {
        gate_line(clips, &sure(confidence));
    }
    println!("every second clip, then the others:");
    for first in [0, 1] {
        let half = || clips.iter().skip(first).step_by(2);
        gate_line(half(), &sure(0.0));
        gate_line(half(), &default);
    }
}

fn endpoints(all: &[Clip]) {
    for pause_ms in [500, 800, 1000, 1200] {
        for quiet_db in [10.0, 100.0] {
            let config = EndpointConfig {
                pause_ms,
                quiet_db,
                ..EndpointConfig::default()
            };
            let (mut cut, mut clips) = (0, 0);
            for clip in all.iter().filter(|clip| !is_noise(clip)) {
                let mut endpointer = Endpointer::new(&english(), ROW_SAMPLES, config).unwrap();
                let mut endpoints = endpointer.push(&clip.log_probs, &clip.levels).unwrap();
                endpoints.extend(endpointer.finish());
                let segments = endpoints.iter().filter(|e| e.segment.is_some()).count();
                cut += usize::from(segments > 1);
                clips += 1;
            }
            println!(
                "pause {pause_ms} ms, quiet {quiet_db} dB: {cut} of {clips} clips in more than one segment"
            );
        }
    }
    // Dev clips end to end, a second of quiet between: how many joins are endpoints.
    let config = EndpointConfig::default();
    let mut endpointer = Endpointer::new(&english(), ROW_SAMPLES, config).unwrap();
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    let mut clips = 0;
    for clip in all.iter().filter(|clip| !is_noise(clip)) {
        clips += 1;
        for endpoint in endpointer.push(&clip.log_probs, &clip.levels).unwrap() {
            let said = if endpoint.segment.is_some() {
                "with speech"
            } else {
                "without"
            };
            *rules
                .entry(format!("{:?} {said}", endpoint.rule))
                .or_default() += 1;
        }
    }
    println!(
        "{clips} dev clips end to end, {} rows: {rules:?}",
        endpointer.rows()
    );
}

fn keywords(all: &[Clip]) {
    // Words of five letters or more in at least four dev clips.
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for clip in all {
        let mut words: Vec<&str> = clip.case.text.split(' ').filter(|w| w.len() >= 5).collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count >= 4);
    println!("{} words: {:?}", counts.len(), counts);
    let hours = all.iter().map(|clip| clip.case.rows).sum::<usize>() as f64 / ROWS_AN_HOUR;
    for paths in [KeywordPaths::Best, KeywordPaths::Summed] {
        for threshold in [-0.1, -0.25, -0.5, -0.75, -1.0] {
            let config = KeywordConfig {
                threshold,
                paths,
                ..KeywordConfig::default()
            };
            let (mut said, mut hit, mut false_alarms) = (0, 0, 0);
            for word in counts.keys() {
                let spelling = Spelling::new(&english(), word).unwrap();
                let keyword = Keyword::new(&spelling, ROW_SAMPLES, config).unwrap();
                for clip in all {
                    let mut keyword = keyword.clone();
                    let mut found = keyword.push(&clip.log_probs).unwrap().detections;
                    found.extend(keyword.finish());
                    let here = clip.case.text.split(' ').any(|w| w == *word);
                    said += usize::from(here);
                    hit += usize::from(here && !found.is_empty());
                    false_alarms += if here { 0 } else { found.len() };
                }
            }
            println!(
                "{paths:?} {threshold}: found {hit} of {said}, {:.2} false alarms a word and hour",
                f64::from(false_alarms as u32) / (hours * counts.len() as f64)
            );
        }
    }
}
