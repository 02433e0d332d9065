//! The one place where the worker's errors become words for a person.

use asr_playground::protocol::{Failure, FailureKind};
use asr_playground::recognizer::RecognizerError;

use crate::loading::LoadError;

/// A message from the page that this worker cannot read.
pub fn not_understood() -> Failure {
    Failure {
        kind: FailureKind::Protocol,
        take: None,
        message: "The page and its recogniser are of different versions.".to_owned(),
        advice: "Reload the page; if that does not help, clear this site's cached data.".to_owned(),
    }
}

/// A model that could not be loaded.
pub fn of_loading(error: &LoadError) -> Failure {
    let advice = match error {
        LoadError::Fetch { .. } | LoadError::Incomplete { .. } => {
            "Check the connection, or that the site was copied whole, and retry."
        }
        LoadError::Model(_) | LoadError::Tokens(_) | LoadError::LanguageModel(_) => {
            "Reload the page so that all files are of one version, or put the model's files back as they were published, and retry."
        }
    };
    Failure {
        kind: FailureKind::Model,
        take: None,
        message: format!("The acoustic model could not be loaded: {error}."),
        advice: advice.to_owned(),
    }
}

/// A model that was loaded and cannot take over.
pub fn of_model(error: &RecognizerError) -> Failure {
    Failure {
        kind: FailureKind::Model,
        take: None,
        message: format!("The model cannot be used now: {error}."),
        advice: "The take is kept. Choose the model again when the take has ended.".to_owned(),
    }
}

/// A language model that could not be loaded.
pub fn of_language_model(error: &LoadError) -> Failure {
    let failure = of_loading(error);
    Failure {
        kind: FailureKind::LanguageModel,
        message: format!(
            "The language model could not be loaded: {error}. Recognition goes on without it."
        ),
        ..failure
    }
}

/// A file that is no audio we can read.
pub fn of_file(take: u32, error: &asr_playground::audio::AudioError) -> Failure {
    Failure {
        kind: FailureKind::Audio,
        take: Some(take),
        message: error.reason(),
        advice: error.advice().to_owned(),
    }
}

/// A take that could not go on.
pub fn of_take(take: u32, error: &RecognizerError) -> Failure {
    let (kind, advice) = match error {
        RecognizerError::Audio(_) | RecognizerError::Features(_) => (
            FailureKind::Audio,
            "What was recognised before is kept. Start a new take.",
        ),
        RecognizerError::TakeFull => (
            FailureKind::Recognition,
            "Everything up to there is recognised and kept. Start a new take to go on.",
        ),
        _ => (
            FailureKind::Recognition,
            "What was recognised before is kept. Start a new take; if it happens again, reload the page.",
        ),
    };
    Failure {
        kind,
        take: Some(take),
        message: error.to_string(),
        advice: advice.to_owned(),
    }
}

/// No model is loaded yet.
pub fn no_model(take: u32) -> Failure {
    Failure {
        kind: FailureKind::Model,
        take: Some(take),
        message: "The acoustic model is not loaded.".to_owned(),
        advice: "Wait for it, or retry loading it.".to_owned(),
    }
}
