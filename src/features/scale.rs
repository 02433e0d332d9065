//! From mel energies to logarithms.

use serde::{Deserialize, Serialize};

use super::FeatureError;
use super::config::{Spectrum, check};

/// The logarithm and its floor. In a manifest: `{ kind = "ln", floor = 1e-6 }` or
/// `{ kind = "db", reference = "max", floor = 1e-10, top_db = 80.0 }`, where
/// `reference` may be `{ fixed = 1.0 }` (the default) and `top_db` left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ScalingFields", into = "ScalingFields")]
pub enum Scaling {
    /// ln(max(mel, floor)).
    Ln {
        /// Least mel value, in the unit of the spectrum.
        floor: f64,
    },
    /// 10·log₁₀(max(mel, floor) / max(reference, floor)) of a power spectrum, and
    /// 20·log₁₀ of a magnitude spectrum: librosa's `power_to_db` and `amplitude_to_db`.
    Db {
        /// What 0 dB is.
        reference: DbReference,
        /// Least mel value, in the unit of the spectrum (librosa's `amin`).
        floor: f64,
        /// Nothing lies further below the take's loudest value than this.
        top_db: Option<f64>,
    },
}

/// What 0 dB is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DbReference {
    /// The largest mel value of the take.
    Max,
    /// This mel value.
    Fixed(f64),
}

/// [`Scaling`] as it is written: flat, with its kind by name. (Serde's own tagged
/// enums cannot be read back from postcard, which names no fields.)
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScalingFields {
    kind: ScalingKind,
    floor: f64,
    #[serde(default)]
    reference: Option<DbReference>,
    #[serde(default)]
    top_db: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScalingKind {
    Ln,
    Db,
}

impl Default for Scaling {
    /// As in [`super::LogMelConfig::model`].
    fn default() -> Self {
        Self::Ln { floor: 1e-6 }
    }
}

impl TryFrom<ScalingFields> for Scaling {
    type Error = &'static str;

    fn try_from(fields: ScalingFields) -> Result<Self, Self::Error> {
        match fields {
            ScalingFields {
                kind: ScalingKind::Ln,
                floor,
                reference: None,
                top_db: None,
            } => Ok(Self::Ln { floor }),
            ScalingFields {
                kind: ScalingKind::Ln,
                ..
            } => Err("scaling of kind ln has no reference and no top_db"),
            ScalingFields {
                kind: ScalingKind::Db,
                floor,
                reference,
                top_db,
            } => Ok(Self::Db {
                reference: reference.unwrap_or(DbReference::Fixed(1.0)),
                floor,
                top_db,
            }),
        }
    }
}

impl From<Scaling> for ScalingFields {
    fn from(scaling: Scaling) -> Self {
        match scaling {
            Scaling::Ln { floor } => Self {
                kind: ScalingKind::Ln,
                floor,
                reference: None,
                top_db: None,
            },
            Scaling::Db {
                reference,
                floor,
                top_db,
            } => Self {
                kind: ScalingKind::Db,
                floor,
                reference: Some(reference),
                top_db,
            },
        }
    }
}

impl Scaling {
    pub(super) fn validate(&self) -> Result<(), FeatureError> {
        let positive = |field, value: f64| {
            check(field, value > 0.0 && value.is_finite(), || {
                format!("it is {value}, and must be a number above 0.")
            })
        };
        match *self {
            Self::Ln { floor } => positive("scaling.floor", floor),
            Self::Db {
                reference,
                floor,
                top_db,
            } => {
                positive("scaling.floor", floor)?;
                if let DbReference::Fixed(value) = reference {
                    positive("scaling.reference", value)?;
                }
                let top_db = top_db.unwrap_or(0.0);
                check(
                    "scaling.top_db",
                    top_db >= 0.0 && top_db.is_finite(),
                    || format!("it is {top_db}, and must be at least 0."),
                )
            }
        }
    }
}

/// A [`Scaling`] made ready: what can be done frame by frame, and what is left to
/// do when the whole take is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaler {
    floor: f64,
    /// Factor of the natural logarithm, or `None` for 1.
    db_per_neper: Option<f64>,
    offset: f64,
    whole: WholeTake,
}

#[derive(Clone, Copy, Debug)]
struct WholeTake {
    relative_to_max: bool,
    top_db: Option<f64>,
}

impl Scaler {
    pub(super) fn new(scaling: Scaling, spectrum: Spectrum) -> Self {
        match scaling {
            Scaling::Ln { floor } => Self {
                floor,
                db_per_neper: None,
                offset: 0.0,
                whole: WholeTake {
                    relative_to_max: false,
                    top_db: None,
                },
            },
            Scaling::Db {
                reference,
                floor,
                top_db,
            } => {
                let per_decade = match spectrum {
                    Spectrum::Power => 10.0,
                    Spectrum::Magnitude => 20.0,
                };
                let factor = per_decade * std::f64::consts::LOG10_E;
                Self {
                    floor,
                    db_per_neper: Some(factor),
                    offset: match reference {
                        DbReference::Max => 0.0,
                        DbReference::Fixed(value) => factor * value.max(floor).ln(),
                    },
                    whole: WholeTake {
                        relative_to_max: reference == DbReference::Max,
                        top_db,
                    },
                }
            }
        }
    }

    /// One mel value's logarithm, but for what needs the whole take.
    pub(super) fn value(&self, mel: f64) -> f32 {
        let ln = mel.max(self.floor).ln();
        match self.db_per_neper {
            None => ln as f32,
            Some(factor) => (factor * ln - self.offset) as f32,
        }
    }

    /// The rest, over all values of a take: relative to the largest, and not below
    /// `top_db` under it.
    pub(super) fn finish(&self, values: &mut [f32]) {
        let loudest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let reference = if self.whole.relative_to_max {
            loudest
        } else {
            0.0
        };
        let least = self.whole.top_db.map_or(f32::NEG_INFINITY, |top_db| {
            (f64::from(loudest) - f64::from(reference) - top_db) as f32
        });
        for value in values {
            *value = (*value - reference).max(least);
        }
    }
}
