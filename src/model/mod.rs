//! The acoustic model: what the manifest says of it, the check that its file is
//! that very file, and the session that runs it chunk by chunk.
//!
//! ```text
//! manifest.toml ─ Manifest::parse ─▶ ModelSpec ─┐
//! base.int8.onnx ─ length, SHA-256 ─ tract ─────┴▶ Session ─ run(chunk) ─▶ log-probs
//!                                                    │ ▲
//!                                         one plan a chunk length   EncoderState (caches)
//! ```
//!
//! The ONNX contract: inputs `features` f32 `[1, T, n_mels]` (T symbolic, a multiple
//! of `subsampling`), the caches as the manifest lists them, `left_len` i64 `[1]`;
//! outputs `log_probs` f32 `[1, T / subsampling × rows_per_frame, tokens]` and, for
//! each cache, `<name>_next` of the same shape.
//!
//! Invariants, each held by a test of `tests/model`:
//! - no byte of a model file is parsed before its length and SHA-256 are verified
//!   (`a_file_that_is_not_the_manifests_is_refused_before_parsing`);
//! - chunk by chunk with caches gives the log-probs of `PyTorch`'s masked forward over
//!   the whole take, for every lookahead (`chunks_with_caches_equal_the_masked_whole`);
//! - the same input gives the same bits (`runs_are_deterministic`).

mod chunk;
mod error;
#[cfg(feature = "recognizer")]
mod int8;
mod integrity;
mod manifest;
#[cfg(feature = "recognizer")]
mod onnx;
#[cfg(feature = "recognizer")]
mod operators;
#[cfg(feature = "recognizer")]
mod plans;
#[cfg(feature = "recognizer")]
mod session;
mod tokens;

use serde::{Deserialize, Serialize};

pub use error::ModelError;
pub use manifest::{CacheSpec, LanguageModelSpec, Lateness, Manifest, ModelSpec, Precision};
#[cfg(feature = "recognizer")]
pub use session::{EncoderState, Session};
pub use tokens::{Tokens, TokensError};

/// How much audio after a frame the encoder may see before it answers.
///
/// A lookahead of n encoder frames means chunks of n frames: inside a chunk every
/// frame sees the whole chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lookahead {
    /// A chunk of this many milliseconds; 0 is one encoder frame.
    Ms(u32),
    /// The whole take at once, when it has ended (not streaming).
    WholeTake,
}

impl Lookahead {
    /// Of the lookaheads that a model offers, the one closest to this; this one if it
    /// offers none.
    #[must_use]
    pub fn nearest(self, offered: &[Self]) -> Self {
        // Longer than any other.
        let ms = |lookahead: Self| match lookahead {
            Self::Ms(ms) => i64::from(ms),
            Self::WholeTake => i64::from(u32::MAX),
        };
        let distance = |other: &Self| (ms(*other) - ms(self)).abs();
        offered.iter().copied().min_by_key(distance).unwrap_or(self)
    }
}

/// In what numbers the model is computed. The file is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arithmetic {
    /// The file's int8 weights as they are, by our own operations: fast.
    #[default]
    Int8,
    /// Weights made floats, by the inference engine's own operations: slower, and what
    /// the other is measured against.
    Float,
}

impl Arithmetic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Int8, Self::Float];

    /// The one with this name, as it displays.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let named = |arithmetic: &Self| arithmetic.to_string() == name;
        Self::ALL.into_iter().find(named)
    }
}

impl std::fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Int8 => "int8",
            Self::Float => "float",
        })
    }
}

impl Default for Lookahead {
    fn default() -> Self {
        Self::Ms(320)
    }
}

impl std::fmt::Display for Lookahead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ms(ms) => write!(f, "{ms} ms"),
            Self::WholeTake => f.write_str("whole take"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lookahead::{self, Ms, WholeTake};

    #[test]
    fn the_nearest_lookahead_is_one_that_is_offered() {
        let offered = [Ms(0), Ms(320), Ms(1280)];
        let cases = [(Ms(320), Ms(320)), (Ms(640), Ms(320)), (Ms(2000), Ms(1280))];
        for (chosen, nearest) in cases.into_iter().chain([(WholeTake, Ms(1280))]) {
            assert_eq!(chosen.nearest(&offered), nearest, "{chosen}");
        }
        assert_eq!(WholeTake.nearest(&[Ms(0), WholeTake]), WholeTake);
        assert_eq!(Lookahead::default().nearest(&[]), Ms(320));
    }
}
