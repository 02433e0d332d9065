//! Which words go wrong: the tables under an evaluation's rows.

use std::fmt::Write as _;

use asr_playground::eval::word_table::{CountedWord, WordErrors};

use crate::run::EvaluatedSet;

/// For each set and setting the three lists side by side; nothing for `most` = 0.
pub fn tables(sets: &[EvaluatedSet], most: usize) -> String {
    let mut out = String::new();
    if most == 0 {
        return out;
    }
    for set in sets {
        for (row, table) in set.rows.iter().zip(&set.word_tables) {
            let _ = writeln!(
                out,
                "\nwords most often wrong: {}, {}",
                set.name, row.setting
            );
            out += &columns(&table.most(most));
        }
    }
    out
}

/// Three columns with their heads; an empty list shows a dash.
fn columns(errors: &WordErrors) -> String {
    let counted = |list: &[CountedWord]| -> Vec<String> {
        list.iter()
            .map(|word| format!("{:4}  {}", word.count, word.word))
            .collect()
    };
    let substituted = errors
        .substitutions
        .iter()
        .map(|pair| format!("{:4}  {} → {}", pair.count, pair.reference, pair.hypothesis));
    let mut lists = [
        ("substituted", substituted.collect()),
        ("inserted", counted(&errors.insertions)),
        ("deleted", counted(&errors.deletions)),
    ];
    for (_, list) in &mut lists {
        if list.is_empty() {
            list.push("   –".to_owned());
        }
    }
    let rows = lists.iter().map(|(_, list)| list.len()).max().unwrap_or(0);
    let mut out = String::new();
    for index in 0..=rows {
        let cells = lists.iter().map(|(head, list)| {
            let cell = match index.checked_sub(1) {
                None => format!("      {head}"),
                Some(row) => list.get(row).cloned().unwrap_or_default(),
            };
            let widest = list.iter().map(|cell| cell.chars().count()).max();
            let width = widest.unwrap_or(0).max(6 + head.len());
            format!("{cell:width$}")
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
