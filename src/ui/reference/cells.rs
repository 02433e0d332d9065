//! What the cells of a cost matrix say. Free of the browser.

use asr_playground::eval::matrix::{Cell, CostMatrix};
use asr_playground::eval::wer::EditKind;

/// Most cells that are drawn: two texts of a hundred words are about a page.
pub const MAX_DRAWN_CELLS: usize = 10_000;

/// Why a matrix is not drawn, or nothing if it can be.
pub fn too_large(reference: &str, hypothesis: &str) -> Option<String> {
    let words = |text: &str| text.split_whitespace().count();
    let (rows, columns) = (words(reference) + 1, words(hypothesis) + 1);
    (rows.saturating_mul(columns) > MAX_DRAWN_CELLS).then(|| {
        format!(
            "The matrix of these texts would be {rows} × {columns}; up to {MAX_DRAWN_CELLS} cells are drawn, about a hundred words a side. The rates above are of the whole texts all the same."
        )
    })
}

/// The step that leads the alignment to a cell: its letter and its class, or those of
/// the beginning. `None` beside the path.
pub fn step_to(matrix: &CostMatrix, cell: Cell) -> Option<(&'static str, &'static str)> {
    let at = matrix.path().iter().position(|on_path| *on_path == cell)?;
    let Some(before) = at.checked_sub(1) else {
        return Some(("", "start"));
    };
    let step = matrix.alignment().steps.get(before)?;
    Some(match step.kind {
        EditKind::Hit => ("H", "hit"),
        EditKind::Substitution => ("S", "substitution"),
        EditKind::Deletion => ("D", "deletion"),
        EditKind::Insertion => ("I", "insertion"),
    })
}

/// A cell in words: what it is the cost of, and how it comes about.
pub fn explained(matrix: &CostMatrix, cell: Cell) -> Option<String> {
    let cost = matrix.cost(cell)?;
    let words = |count: usize, of: &str| match count {
        1 => format!("the first word of the {of}"),
        _ => format!("the first {count} words of the {of}"),
    };
    let from = |row: Option<usize>, column: Option<usize>| {
        matrix.cost(Cell {
            row: row?,
            column: column?,
        })
    };
    let (up, left) = (cell.row.checked_sub(1), cell.column.checked_sub(1));
    let diagonal = from(up, left);
    let deletion = from(up, Some(cell.column)).map(|cost| cost + 1);
    let insertion = from(Some(cell.row), left).map(|cost| cost + 1);
    let how = match (diagonal, deletion, insertion) {
        (Some(diagonal), Some(deletion), Some(insertion)) => {
            let same = cell_words(matrix, cell).is_some_and(|(r, h)| r == h);
            let (added, why) = if same {
                (0, "the words are equal")
            } else {
                (1, "substitution")
            };
            format!(
                "min({diagonal} + {added} from the diagonal: {why}, {} + 1 from above: deletion, {} + 1 from the left: insertion) = {cost}",
                deletion - 1,
                insertion - 1,
            )
        }
        (_, Some(_), None) => format!("nothing is heard yet, so each is a deletion: {cost}"),
        (_, None, Some(_)) => format!("nothing is said yet, so each is an insertion: {cost}"),
        _ => "nothing against nothing costs 0".to_owned(),
    };
    let what = match (cell.row, cell.column) {
        (0, 0) => "The beginning".to_owned(),
        (0, column) => format!("Nothing into {}", words(column, "transcript")),
        (row, 0) => format!("{} into nothing", capital(&words(row, "reference"))),
        (row, column) => {
            let pair = cell_words(matrix, cell);
            let pair = pair.map_or_else(String::new, |(r, h)| format!(" (to “{r}” and “{h}”)"));
            format!(
                "{} into {}{pair}",
                capital(&words(row, "reference")),
                words(column, "transcript")
            )
        }
    };
    let path = match step_to(matrix, cell) {
        None => "",
        Some((_, "start")) => " The path begins here.",
        Some((_, "hit")) => " On the path: a hit.",
        Some((_, "substitution")) => " On the path: a substitution.",
        Some((_, "deletion")) => " On the path: a deletion.",
        Some(_) => " On the path: an insertion.",
    };
    Some(format!("{what}: {how}.{path}"))
}

/// The words at a cell; `None` on the two edges without one.
fn cell_words(matrix: &CostMatrix, cell: Cell) -> Option<(&str, &str)> {
    let steps = &matrix.alignment().steps;
    let mut said = steps.iter().filter_map(|step| step.reference.as_deref());
    let mut heard = steps.iter().filter_map(|step| step.hypothesis.as_deref());
    let reference = said.nth(cell.row.checked_sub(1)?)?;
    Some((reference, heard.nth(cell.column.checked_sub(1)?)?))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> CostMatrix {
        CostMatrix::of_words("the old house stood", "the house stood now").expect("small texts")
    }

    #[test]
    fn cells_explain_themselves() {
        let matrix = matrix();
        let words = |row, column| explained(&matrix, Cell { row, column }).unwrap_or_default();
        assert_eq!(
            words(0, 0),
            "The beginning: nothing against nothing costs 0. The path begins here."
        );
        assert_eq!(
            words(0, 2),
            "Nothing into the first 2 words of the transcript: nothing is said yet, so each is an insertion: 2."
        );
        assert_eq!(
            words(2, 1),
            "The first 2 words of the reference into the first word of the transcript (to “old” and “the”): min(1 + 1 from the diagonal: substitution, 0 + 1 from above: deletion, 2 + 1 from the left: insertion) = 1. On the path: a deletion."
        );
        assert!(
            words(3, 2).contains("the words are equal"),
            "{}",
            words(3, 2)
        );
        assert_eq!(explained(&matrix, Cell { row: 5, column: 0 }), None);
    }

    #[test]
    fn the_path_has_its_letters() {
        let matrix = matrix();
        let letters: Vec<&str> = matrix
            .path()
            .iter()
            .filter_map(|cell| step_to(&matrix, *cell))
            .map(|(letter, _)| letter)
            .collect();
        assert_eq!(letters, ["", "H", "D", "H", "H", "I"]);
        assert_eq!(step_to(&matrix, Cell { row: 0, column: 1 }), None);
    }

    #[test]
    fn what_is_too_large_says_how_large() {
        let long = "a ".repeat(99);
        assert_eq!(too_large(&long, &long), None);
        let longer = format!("{long} b");
        let words = too_large(&long, &longer).expect("a sentence");
        assert!(words.contains("100 × 101"), "{words}");
    }
}
