//! One decoder of whichever kind a person has chosen, and what it is made from.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    BeamConfig, BeamConfigError, DecodeError, Greedy, Hypothesis, LanguageModel, PrefixBeam,
    Transcript, Word,
};
use crate::model::Tokens;

/// Which decoder, and how it is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DecoderSettings {
    /// Which one.
    pub kind: DecoderKind,
    /// How the beam search is set; kept while another decoder is chosen.
    pub beam: BeamConfig,
}

/// The decoders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecoderKind {
    /// Best token of each row, collapsed.
    #[default]
    #[serde(rename = "greedy")]
    Greedy,
    /// CTC prefix beam search over the log-probs alone.
    #[serde(rename = "beam")]
    Beam,
    /// The same with the word language model's scores added. Without a loaded
    /// language model it is [`DecoderKind::Beam`].
    #[serde(rename = "beam+lm")]
    BeamLm,
}

impl DecoderKind {
    /// All of them, from the plainest on.
    pub const ALL: [Self; 3] = [Self::Greedy, Self::Beam, Self::BeamLm];

    /// The word for it in addresses, on command lines and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Greedy => "greedy",
            Self::Beam => "beam",
            Self::BeamLm => "beam+lm",
        }
    }

    /// Reads [`Self::name`]'s word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for DecoderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What every decoder of a model is made from.
#[derive(Clone)]
pub struct DecoderParts {
    /// The model's tokens.
    pub tokens: Tokens,
    /// 16 kHz samples a row of log-probs advances.
    pub samples_per_row: i64,
    /// The language model, once it has loaded.
    pub language_model: Option<Arc<LanguageModel>>,
}

impl DecoderParts {
    /// A decoder that goes on after `committed` words, with the log-probs of `row`
    /// ([`Decoder::commit_point`]); no words and row 0 at the start of a take.
    ///
    /// # Errors
    /// When a setting of the beam search is out of its range.
    pub fn resume(
        &self,
        settings: &DecoderSettings,
        committed: Vec<Word>,
        row: i64,
    ) -> Result<Decoder, BeamConfigError> {
        let (tokens, samples_per_row) = (&self.tokens, self.samples_per_row);
        let language_model = match settings.kind {
            DecoderKind::Greedy => {
                let greedy = Greedy::resume(tokens, samples_per_row, committed, row);
                return Ok(Decoder::Greedy(greedy));
            }
            DecoderKind::Beam => None,
            DecoderKind::BeamLm => self.language_model.clone(),
        };
        let beam = settings.beam.clone();
        let beam = PrefixBeam::resume(
            tokens,
            samples_per_row,
            beam,
            language_model,
            committed,
            row,
        )?;
        Ok(Decoder::Beam(Box::new(beam)))
    }
}

/// A streaming decoder for one take.
#[derive(Clone)]
pub enum Decoder {
    /// Best path.
    Greedy(Greedy),
    /// Prefix beam search, with or without a language model.
    Beam(Box<PrefixBeam>),
}

impl Decoder {
    /// Decodes more rows, row-major `[k, V]`, any k.
    ///
    /// # Errors
    /// Those of [`Greedy::push`] and [`PrefixBeam::push`]; nothing is decoded then.
    pub fn push(&mut self, rows: &[f32]) -> Result<(), DecodeError> {
        match self {
            Self::Greedy(greedy) => greedy.push(rows),
            Self::Beam(beam) => beam.push(rows),
        }
    }

    /// The take is over: what is tentative is committed.
    pub fn finish(&mut self) {
        match self {
            Self::Greedy(greedy) => greedy.finish(),
            Self::Beam(beam) => beam.finish(),
        }
    }

    /// Index of the next row.
    #[must_use]
    pub fn rows(&self) -> i64 {
        match self {
            Self::Greedy(greedy) => greedy.rows(),
            Self::Beam(beam) => beam.rows(),
        }
    }

    /// The words so far, committed and tentative.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        match self {
            Self::Greedy(greedy) => greedy.transcript(),
            Self::Beam(beam) => beam.transcript(),
        }
    }

    /// The committed words, and the row from which another decoder can go on after
    /// them.
    #[must_use]
    pub fn commit_point(&self) -> (&[Word], i64) {
        match self {
            Self::Greedy(greedy) => greedy.commit_point(),
            Self::Beam(beam) => beam.commit_point(),
        }
    }

    /// The best hypotheses, best first. Greedy has none to choose from.
    #[must_use]
    pub fn n_best(&self) -> Vec<Hypothesis> {
        match self {
            Self::Greedy(_) => Vec::new(),
            Self::Beam(beam) => beam.n_best(),
        }
    }
}
