//! Percentiles against numpy; bootstrap intervals against scipy and in closed form.

use asr_playground::eval::bootstrap::{Bootstrap, Improvement, Interval, PairingError};
use asr_playground::eval::percentile::{Percentiles, quantile};
use asr_playground::eval::wer::ErrorCounts;
use serde::Deserialize;

/// Made by `golden/eval/make_statistics.py`.
#[derive(Deserialize)]
struct Golden {
    percentiles: Vec<GoldenPercentiles>,
    intervals: Vec<GoldenInterval>,
    one_word_each: Vec<OneWordEach>,
    improvements: Vec<GoldenImprovement>,
}

#[derive(Deserialize)]
struct GoldenPercentiles {
    values: Vec<f64>,
    /// At 0.5, 0.9, 0.95 and 0.99.
    p: [f64; 4],
}

#[derive(Deserialize)]
struct GoldenInterval {
    /// Errors, words.
    utterances: Vec<(usize, usize)>,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct OneWordEach {
    count: usize,
    wrong: usize,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct GoldenImprovement {
    count: usize,
    better: usize,
    worse: usize,
    probability: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/eval/statistics.json")).unwrap()
}

/// An utterance with so many words, and so many errors: substitutions, and insertions
/// when there are more errors than words.
fn utterance(errors: usize, words: usize) -> ErrorCounts {
    let substitutions = errors.min(words);
    ErrorCounts {
        hits: words - substitutions,
        substitutions,
        deletions: 0,
        insertions: errors - substitutions,
    }
}

fn assert_close(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance, "{ours} is not {theirs}");
}

#[test]
fn percentiles_are_numpys() {
    for GoldenPercentiles { values, p } in golden().percentiles {
        let ours = Percentiles::of(values.iter().copied()).unwrap();
        assert_eq!(ours.count, values.len());
        for (ours, theirs) in [ours.p50, ours.p90, ours.p95, ours.p99].into_iter().zip(p) {
            assert_close(ours, theirs, 1e-9);
        }
    }
}

#[test]
fn percentiles_leave_out_what_is_no_number() {
    let some = [f64::NAN, 3.0, f64::INFINITY, 1.0, f64::NEG_INFINITY];
    let ours = Percentiles::of(some).unwrap();
    assert_eq!((ours.count, ours.p50), (2, 2.0));
    assert_eq!(Percentiles::of([f64::NAN]), None);
    assert_eq!(quantile(&[], 0.5), None);
    assert_eq!(quantile(&[1.0, 2.0], 7.0), Some(2.0));
    assert_eq!(quantile(&[1.0, 2.0], -7.0), Some(1.0));
}

/// scipy draws 100,000 outcomes with other random numbers, we 10,000: the ends of the
/// interval are steady to about a hundredth of its width.
#[test]
fn intervals_are_scipys() {
    for GoldenInterval {
        utterances,
        low,
        high,
    } in golden().intervals
    {
        let counts: Vec<ErrorCounts> = utterances.iter().map(|(e, w)| utterance(*e, *w)).collect();
        for seed in 1..=3 {
            let bootstrap = Bootstrap {
                seed,
                ..Bootstrap::default()
            };
            let ours = bootstrap.interval(&counts).unwrap();
            assert_close(ours.low, low, 0.03 * (high - low));
            assert_close(ours.high, high, 0.03 * (high - low));
            assert_eq!(bootstrap.interval(&counts), Some(ours), "the seed decides");
        }
    }
}

#[test]
fn with_one_word_an_utterance_the_interval_is_binomial() {
    for case in golden().one_word_each {
        let wrong = (0..case.count).map(|index| utterance(usize::from(index < case.wrong), 1));
        let ours = Bootstrap::default().interval(&wrong.collect::<Vec<_>>());
        let (low, high) = (case.low, case.high);
        assert_eq!(ours, Some(Interval { low, high }), "{}", case.count);
    }
}

#[test]
fn another_level_is_another_width() {
    let utterances = (0..600).map(|index| utterance(index * 7 % 11, 10 + index % 13));
    let counts: Vec<ErrorCounts> = utterances.collect();
    let width = |level| {
        let bootstrap = Bootstrap {
            level,
            ..Bootstrap::default()
        };
        let Interval { low, high } = bootstrap.interval(&counts).unwrap();
        high - low
    };
    // The outcomes are nearly normal: ±1.960 and ±1.645 standard errors.
    assert_close(width(0.95) / width(0.9), 1.960 / 1.645, 0.04);
    assert!(width(0.0) < 1e-12);
}

#[test]
fn sets_without_a_rate_have_no_interval() {
    let bootstrap = Bootstrap::default();
    assert_eq!(bootstrap.interval(&[]), None);
    assert_eq!(bootstrap.interval(&[utterance(3, 0)]), None);
    // Outcomes that miss the one utterance with words are left out.
    let some = [utterance(0, 0), utterance(0, 0), utterance(1, 2)];
    let (low, high) = (0.5, 0.5);
    assert_eq!(bootstrap.interval(&some), Some(Interval { low, high }));
    let none = Bootstrap {
        resamples: 0,
        ..bootstrap
    };
    assert_eq!(none.interval(&some), None);
    assert_eq!(none.improvement(&some, &some), Ok(None));
}

#[test]
fn the_probability_of_improvement_is_exact_to_what_10_000_draws_tell() {
    for case in golden().improvements {
        let old = (0..case.count).map(|index| utterance(usize::from(index < case.better), 1));
        let new = (0..case.count).map(|index| {
            let worse = (case.better..case.better + case.worse).contains(&index);
            utterance(usize::from(worse), 1)
        });
        let (old, new): (Vec<_>, Vec<_>) = (old.collect(), new.collect());
        let improvement = Bootstrap::default().improvement(&old, &new);
        let Improvement {
            difference,
            interval,
            probability,
        } = improvement.unwrap().unwrap();
        // Three standard errors at the worst.
        assert_close(probability, case.probability, 0.015);
        let expected = (case.worse as f64 - case.better as f64) / case.count as f64;
        assert_close(difference, expected, 1e-12);
        assert!(interval.low <= expected && expected <= interval.high);
    }
}

#[test]
fn what_is_hard_for_both_cancels_out() {
    // The new setting makes one error less in every utterance, however hard.
    let old: Vec<ErrorCounts> = (0..40).map(|index| utterance(1 + index % 9, 10)).collect();
    let new: Vec<ErrorCounts> = (0..40).map(|index| utterance(index % 9, 10)).collect();
    let Improvement {
        difference,
        interval: Interval { low, high },
        probability,
    } = Bootstrap::default()
        .improvement(&old, &new)
        .unwrap()
        .unwrap();
    assert_close(probability, 1.0, 0.0);
    assert_close(difference, -0.1, 1e-12);
    assert_close(low, -0.1, 1e-12);
    assert_close(high, -0.1, 1e-12);
}

/// So many utterances of one word, the first few of them wrong.
fn one_word_each(count: usize, wrong: usize) -> Vec<ErrorCounts> {
    (0..count)
        .map(|index| utterance(usize::from(index < wrong), 1))
        .collect()
}

/// With one word an utterance the errors of a set's outcome are binomial: P(k of n).
fn binomial(n: usize, p: f64) -> Vec<f64> {
    let mut all = vec![1.0];
    for _ in 0..n {
        let mut next = vec![0.0; all.len() + 1];
        for (k, probability) in all.iter().enumerate() {
            next[k] += probability * (1.0 - p);
            next[k + 1] += probability * p;
        }
        all = next;
    }
    all
}

/// The mean over two sets against the exact distribution of its outcomes.
#[test]
fn the_mean_of_sets_has_the_interval_of_its_exact_distribution() {
    let (few, many) = (one_word_each(20, 5), one_word_each(50, 30));
    let found = Bootstrap::default().interval_of_mean(&[&few, &many]);
    let Interval { low, high } = found.unwrap();
    let (a, b) = (binomial(20, 0.25), binomial(50, 0.6));
    // P(the mean is below a bound), and P(it is not above).
    let below = |bound: f64, or_at: bool| {
        let mut total = 0.0;
        for (i, p) in a.iter().enumerate() {
            for (j, q) in b.iter().enumerate() {
                let mean = f64::midpoint(i as f64 / 20.0, j as f64 / 50.0);
                if mean < bound - 1e-9 || (or_at && mean < bound + 1e-9) {
                    total += p * q;
                }
            }
        }
        total
    };
    // Five standard errors of a share of 0.025 of 10,000 outcomes.
    for (bound, share) in [(low, 0.025), (high, 0.975)] {
        let (under, up_to) = (below(bound, false), below(bound, true));
        assert!(
            under < share + 0.008 && up_to > share - 0.008,
            "{bound}: {under} to {up_to}"
        );
    }
    // Pooled, the larger set would count for more.
    let pooled = Bootstrap::default().interval(&[few.clone(), many.clone()].concat());
    assert!(pooled.unwrap().low > low + 0.02 && low < 0.425 && 0.425 < high);
}

#[test]
fn a_mean_is_compared_set_by_set() {
    let bootstrap = Bootstrap::default();
    let old = [one_word_each(10, 5), one_word_each(40, 20)];
    let new = [one_word_each(10, 4), one_word_each(40, 20)];
    let improvement = bootstrap
        .improvement_of_mean(&[&old[0], &old[1]], &[&new[0], &new[1]])
        .unwrap()
        .unwrap();
    // One of ten in the one set, none in the other.
    assert_close(improvement.difference, -0.05, 1e-12);
    // It is lower unless that utterance is not drawn: 0.9 to the tenth.
    assert_close(improvement.probability, 1.0 - 0.9_f64.powi(10), 0.015);
    assert_eq!(
        bootstrap.improvement_of_mean(&[&old[0], &old[1]], &[&new[0]]),
        Err(PairingError::Sets { old: 2, new: 1 })
    );
    assert_eq!(bootstrap.interval_of_mean(&[]), None);
    assert_eq!(bootstrap.interval_of_mean(&[&old[0], &[]]), None);
}

#[test]
fn pairs_must_be_pairs() {
    let bootstrap = Bootstrap::default();
    let (a, b) = (utterance(0, 3), utterance(0, 4));
    assert_eq!(
        bootstrap.improvement(&[a], &[a, b]),
        Err(PairingError::Count { old: 1, new: 2 })
    );
    assert_eq!(
        bootstrap.improvement(&[a, a], &[a, b]),
        Err(PairingError::Reference {
            utterance: 1,
            old: 3,
            new: 4
        })
    );
}
