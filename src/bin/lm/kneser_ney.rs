//! Interpolated modified Kneser–Ney smoothing (Chen & Goodman 1999, §5), for a model
//! that has only some of the n-grams seen.
//!
//! For the n-grams of the highest order the counts a are how often they occur. Below,
//! a(g) sums over the words v before g: 1 if the model has the n-gram vg, and a(vg) if
//! it does not. With no n-gram left out these are Kneser and Ney's counts of types.
//! An n-gram left out is predicted by its suffix, so its occurrences are the suffix's
//! own (the revised Kneser pruning of Siivola, Hirsimäki & Virpioja 2007). N-grams
//! that begin with `<s>` have no word before them; they keep their own counts.

use asr_playground::decode::lm::{Gram, WordId};

use crate::counts::{Counts, SourceCounts};
use crate::structure::{Level, Structure};

/// p(last word | the words before it) of each n-gram of the structure, by order: what
/// the source alone says, 0 for `<s>`.
pub fn estimate(counts: &SourceCounts, structure: &Structure) -> Vec<Vec<f32>> {
    let levels = &structure.levels;
    let mut adjusted = counts.levels[levels.len() - 1].clone();
    let mut own = Vec::new();
    for below in (1..levels.len()).rev() {
        let discounted = Discounted::new(&adjusted, &levels[below], &levels[below - 1]);
        adjusted = lower_counts(&adjusted, &levels[below], below, &counts.levels[below - 1]);
        own.push(discounted);
    }
    let mut probabilities = vec![unigrams(&adjusted, levels[0].grams.len())];
    for (level, discounted) in levels[1..].iter().zip(own.into_iter().rev()) {
        let lower = &probabilities[probabilities.len() - 1];
        let mixed = (0..level.grams.len()).map(|place| {
            let share = discounted.left_over[level.contexts[place] as usize];
            let below = lower[level.suffixes[place] as usize];
            discounted.probabilities[place] + share * below
        });
        let mixed = mixed.collect();
        probabilities.push(mixed);
    }
    probabilities
}

/// One order's part of the probabilities.
struct Discounted {
    /// By n-gram: (a − D(a)) / a(context).
    probabilities: Vec<f32>,
    /// By context: the share of the probability that the order below gives out.
    left_over: Vec<f32>,
}

impl Discounted {
    fn new(adjusted: &Counts, level: &Level, contexts: &Level) -> Self {
        let discounts = Discounts::new(&adjusted.0);
        let mut discounted = Self {
            probabilities: vec![0.0; level.grams.len()],
            left_over: vec![1.0; contexts.grams.len()],
        };
        for family in adjusted.0.chunk_by(|a, b| a.0.context() == b.0.context()) {
            let context = family[0].0.context();
            let Ok(context) = contexts.grams.binary_search(&context) else {
                continue;
            };
            let total: f64 = family.iter().map(|(_, count)| f64::from(*count)).sum();
            let mut kept = 0.0;
            let mut rest = family_places(level, context).peekable();
            for (gram, count) in family {
                while rest.next_if(|place| level.grams[*place] < *gram).is_some() {}
                if let Some(place) = rest.next_if(|place| level.grams[*place] == *gram) {
                    let share = (f64::from(*count) - discounts.of(*count)) / total;
                    discounted.probabilities[place] = share as f32;
                    kept += share;
                }
            }
            discounted.left_over[context] = (1.0 - kept) as f32;
        }
        discounted
    }
}

/// The places of a context's n-grams.
fn family_places(level: &Level, context: usize) -> std::ops::Range<usize> {
    let context = context as u32;
    let start = level.contexts.partition_point(|other| *other < context);
    let end = start + level.contexts[start..].partition_point(|other| *other == context);
    start..end
}

/// The counts of the order below (`order` words).
fn lower_counts(adjusted: &Counts, level: &Level, order: usize, raw: &Counts) -> Counts {
    let mut kept = level.grams.iter().peekable();
    let mut lower: Vec<(Gram, u32)> = Vec::with_capacity(adjusted.0.len());
    for (gram, count) in &adjusted.0 {
        while kept.next_if(|other| *other < gram).is_some() {}
        let is_kept = kept.peek() == Some(&gram);
        lower.push((gram.suffix(order), if is_kept { 1 } else { *count }));
    }
    if order > 1 {
        let initial = |gram: &Gram| gram.words(order).next() == Some(WordId::START);
        lower.extend(raw.0.iter().filter(|(gram, _)| initial(gram)));
    }
    Counts::sum(lower)
}

/// The unigrams, interpolated with the uniform distribution over all ids but `<s>`.
fn unigrams(adjusted: &Counts, ids: usize) -> Vec<f32> {
    let start = Gram::EMPTY.then(WordId::START);
    let predicted: Vec<(Gram, u32)> = adjusted
        .0
        .iter()
        .filter(|(gram, _)| *gram != start)
        .copied()
        .collect();
    let discounts = Discounts::new(&predicted);
    let total: f64 = predicted.iter().map(|(_, count)| f64::from(*count)).sum();
    let mut own = vec![0.0; ids];
    for (gram, count) in &predicted {
        own[gram.last().0 as usize] = (f64::from(*count) - discounts.of(*count)) / total;
    }
    let left_over = 1.0 - own.iter().sum::<f64>();
    let uniform = left_over / (ids - 1) as f64;
    let mut probabilities: Vec<f32> = own.iter().map(|share| (share + uniform) as f32).collect();
    probabilities[WordId::START.0 as usize] = 0.0;
    probabilities
}

/// What is taken from n-grams seen once, twice, and more often.
struct Discounts([f64; 3]);

impl Discounts {
    /// From how many n-grams are seen once, twice, three and four times. A text too
    /// small or too uniform for that has `KenLM`'s fallback, 0.5, 1 and 1.5.
    fn new(counts: &[(Gram, u32)]) -> Self {
        let mut seen = [0.0; 5];
        for (_, count) in counts {
            if let Some(number) = seen.get_mut(*count as usize) {
                *number += 1.0;
            }
        }
        let y = seen[1] / (seen[1] + 2.0 * seen[2]);
        let discount = |k: usize| k as f64 - (k + 1) as f64 * y * seen[k + 1] / seen[k];
        let discounts = [discount(1), discount(2), discount(3)];
        let sound = discounts
            .iter()
            .zip(1..)
            .all(|(discount, k)| (0.0..=f64::from(k)).contains(discount));
        Self(if sound { discounts } else { [0.5, 1.0, 1.5] })
    }

    fn of(&self, count: u32) -> f64 {
        self.0[(count as usize).clamp(1, 3) - 1]
    }
}
