//! Linear interpolation of the sources' models, and back-off weights.

use asr_playground::decode::lm::{LanguageModel, LmError, NGram, WordId};

use crate::structure::Structure;

/// ln p of `<s>`, which is never predicted: 10⁻⁹⁹, as ARPA files have it.
const START_LN_PROB: f32 = -99.0 * std::f32::consts::LN_10;

/// Weights of the sources, all the same.
pub fn even(sources: usize) -> Vec<f64> {
    vec![1.0 / sources as f64; sources]
}

/// The weights that make `events` most probable, by expectation and maximisation.
/// Each event has a weight of its own, and its probability by each source.
pub fn tune(events: &[(f64, Vec<f64>)], sources: usize) -> Vec<f64> {
    const ROUNDS: usize = 200;
    let mut weights = even(sources);
    for _ in 0..ROUNDS {
        let mut credit = vec![0.0; sources];
        for (weight, probabilities) in events {
            let shares = probabilities.iter().zip(&weights).map(|(p, w)| p * w);
            let total: f64 = shares.clone().sum();
            for (credit, share) in credit.iter_mut().zip(shares) {
                *credit += weight * share / total;
            }
        }
        let total: f64 = credit.iter().sum();
        if total > 0.0 {
            weights = credit.iter().map(|credit| credit / total).collect();
        }
    }
    weights
}

/// p of every word and end of these lines.
pub fn event_probabilities(model: &LanguageModel, lines: &[String]) -> Vec<f64> {
    let mut probabilities = Vec::new();
    for line in lines {
        let mut state = model.start();
        for word in line.split(' ') {
            let (ln_prob, next) = model.score(state, model.word(word));
            probabilities.push(f64::from(ln_prob).exp());
            state = next;
        }
        probabilities.push(f64::from(model.end(state)).exp());
    }
    probabilities
}

/// The sources' probabilities in one, by order.
pub fn mix(weights: &[f64], estimates: &[Vec<Vec<f32>>]) -> Vec<Vec<f32>> {
    let Some(first) = estimates.first() else {
        return Vec::new();
    };
    let mut mixed: Vec<Vec<f32>> = first.iter().map(|level| vec![0.0; level.len()]).collect();
    for (weight, estimate) in weights.iter().zip(estimates) {
        for (mixed, level) in mixed.iter_mut().zip(estimate) {
            for (sum, probability) in mixed.iter_mut().zip(level) {
                *sum += *weight as f32 * probability;
            }
        }
    }
    mixed
}

/// What a context's n-grams leave over.
#[derive(Clone, Copy)]
pub struct LeftOver {
    /// 1 − Σ p(word | context).
    pub own: f64,
    /// 1 − Σ p(word | suffix of the context), of the same words.
    pub below: f64,
}

impl LeftOver {
    /// ln of the back-off weight.
    pub fn ln_backoff(self) -> f64 {
        // Rounding may leave nothing, or less, where next to nothing is left. Where
        // a context has all the words, it is never asked for.
        const LEAST: f64 = 1e-9;
        if self.below < LEAST {
            return 0.0;
        }
        (self.own.max(LEAST) / self.below).ln()
    }
}

/// By order from 2 on and by context: what is left over.
pub fn left_over(structure: &Structure, probabilities: &[Vec<f32>]) -> Vec<Vec<LeftOver>> {
    let mut all = Vec::new();
    for (below, level) in structure.levels.iter().enumerate().skip(1) {
        let whole = LeftOver {
            own: 1.0,
            below: 1.0,
        };
        let mut left = vec![whole; structure.levels[below - 1].grams.len()];
        for place in 0..level.grams.len() {
            let context = &mut left[level.contexts[place] as usize];
            context.own -= f64::from(probabilities[below][place]);
            let suffix = level.suffixes[place] as usize;
            context.below -= f64::from(probabilities[below - 1][suffix]);
        }
        all.push(left);
    }
    all
}

/// The model of these probabilities.
pub fn model(
    words: &[String],
    structure: &Structure,
    probabilities: &[Vec<f32>],
) -> Result<LanguageModel, LmError> {
    let left = left_over(structure, probabilities);
    let levels = structure.levels.iter().enumerate().map(|(below, level)| {
        let ngrams = level.grams.iter().enumerate().map(|(place, gram)| {
            let start = below == 0 && gram.last() == WordId::START;
            NGram {
                gram: *gram,
                ln_prob: if start {
                    START_LN_PROB
                } else {
                    probabilities[below][place].ln().min(0.0)
                },
                ln_backoff: left
                    .get(below)
                    .map_or(0.0, |left| left[place].ln_backoff() as f32),
            }
        });
        ngrams.collect()
    });
    LanguageModel::from_ngrams(words, levels.collect())
}
