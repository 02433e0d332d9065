//! Entropy pruning (Stolcke 1998): an n-gram goes if the model without it is nearly
//! the same.
//!
//! How often a context is met, p(h), is taken from the text rather than from the
//! model: the lower orders of a Kneser–Ney model are made for backing off and say
//! nothing about that (Chelba et al. 2010).

use crate::mixture::left_over;
use crate::structure::Structure;

/// The structure without the n-grams whose loss costs fewer than `threshold` nats a
/// word. `contexts[n - 1]` are the probabilities of the n-grams of order n to be a
/// context.
pub fn prune(
    structure: &Structure,
    probabilities: &[Vec<f32>],
    contexts: &[Vec<f64>],
    threshold: f64,
) -> Structure {
    let left = left_over(structure, probabilities);
    let mut kept: Vec<Vec<bool>> = structure
        .levels
        .iter()
        .map(|level| vec![false; level.grams.len()])
        .collect();
    kept[0].fill(true);
    for below in (1..structure.levels.len()).rev() {
        let level = &structure.levels[below];
        let (lower_kept, this_kept) = kept.split_at_mut(below);
        let (lower_kept, this_kept) = (&mut lower_kept[below - 1], &mut this_kept[0]);
        for place in 0..level.grams.len() {
            let context = level.contexts[place] as usize;
            let suffix = level.suffixes[place] as usize;
            if !this_kept[place] {
                let left = left[below - 1][context];
                let p = f64::from(probabilities[below][place]);
                let p_below = f64::from(probabilities[below - 1][suffix]);
                let mut without = left;
                without.own += p;
                without.below += p_below;
                let change = without.ln_backoff() - left.ln_backoff();
                let loss =
                    p * (p.ln() - p_below.ln() - without.ln_backoff()) - left.own.max(0.0) * change;
                this_kept[place] = contexts[below - 1][context] * loss >= threshold;
            }
            // What an n-gram is built on stays with it.
            lower_kept[context] |= this_kept[place];
            lower_kept[suffix] |= this_kept[place];
        }
    }
    let grams = structure.levels.iter().zip(&kept).map(|(level, kept)| {
        let pairs = level.grams.iter().zip(kept);
        pairs
            .filter(|(_, kept)| **kept)
            .map(|(gram, _)| *gram)
            .collect()
    });
    Structure::new(grams.collect())
}
