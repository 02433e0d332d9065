//! Where an utterance ends: rules over the blank's posterior and the level of each row.
//!
//! A row *sounds like speech* when P(neither blank nor space) is above
//! `speech_probability`; it is *blank* otherwise. A blank row is *quiet* when its level is at
//! most `quiet_db` above the floor: the lowest level of the last ten seconds, taken as
//! no lower than −80 dBFS, so that digital silence does not make a quiet room loud.
//!
//! An utterance begins at the take's start and after each endpoint. It ends with the
//! first row for which one of these holds, looked at in this order:
//!
//! | rule | what must hold | default |
//! |---|---|---|
//! | [`EndpointRule::Pause`] | a row sounded like speech, and quiet rows since | 1.2 s |
//! | [`EndpointRule::Silence`] | blank rows, whatever was said and however loud | 2.4 s |
//! | [`EndpointRule::TooLong`] | the utterance, silence too | 20 s |
//!
//! These are the three rules and times of sherpa-onnx's `EndpointConfig`, which come
//! from Kaldi's `OnlineEndpointConfig`; new is that a pause must be quiet. Measured over
//! the 635 dev clips, each one utterance, whole take (`benches/ctc`): a pause of
//! 1.2 s by blank alone cuts 4.6 % of them in two, with the level 1.6 %; of 0.8 s, 12.4 and
//! 3.9 % (sixth run's model). Where noise comes and goes, so that no pause is quiet, the second rule remains.
//!
//! **Segments.** An utterance in which something sounded like speech gives a segment: from
//! its first such row to its last, `padding_ms` wider on both sides (CTC tokens are
//! short peaks within their sounds), yet within the utterance.
//!
//! Invariants: rows may be pushed in any portions, the endpoints are the same; segments
//! are in order and do not overlap; a push that fails changes nothing.

mod floor;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::floor::Floor;
use super::rows::{Norm, check};
use super::{DecodeError, RowClock};
use crate::model::Tokens;

/// Lowest level that counts, in dBFS.
const LOWEST_DBFS: f32 = -80.0;
/// Time over which the floor is the lowest level.
const FLOOR_SECONDS: i64 = 10;
/// Rate of all sample positions.
const SAMPLES_PER_MS: i64 = 16;

/// Settings of an [`Endpointer`]. What is left out is as in [`EndpointConfig::default`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndpointConfig {
    /// A row sounds like speech when P(neither blank nor space) is above this, 0 to 1.
    pub speech_probability: f32,
    /// A blank row is quiet when it is at most this above the floor, 0 to 100 dB.
    pub quiet_db: f32,
    /// Quiet time after speech that ends an utterance, 40 to 60,000.
    pub pause_ms: u32,
    /// Blank time that ends an utterance in any case, 40 to 60,000.
    pub silence_ms: u32,
    /// Length at which an utterance ends in any case, 1,000 to 1,800,000.
    pub max_utterance_ms: u32,
    /// What a segment has before its first row of speech and after its last, 0 to 2,000.
    pub padding_ms: u32,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            speech_probability: 0.5,
            quiet_db: 10.0,
            pause_ms: 1200,
            silence_ms: 2400,
            max_utterance_ms: 20_000,
            padding_ms: 200,
        }
    }
}

impl EndpointConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`EndpointError::Setting`] names the first field out of its range.
    pub fn validate(&self) -> Result<(), EndpointError> {
        let fields = [
            (
                "speech_probability",
                f64::from(self.speech_probability),
                0.0..=1.0,
            ),
            ("quiet_db", f64::from(self.quiet_db), 0.0..=100.0),
            ("pause_ms", f64::from(self.pause_ms), 40.0..=60_000.0),
            ("silence_ms", f64::from(self.silence_ms), 40.0..=60_000.0),
            (
                "max_utterance_ms",
                f64::from(self.max_utterance_ms),
                1e3..=1.8e6,
            ),
            ("padding_ms", f64::from(self.padding_ms), 0.0..=2000.0),
        ];
        for (name, value, range) in fields {
            if !range.contains(&value) {
                return Err(EndpointError::Setting {
                    name,
                    lowest: *range.start(),
                    highest: *range.end(),
                    value,
                });
            }
        }
        Ok(())
    }
}

/// Why rows could not be looked at.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EndpointError {
    /// The values are no log-probs.
    #[error(transparent)]
    LogProbs(#[from] DecodeError),
    /// There is not one level a row.
    #[error("{levels} levels for {rows} rows of log-probs: each row needs one")]
    Levels {
        /// Rows pushed.
        rows: usize,
        /// Levels pushed.
        levels: usize,
    },
    /// A level is NaN or +∞.
    #[error("the level of row {row} is {value} dBFS, which is none")]
    NotALevel {
        /// The row, counted from the take's first.
        row: i64,
        /// NaN or +∞.
        value: f32,
    },
    /// A setting is out of its range.
    #[error("{name} must be {lowest} to {highest}, not {value}")]
    Setting {
        /// The field.
        name: &'static str,
        /// The least it may be.
        lowest: f64,
        /// The most it may be.
        highest: f64,
        /// What it is.
        value: f64,
    },
}

/// What ended an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointRule {
    /// Quiet after speech.
    Pause,
    /// Nothing that sounds like speech for long.
    Silence,
    /// The longest utterance that is allowed.
    TooLong,
    /// The take's end.
    TakeEnd,
}

/// A stretch with speech in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// First 16 kHz sample.
    pub start_sample: i64,
    /// One past the last 16 kHz sample.
    pub end_sample: i64,
}

/// An utterance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Why.
    pub rule: EndpointRule,
    /// One past the last 16 kHz sample of the utterance; the next begins here.
    pub sample: i64,
    /// Where speech was in it; `None` when nothing sounded like speech.
    pub segment: Option<Segment>,
}

/// Endpoints of a take, row by row.
#[derive(Clone, Debug)]
pub struct Endpointer {
    limits: Limits,
    clock: RowClock,
    columns: usize,
    blank: usize,
    space: Option<usize>,
    floor: Floor,
    rows: i64,
    utterance: Utterance,
    finished: bool,
}

/// The settings in rows.
#[derive(Clone, Copy, Debug)]
struct Limits {
    speech_probability: f64,
    quiet_db: f32,
    pause_rows: i64,
    silence_rows: i64,
    utterance_rows: i64,
    padding_samples: i64,
}

/// The utterance that is going on.
#[derive(Clone, Copy, Debug)]
struct Utterance {
    first_row: i64,
    /// First and last row that sounded like speech.
    speech: Option<(i64, i64)>,
    /// Quiet rows up to the last, without a break.
    quiet_rows: i64,
    /// Blank rows up to the last, without a break.
    blank_rows: i64,
}

impl Utterance {
    fn new(first_row: i64) -> Self {
        Self {
            first_row,
            speech: None,
            quiet_rows: 0,
            blank_rows: 0,
        }
    }
}

impl Endpointer {
    /// At the start of a take, for rows of `tokens.len()` columns that lie
    /// `samples_per_row` 16 kHz samples apart (at least 1). Times are rounded up to rows.
    ///
    /// # Errors
    /// [`EndpointError::Setting`].
    pub fn new(
        tokens: &Tokens,
        samples_per_row: i64,
        config: EndpointConfig,
    ) -> Result<Self, EndpointError> {
        config.validate()?;
        let samples = |ms: u32| i64::from(ms) * SAMPLES_PER_MS;
        let rows = |ms: u32| {
            (samples(ms).saturating_add(samples_per_row.max(1) - 1) / samples_per_row.max(1)).max(1)
        };
        Ok(Self {
            limits: Limits {
                speech_probability: f64::from(config.speech_probability),
                quiet_db: config.quiet_db,
                pause_rows: rows(config.pause_ms),
                silence_rows: rows(config.silence_ms),
                utterance_rows: rows(config.max_utterance_ms),
                padding_samples: samples(config.padding_ms),
            },
            clock: RowClock { samples_per_row },
            columns: tokens.len(),
            blank: tokens.blank(),
            space: tokens.space(),
            floor: Floor::new(rows(FLOOR_SECONDS as u32 * 1000)),
            rows: 0,
            utterance: Utterance::new(0),
            finished: false,
        })
    }

    /// Takes more rows: `rows` is row-major `[k, V]`, any k, as
    /// [`super::Greedy::push`] takes them; `levels_dbfs` is the level of each row's own
    /// audio ([`crate::audio::level_dbfs`]), −∞ for digital silence. A caller without
    /// levels gives −∞ for all, and every blank row is quiet.
    ///
    /// # Errors
    /// As [`super::Greedy::push`], and when there is not one level a row or one is NaN
    /// or +∞. Nothing is taken then.
    pub fn push(
        &mut self,
        rows: &[f32],
        levels_dbfs: &[f32],
    ) -> Result<Vec<Endpoint>, EndpointError> {
        self.check(rows, levels_dbfs)?;
        let mut endpoints = Vec::new();
        for (row, level) in rows.chunks_exact(self.columns).zip(levels_dbfs) {
            endpoints.extend(self.accept(row, level.max(LOWEST_DBFS)));
        }
        Ok(endpoints)
    }

    fn check(&self, rows: &[f32], levels_dbfs: &[f32]) -> Result<(), EndpointError> {
        if self.finished {
            return Err(DecodeError::Finished.into());
        }
        check(rows, self.columns, self.rows)?;
        if levels_dbfs.len() != rows.len() / self.columns {
            return Err(EndpointError::Levels {
                rows: rows.len() / self.columns,
                levels: levels_dbfs.len(),
            });
        }
        let bad = |level: &f32| level.is_nan() || *level == f32::INFINITY;
        match levels_dbfs.iter().position(bad) {
            None => Ok(()),
            Some(index) => Err(EndpointError::NotALevel {
                row: self.rows + index as i64,
                value: levels_dbfs[index],
            }),
        }
    }

    fn accept(&mut self, row: &[f32], level_dbfs: f32) -> Option<Endpoint> {
        let floor = self.floor.push(self.rows, level_dbfs);
        let utterance = &mut self.utterance;
        if speech(row, self.blank, self.space) > self.limits.speech_probability {
            let (first, _) = utterance.speech.unwrap_or((self.rows, self.rows));
            utterance.speech = Some((first, self.rows));
            (utterance.quiet_rows, utterance.blank_rows) = (0, 0);
        } else {
            utterance.blank_rows += 1;
            let quiet = level_dbfs <= floor + self.limits.quiet_db;
            utterance.quiet_rows = if quiet { utterance.quiet_rows + 1 } else { 0 };
        }
        self.rows += 1;
        let rule = self.rule()?;
        Some(self.end(rule))
    }

    /// The first rule that holds after the last row.
    fn rule(&self) -> Option<EndpointRule> {
        let (utterance, limits) = (&self.utterance, &self.limits);
        if utterance.speech.is_some() && utterance.quiet_rows >= limits.pause_rows {
            Some(EndpointRule::Pause)
        } else if utterance.blank_rows >= limits.silence_rows {
            Some(EndpointRule::Silence)
        } else if self.rows - utterance.first_row >= limits.utterance_rows {
            Some(EndpointRule::TooLong)
        } else {
            None
        }
    }

    /// Ends the utterance after the last row and begins the next.
    fn end(&mut self, rule: EndpointRule) -> Endpoint {
        let utterance = std::mem::replace(&mut self.utterance, Utterance::new(self.rows));
        let (start, end) = (
            self.clock.start_sample(utterance.first_row),
            self.clock.start_sample(self.rows),
        );
        let padding = self.limits.padding_samples;
        let segment = |(first, last): (i64, i64)| Segment {
            start_sample: (self.clock.start_sample(first) - padding).max(start),
            end_sample: self.clock.end_sample(last).saturating_add(padding).min(end),
        };
        Endpoint {
            rule,
            sample: end,
            segment: utterance.speech.map(segment),
        }
    }

    /// The take is over: ends the utterance that is going on, if it has rows. A second
    /// call gives nothing.
    pub fn finish(&mut self) -> Option<Endpoint> {
        self.finished = true;
        (self.utterance.first_row < self.rows).then(|| self.end(EndpointRule::TakeEnd))
    }

    /// Rows taken so far.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.rows
    }
}

/// P(neither blank nor space), 0 for a row of nothing but −∞.
fn speech(row: &[f32], blank: usize, space: Option<usize>) -> f64 {
    let Some(norm) = Norm::of(row) else {
        return 0.0;
    };
    let others = row
        .iter()
        .enumerate()
        .filter(|(token, _)| *token != blank && Some(*token) != space);
    others.map(|(_, value)| norm.ln(*value).exp()).sum()
}
