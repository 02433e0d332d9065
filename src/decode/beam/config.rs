//! What can be set of the prefix beam search, with the ranges that are accepted.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::decode::COMMIT_ROWS;

/// Settings of a [`super::PrefixBeam`]. All of them may change between two rows.
///
/// Every score is in nats (natural logarithms).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BeamConfig {
    /// Prefixes kept after each row.
    pub width: usize,
    /// Hypotheses that [`super::PrefixBeam::n_best`] gives at the most.
    pub n_best: usize,
    /// Tokens less probable than this, ln p, are left out of a row. The row's best
    /// token never is.
    pub token_min_ln: f32,
    /// Tokens of a row that are used, the most probable ones; the blank counts.
    pub tokens_per_row: usize,
    /// Prefixes whose score lies this far below the best one's are dropped.
    pub beam_ln: f32,
    /// α: weight of the language model's ln p.
    pub lm_weight: f32,
    /// β: added for each word. Like α and the penalty, it needs a language model.
    pub word_bonus: f32,
    /// Subtracted for each word that the language model does not know, on top of
    /// its α·ln p(`<unk>`), unless it belongs to a hotword.
    pub unknown_word_penalty: f32,
    /// The language model judges a word while it is being spelled, by the best word
    /// that it can still become. Without, at the word's end only.
    pub look_ahead: bool,
    /// Phrases to listen for.
    pub hotwords: Vec<Hotword>,
    /// Rows after which a token is decided: hypotheses that disagree with the best
    /// one about it are dropped. It bounds how late a word is committed, and memory.
    pub commit_rows: u32,
}

/// A phrase to listen for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hotword {
    /// One or more words; letter case and extra spaces do not matter.
    pub phrase: String,
    /// Added where the phrase is complete, in nats; inside it, a share of this.
    pub boost: f32,
}

impl Default for BeamConfig {
    fn default() -> Self {
        Self {
            width: 8,
            n_best: 5,
            token_min_ln: -6.0,
            tokens_per_row: 64,
            beam_ln: 12.0,
            lm_weight: 0.5,
            word_bonus: 1.0,
            unknown_word_penalty: 12.0,
            look_ahead: true,
            hotwords: Vec::new(),
            commit_rows: COMMIT_ROWS,
        }
    }
}

/// A setting outside its range.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum BeamConfigError {
    /// A number out of range, or NaN.
    #[error("{name} is {value}; it can be {} to {}", range.0, range.1)]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The smallest and the largest value accepted.
        range: (f64, f64),
    },
    /// Nothing to listen for.
    #[error("a hotword has no letters in it")]
    EmptyHotword,
    /// Longer than any phrase a person would list.
    #[error(
        "the hotword {phrase:?} is longer than {} characters",
        BeamConfig::HOTWORD_CHARACTERS
    )]
    LongHotword {
        /// The phrase.
        phrase: String,
    },
    /// More than is sensible.
    #[error("{count} hotwords are too many; {} are possible", BeamConfig::HOTWORDS)]
    ManyHotwords {
        /// How many were given.
        count: usize,
    },
}

impl BeamConfig {
    /// Range of `width`. The page offers 1 to 128; more serves tests and oracles.
    pub const WIDTH: RangeInclusive<usize> = 1..=1024;
    /// Range of `n_best`.
    pub const N_BEST: RangeInclusive<usize> = 1..=1024;
    /// Range of `token_min_ln`.
    pub const TOKEN_MIN_LN: RangeInclusive<f32> = -1000.0..=0.0;
    /// Range of `tokens_per_row`.
    pub const TOKENS_PER_ROW: RangeInclusive<usize> = 1..=4096;
    /// Range of `beam_ln`.
    pub const BEAM_LN: RangeInclusive<f32> = 0.0..=1000.0;
    /// Range of `lm_weight`.
    pub const LM_WEIGHT: RangeInclusive<f32> = 0.0..=5.0;
    /// Range of `word_bonus`.
    pub const WORD_BONUS: RangeInclusive<f32> = -10.0..=10.0;
    /// Range of `unknown_word_penalty`.
    pub const UNKNOWN_WORD_PENALTY: RangeInclusive<f32> = 0.0..=1000.0;
    /// Range of a hotword's boost.
    pub const BOOST: RangeInclusive<f32> = 0.0..=50.0;
    /// Range of `commit_rows`.
    pub const COMMIT_ROWS: RangeInclusive<u32> = 1..=3000;
    /// Most hotwords.
    pub const HOTWORDS: usize = 1000;
    /// Most characters of a hotword.
    pub const HOTWORD_CHARACTERS: usize = 100;

    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn validate(&self) -> Result<(), BeamConfigError> {
        count("width", self.width, &Self::WIDTH)?;
        count("n_best", self.n_best, &Self::N_BEST)?;
        number("token_min_ln", self.token_min_ln, &Self::TOKEN_MIN_LN)?;
        count("tokens_per_row", self.tokens_per_row, &Self::TOKENS_PER_ROW)?;
        number("beam_ln", self.beam_ln, &Self::BEAM_LN)?;
        number("lm_weight", self.lm_weight, &Self::LM_WEIGHT)?;
        number("word_bonus", self.word_bonus, &Self::WORD_BONUS)?;
        let penalty = self.unknown_word_penalty;
        number("unknown_word_penalty", penalty, &Self::UNKNOWN_WORD_PENALTY)?;
        let range = (*Self::COMMIT_ROWS.start() as usize)..=(*Self::COMMIT_ROWS.end() as usize);
        count("commit_rows", self.commit_rows as usize, &range)?;
        if self.hotwords.len() > Self::HOTWORDS {
            return Err(BeamConfigError::ManyHotwords {
                count: self.hotwords.len(),
            });
        }
        self.hotwords.iter().try_for_each(Hotword::validate)
    }
}

impl Hotword {
    fn validate(&self) -> Result<(), BeamConfigError> {
        number("boost", self.boost, &BeamConfig::BOOST)?;
        if !self.phrase.contains(char::is_alphanumeric) {
            return Err(BeamConfigError::EmptyHotword);
        }
        if self.phrase.chars().count() > BeamConfig::HOTWORD_CHARACTERS {
            return Err(BeamConfigError::LongHotword {
                phrase: self.phrase.clone(),
            });
        }
        Ok(())
    }
}

fn count(
    name: &'static str,
    value: usize,
    range: &RangeInclusive<usize>,
) -> Result<(), BeamConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(BeamConfigError::OutOfRange {
        name,
        value: value as f64,
        range: (*range.start() as f64, *range.end() as f64),
    })
}

fn number(
    name: &'static str,
    value: f32,
    range: &RangeInclusive<f32>,
) -> Result<(), BeamConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(BeamConfigError::OutOfRange {
        name,
        value: value.into(),
        range: ((*range.start()).into(), (*range.end()).into()),
    })
}
