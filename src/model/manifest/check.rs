//! Checks of single fields, with errors that name model and field.

use crate::model::ModelError;

/// Larger files run in no browser.
const MAX_FILE_BYTES: u64 = 1 << 30;
const MAX_NAME_CHARS: usize = 200;

/// Makes errors that name a model.
pub struct Checker<'a> {
    pub model: &'a str,
}

impl Checker<'_> {
    pub fn error(&self, field: &str, reason: String) -> ModelError {
        ModelError::Field {
            model: self.model.to_owned(),
            field: field.to_owned(),
            reason,
        }
    }

    pub fn that(
        &self,
        field: &str,
        holds: bool,
        reason: impl FnOnce() -> String,
    ) -> Result<(), ModelError> {
        if holds {
            Ok(())
        } else {
            Err(self.error(field, reason()))
        }
    }

    pub fn range<T>(&self, field: &str, value: T, low: T, high: T) -> Result<(), ModelError>
    where
        T: PartialOrd + std::fmt::Display + Copy,
    {
        self.that(field, value >= low && value <= high, || {
            if low == high {
                format!("it is {value}, and must be {low}.")
            } else {
                format!("it is {value}, and must be between {low} and {high}.")
            }
        })
    }

    /// Words for people: one line each, not empty.
    pub fn words(&self, words: &[(&str, &str)]) -> Result<(), ModelError> {
        for (field, word) in words {
            let usable = !word.trim().is_empty() && word.chars().count() <= MAX_NAME_CHARS;
            self.that(field, usable && !word.contains(char::is_control), || {
                format!("it must be one line of 1 to {MAX_NAME_CHARS} characters.")
            })?;
        }
        Ok(())
    }

    /// A file beside the manifest.
    pub fn file_name(&self, field: &str, file: &str) -> Result<(), ModelError> {
        self.that(field, is_plain_file_name(file), || {
            format!(
                "it is {file:?}, and must be the plain name of a file beside the manifest, \
                 of letters, digits, dots, dashes and underscores."
            )
        })
    }

    /// A file's content: SHA-256 and length.
    pub fn content(&self, sha256: &str, bytes: u64) -> Result<(), ModelError> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let digest = sha256.len() == 64 && sha256.bytes().all(hexadecimal);
        self.that("sha256", digest, || {
            "it must be 64 lower-case hexadecimal digits.".to_owned()
        })?;
        self.range("bytes", bytes, 1, MAX_FILE_BYTES)
    }
}

/// No folder, no address, nothing hidden: what a file beside the manifest can be called.
fn is_plain_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !name.is_empty()
        && name.len() <= MAX_NAME_CHARS
        && !name.starts_with('.')
        && name.chars().all(plain)
}
