//! What the rows of log-probs say: the likeliest tokens of one, the spikes of many, the
//! chunk that one belongs to. Free of the browser.
//!
//! Rows here are display levels of `protocol::posterior_levels`: 0 is certain.

use std::ops::Range;

use asr_playground::protocol::POSTERIOR_LEVEL_LN;

/// The blank's column.
pub const BLANK: usize = 0;

/// The probability of a level.
pub fn probability(level: u8) -> f32 {
    (f32::from(level) * POSTERIOR_LEVEL_LN).exp()
}

/// A probability in words; the ends of the scale of levels are not exact.
pub fn probability_words(level: u8) -> String {
    let percent = probability(level) * 100.0;
    match level {
        0 => "over 97%".to_owned(),
        _ if percent < 0.1 => "under 0.1%".to_owned(),
        _ if percent < 1.0 => format!("{percent:.1}%"),
        _ => format!("{percent:.0}%"),
    }
}

/// The likeliest tokens of a row with their levels, best first.
pub fn likeliest(row: &[u8], most: usize) -> Vec<(usize, u8)> {
    let mut tokens: Vec<(usize, u8)> = row.iter().copied().enumerate().collect();
    tokens.sort_by_key(|(token, level)| (*level, *token));
    tokens.truncate(most);
    tokens
}

/// The likeliest token of a row.
pub fn best(row: &[u8]) -> usize {
    let tokens = row.iter().enumerate();
    tokens
        .min_by_key(|(_, level)| **level)
        .map_or(BLANK, |(token, _)| token)
}

/// A run of rows whose likeliest token is the same and is no blank: what greedy decoding
/// writes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spike {
    /// The token.
    pub token: usize,
    /// Its first row.
    pub first_row: i64,
    /// One past its last row.
    pub end_row: i64,
}

/// The spikes of rows, the first of which is number `first_row`.
pub fn spikes<'a>(rows: impl Iterator<Item = &'a [u8]>, first_row: i64) -> Vec<Spike> {
    let mut spikes: Vec<Spike> = Vec::new();
    for (row, number) in rows.zip(first_row..) {
        let token = best(row);
        if token == BLANK {
            continue;
        }
        match spikes.last_mut() {
            Some(last) if last.token == token && last.end_row == number => last.end_row += 1,
            _ => spikes.push(Spike {
                token,
                first_row: number,
                end_row: number + 1,
            }),
        }
    }
    spikes
}

/// Where letters are written that belong to `places`, which rise: in one line, `apart` at least,
/// and together as near to their places as that allows, by least squares. Taken from place i
/// i × `apart`, what is left must not fall: isotonic regression, by pooling adjacent violators
/// (Barlow et al. 1972).
pub fn spread_out(places: &[f64], apart: f64) -> Vec<f64> {
    // Sums of runs of places that are moved together, and how many they are.
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let mut run = (place - index as f64 * apart, 1);
        while let Some((sum, count)) =
            runs.pop_if(|(sum, count)| *sum / *count as f64 >= run.0 / run.1 as f64)
        {
            run = (run.0 + sum, run.1 + count);
        }
        runs.push(run);
    }
    let moved = runs
        .into_iter()
        .flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count));
    let back = moved
        .enumerate()
        .map(|(index, left)| left + index as f64 * apart);
    back.collect()
}

/// The chunk of audio that the model heard before it answered for a sample; the whole
/// take's chunks end with the take.
pub fn chunk_of(sample: i64, chunk_samples: i64, take_samples: i64) -> Range<i64> {
    let chunk_samples = chunk_samples.max(1);
    let start = sample.max(0) / chunk_samples * chunk_samples;
    start..(start + chunk_samples).min(take_samples.max(start + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_probabilities_again() {
        assert!((probability(0) - 1.0).abs() < 1e-6);
        assert!((probability(14) - 0.4966).abs() < 1e-3);
        assert_eq!(probability_words(0), "over 97%");
        assert_eq!(probability_words(14), "50%");
        assert_eq!(probability_words(100), "0.7%");
        assert_eq!(probability_words(255), "under 0.1%");
    }

    #[test]
    fn repeats_are_one_spike_and_a_blank_parts_two() {
        // Tokens: blank, a, b. Rows: blank a a blank a b b
        let rows: [&[u8]; 7] = [
            &[0, 90, 90],
            &[50, 1, 90],
            &[50, 2, 90],
            &[0, 90, 90],
            &[50, 1, 90],
            &[50, 90, 1],
            &[50, 90, 3],
        ];
        let spike = |token, first_row, end_row| Spike {
            token,
            first_row,
            end_row,
        };
        assert_eq!(
            spikes(rows.into_iter(), 10),
            [spike(1, 11, 13), spike(1, 14, 15), spike(2, 15, 17)]
        );
    }

    #[test]
    fn close_letters_make_room_for_each_other() {
        let near = |ours: &[f64], expected: &[f64]| {
            ours.len() == expected.len()
                && ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6)
        };
        // By hand: of place − index × 7 each falling run is replaced by its mean, and index × 7 added again.
        for (places, expected) in [
            (&[][..], &[][..]),
            (&[0.0, 10.0, 30.0], &[0.0, 10.0, 30.0]),
            (&[0.0, 10.0, 12.0, 30.0], &[0.0, 7.5, 14.5, 30.0]),
            (&[10.0, 11.0, 12.0], &[4.0, 11.0, 18.0]),
            (
                &[0.0, 8.0, 9.0, 10.0, 40.0, 41.0],
                &[-3.75, 3.25, 10.25, 17.25, 37.0, 44.0],
            ),
        ] {
            let ours = spread_out(places, 7.0);
            assert!(near(&ours, expected), "{places:?}: {ours:?}");
        }
    }

    #[test]
    fn the_likeliest_come_first() {
        assert_eq!(likeliest(&[40, 2, 200, 2], 3), [(1, 2), (3, 2), (0, 40)]);
        assert_eq!(likeliest(&[], 3), []);
        assert_eq!(best(&[40, 2, 200, 2]), 1);
        assert_eq!(best(&[]), BLANK);
    }

    #[test]
    fn chunks_lie_end_to_end_from_the_start() {
        assert_eq!(chunk_of(0, 5120, 100_000), 0..5120);
        assert_eq!(chunk_of(5119, 5120, 100_000), 0..5120);
        assert_eq!(chunk_of(5120, 5120, 100_000), 5120..10_240);
        assert_eq!(chunk_of(500, 327_680, 50_000), 0..50_000);
        assert_eq!(chunk_of(-5, 640, 0), 0..1);
    }
}
