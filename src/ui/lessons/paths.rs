//! CTC paths by the definition: collapse one, count those of a text, write all of them
//! out. For teaching, at sizes a person can read; `asr_playground::decode` is the real
//! thing. Free of the browser.

use std::collections::BTreeMap;

/// What stands for the blank in a path that a person types.
pub const BLANK: char = '_';

/// What becomes of a row of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It writes its symbol.
    Kept,
    /// Step one merges it into the row before.
    Repeat,
    /// Step two drops it.
    Blank,
}

/// A row of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// A letter, a space or [`BLANK`].
    pub symbol: char,
    /// What becomes of it.
    pub fate: Fate,
}

/// The rows of a path, with what the collapse makes of each: repeats merged first, then
/// blanks dropped. A repeated blank is merged like any other symbol.
pub fn collapse(path: &str) -> Vec<Cell> {
    let mut last = None;
    let cell = |symbol: char| {
        let fate = if last.replace(symbol) == Some(symbol) {
            Fate::Repeat
        } else if symbol == BLANK {
            Fate::Blank
        } else {
            Fate::Kept
        };
        Cell { symbol, fate }
    };
    path.chars().map(cell).collect()
}

/// What the rows write.
pub fn text_of(cells: &[Cell]) -> String {
    let kept = cells.iter().filter(|cell| cell.fate == Fate::Kept);
    kept.map(|cell| cell.symbol).collect()
}

/// How many paths of `rows` rows collapse to `text`: the CTC forward sum with every
/// probability one. A float, since it soon passes 2⁶⁴.
pub fn count_paths(text: &str, rows: usize) -> f64 {
    let letters: Vec<char> = text.chars().collect();
    // blank, letter 1, blank, …, letter L, blank
    let states: Vec<Option<char>> = letters
        .iter()
        .flat_map(|letter| [None, Some(*letter)])
        .chain([None])
        .collect();
    let mut counts = vec![0.0; states.len()];
    for row in 0..rows {
        let before = counts.clone();
        for (state, count) in counts.iter_mut().enumerate() {
            let at = |back: usize| state.checked_sub(back).and_then(|s| before.get(s).copied());
            let differs = state >= 2 && states.get(state) != states.get(state - 2);
            let letter = states.get(state).is_some_and(Option::is_some);
            *count = if row == 0 {
                f64::from(u8::from(state < 2))
            } else {
                let skip = if letter && differs { at(2) } else { None };
                [at(0), at(1), skip].into_iter().flatten().sum()
            };
        }
    }
    if rows == 0 {
        return f64::from(u8::from(letters.is_empty()));
    }
    counts.iter().rev().take(2).sum()
}

/// A text and all paths that collapse to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spelled {
    /// The text.
    pub text: String,
    /// The sum of its paths' probabilities.
    pub probability: f64,
    /// Each path with its probability, likeliest first.
    pub paths: Vec<(String, f64)>,
}

/// All paths through `rows`, each a probability a symbol, by what they spell; likeliest
/// text first. There are `symbols.len()` to the power of `rows.len()` of them.
pub fn enumerate(symbols: &[char], rows: &[Vec<f64>]) -> Vec<Spelled> {
    let mut paths = vec![(String::new(), 1.0)];
    for row in rows {
        paths = paths
            .iter()
            .flat_map(|(path, p)| {
                let longer = symbols.iter().zip(row);
                longer.map(move |(symbol, q)| (format!("{path}{symbol}"), p * q))
            })
            .collect();
    }
    let mut by_text: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for (path, p) in paths {
        let text = text_of(&collapse(&path));
        by_text.entry(text).or_default().push((path, p));
    }
    let mut spelled: Vec<Spelled> = by_text
        .into_iter()
        .map(|(text, mut paths)| {
            paths.sort_by(|a, b| b.1.total_cmp(&a.1));
            Spelled {
                text,
                probability: paths.iter().map(|(_, p)| p).sum(),
                paths,
            }
        })
        .collect();
    spelled.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    spelled
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn repeats_are_merged_before_blanks_are_dropped() {
        for (path, text) in [
            ("hh_e_ll_lo", "hello"),
            ("hhelllo", "helo"),
            ("a_a", "aa"),
            ("aa", "a"),
            ("___", ""),
            ("", ""),
            ("a__  b", "a b"),
        ] {
            assert_eq!(text_of(&collapse(path)), text, "{path}");
        }
        let fates: Vec<Fate> = collapse("aa__b").iter().map(|c| c.fate).collect();
        let expected = [
            Fate::Kept,
            Fate::Repeat,
            Fate::Blank,
            Fate::Repeat,
            Fate::Kept,
        ];
        assert_eq!(fates, expected);
    }

    #[test]
    fn the_count_is_that_of_the_written_out_paths() {
        for rows in 0..=5 {
            let even = vec![vec![1.0; 3]; rows];
            for spelled in enumerate(&[BLANK, 'a', 'b'], &even) {
                let counted = count_paths(&spelled.text, rows);
                assert!(
                    (counted - spelled.paths.len() as f64).abs() < 1e-9,
                    "{rows} rows, {:?}: {counted}",
                    spelled.text
                );
            }
        }
        // Three different letters in eight rows: C(8 + 3, 8 - 3).
        assert!((count_paths("cat", 8) - 462.0).abs() < 1e-9);
        assert!(count_paths("aa", 2).abs() < 1e-9, "no room for the blank");
    }

    #[test]
    fn the_best_path_is_not_the_best_text() {
        let spelled = enumerate(&[BLANK, 'a'], &[vec![0.6, 0.4], vec![0.6, 0.4]]);
        assert_eq!(spelled[0].text, "a");
        assert!((spelled[0].probability - 0.64).abs() < 1e-12);
        assert!((spelled[1].probability - 0.36).abs() < 1e-12);
        let best = spelled.iter().flat_map(|s| &s.paths);
        let best = best.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!(best.0, "__");
    }
}
