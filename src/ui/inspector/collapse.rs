//! From the best token of each row to text: repeats merged, blanks dropped. Free of
//! the browser.

/// The best token of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestToken {
    /// Its index.
    pub token: usize,
    /// Its ln p.
    pub ln_prob: f32,
}

/// The best tokens of rows, row-major `[rows, columns]`; the lowest index among equals,
/// as in the greedy decoder.
pub fn best_tokens(log_probs: &[f32], columns: usize) -> Vec<BestToken> {
    let best = |row: &[f32]| {
        let first = BestToken {
            token: 0,
            ln_prob: row.first().copied().unwrap_or(f32::NEG_INFINITY),
        };
        let larger = |best: BestToken, (token, ln_prob): (usize, &f32)| {
            if *ln_prob > best.ln_prob {
                BestToken {
                    token,
                    ln_prob: *ln_prob,
                }
            } else {
                best
            }
        };
        row.iter().enumerate().fold(first, larger)
    };
    log_probs.chunks_exact(columns.max(1)).map(best).collect()
}

/// Rows in a row with the same best token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The token's index.
    pub token: usize,
    /// The first of the rows that are looked at.
    pub first_row: usize,
    /// How many of these rows.
    pub rows: usize,
    /// It began before them.
    pub goes_on: bool,
}

/// The runs among the rows from `first_row` up to, without, `end`.
pub fn runs(best: &[BestToken], first_row: usize, end: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let seen = best.iter().enumerate().take(end).skip(first_row);
    for (row, BestToken { token, .. }) in seen {
        match runs.last_mut() {
            Some(run) if run.token == *token => run.rows += 1,
            _ => runs.push(Run {
                token: *token,
                first_row: row,
                rows: 1,
                goes_on: row > 0 && best.get(row - 1).is_some_and(|b| b.token == *token),
            }),
        }
    }
    for run in runs.iter_mut().skip(1) {
        run.goes_on = false;
    }
    runs
}

/// What the best tokens before `end` spell: the blank is token 0, `tokens` says what
/// the others write. Several spaces are one.
pub fn spelled(best: &[BestToken], end: usize, tokens: &[String]) -> String {
    let mut text = String::new();
    for run in runs(best, 0, end) {
        let written = tokens.get(run.token).map_or("", String::as_str);
        if run.token == 0 || (written == " " && (text.is_empty() || text.ends_with(' '))) {
            continue;
        }
        text.push_str(written);
    }
    text
}

/// The next row after `row` with which a token that is no blank begins.
pub fn next_token(best: &[BestToken], row: usize) -> Option<usize> {
    let begins = |at: &usize| {
        let token = |row: usize| best.get(row).map(|b| b.token);
        token(*at) != Some(0) && at.checked_sub(1).is_none_or(|b| token(b) != token(*at))
    };
    (row + 1..best.len()).find(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(tokens: &[usize]) -> Vec<BestToken> {
        let best = |token: &usize| BestToken {
            token: *token,
            ln_prob: 0.0,
        };
        tokens.iter().map(best).collect()
    }

    fn letters() -> Vec<String> {
        ["", " ", "a", "b"].map(str::to_owned).into()
    }

    #[test]
    fn the_largest_is_best_and_the_first_of_equals() {
        let best = best_tokens(&[-2.0, -0.1, -3.0, -1.0, -1.0, -1.0], 3);
        assert_eq!(best.iter().map(|b| b.token).collect::<Vec<_>>(), [1, 0]);
        assert!(best_tokens(&[], 0).is_empty());
    }

    #[test]
    fn repeats_are_merged_and_blanks_dropped() {
        let best = path(&[0, 2, 2, 0, 2, 1, 1, 0, 1, 3]);
        let spelled_to = |end| spelled(&best, end, &letters());
        assert_eq!(spelled_to(3), "a");
        assert_eq!(spelled_to(5), "aa");
        assert_eq!(spelled_to(10), "aa b");
        assert_eq!(spelled_to(99), "aa b");
    }

    #[test]
    fn a_window_knows_what_began_before_it() {
        let best = path(&[2, 2, 2, 0, 3]);
        let seen = runs(&best, 1, 5);
        let starts: Vec<_> = seen
            .iter()
            .map(|r| (r.first_row, r.rows, r.goes_on))
            .collect();
        assert_eq!(starts, [(1, 2, true), (3, 1, false), (4, 1, false)]);
    }

    #[test]
    fn the_next_token_is_where_a_run_begins() {
        let best = path(&[0, 2, 2, 0, 2, 3]);
        assert_eq!(next_token(&best, 0), Some(1));
        assert_eq!(next_token(&best, 1), Some(4));
        assert_eq!(next_token(&best, 4), Some(5));
        assert_eq!(next_token(&best, 5), None);
    }
}
