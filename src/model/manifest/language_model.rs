//! What the manifest says of a language model.

use serde::Deserialize;

use super::check::Checker;
use crate::model::ModelError;

/// One language model: its file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageModelSpec {
    /// By which it is asked for.
    pub name: String,
    /// A line for people.
    pub title: String,
    /// The file, beside the manifest, in the format of [`crate::decode::LanguageModel`].
    pub file: String,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
    /// Licence of the model.
    pub licence: String,
    /// Its language (BCP 47).
    pub language: String,
}

impl LanguageModelSpec {
    pub(super) fn validate(&self) -> Result<(), ModelError> {
        let check = Checker { model: &self.name };
        check.words(&[
            ("name", &self.name),
            ("title", &self.title),
            ("licence", &self.licence),
            ("language", &self.language),
        ])?;
        check.file_name("file", &self.file)?;
        check.content(&self.sha256, self.bytes)
    }
}
