//! The acoustic model.

mod tokens;

use serde::{Deserialize, Serialize};

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

impl Default for Lookahead {
    fn default() -> Self {
        Self::Ms(320)
    }
}
