//! The figures that the docs of gate, endpoints and keywords name, over every dev and noise
//! clip: `golden/ctc/make.py --all DIR`, then `ASR_CTC_DATA=DIR` and `--ignored --nocapture`.

use std::collections::BTreeMap;
use std::path::Path;

use asr_playground::decode::ctc::{Keyword, KeywordConfig, KeywordPaths};
use asr_playground::decode::{
    EndpointConfig, EndpointRule, Endpointer, GateConfig, Greedy, RowClock, Word, mark_non_speech,
};
use asr_playground::eval::wer::{ErrorCounts, word_errors};

use super::golden::{Case, cases};
use super::{english, spell};

struct Clip {
    case: Case,
    log_probs: Vec<f32>,
    levels: Vec<f32>,
    words: Vec<Word>,
}

fn clips() -> Vec<Clip> {
    let folder = std::env::var("ASR_CTC_DATA").unwrap();
    let bytes = std::fs::read(Path::new(&folder).join("levels.f32")).unwrap();
    let mut levels = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let clip = |(case, log_probs): (Case, Vec<f32>)| {
        let mut greedy = Greedy::new(&english(), 320);
        greedy.push(&log_probs).unwrap();
        greedy.finish();
        Clip {
            levels: levels.by_ref().take(case.rows).collect(),
            words: greedy.transcript().words,
            case,
            log_probs,
        }
    };
    cases(Path::new(&folder)).into_iter().map(clip).collect()
}

fn is_noise(clip: &Clip) -> bool {
    clip.case.corpus == "noise"
}

/// One line: WER by corpus, and what noise is left.
fn gate_line(clips: &[Clip], config: &GateConfig) {
    let clock = RowClock {
        samples_per_row: 320,
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

#[test]
#[ignore = "needs a folder of make.py --all"]
fn gate() {
    let all = clips();
    let default = GateConfig::default();
    for confidence in [0.0, 0.5, 0.55, 0.6, 0.65] {
        gate_line(
            &all,
            &GateConfig {
                confidence,
                ..default
            },
        );
    }
    println!("every second clip, then the others:");
    let (mut even, mut odd) = (Vec::new(), Vec::new());
    for (index, clip) in all.into_iter().enumerate() {
        if index % 2 == 0 {
            even.push(clip);
        } else {
            odd.push(clip);
        }
    }
    for half in [even, odd] {
        gate_line(
            &half,
            &GateConfig {
                confidence: 0.0,
                ..default
            },
        );
        gate_line(&half, &default);
    }
}

#[test]
#[ignore = "needs a folder of make.py --all"]
fn endpoints() {
    let all = clips();
    for pause_ms in [500, 800, 1000, 1200] {
        for quiet_db in [10.0, 100.0] {
            let config = EndpointConfig {
                pause_ms,
                quiet_db,
                ..EndpointConfig::default()
            };
            let (mut cut, mut clips) = (0, 0);
            for clip in all.iter().filter(|clip| !is_noise(clip)) {
                let mut endpointer = Endpointer::new(&english(), 320, config).unwrap();
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
    let mut endpointer = Endpointer::new(&english(), 320, config).unwrap();
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
            assert_ne!(endpoint.rule, EndpointRule::TakeEnd);
        }
    }
    println!(
        "{clips} dev clips end to end, {} rows: {rules:?}",
        endpointer.rows()
    );
}

#[test]
#[ignore = "needs a folder of make.py --all"]
fn keywords() {
    let all = clips();
    // Words of five letters or more in at least four dev clips.
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for clip in &all {
        let mut words: Vec<&str> = clip.case.text.split(' ').filter(|w| w.len() >= 5).collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count >= 4);
    println!("{} words: {:?}", counts.len(), counts);
    let hours = all.iter().map(|clip| clip.case.rows).sum::<usize>() as f64 / 180_000.0;
    for paths in [KeywordPaths::Best, KeywordPaths::Summed] {
        for threshold in [-0.1, -0.25, -0.5, -0.75, -1.0] {
            let config = KeywordConfig {
                threshold,
                paths,
                ..KeywordConfig::default()
            };
            let (mut said, mut hit, mut false_alarms) = (0, 0, 0);
            for word in counts.keys() {
                let keyword = Keyword::new(&spell(&english(), word), 320, config).unwrap();
                for clip in &all {
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
