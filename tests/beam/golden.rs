//! Real log-probs of an early model over its surest clips, decoded by other tools with the same
//! language model and weights (`golden/beam/make.py`, which says what is set so that all mean the
//! same); `equal` goes on with more clips and settings that are nearer.
//!
//! Where the texts differ, both are scored exactly: the CTC forward algorithm over the
//! whole clip, the language model, bonus and penalty. A text of ours that scores
//! higher is one that the other tool's search has lost.

use std::ops::AddAssign;
use std::sync::Arc;

use asr_playground::decode::lm::LanguageModel;
use asr_playground::decode::{BeamConfig, PrefixBeam};
use asr_playground::model::Tokens;
use serde::Deserialize;

const CLIPS: &[u8] = include_bytes!("../golden/beam/clips.u8");
const PEERS: &str = include_str!("../golden/beam/peers.json");
const SMALL_ARPA: &str = include_str!("../golden/beam/small.arpa");
pub const COLUMNS: usize = 29;
const SPACE: usize = 1;
/// Nats. No search with pruning has its sums to better than this.
const TIE: f64 = 0.15;

/// How the other decoders were set, and their texts.
#[derive(Deserialize)]
pub struct Peers {
    pub alpha: f32,
    pub beta: f32,
    pub unknown_offset: f32,
    pub width: usize,
    pub token_min_ln: f32,
    pub beam_ln: f32,
    pub clips: Vec<Clip>,
}

#[derive(Deserialize)]
pub struct Clip {
    pub rows: usize,
    pub pyctcdecode: String,
    pub pyctcdecode_lm: String,
    pub flashlight: String,
    pub flashlight_lm: String,
}

fn english() -> Tokens {
    let letters: String = ('a'..='z').flat_map(|c| ['\n', c]).collect();
    Tokens::parse(&format!("<blank>\n<space>\n'{letters}")).unwrap()
}

/// How often the texts are the same, and how often ours scores higher if not.
#[derive(Debug, Default)]
pub struct Agreement {
    pub same: usize,
    pub ours_scores_higher: usize,
    pub theirs_scores_higher: usize,
    /// Within [`TIE`] of each other.
    pub tied: usize,
}

impl Agreement {
    pub fn clips(&self) -> usize {
        self.same + self.tied + self.ours_scores_higher + self.theirs_scores_higher
    }
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, other: Self) {
        self.same += other.same;
        self.ours_scores_higher += other.ours_scores_higher;
        self.theirs_scores_higher += other.theirs_scores_higher;
        self.tied += other.tied;
    }
}

/// Decodes every clip's rows and compares with the other decoder's texts.
pub fn agreement<'a>(
    clips: impl IntoIterator<Item = (Vec<f32>, &'a str)>,
    config: &BeamConfig,
    lm: Option<&Arc<LanguageModel>>,
) -> Agreement {
    let mut agreement = Agreement::default();
    for (rows, theirs) in clips {
        let mut beam = PrefixBeam::new(&english(), 320, config.clone(), lm.cloned()).unwrap();
        beam.push(&rows).unwrap();
        beam.finish();
        let ours = beam.transcript().text();
        if ours == theirs {
            agreement.same += 1;
            continue;
        }
        let score = |text: &str| {
            let worth = lm.map_or(0.0, |lm| worth(config, lm, text));
            exact_acoustic(&rows, text) + worth
        };
        let gain = score(&ours) - score(theirs);
        println!("ours {ours:?} is {gain:.3} better than {theirs:?}");
        if gain.abs() < TIE {
            agreement.tied += 1;
        } else if gain > 0.0 {
            agreement.ours_scores_higher += 1;
        } else {
            agreement.theirs_scores_higher += 1;
        }
    }
    println!("{agreement:?}");
    agreement
}

/// The early model's clips with the texts of one of the others, a row with a certain space after
/// each if wanted.
fn early<'a>(
    peers: &'a Peers,
    space_at_end: bool,
    text: impl Fn(&Clip) -> &str + 'a,
) -> impl Iterator<Item = (Vec<f32>, &'a str)> {
    let mut data = CLIPS;
    peers.clips.iter().map(move |clip| {
        let (bytes, rest) = data.split_at(clip.rows * COLUMNS);
        data = rest;
        let mut rows: Vec<f32> = bytes.iter().map(|b| f32::from(*b) / -20.0).collect();
        if space_at_end {
            rows.extend(certain_space());
        }
        (rows, text(clip))
    })
}

/// A row that says nothing but a space.
pub fn certain_space() -> impl Iterator<Item = f32> {
    (0..COLUMNS).map(|c| if c == SPACE { 0.0 } else { f32::NEG_INFINITY })
}

/// ln of the sum over all paths that write a text, by the forward algorithm. A space after a
/// space, also with a blank between, or before the first word, or at the end, writes nothing.
fn exact_acoustic(rows: &[f32], text: &str) -> f64 {
    let token = |c: char| match c {
        ' ' => SPACE,
        '\'' => 2,
        letter => 3 + (letter as usize - 'a' as usize),
    };
    let mut labels = vec![SPACE];
    labels.extend(text.chars().map(token).chain([SPACE]));
    // By label: the paths that have written up to it and end in the blank, or in it.
    let never = f64::NEG_INFINITY;
    let mut sums = vec![[never, never]; labels.len()];
    sums[0][0] = 0.0;
    for row in rows.chunks_exact(COLUMNS) {
        let total: f64 = row.iter().map(|v| f64::from(*v).exp()).sum();
        let ln = |token: usize| f64::from(row[token]) - total.ln();
        let before = sums.clone();
        let all = |label: usize| ln_sum(before[label][0], before[label][1]);
        for (label, token) in labels.iter().enumerate() {
            let held = if *token == SPACE {
                all(label)
            } else {
                before[label][1]
            };
            let come = match label.checked_sub(1) {
                None => never,
                Some(last) if labels[last] == *token => before[last][0],
                Some(last) => all(last),
            };
            sums[label] = [all(label) + ln(0), ln_sum(held, come) + ln(*token)];
        }
    }
    let at_end = sums.iter().rev().take(2).flatten();
    at_end.fold(never, |sum, more| ln_sum(sum, *more))
}

fn ln_sum(a: f64, b: f64) -> f64 {
    let largest = a.max(b);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + ((a - largest).exp() + (b - largest).exp()).ln()
}

/// What a text is worth beyond its acoustic score.
fn worth(config: &BeamConfig, lm: &LanguageModel, text: &str) -> f64 {
    let (mut state, mut worth) = (lm.start(), 0.0);
    for word in text.split_whitespace() {
        let id = lm.word(word);
        let (ln_prob, next) = lm.score(state, id);
        worth += f64::from(config.lm_weight) * f64::from(ln_prob) + f64::from(config.word_bonus);
        if id.is_none() {
            worth -= f64::from(config.unknown_word_penalty);
        }
        state = next;
    }
    worth + f64::from(config.lm_weight) * f64::from(lm.end(state))
}

pub fn config(peers: &Peers) -> BeamConfig {
    BeamConfig {
        width: peers.width,
        token_min_ln: peers.token_min_ln,
        beam_ln: peers.beam_ln,
        lm_weight: peers.alpha,
        word_bonus: peers.beta,
        // Theirs commit nothing.
        commit_rows: 3000,
        ..BeamConfig::default()
    }
}

/// As pyctcdecode's language model has it.
pub fn pyctcdecode_config(peers: &Peers) -> BeamConfig {
    BeamConfig {
        unknown_word_penalty: -peers.alpha * std::f32::consts::LN_10 * peers.unknown_offset,
        ..config(peers)
    }
}

/// flashlight leaves no token of a row out.
pub fn flashlight_config(peers: &Peers) -> BeamConfig {
    BeamConfig {
        token_min_ln: -1000.0,
        ..config(peers)
    }
}

/// It spells words of its lexicon only.
pub fn lexicon_config(peers: &Peers) -> BeamConfig {
    BeamConfig {
        unknown_word_penalty: 1000.0,
        ..flashlight_config(peers)
    }
}

fn peers() -> Peers {
    serde_json::from_str(PEERS).unwrap()
}

fn small_language_model() -> Arc<LanguageModel> {
    Arc::new(LanguageModel::from_arpa(SMALL_ARPA).unwrap())
}

/// On 98 % of the clips the texts are the same, tied, or the other search has lost
/// ours; on 90 % they are the same.
fn assert_agreement(seen: &Agreement) {
    let of = seen.clips();
    assert!(of >= 40 && seen.theirs_scores_higher * 50 <= of, "{seen:?}");
    assert!(seen.same * 10 >= of * 9, "{seen:?}");
}

#[test]
fn pyctcdecode_without_a_language_model() {
    let peers = peers();
    let clips = early(&peers, false, |clip| &clip.pyctcdecode);
    assert_agreement(&agreement(clips, &config(&peers), None));
}

#[test]
fn pyctcdecode_with_a_language_model() {
    let (peers, lm) = (peers(), small_language_model());
    let clips = early(&peers, false, |clip| &clip.pyctcdecode_lm);
    assert_agreement(&agreement(clips, &pyctcdecode_config(&peers), Some(&lm)));
}

#[test]
fn flashlight_without_a_language_model() {
    let peers = peers();
    let clips = early(&peers, false, |clip| &clip.flashlight);
    assert_agreement(&agreement(clips, &flashlight_config(&peers), None));
}

#[test]
fn flashlight_with_a_language_model() {
    let (peers, lm) = (peers(), small_language_model());
    let clips = early(&peers, true, |clip| &clip.flashlight_lm);
    assert_agreement(&agreement(clips, &lexicon_config(&peers), Some(&lm)));
}
