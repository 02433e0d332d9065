//! One concrete plan per chunk length, built when first needed and kept.

use tract_onnx::prelude::*;

use super::ModelError;
use super::onnx::{Graph, words};

/// Plans kept. In floats each holds its own packed copy of the weights (19 MB for the
/// bundled model of 4.7 M parameters), so this bounds the memory of a session: five
/// lookaheads and three lengths of whole take. In int8 they share one.
pub const KEPT: usize = 8;

/// Plans by chunk length, the most recently used last.
#[derive(Default)]
pub struct Plans {
    built: Vec<(usize, Arc<TypedRunnableModel>)>,
}

impl Plans {
    /// The plan for chunks of `frames` encoder frames, `subsampling` feature frames
    /// each; the least recently used plan makes room for a new one.
    ///
    /// # Errors
    /// [`ModelError::Run`] when the engine cannot make it.
    pub fn get(
        &mut self,
        graph: &Graph,
        frames: usize,
        subsampling: usize,
    ) -> Result<Arc<TypedRunnableModel>, ModelError> {
        let kept = self.built.iter().position(|(length, _)| *length == frames);
        let entry = if let Some(index) = kept {
            self.built.remove(index)
        } else {
            // Room first, so that one copy of the weights fewer is held at the peak.
            if self.built.len() >= KEPT {
                self.built.remove(0);
            }
            let failed = |error| ModelError::Run {
                frames,
                reason: words(&error),
            };
            (frames, graph.plan(frames * subsampling).map_err(failed)?)
        };
        let plan = Arc::clone(&entry.1);
        self.built.push(entry);
        Ok(plan)
    }

    /// Chunk lengths there are plans for, the most recently used last.
    pub fn lengths(&self) -> impl Iterator<Item = usize> {
        self.built.iter().map(|(length, _)| *length)
    }
}
