//! The oracle: the best that could be picked from an n-best list by someone who
//! knows the reference. Its error rate is a lower bound for any rescoring of it.

use serde::{Deserialize, Serialize};

use super::wer::{ErrorCounts, word_errors};

/// The hypothesis of an n-best list with the fewest errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oracle {
    /// Its place in the list, 0 being the decoder's own choice; the lowest among
    /// equally good ones.
    pub rank: usize,
    /// Its errors in words. Those of several utterances are added up before the rate
    /// is taken, as ever.
    pub counts: ErrorCounts,
}

/// Picks from `n_best`, which is ordered as the decoder ranks it. The texts are
/// compared as they are given. `None` for an empty list.
#[must_use]
pub fn oracle<T: AsRef<str>>(
    reference: &str,
    n_best: impl IntoIterator<Item = T>,
) -> Option<Oracle> {
    n_best
        .into_iter()
        .map(|hypothesis| word_errors(reference, hypothesis.as_ref()))
        .enumerate()
        .map(|(rank, counts)| Oracle { rank, counts })
        .min_by_key(|oracle| oracle.counts.errors())
}
