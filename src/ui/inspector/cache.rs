//! What is known of a take: rows asked for in blocks, the last few blocks kept, and
//! what the best hypothesis writes. Free of the browser.

use std::collections::VecDeque;
use std::sync::Arc;

use asr_playground::decode::{BestText, RowInspection};
use asr_playground::recognizer::{Stretch, StretchBegins};

/// Candidates of a block, about; a message of so many is some hundred kilobytes.
const BLOCK_HYPOTHESES: usize = 2000;
/// Blocks that are kept.
const MOST_BLOCKS: usize = 6;

/// Rows of a block: fewer where the beam is wide, so that no message is a long task.
pub fn block_rows(width: usize) -> usize {
    (BLOCK_HYPOTHESES / width.max(1)).clamp(16, 50)
}

/// Blocks of rows.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    rows_each: usize,
    kept: VecDeque<(usize, Vec<Arc<RowInspection>>)>,
    asked: Vec<usize>,
}

impl Blocks {
    /// None yet, of so many rows.
    pub fn new(rows_each: usize) -> Self {
        Self {
            rows_each: rows_each.max(1),
            ..Self::default()
        }
    }

    /// A row that is here.
    pub fn row(&self, row: usize) -> Option<Arc<RowInspection>> {
        let mut blocks = self.kept.iter();
        blocks.find_map(|(first, block)| block.get(row.checked_sub(*first)?).cloned())
    }

    /// The first row of the block to ask for, if the row is not here and not asked for.
    /// It counts as asked for then.
    pub fn ask_for(&mut self, row: usize) -> Option<usize> {
        let first = row - row % self.rows_each.max(1);
        let here = self.kept.iter().any(|(kept, _)| *kept == first);
        if here || self.asked.contains(&first) {
            return None;
        }
        self.asked.push(first);
        Some(first)
    }

    /// Rows of a block.
    pub fn rows_each(&self) -> usize {
        self.rows_each
    }

    /// A block is here; the oldest goes.
    pub fn put(&mut self, first: usize, rows: Vec<RowInspection>) {
        self.asked.retain(|asked| *asked != first);
        let rows = rows.into_iter().map(Arc::new).collect();
        self.kept.push_back((first, rows));
        if self.kept.len() > MOST_BLOCKS {
            self.kept.pop_front();
        }
    }
}

/// What the best hypothesis writes, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BestTexts {
    changes: Vec<BestText>,
    /// Rows after which it writes something else, committed or not.
    rows: Vec<i64>,
    stretches: Vec<Stretch>,
}

impl BestTexts {
    /// Of the answer to [`asr_playground::recognizer::Question::BestTexts`].
    pub fn new(changes: Vec<BestText>, stretches: Vec<Stretch>) -> Self {
        let mut rows = Vec::new();
        let mut last = "";
        for change in &changes {
            let mut now = change.committed.join(" ");
            if !now.is_empty() && !change.text.is_empty() {
                now.push(' ');
            }
            now.push_str(&change.text);
            if now.trim() != last.trim() {
                rows.push(change.row);
            }
            last = &change.text;
        }
        Self {
            changes,
            rows,
            stretches,
        }
    }

    /// The search that a row is of.
    pub fn stretch(&self, row: i64) -> Option<&Stretch> {
        let begun = self.stretches.partition_point(|s| s.first_row <= row);
        self.stretches.get(begun.checked_sub(1)?)
    }

    /// Why the next search begins after this row, if one does.
    pub fn next_begins(&self, row: i64) -> Option<StretchBegins> {
        let mut next = self.stretches.iter().filter(|s| s.first_row == row + 1);
        next.next().map(|stretch| stretch.begins)
    }

    /// Rows after which the best text is another.
    pub fn rows(&self) -> &[i64] {
        &self.rows
    }

    /// The first such row after `row`.
    pub fn next_change(&self, row: i64) -> Option<i64> {
        let at = self.rows.partition_point(|change| *change <= row);
        self.rows.get(at).copied()
    }

    /// The committed words and the text after them, once `row` is decoded.
    pub fn after(&self, row: i64) -> (Vec<&str>, &str) {
        let end = self.changes.partition_point(|change| change.row <= row);
        let seen = self.changes.get(..end).unwrap_or_default();
        let committed = seen.iter().flat_map(|change| &change.committed);
        let text = seen.last().map_or("", |change| change.text.as_str());
        (committed.map(String::as_str).collect(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use asr_playground::decode::{BeamConfig, DecoderKind};

    fn rows(range: std::ops::Range<i64>) -> Vec<RowInspection> {
        let row = |row| RowInspection {
            row,
            ..RowInspection::default()
        };
        range.map(row).collect()
    }

    #[test]
    fn a_block_is_asked_for_once() {
        let mut blocks = Blocks::new(50);
        assert_eq!(blocks.ask_for(120), Some(100));
        assert_eq!(blocks.ask_for(149), None);
        blocks.put(100, rows(100..131));
        assert_eq!(blocks.row(130).map(|r| r.row), Some(130));
        assert_eq!(blocks.row(131), None);
        assert_eq!(blocks.ask_for(110), None);
        assert_eq!(blocks.row(99), None);
    }

    #[test]
    fn old_blocks_go() {
        let mut blocks = Blocks::new(10);
        for first in (0..100).step_by(10) {
            assert_eq!(blocks.ask_for(first), Some(first));
            blocks.put(first, rows(first as i64..first as i64 + 10));
        }
        assert_eq!(blocks.row(0), None);
        assert_eq!(blocks.ask_for(0), Some(0));
        assert_eq!(blocks.row(99).map(|r| r.row), Some(99));
    }

    #[test]
    fn wide_beams_come_in_smaller_blocks() {
        assert_eq!([1, 8, 64, 128].map(block_rows), [50, 50, 31, 16]);
    }

    #[test]
    fn committing_is_no_change_of_the_best() {
        let change = |row, text: &str, committed: &[&str]| BestText {
            row,
            text: text.to_owned(),
            committed: committed.iter().map(|w| (*w).to_owned()).collect(),
        };
        let changes = vec![
            change(3, "a", &[]),
            change(5, "a ", &[]),
            change(6, "a b", &[]),
            change(9, "b", &["a"]),
            change(12, "", &["b"]),
            change(13, "c", &[]),
            change(15, "e", &["d"]),
        ];
        let texts = BestTexts::new(changes, Vec::new());
        assert_eq!(texts.rows(), [3, 6, 13, 15]);
        assert_eq!(texts.next_change(3), Some(6));
        assert_eq!(texts.next_change(15), None);
        assert_eq!(texts.after(2), (vec![], ""));
        assert_eq!(texts.after(10), (vec!["a"], "b"));
        assert_eq!(texts.after(99), (vec!["a", "b", "d"], "e"));
    }

    #[test]
    fn each_row_is_of_one_search() {
        let stretch = |first_row, begins| Stretch {
            first_row,
            begins,
            kind: DecoderKind::Beam,
            beam: BeamConfig::default(),
        };
        let stretches = vec![
            stretch(0, StretchBegins::Take),
            stretch(40, StretchBegins::Endpoint),
            stretch(60, StretchBegins::Settings),
        ];
        let texts = BestTexts::new(Vec::new(), stretches);
        let first_row = |row| texts.stretch(row).map(|stretch| stretch.first_row);
        assert_eq!(
            [0, 39, 40, 59, 60, 999].map(first_row),
            [0, 0, 40, 40, 60, 60].map(Some)
        );
        assert_eq!(texts.next_begins(38), None);
        assert_eq!(texts.next_begins(39), Some(StretchBegins::Endpoint));
        assert_eq!(texts.next_begins(59), Some(StretchBegins::Settings));
        assert_eq!(BestTexts::default().stretch(0), None);
    }
}
