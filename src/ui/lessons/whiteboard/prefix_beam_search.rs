//! CTC prefix beam search without a language model.

use std::collections::BTreeMap;

const BLANK: usize = 0;
/// Letters less likely than this in a row are not tried there.
const LEAST_LN: f64 = -6.0;

/// ln of the paths that end in the blank, and of those that end in a letter.
type Sums = [f64; 2];

/// `log_probs` is row-major `[rows, tokens]`; `width` prefixes are kept.
pub fn prefix_beam_search(log_probs: &[f32], tokens: &[String], width: usize) -> String {
    let mut beam: Vec<(Vec<usize>, Sums)> = vec![(Vec::new(), [0.0, f64::NEG_INFINITY])];
    for row in log_probs.chunks_exact(tokens.len().max(1)) {
        // What spells the same prefix is added up in here.
        let mut next: BTreeMap<Vec<usize>, Sums> = BTreeMap::new();
        let mut add = |prefix: Vec<usize>, end: usize, ln: f64| {
            let sums = next.entry(prefix).or_insert([f64::NEG_INFINITY; 2]);
            sums[end] = log_add(sums[end], ln);
        };
        for (prefix, [blank, letter]) in &beam {
            let both = log_add(*blank, *letter);
            for (token, ln) in row.iter().map(|ln| f64::from(*ln)).enumerate() {
                if ln < LEAST_LN {
                    continue;
                }
                let longer = || [prefix.as_slice(), &[token]].concat();
                if token == BLANK {
                    add(prefix.clone(), 0, both + ln);
                } else if prefix.last() == Some(&token) {
                    // The same letter goes on, or comes anew after a blank.
                    add(prefix.clone(), 1, letter + ln);
                    add(longer(), 1, blank + ln);
                } else {
                    add(longer(), 1, both + ln);
                }
            }
        }
        beam = next.into_iter().collect();
        let score = |sums: &Sums| log_add(sums[0], sums[1]);
        beam.sort_by(|a, b| score(&b.1).total_cmp(&score(&a.1)));
        beam.truncate(width.max(1));
    }
    let best = beam.first().map(|(prefix, _)| prefix.as_slice());
    best.unwrap_or_default().iter().map(|token| tokens[*token].as_str()).collect()
}

/// ln(eᵃ + eᵇ) without leaving the logarithms.
fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}
