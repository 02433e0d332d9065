//! How far an error rate over a set can be trusted: the percentile bootstrap over
//! utterances (Bisani & Ney 2004, "Bootstrap estimates for confidence intervals in
//! ASR performance evaluation").
//!
//! From a set of n utterances n are drawn with replacement, errors and reference
//! lengths of the drawn ones are added up, and their ratio is one possible outcome of
//! the evaluation. The quantiles of many such outcomes bound the interval. Utterances
//! are drawn whole, since errors within one depend on each other.
//!
//! Everything is decided by [`Bootstrap::seed`]: the same counts give the same
//! interval on every machine. An outcome without any reference word has no rate; it
//! is left out.
//!
//! Where a figure is the plain mean over several sets, each set is drawn from on its own, as
//! it would be in another evaluation over sets of these sizes.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::percentile::quantile;
use super::wer::ErrorCounts;

/// How the bootstrap is done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// How many outcomes are drawn; with 10,000 the interval's ends are steady to
    /// about a hundredth of its width. At most [`MAX_RESAMPLES`] are.
    pub resamples: usize,
    /// The part of the outcomes that the interval holds, in (0, 1).
    pub level: f64,
    /// Where the random numbers begin.
    pub seed: u64,
}

/// Most outcomes drawn.
pub const MAX_RESAMPLES: usize = 1_000_000;

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            resamples: 10_000,
            level: 0.95,
            seed: 1,
        }
    }
}

/// A confidence interval, as fractions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The quantile (1 − level) / 2 of the outcomes.
    pub low: f64,
    /// The quantile (1 + level) / 2.
    pub high: f64,
}

/// How a new setting compares with an old one on the same utterances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Improvement {
    /// Of the error rates, new − old.
    pub difference: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// The part of the outcomes in which the new setting's error rate is lower.
    pub probability: f64,
}

/// Two settings cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PairingError {
    /// They were not judged on the same number of sets.
    #[error("{old} sets of the one setting and {new} of the other cannot be compared in pairs")]
    Sets {
        /// Sets of the old setting.
        old: usize,
        /// Sets of the new one.
        new: usize,
    },
    /// They were not judged on the same number of utterances.
    #[error(
        "{old} utterances of the one setting and {new} of the other cannot be compared in pairs"
    )]
    Count {
        /// Utterances of the old setting.
        old: usize,
        /// Utterances of the new one.
        new: usize,
    },
    /// An utterance's references differ in length: the lists are of other utterances,
    /// or in another order.
    #[error(
        "utterance {utterance} has {old} reference words for the one setting and {new} for the other"
    )]
    Reference {
        /// Which one, from 0.
        utterance: usize,
        /// Reference words for the old setting.
        old: usize,
        /// Reference words for the new one.
        new: usize,
    },
}

impl Bootstrap {
    /// The interval of the error rate over `utterances`. `None` when they have no
    /// reference words, or no outcomes are asked for.
    #[must_use]
    pub fn interval(&self, utterances: &[ErrorCounts]) -> Option<Interval> {
        self.interval_of_mean(&[utterances])
    }

    /// The interval of the plain mean of the sets' error rates: every outcome draws from each
    /// set as many utterances as it has. `None` as for [`interval`](Self::interval).
    #[must_use]
    pub fn interval_of_mean(&self, sets: &[&[ErrorCounts]]) -> Option<Interval> {
        let sizes: Vec<usize> = sets.iter().map(|set| set.len()).collect();
        let outcomes = self.outcomes(&sizes, |set, utterance| {
            let counts = sets[set][utterance];
            (counts.errors() as i64, counts.reference_len())
        });
        self.bounds(outcomes)
    }

    /// Whether `new` beats `old`, both being errors on the same utterances in the
    /// same order. Every outcome draws the same utterances for both (the paired
    /// comparison of Bisani & Ney), so what is hard for both cancels out. `None` as
    /// for [`interval`](Self::interval).
    ///
    /// # Errors
    /// When the lists cannot be of the same utterances.
    pub fn improvement(
        &self,
        old: &[ErrorCounts],
        new: &[ErrorCounts],
    ) -> Result<Option<Improvement>, PairingError> {
        self.improvement_of_mean(&[old], &[new])
    }

    /// The same of the plain mean of the sets' error rates, drawn as for
    /// [`interval_of_mean`](Self::interval_of_mean).
    ///
    /// # Errors
    /// When the lists cannot be of the same utterances.
    pub fn improvement_of_mean(
        &self,
        old: &[&[ErrorCounts]],
        new: &[&[ErrorCounts]],
    ) -> Result<Option<Improvement>, PairingError> {
        check_pairs(old, new)?;
        let sizes: Vec<usize> = old.iter().map(|set| set.len()).collect();
        let figures = |set: usize, utterance: usize| {
            let (old, new) = (old[set][utterance], new[set][utterance]);
            let difference = new.errors() as i64 - old.errors() as i64;
            (difference, old.reference_len())
        };
        let observed = mean_rate(&sizes, &figures);
        let outcomes = self.outcomes(&sizes, figures);
        let better = outcomes.iter().filter(|outcome| **outcome < 0.0).count();
        let probability = better as f64 / outcomes.len() as f64;
        let interval = self.bounds(outcomes);
        Ok(interval
            .zip(observed)
            .map(|(interval, difference)| Improvement {
                difference,
                interval,
                probability,
            }))
    }

    /// Draws the outcomes: each is [`mean_rate`] over as many utterances as the sets have.
    fn outcomes(
        &self,
        sizes: &[usize],
        figures: impl Fn(usize, usize) -> (i64, usize),
    ) -> Vec<f64> {
        let mut random = SplitMix64(self.seed);
        let resamples = 0..self.resamples.min(MAX_RESAMPLES);
        resamples
            .filter_map(|_| mean_rate(sizes, |set, _| figures(set, random.below(sizes[set]))))
            .collect()
    }

    fn bounds(&self, mut outcomes: Vec<f64>) -> Option<Interval> {
        outcomes.sort_unstable_by(f64::total_cmp);
        let outside = (1.0 - self.level.clamp(0.0, 1.0)) / 2.0;
        Some(Interval {
            low: quantile(&outcomes, outside)?,
            high: quantile(&outcomes, 1.0 - outside)?,
        })
    }
}

/// The mean over the sets of: the sum of the first figure over the set's utterances ÷ the sum
/// of the second. `None` where one has no rate.
fn mean_rate(
    sizes: &[usize],
    mut figures: impl FnMut(usize, usize) -> (i64, usize),
) -> Option<f64> {
    let mut rates = 0.0;
    for (set, size) in sizes.iter().enumerate() {
        let (mut errors, mut words) = (0_i64, 0_usize);
        for utterance in 0..*size {
            let (more_errors, more_words) = figures(set, utterance);
            errors += more_errors;
            words += more_words;
        }
        if words == 0 {
            return None;
        }
        rates += errors as f64 / words as f64;
    }
    (!sizes.is_empty()).then(|| rates / sizes.len() as f64)
}

fn check_pairs(old: &[&[ErrorCounts]], new: &[&[ErrorCounts]]) -> Result<(), PairingError> {
    if old.len() != new.len() {
        return Err(PairingError::Sets {
            old: old.len(),
            new: new.len(),
        });
    }
    let mut sets = old.iter().zip(new);
    sets.try_for_each(|(old, new)| check_set(old, new))
}

fn check_set(old: &[ErrorCounts], new: &[ErrorCounts]) -> Result<(), PairingError> {
    if old.len() != new.len() {
        return Err(PairingError::Count {
            old: old.len(),
            new: new.len(),
        });
    }
    for (utterance, (old, new)) in old.iter().zip(new).enumerate() {
        if old.reference_len() != new.reference_len() {
            return Err(PairingError::Reference {
                utterance,
                old: old.reference_len(),
                new: new.reference_len(),
            });
        }
    }
    Ok(())
}

/// Steele, Lea & Flood 2014. Own code because the numbers must never change: a
/// crate's generator may, from one version to the next.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; each is as likely as any other to one part in 2^64 / n.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the reference implementation gives (Vigna, splitmix64.c).
    #[test]
    fn the_random_numbers_are_splitmix64s() {
        let mut random = SplitMix64(1_234_567);
        let first: Vec<u64> = (0..5).map(|_| random.next()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }
}
