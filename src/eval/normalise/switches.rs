//! The normaliser with each of its steps on a switch.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{NORMALISER_STEPS, NORMALISER_VERSION, NormaliserStep};

/// Which of [`NORMALISER_STEPS`] are done; all of them unless told otherwise.
///
/// The order is always the table's, and a step that is off is skipped. Steps see what
/// those before them left and count on it: without "Spaces", digits beside a line
/// break are not a word of their own and "Numbers" leaves them; without "Apostrophes",
/// "Punctuation" drops the typographic ones. So the promises of
/// [`normalise`](super::normalise) hold for all steps together, and for nothing less.
///
/// In settings and files it is the list of the ids of the steps that are on, in the
/// table's order. An unknown id is an error; reading another order or an id twice is
/// not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Normaliser {
    /// Bit k: step k is skipped.
    off: u16,
}

/// No step of the normaliser has this id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the text normaliser has no step {0:?}; it has {steps}", steps = all_ids())]
pub struct UnknownStep(pub String);

impl Normaliser {
    /// The normaliser that changes nothing.
    #[must_use]
    pub fn none() -> Self {
        let all = NORMALISER_STEPS.iter().enumerate();
        Self {
            off: all.fold(0, |off, (index, _)| off | 1 << index),
        }
    }

    /// The same with one step, given by its id, switched on or off.
    ///
    /// # Errors
    /// When there is no such step.
    pub fn with(self, id: &str, on: bool) -> Result<Self, UnknownStep> {
        let index = NORMALISER_STEPS
            .iter()
            .position(|step| step.id == id)
            .ok_or_else(|| UnknownStep(id.to_owned()))?;
        let bit = 1 << index;
        Ok(Self {
            off: if on { self.off & !bit } else { self.off | bit },
        })
    }

    /// The table's steps in order, each with whether it is on.
    pub fn steps(self) -> impl Iterator<Item = (&'static NormaliserStep, bool)> {
        NORMALISER_STEPS
            .iter()
            .enumerate()
            .map(move |(index, step)| (step, self.off >> index & 1 == 0))
    }

    /// The text after the steps that are on.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        self.steps()
            .filter(|(_, on)| *on)
            .fold(text.to_owned(), |text, (step, _)| step.apply(&text))
    }
}

/// What is said beside an error rate: the version, and the steps that are off.
impl fmt::Display for Normaliser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "normaliser {NORMALISER_VERSION}")?;
        let off: Vec<&str> = self
            .steps()
            .filter(|(_, on)| !on)
            .map(|(step, _)| step.id)
            .collect();
        match off.len() {
            0 => Ok(()),
            n if n == NORMALISER_STEPS.len() => f.write_str(" with no step"),
            _ => write!(f, " without {}", off.join(", ")),
        }
    }
}

impl TryFrom<Vec<String>> for Normaliser {
    type Error = UnknownStep;

    fn try_from(ids: Vec<String>) -> Result<Self, UnknownStep> {
        ids.iter()
            .try_fold(Self::none(), |normaliser, id| normaliser.with(id, true))
    }
}

impl From<Normaliser> for Vec<String> {
    fn from(normaliser: Normaliser) -> Self {
        normaliser
            .steps()
            .filter(|(_, on)| *on)
            .map(|(step, _)| step.id.to_owned())
            .collect()
    }
}

fn all_ids() -> String {
    let ids: Vec<&str> = NORMALISER_STEPS.iter().map(|step| step.id).collect();
    ids.join(", ")
}
