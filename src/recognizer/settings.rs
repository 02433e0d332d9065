//! What can be set of the recogniser: all that page and protocol know of it.

use serde::{Deserialize, Serialize};

use crate::model::Lookahead;

/// What a person can set of the recogniser.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How much audio after a frame the encoder may see.
    pub lookahead: Lookahead,
    /// How log-probs become text.
    pub decoder: DecoderKind,
}

/// The decoders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecoderKind {
    /// Best token of each row, collapsed.
    #[default]
    Greedy,
}
