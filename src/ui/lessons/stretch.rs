//! The rows of a take that are one word's own. Free of the browser.

use std::ops::Range;

use asr_playground::decode::Word;

/// Most rows taken before a word's first letter, and after its last.
const MOST_AROUND: i64 = 5;
/// Longest stretch: what is drawn, and summed.
const MOST_ROWS: i64 = 120;

/// The rows of word `index`: those of its letters, and before and after them the rows that say
/// “blank”, up to five. Where another token is the likeliest, a space or a letter of the next
/// word, the stretch ends: in rows of another word's letters this word's score would be that
/// of calling them blank. `is_blank` is asked for rows of the take; `None` without the word.
pub fn rows_of_word(
    words: &[Word],
    index: usize,
    is_blank: impl Fn(i64) -> bool,
) -> Option<Range<i64>> {
    let first_row = |word: &Word| word.rows.start;
    let end_row = |word: &Word| word.rows.end.max(word.rows.start + 1);
    let word = words.get(index)?;
    let before = index.checked_sub(1).and_then(|at| words.get(at));
    let from = before.map_or(0, end_row).max(first_row(word) - MOST_AROUND);
    let to = words.get(index + 1).map_or(i64::MAX, first_row);
    let to = to.min(end_row(word) + MOST_AROUND);
    let (mut first, mut end) = (first_row(word), end_row(word));
    while first > from && is_blank(first - 1) {
        first -= 1;
    }
    while end < to && is_blank(end) {
        end += 1;
    }
    Some(first..end.min(first + MOST_ROWS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(rows: Range<i64>) -> Word {
        Word {
            text: "word".to_owned(),
            start_sample: 0,
            end_sample: 0,
            rows,
            confidence: 0.9,
        }
    }

    /// The likeliest token of each row of two words: `_` is the blank.
    const ROWS: &str = "______a_nn_ _t__o_________";

    fn rows_of(words: &[Word], index: usize) -> Option<Range<i64>> {
        let tokens: Vec<char> = ROWS.chars().collect();
        let is_blank = |row: i64| {
            let token = usize::try_from(row).ok().and_then(|row| tokens.get(row));
            token == Some(&'_')
        };
        rows_of_word(words, index, is_blank)
    }

    #[test]
    fn a_word_has_its_letters_and_the_blanks_around_them() {
        let words = [word(6..10), word(13..17)];
        // Five blanks before; after, one up to the space.
        assert_eq!(rows_of(&words, 0), Some(1..11));
        // From the space on; after, five of nine.
        assert_eq!(rows_of(&words, 1), Some(12..22));
        assert_eq!(rows_of(&words, 2), None);
    }

    #[test]
    fn a_neighbour_ends_it_where_no_space_is_seen() {
        // A decoder may part what the rows run together: their words touch.
        let words = [word(6..8), word(8..10), word(10..14)];
        assert_eq!(rows_of(&words, 0), Some(1..8));
        assert_eq!(rows_of(&words, 1), Some(8..10));
        assert_eq!(rows_of(&words, 2), Some(10..16), "blanks up to the “o”");
    }

    #[test]
    fn it_stays_inside_the_take() {
        let words = [word(0..2), word(23..26)];
        assert_eq!(rows_of(&words, 0), Some(0..6), "an “a” ends it");
        assert_eq!(rows_of(&words, 1), Some(18..26));
        assert_eq!(rows_of(&[word(0..400)], 0), Some(0..120));
    }
}
