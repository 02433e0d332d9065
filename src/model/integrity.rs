//! That a file is the very one its manifest describes.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{LanguageModelSpec, ModelError, ModelSpec};

/// Bytes that are digested between two pauses.
const STRIDE_BYTES: usize = 1 << 17;

impl ModelSpec {
    /// Checks length and SHA-256 of the model's file.
    ///
    /// # Errors
    /// [`ModelError::Empty`], [`ModelError::Length`], [`ModelError::Hash`].
    pub fn verify(&self, onnx: &[u8]) -> Result<(), ModelError> {
        let digest = Sha256::new().chain_update(onnx);
        verify(
            &self.file,
            (&self.sha256, self.bytes),
            onnx.len() as u64,
            digest,
        )
    }
}

impl LanguageModelSpec {
    /// Checks length and SHA-256 of the language model's file.
    ///
    /// # Errors
    /// [`ModelError::Empty`], [`ModelError::Length`], [`ModelError::Hash`].
    pub fn verify(&self, bytes: &[u8]) -> Result<(), ModelError> {
        self.verify_digest(bytes.len() as u64, Sha256::new().chain_update(bytes))
    }

    /// As [`Self::verify`], for a thread that has other things to do: awaits `pause` every
    /// few milliseconds of work.
    ///
    /// # Errors
    /// As for [`Self::verify`].
    pub async fn verify_with_pauses(
        &self,
        bytes: &[u8],
        pause: &impl AsyncFn(),
    ) -> Result<(), ModelError> {
        let mut digest = Sha256::new();
        for piece in bytes.chunks(STRIDE_BYTES) {
            digest.update(piece);
            pause().await;
        }
        self.verify_digest(bytes.len() as u64, digest)
    }

    fn verify_digest(&self, length: u64, digest: Sha256) -> Result<(), ModelError> {
        verify(&self.file, (&self.sha256, self.bytes), length, digest)
    }
}

/// Compares SHA-256 and length, as the manifest has them and as they are.
fn verify(
    file: &str,
    (sha256, expected): (&str, u64),
    length: u64,
    digest: Sha256,
) -> Result<(), ModelError> {
    let file = file.to_owned();
    if length == 0 {
        return Err(ModelError::Empty { file });
    }
    if length != expected {
        return Err(ModelError::Length {
            file,
            expected,
            found: length,
        });
    }
    let found = digest
        .finalize()
        .iter()
        .fold(String::new(), |mut found, byte| {
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
