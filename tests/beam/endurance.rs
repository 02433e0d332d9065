//! The shipped alphabet and language model at a wide beam, over an hour of rows.

use std::sync::Arc;

use asr_playground::decode::lm::LanguageModel;
use asr_playground::decode::{BeamConfig, PrefixBeam};
use asr_playground::model::Tokens;

use super::random::Random;

const TOKENS: usize = 29;
const BLANK: usize = 0;
const SPACE: usize = 1;
/// 20 ms a row.
const ROWS_PER_MINUTE: u32 = 3000;

/// A row as a model gives it: one token stands out and two come near. Of ten minutes two
/// have no spaces, so that words grow until the commit rule ends them, and one has no
/// favourite at all in every tenth row.
fn row(minute: u32, random: &mut Random) -> [f32; TOKENS] {
    let mut row = [-12.0; TOKENS];
    let spaces = !matches!(minute % 10, 3 | 4);
    let best = match random.next() {
        p if p < 0.6 => BLANK,
        p if p < 0.72 && spaces => SPACE,
        _ => 2 + random.below(TOKENS - 2),
    };
    for near in [2 + random.below(TOKENS - 2), random.below(TOKENS)] {
        row[near] = -1.0 - 4.0 * random.next();
    }
    row[best] = 0.0;
    if minute % 10 == 7 && random.next() < 0.1 {
        row.fill(0.0);
    }
    if !spaces {
        row[SPACE] = f32::NEG_INFINITY;
    }
    row
}

#[test]
fn memory_is_flat_over_an_hour_at_width_64_with_the_shipped_language_model() {
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
    let tokens = std::fs::read_to_string(format!("{models}/tokens.txt")).unwrap();
    let tokens = Tokens::parse(&tokens).unwrap();
    assert_eq!(tokens.len(), TOKENS);
    let lm = std::fs::read(format!("{models}/english.lm")).unwrap();
    let lm = Arc::new(LanguageModel::from_bytes(&lm).unwrap());
    let config = BeamConfig {
        width: 64,
        ..BeamConfig::default()
    };
    let levels = 2 * (config.commit_rows as usize + 2);
    let mut beam = PrefixBeam::new(&tokens, 320, config, Some(lm)).unwrap();
    let (mut random, mut peaks) = (Random(1), [0_usize; 6]);
    for number in 0..60 * ROWS_PER_MINUTE {
        let minute = number / ROWS_PER_MINUTE;
        beam.push(&row(minute, &mut random)).unwrap();
        let (nodes, passed) = beam.places_in_use();
        let peak = &mut peaks[minute as usize / 10];
        *peak = (*peak).max(nodes + passed);
        // One node a hypothesis and level; a hypothesis has two paths.
        assert!(nodes <= 64 * levels + 1, "{nodes} in row {number}");
        assert!(passed <= 2 * 64 * (levels + 32), "{passed} in row {number}");
    }
    // Ten minutes are like the ten before.
    assert!(peaks[5] as f64 <= 1.5 * peaks[0] as f64, "{peaks:?}");
    let transcript = beam.transcript();
    assert!(transcript.committed > 5000, "{}", transcript.committed);
}
