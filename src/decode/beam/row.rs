//! One row of log-probs, normalised and pruned.

use crate::decode::rows::normalise;

/// What a row says, and what of it is used.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// ln p of each token; the probabilities sum to 1.
    pub ln: Vec<f64>,
    /// The same, −∞ for the tokens that are left out.
    pub used: Vec<f64>,
    /// Tokens to extend prefixes with: those used, the blank excepted, by index.
    pub extensions: Vec<u32>,
    by_count: Vec<u32>,
}

impl Row {
    /// Normalises a row of values that are neither NaN nor +∞ and leaves out the
    /// tokens below `min_ln` and all but the `most` best; the lower index wins a
    /// tie. The best token stays in any case.
    pub fn read(&mut self, values: &[f32], blank: usize, min_ln: f64, most: usize) {
        normalise(values, blank, &mut self.ln);
        self.prune(blank, min_ln, most);
    }

    fn prune(&mut self, blank: usize, min_ln: f64, most: usize) {
        let ln = &self.ln;
        let better = |a: &u32, b: &u32| {
            let (x, y) = (ln[*a as usize], ln[*b as usize]);
            y.total_cmp(&x).then(a.cmp(b))
        };
        let kept = &mut self.by_count;
        kept.clear();
        let probable = |token: &u32| ln[*token as usize] >= min_ln;
        kept.extend((0..ln.len() as u32).filter(probable));
        if kept.is_empty() {
            kept.extend((0..ln.len() as u32).min_by(better));
        }
        if kept.len() > most {
            kept.select_nth_unstable_by(most - 1, better);
            kept.truncate(most);
            kept.sort_unstable();
        }
        self.used.clear();
        self.used.resize(ln.len(), f64::NEG_INFINITY);
        self.extensions.clear();
        for token in kept {
            let index = *token as usize;
            self.used[index] = ln[index];
            if index != blank && ln[index] > f64::NEG_INFINITY {
                self.extensions.push(*token);
            }
        }
    }
}
