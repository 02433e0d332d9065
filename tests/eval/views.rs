//! Views of an alignment: the cost matrix and its path, two rows of it, the n-best
//! oracle, tables of wrong words.

use asr_playground::eval::matrix::{
    Cell, CostMatrix, MAX_MATRIX_CELLS, MatrixTooLarge, edit_distance,
};
use asr_playground::eval::oracle::{Oracle, oracle};
use asr_playground::eval::wer::{EditKind, align_words, word_errors};
use asr_playground::eval::word_table::WordTable;
use proptest::prelude::*;

use crate::errors::{any_text, errors};

/// The matrix that Wikipedia's "Levenshtein distance" shows.
#[test]
fn the_matrix_of_sunday_and_saturday() {
    let matrix = CostMatrix::of_words("S a t u r d a y", "S u n d a y").unwrap();
    assert_eq!((matrix.rows(), matrix.columns()), (9, 7));
    #[rustfmt::skip]
    let expected = [
        0, 1, 2, 3, 4, 5, 6,
        1, 0, 1, 2, 3, 4, 5,
        2, 1, 1, 2, 3, 3, 4,
        3, 2, 2, 2, 3, 4, 4,
        4, 3, 2, 3, 3, 4, 5,
        5, 4, 3, 3, 4, 4, 5,
        6, 5, 4, 4, 3, 4, 5,
        7, 6, 5, 5, 4, 3, 4,
        8, 7, 6, 6, 5, 4, 3,
    ];
    assert_eq!(matrix.costs(), expected);
    let path: Vec<_> = matrix.path().iter().map(|c| (c.row, c.column)).collect();
    // S, then a and t left out, u, n for r, d, a, y
    let expected = [
        (0, 0),
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 2),
        (5, 3),
        (6, 4),
        (7, 5),
        (8, 6),
    ];
    assert_eq!(path, expected);
    assert_eq!(matrix.cost(Cell { row: 8, column: 7 }), None);
    assert_eq!(matrix.cost(Cell { row: 9, column: 0 }), None);
}

#[test]
fn texts_without_words_have_an_edge() {
    let matrix = CostMatrix::of_words(" ", "a b").unwrap();
    assert_eq!(matrix.costs(), [0, 1, 2]);
    assert_eq!(matrix.path().len(), 3);
    assert_eq!(CostMatrix::of_words("", "").unwrap().costs(), [0]);
}

#[test]
fn a_matrix_beyond_the_cap_is_refused() {
    let text = |words: usize| "a ".repeat(words);
    let fits = CostMatrix::of_words(&text(499), &text(499)).unwrap();
    assert_eq!(fits.costs().len(), MAX_MATRIX_CELLS);
    let (rows, columns) = (501, 500);
    let refused = CostMatrix::of_words(&text(500), &text(499));
    assert_eq!(refused, Err(MatrixTooLarge { rows, columns }));
}

proptest! {
    #[test]
    fn the_path_is_the_alignment_and_the_matrix_says_what_it_costs(reference in any_text(), hypothesis in any_text()) {
        let matrix = CostMatrix::of_words(&reference, &hypothesis).unwrap();
        let alignment = align_words(&reference, &hypothesis);
        prop_assert_eq!(matrix.alignment(), &alignment);
        prop_assert_eq!(matrix.path().len(), alignment.steps.len() + 1);
        let mut errors = 0;
        for (step, cells) in alignment.steps.iter().zip(matrix.path().windows(2)) {
            errors += u32::from(step.kind != EditKind::Hit);
            prop_assert_eq!(matrix.cost(cells[1]), Some(errors));
            let moved = (cells[1].row - cells[0].row, cells[1].column - cells[0].column);
            prop_assert_eq!(moved, (usize::from(step.reference.is_some()), usize::from(step.hypothesis.is_some())));
        }
        let last = Cell { row: matrix.rows() - 1, column: matrix.columns() - 1 };
        prop_assert_eq!(matrix.path().last(), Some(&last));
    }

    #[test]
    fn two_rows_find_the_same_distance(reference in any_text(), hypothesis in any_text()) {
        let words = |text: &'_ str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let distance = edit_distance(&words(&reference), &words(&hypothesis));
        prop_assert_eq!(distance, word_errors(&reference, &hypothesis).errors());
    }
}

#[test]
fn the_oracle_takes_the_best_and_of_equals_the_first() {
    let n_best = [
        "a cat sad",
        "the cat sad",
        "the cat sat down",
        "the cat sat down",
    ];
    let best = oracle("the cat sat", n_best).unwrap();
    let counts = word_errors("the cat sat", "the cat sad");
    assert_eq!(best, Oracle { rank: 1, counts });
    assert_eq!(oracle("the cat", ["a", "the cat"]).unwrap().rank, 1);
    assert_eq!(oracle("", ["a", ""]).unwrap().counts.errors(), 0);
    assert_eq!(oracle("the cat sat", [""; 0]), None);
}

#[test]
fn tables_of_wrong_words_are_jiwers() {
    let golden = errors();
    let mut table = WordTable::default();
    for pair in golden.pairs.iter().rev() {
        table.add(&align_words(&pair.reference, &pair.hypothesis));
    }
    let substitutions: Vec<_> = table
        .substitutions()
        .into_iter()
        .map(|(pair, count)| (pair.reference.clone(), pair.hypothesis.clone(), count))
        .collect();
    assert_eq!(substitutions, golden.tables.substitutions);
    let owned = |list: Vec<(&String, usize)>| -> Vec<(String, usize)> {
        list.into_iter().map(|(w, n)| (w.clone(), n)).collect()
    };
    assert_eq!(owned(table.insertions()), golden.tables.insertions);
    assert_eq!(owned(table.deletions()), golden.tables.deletions);
    assert!(golden.tables.substitutions[0].2 > 1);
    // What is printed is the head of each list.
    let most = table.most(2);
    assert_eq!(most.substitutions.len(), 2);
    let first = &most.substitutions[0];
    let first = (
        first.reference.clone(),
        first.hypothesis.clone(),
        first.count,
    );
    assert_eq!(first, golden.tables.substitutions[0]);
    assert_eq!(most.deletions[1].word, golden.tables.deletions[1].0);
    assert_eq!(most.insertions[0].count, golden.tables.insertions[0].1);
    assert!(table.most(0).insertions.is_empty());
}
