//! `manifest.toml`: which models there are and everything the program must know of
//! each. Nothing is assumed that is not written there, and every number is
//! range-checked, because a manifest may come from a stranger.

mod check;
mod language_model;
mod model;

use std::collections::HashSet;

use serde::Deserialize;

use self::check::Checker;
pub use self::language_model::LanguageModelSpec;
pub use self::model::{CacheSpec, Lateness, ModelSpec, Precision};
use super::ModelError;

/// The version of the manifest's format that this program reads.
const FORMAT: u32 = 1;

/// A list of models, one of them the default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    default: String,
    #[serde(rename = "model")]
    models: Vec<ModelSpec>,
    #[serde(rename = "language_model", default)]
    language_models: Vec<LanguageModelSpec>,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ModelError::Syntax`] when it is not TOML of this form,
    /// [`ModelError::Field`] naming the first field out of range.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ModelError::Syntax {
            line: line_of(text, error.span()),
            reason: error.message().trim_end_matches('.').to_owned(),
        })?;
        manifest.validate()?;
        Ok(manifest)
    }

    /// The model of that name, or the default.
    ///
    /// # Errors
    /// [`ModelError::UnknownModel`].
    pub fn model(&self, name: Option<&str>) -> Result<&ModelSpec, ModelError> {
        let name = name.unwrap_or(&self.default);
        let found = self.models.iter().find(|model| model.name == name);
        found.ok_or_else(|| ModelError::UnknownModel {
            name: name.to_owned(),
            known: self
                .models
                .iter()
                .map(|m| m.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    /// The language model for an acoustic model: the first of its language. There
    /// may be none.
    #[must_use]
    pub fn language_model(&self, model: &ModelSpec) -> Option<&LanguageModelSpec> {
        let mut all = self.language_models.iter();
        all.find(|spec| spec.language == model.language)
    }

    /// All models, in the manifest's order.
    #[must_use]
    pub fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    /// The name of the model that is used unless another is asked for.
    #[must_use]
    pub fn default_name(&self) -> &str {
        &self.default
    }

    fn validate(&self) -> Result<(), ModelError> {
        let check = Checker {
            model: "the manifest",
        };
        check.that("format", self.format == FORMAT, || {
            format!(
                "it is {}, and this program reads format {FORMAT}.",
                self.format
            )
        })?;
        let mut names = HashSet::new();
        for model in &self.models {
            check.that("model", names.insert(&model.name), || {
                format!("two models are named {:?}.", model.name)
            })?;
            model.validate()?;
        }
        for language_model in &self.language_models {
            language_model.validate()?;
        }
        check.that("default", names.contains(&self.default), || {
            format!("it is {:?}, and no model is named so.", self.default)
        })
    }
}

/// Line of the start of a span, counted from 1.
fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    1 + before.matches('\n').count()
}
