//! Few values instead of many, so that each takes few bits.

use asr_playground::decode::lm::{LanguageModel, LmError, NGram};

/// Below this no word is predicted: it is `<s>`, which no search asks for.
const NEVER: f32 = -100.0;

/// The model with at most 2^`bits` different log-probs in each order, and half as
/// many back-off weights.
pub fn quantise(model: &LanguageModel, bits: u32) -> Result<LanguageModel, LmError> {
    let mut levels = model.levels();
    for level in &mut levels {
        let mut predicted: Vec<&mut NGram> = level
            .iter_mut()
            .filter(|ngram| ngram.ln_prob > NEVER)
            .collect();
        // One place of the table is for the others.
        round(&mut predicted, (1 << bits) - 1, |ngram| &mut ngram.ln_prob);
        // 0 says that there is no context to back off from; it stays.
        let mut contexts: Vec<&mut NGram> = level
            .iter_mut()
            .filter(|ngram| ngram.ln_backoff != 0.0)
            .collect();
        round(&mut contexts, 1 << (bits - 1), |ngram| {
            &mut ngram.ln_backoff
        });
    }
    let words: Vec<String> = model.words().map(str::to_owned).collect();
    LanguageModel::from_ngrams(&words, levels)
}

/// Cuts the range of the values into `most` equal steps, and gives all values of a
/// step their mean. Equal steps bound the error of each value; to minimise the mean
/// error instead (Lloyd 1982) serves the many rare n-grams at the cost of the few
/// frequent ones, and costs 2% of perplexity rather than 0.1% at 8 bits.
fn round<T>(items: &mut [T], most: usize, value: impl Fn(&mut T) -> &mut f32) {
    let values = items.iter_mut().map(|item| *value(item));
    let (least, largest) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |range, value| {
        (range.0.min(value), range.1.max(value))
    });
    let step = (largest - least) / most as f32;
    let place = |value: f32| (((value - least) / step) as usize).min(most - 1);
    let mut sums = vec![(0.0, 0.0); most];
    for item in items.iter_mut() {
        let value = *value(item);
        let (sum, count) = &mut sums[place(value)];
        *sum += f64::from(value);
        *count += 1.0;
    }
    for item in items {
        let value = value(item);
        let (sum, count) = sums[place(*value)];
        *value = (sum / count) as f32;
    }
}
