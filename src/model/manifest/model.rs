//! What the manifest says of an acoustic model.

use std::collections::HashSet;

use serde::Deserialize;

use super::check::Checker;
use crate::audio::MODEL_RATE_HZ;
use crate::features::LogMelConfig;
use crate::model::ModelError;

/// One model: its file, its front end, its contract.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// By which it is asked for.
    pub name: String,
    /// A line for people.
    pub title: String,
    /// The ONNX file, beside the manifest.
    pub file: String,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
    /// Licence of the weights.
    pub licence: String,
    /// Language it was trained for (BCP 47).
    pub language: String,
    /// How the weights are stored.
    pub precision: Precision,
    /// The token file, beside the manifest.
    pub tokens: String,
    /// Rate of the audio it hears.
    pub sample_rate_hz: u32,
    /// Feature frames an encoder frame.
    pub subsampling: usize,
    /// Rows of the log-probs an encoder frame.
    pub rows_per_frame: usize,
    /// Index of the blank.
    pub blank: usize,
    /// Encoder frames before a chunk that its caches hold.
    pub left_frames: usize,
    /// Lookaheads it was trained for, ascending.
    pub lookaheads_ms: Vec<u32>,
    /// The longest chunk, in encoder frames.
    pub whole_take_frames: usize,
    /// Whole-take chunks are a multiple of this many encoder frames long.
    pub whole_take_multiple: usize,
    /// Silence to append at the end of a take so that the model brings out its last
    /// words.
    pub flush_ms: u32,
    /// How much later than the sound it writes words; nothing where that is not known.
    #[serde(default)]
    pub lateness: Lateness,
    /// The features it wants.
    pub front_end: LogMelConfig,
    /// What a chunk leaves to the next.
    #[serde(default)]
    pub caches: Vec<CacheSpec>,
}

/// How weights are stored in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit float.
    F32,
    /// 8-bit integers with a scale per output channel.
    Int8,
}

impl Precision {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::Int8 => "int8",
        }
    }
}

/// How much later than the sound a model writes a word: the first row of its first letter
/// against where the word begins, the end of its last letter's row against where it ends
/// (`models/training/word_times.py` measures both).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lateness {
    /// Of the beginning.
    pub start_ms: u32,
    /// Of the end.
    pub end_ms: u32,
}

/// A cache: the input of this name takes the output `<name>_next` of the chunk before,
/// zeros at the start.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSpec {
    /// The input's name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl CacheSpec {
    /// The output that feeds it.
    #[must_use]
    pub fn next_name(&self) -> String {
        format!("{}_next", self.name)
    }
}

/// Bounds beyond which a manifest describes nothing that could run in a browser.
const MAX_LEFT_FRAMES: usize = 8_192;
const MAX_CHUNK_FRAMES: usize = 8_192;
const MAX_LOOKAHEAD_MS: u32 = 60_000;
const MAX_FLUSH_MS: u32 = 10_000;
const MAX_LATENESS_MS: u32 = 2_000;
const MAX_CACHE_VALUES: usize = 1 << 26;

impl ModelSpec {
    pub(super) fn validate(&self) -> Result<(), ModelError> {
        let check = Checker { model: &self.name };
        check.words(&[
            ("name", &self.name),
            ("title", &self.title),
            ("licence", &self.licence),
            ("language", &self.language),
        ])?;
        check.file_name("file", &self.file)?;
        check.file_name("tokens", &self.tokens)?;
        check.content(&self.sha256, self.bytes)?;
        self.validate_rates(&check)?;
        self.validate_chunks(&check)?;
        self.validate_caches(&check)?;
        self.front_end.validate().map_err(|error| {
            let error = error.to_string();
            check.error("front_end", format!("{}.", error.trim_end_matches('.')))
        })
    }

    fn validate_rates(&self, check: &Checker<'_>) -> Result<(), ModelError> {
        check.range(
            "sample_rate_hz",
            self.sample_rate_hz,
            MODEL_RATE_HZ,
            MODEL_RATE_HZ,
        )?;
        let rate_hz = self.front_end.sample_rate_hz;
        check.that(
            "front_end.sample_rate_hz",
            rate_hz == self.sample_rate_hz,
            || {
                format!(
                    "it is {rate_hz}, and sample_rate_hz is {}.",
                    self.sample_rate_hz
                )
            },
        )?;
        check.range("subsampling", self.subsampling, 1, 64)?;
        check.range("rows_per_frame", self.rows_per_frame, 1, 64)?;
        check.range(
            "front_end.hop_samples",
            self.front_end.hop_samples,
            1,
            65_536,
        )?;
        let frame = self.front_end.hop_samples * self.subsampling;
        check.that(
            "rows_per_frame",
            frame.is_multiple_of(self.rows_per_frame),
            || {
                format!(
                    "it is {}, and must divide the {frame} samples of an encoder frame.",
                    self.rows_per_frame
                )
            },
        )?;
        check.range("blank", self.blank, 0, 0)?;
        check.range("lateness", self.lateness.start_ms, 0, MAX_LATENESS_MS)?;
        check.range("lateness", self.lateness.end_ms, 0, MAX_LATENESS_MS)?;
        check.range("flush_ms", self.flush_ms, 0, MAX_FLUSH_MS)
    }

    fn validate_chunks(&self, check: &Checker<'_>) -> Result<(), ModelError> {
        check.range("left_frames", self.left_frames, 0, MAX_LEFT_FRAMES)?;
        check.range(
            "whole_take_frames",
            self.whole_take_frames,
            1,
            MAX_CHUNK_FRAMES,
        )?;
        check.range(
            "whole_take_multiple",
            self.whole_take_multiple,
            1,
            MAX_CHUNK_FRAMES,
        )?;
        let fits = self
            .whole_take_frames
            .is_multiple_of(self.whole_take_multiple);
        check.that("whole_take_multiple", fits, || {
            format!(
                "it is {}, and must divide whole_take_frames ({}).",
                self.whole_take_multiple, self.whole_take_frames
            )
        })?;
        let ascending = self.lookaheads_ms.windows(2).all(|pair| pair[0] < pair[1]);
        check.that(
            "lookaheads_ms",
            ascending && self.lookaheads_ms.len() <= 32,
            || "it must be at most 32 numbers, ascending.".to_owned(),
        )?;
        for lookahead_ms in &self.lookaheads_ms {
            check.range("lookaheads_ms", *lookahead_ms, 0, MAX_LOOKAHEAD_MS)?;
            let frames = self.lookahead_frames(*lookahead_ms);
            let samples = u64::from(*lookahead_ms) * u64::from(self.sample_rate_hz);
            let frame = self.encoder_frame_samples().unsigned_abs() * 1000;
            check.that("lookaheads_ms", samples.is_multiple_of(frame), || {
                format!("{lookahead_ms} ms is not a whole number of encoder frames.")
            })?;
            check.that("lookaheads_ms", frames <= self.whole_take_frames, || {
                format!("{lookahead_ms} ms is a longer chunk than whole_take_frames.")
            })?;
        }
        Ok(())
    }

    fn validate_caches(&self, check: &Checker<'_>) -> Result<(), ModelError> {
        let mut names = HashSet::from(["features", "left_len"]);
        for cache in &self.caches {
            check.that(
                "caches.name",
                !cache.name.is_empty() && names.insert(&cache.name),
                || format!("{:?} is empty or names another input already.", cache.name),
            )?;
            let values = cache.shape.iter().try_fold(1_usize, |product, extent| {
                product
                    .checked_mul(*extent)
                    .filter(|values| *values <= MAX_CACHE_VALUES)
            });
            let usable = values.is_some_and(|values| values > 0) && cache.shape.len() <= 8;
            check.that("caches.shape", usable, || {
                format!(
                    "that of {:?} must have at most 8 axes, none of them 0, and \
                     {MAX_CACHE_VALUES} values in all.",
                    cache.name
                )
            })?;
        }
        Ok(())
    }
}
