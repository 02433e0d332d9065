//! That a file is the very one its manifest describes.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{LanguageModelSpec, ModelError, ModelSpec};

impl ModelSpec {
    /// Checks length and SHA-256 of the model's file.
    ///
    /// # Errors
    /// [`ModelError::Empty`], [`ModelError::Length`], [`ModelError::Hash`].
    pub fn verify(&self, onnx: &[u8]) -> Result<(), ModelError> {
        verify(&self.file, &self.sha256, self.bytes, onnx)
    }
}

impl LanguageModelSpec {
    /// Checks length and SHA-256 of the language model's file.
    ///
    /// # Errors
    /// [`ModelError::Empty`], [`ModelError::Length`], [`ModelError::Hash`].
    pub fn verify(&self, bytes: &[u8]) -> Result<(), ModelError> {
        verify(&self.file, &self.sha256, self.bytes, bytes)
    }
}

fn verify(file: &str, sha256: &str, length: u64, bytes: &[u8]) -> Result<(), ModelError> {
    let file = file.to_owned();
    if bytes.is_empty() {
        return Err(ModelError::Empty { file });
    }
    if bytes.len() as u64 != length {
        return Err(ModelError::Length {
            file,
            expected: length,
            found: bytes.len() as u64,
        });
    }
    let digest = Sha256::digest(bytes);
    let found = digest.iter().fold(String::new(), |mut found, byte| {
        // Writing to a string cannot fail.
        let _ = write!(found, "{byte:02x}");
        found
    });
    if found != sha256 {
        return Err(ModelError::Hash {
            file,
            expected: sha256.to_owned(),
            found,
        });
    }
    Ok(())
}
