//! What page and worker say to each other about a sweep.
//!
//! The page runs sweeps in a second worker, so that the take in view is not disturbed.

use serde::{Deserialize, Serialize};

use crate::decode::fillers::FillerConfig;
use crate::eval::sweep::Grid;
use crate::recognizer::Settings;

/// A sweep to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRequest {
    /// What is recognised.
    pub clips: Vec<SweepClip>,
    /// The settings.
    pub grid: Grid,
    /// What the grid leaves open.
    pub base: Settings,
    /// Filler words that do not count, if any do not.
    pub fillers: Option<FillerConfig>,
}

/// A clip of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepClip {
    /// File name, for its extension.
    pub name: String,
    /// The file as it is on disk.
    pub bytes: Vec<u8>,
    /// What is said in it.
    pub reference: String,
}

/// How a sweep ended. The rows sent before are of the clips that were done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SweepEnd {
    /// Every clip was run, but for those left out.
    Done,
    /// It was cancelled.
    Cancelled,
    /// It could not be run; in words for a person.
    Failed(String),
}
