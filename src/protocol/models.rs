//! Models: how far one is loaded, and what the page shows of it.

use serde::{Deserialize, Serialize};

use crate::model::Lookahead;

/// The steps of loading a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadStage {
    /// Reading the manifest.
    Manifest,
    /// Fetching the model's bytes.
    Fetching,
    /// Checking length and SHA-256.
    Verifying,
    /// Parsing the graph and preparing the first plan.
    Preparing,
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChoice {
    /// Name in the manifest.
    pub name: String,
    /// A line for people.
    pub title: String,
    /// Size of the file.
    pub bytes: u64,
    /// How its weights are stored, in a word.
    pub precision: String,
    /// It is the one that is used unless another is asked for.
    pub is_default: bool,
}

/// What the page shows of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Name in the manifest.
    pub name: String,
    /// A line for people.
    pub title: String,
    /// Size of the file.
    pub bytes: u64,
    /// Licence of the weights.
    pub licence: String,
    /// Lookaheads it can be run at.
    pub lookaheads: Vec<Lookahead>,
    /// 16 kHz samples of a chunk, one for each lookahead; the longest chunk for the whole take.
    pub chunk_samples: Vec<i64>,
    /// From bytes at hand to usable and warm, in milliseconds.
    pub prepare_ms: f64,
    /// The front end, in one line for people.
    pub front_end: String,
    /// What each column of the log-probs stands for; the blank is empty.
    pub tokens: Vec<String>,
    /// 16 kHz samples a row of log-probs advances.
    pub row_samples: i64,
    /// Products of 8-bit integers when it computes in 8 bits; with none that is in floats too.
    pub int8_products: u32,
}

/// What the page shows of a language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanguageModelInfo {
    /// Name in the manifest.
    pub name: String,
    /// A line for people.
    pub title: String,
    /// Size of the file.
    pub bytes: u64,
    /// Licence of the model.
    pub licence: String,
    /// Words it knows.
    pub words: u64,
    /// The longest n-gram.
    pub order: u32,
    /// From bytes at hand to usable, in milliseconds.
    pub prepare_ms: f64,
}
