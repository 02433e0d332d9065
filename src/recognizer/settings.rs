//! What can be set of the recogniser: all that page and protocol know of it.

use serde::{Deserialize, Serialize};

use crate::decode::{DecoderSettings, EndpointConfig, GateConfig};
use crate::model::{Arithmetic, Lookahead};

/// What a person can set of the recogniser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How much audio after a frame the encoder may see.
    pub lookahead: Lookahead,
    /// In what numbers the model is computed.
    pub arithmetic: Arithmetic,
    /// How log-probs become text.
    pub decoder: DecoderSettings,
    /// Where utterances end: what was said up to there is committed, and decoding
    /// begins anew. `None`: the take is one utterance.
    pub endpoint: Option<EndpointConfig>,
    /// What counts as speech: words elsewhere are left out. `None`: all words stay.
    pub gate: Option<GateConfig>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lookahead: Lookahead::default(),
            arithmetic: Arithmetic::default(),
            decoder: DecoderSettings::default(),
            endpoint: None,
            gate: Some(GateConfig::default()),
        }
    }
}
