//! The grid: values for each axis, and the points they make.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::decode::DecoderKind;
use crate::eval::normalise::Normaliser;

/// Most points of a grid.
pub const MAX_POINTS: usize = 10_000;

/// Values for each axis. A value given twice counts once. An axis whose values apply
/// to none of the decoders may be empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Milliseconds of lookahead; `None` is the whole take.
    pub lookaheads_ms: Vec<Option<u32>>,
    /// The decoders.
    pub decoders: Vec<DecoderKind>,
    /// Beam widths.
    #[serde(default)]
    pub beam_widths: Vec<u32>,
    /// Weights of the language model, α.
    #[serde(default)]
    pub lm_weights: Vec<f64>,
    /// Bonuses for each word, β.
    #[serde(default)]
    pub word_bonuses: Vec<f64>,
    /// With and without the hotwords.
    #[serde(default)]
    pub hotwords: Vec<bool>,
    /// Text normalisers, for judging; they change no transcript.
    #[serde(default = "one_normaliser")]
    pub normalisers: Vec<Normaliser>,
}

/// One combination of values. `None`: the decoder has no such setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Milliseconds of lookahead; `None` is the whole take.
    pub lookahead_ms: Option<u32>,
    /// The decoder.
    pub decoder: DecoderKind,
    /// The beam's width.
    pub beam_width: Option<u32>,
    /// Weight of the language model, α.
    pub lm_weight: Option<f64>,
    /// Bonus for each word, β.
    pub word_bonus: Option<f64>,
    /// Hotwords are on.
    pub hotwords: Option<bool>,
    /// The text normaliser.
    pub normaliser: Normaliser,
}

/// A point of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Its place in the grid's order, from 0.
    pub id: usize,
    /// What is set there.
    pub setting: Setting,
}

/// A grid that cannot be swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GridError {
    /// An axis that a decoder needs has no values.
    #[error("the sweep has no values for {0}")]
    Empty(&'static str),
    /// A value that is no number.
    #[error("a value for {0} is not a finite number")]
    NotFinite(&'static str),
    /// More than [`MAX_POINTS`].
    #[error("the sweep would have more than {MAX_POINTS} points; take values away from an axis")]
    TooLarge,
}

fn one_normaliser() -> Vec<Normaliser> {
    vec![Normaliser::default()]
}

impl Grid {
    /// Every point once, in an order that makes the most of what has been computed:
    /// all points of a lookahead (features and log-probs) come together, in them all
    /// of a decoder's setting (transcripts), in them the normalisers. The order of
    /// an axis's values is kept.
    ///
    /// # Errors
    /// When an axis that applies has no values or one that is no number, or there are
    /// too many points.
    pub fn points(&self) -> Result<Vec<Point>, GridError> {
        let lookaheads = axis("the lookahead", &self.lookaheads_ms)?;
        let normalisers = axis("the normaliser", &self.normalisers)?;
        let decodings = self.decodings()?;
        let count = lookaheads.len().saturating_mul(normalisers.len());
        if count.saturating_mul(decodings.len()) > MAX_POINTS {
            return Err(GridError::TooLarge);
        }
        let mut points = Vec::new();
        for lookahead_ms in &lookaheads {
            for decoding in &decodings {
                for normaliser in &normalisers {
                    let setting = Setting {
                        lookahead_ms: *lookahead_ms,
                        normaliser: *normaliser,
                        ..decoding.clone()
                    };
                    let id = points.len();
                    points.push(Point { id, setting });
                }
            }
        }
        Ok(points)
    }

    /// The decoders, each with every combination of what applies to it.
    fn decodings(&self) -> Result<Vec<Setting>, GridError> {
        let mut decodings = Vec::new();
        for decoder in axis("the decoder", &self.decoders)? {
            let searches = decoder != DecoderKind::Greedy;
            // α and β count only where there is a language model.
            let fuses = decoder == DecoderKind::BeamLm;
            let widths = optional_axis("the beam width", &self.beam_widths, searches)?;
            let weights = numbers("the language model's weight", &self.lm_weights, fuses)?;
            let bonuses = numbers("the word bonus", &self.word_bonuses, fuses)?;
            let hotwords = optional_axis("hotwords", &self.hotwords, searches)?;
            let counts = [widths.len(), weights.len(), bonuses.len(), hotwords.len()];
            let count = counts.into_iter().fold(1, usize::saturating_mul);
            if decodings.len().saturating_add(count) > MAX_POINTS {
                return Err(GridError::TooLarge);
            }
            for index in 0..count {
                // The last axis turns fastest.
                let (rest, hotword) = (index / hotwords.len(), index % hotwords.len());
                let (rest, bonus) = (rest / bonuses.len(), rest % bonuses.len());
                let (width, weight) = (rest / weights.len(), rest % weights.len());
                decodings.push(Setting {
                    lookahead_ms: None,
                    decoder,
                    beam_width: widths[width],
                    lm_weight: weights[weight],
                    word_bonus: bonuses[bonus],
                    hotwords: hotwords[hotword],
                    normaliser: Normaliser::default(),
                });
            }
        }
        Ok(decodings)
    }
}

/// The values of an axis, each once.
fn axis<T: PartialEq + Clone>(name: &'static str, values: &[T]) -> Result<Vec<T>, GridError> {
    let mut once: Vec<T> = Vec::new();
    for value in values {
        if !once.contains(value) {
            once.push(value.clone());
        }
    }
    if once.is_empty() {
        Err(GridError::Empty(name))
    } else {
        Ok(once)
    }
}

/// The values of an axis if it applies, else the one `None`.
fn optional_axis<T: PartialEq + Copy>(
    name: &'static str,
    values: &[T],
    applies: bool,
) -> Result<Vec<Option<T>>, GridError> {
    if !applies {
        return Ok(vec![None]);
    }
    Ok(axis(name, values)?.into_iter().map(Some).collect())
}

fn numbers(
    name: &'static str,
    values: &[f64],
    applies: bool,
) -> Result<Vec<Option<f64>>, GridError> {
    if applies && !values.iter().all(|value| value.is_finite()) {
        return Err(GridError::NotFinite(name));
    }
    optional_axis(name, values, applies)
}

/// For tables and progress: "320 ms, beam+lm 8, α 0.5, β 1, hotwords". Steps of the
/// normaliser that are off are named.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lookahead_ms {
            Some(ms) => write!(f, "{ms} ms, {}", self.decoder)?,
            None => write!(f, "whole take, {}", self.decoder)?,
        }
        if let Some(width) = self.beam_width {
            write!(f, " {width}")?;
        }
        if let Some(weight) = self.lm_weight {
            write!(f, ", α {weight}")?;
        }
        if let Some(bonus) = self.word_bonus {
            write!(f, ", β {bonus}")?;
        }
        if self.hotwords == Some(true) {
            f.write_str(", hotwords")?;
        }
        if self.normaliser != Normaliser::default() {
            write!(f, ", {}", self.normaliser)?;
        }
        Ok(())
    }
}
