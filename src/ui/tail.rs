//! The long end of many waits, told with no more certainty than their number allows. Free of
//! the browser.

use asr_playground::eval::percentile::{Percentiles, fewest_for};

use super::format;

/// The 95th percentile, or of fewer values than carry one the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// In milliseconds.
    pub ms: f64,
    /// Of so many words.
    pub count: usize,
    /// It is the percentile.
    pub is_p95: bool,
}

impl Tail {
    /// Of waits in any order; `None` of none.
    pub fn of(waits_ms: &[f64]) -> Option<Self> {
        let all = Percentiles::of(waits_ms.iter().copied())?;
        Some(Self {
            ms: all.carried(0.95).or_else(|| largest(waits_ms))?,
            count: all.count,
            is_p95: all.carried(0.95).is_some(),
        })
    }

    /// "p95", "largest of 6 words".
    pub fn name(&self) -> String {
        if self.is_p95 {
            "p95".to_owned()
        } else {
            format!("largest of {}", words(self.count))
        }
    }
}

/// The largest of them.
pub fn largest(waits_ms: &[f64]) -> Option<f64> {
    let finite = waits_ms.iter().copied().filter(|ms| ms.is_finite());
    finite.max_by(f64::total_cmp)
}

/// A percentile, or a dash where there are too few values for it.
pub fn percentile(of: Option<&Percentiles>, share: f64) -> String {
    format::milliseconds_or_none(of.and_then(|of| of.carried(share)))
}

/// Which percentiles so many words cannot carry, in a sentence; nothing where they carry all.
pub fn caveat(count: usize) -> Option<String> {
    let [p90, p95, p99] = [0.9, 0.95, 0.99].map(fewest_for);
    let (missing, needs) = match count {
        0 => return None,
        n if n < p90 => ("p90, p95 and p99 need", format!("{p90}, {p95} and {p99}")),
        n if n < p95 => ("p95 and p99 need", format!("{p95} and {p99}")),
        n if n < p99 => ("p99 needs", p99.to_string()),
        _ => return None,
    };
    Some(format!(
        "Of {}: {missing} at least {needs} for a value to lie beyond, and the largest says more.",
        words(count)
    ))
}

fn words(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} word{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_words_have_a_largest_wait_and_no_percentile() {
        let six = [120.0, 90.0, 310.0, 60.0, 200.0, 180.0];
        let tail = Tail::of(&six).map(|tail| (tail.ms, tail.name()));
        assert_eq!(tail, Some((310.0, "largest of 6 words".to_owned())));
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        let tail = Tail::of(&twenty).map(|tail| (tail.ms, tail.name()));
        // numpy.quantile(range(1, 21), 0.95).
        assert_eq!(tail, Some((19.05, "p95".to_owned())));
        assert_eq!(Tail::of(&[]), None);
        assert_eq!(Tail::of(&[f64::NAN]), None);
    }

    #[test]
    fn the_caveat_names_what_is_missing() {
        let begins = |count| caveat(count).unwrap_or_default();
        assert!(begins(1).starts_with("Of 1 word: p90, p95 and p99 need at least 10, 20 and 100"));
        assert!(begins(6).starts_with("Of 6 words: p90, p95 and p99 need"));
        assert!(begins(19).starts_with("Of 19 words: p95 and p99 need at least 20 and 100"));
        assert!(begins(20).starts_with("Of 20 words: p99 needs at least 100"));
        assert_eq!((caveat(0), caveat(100)), (None, None));
    }
}
