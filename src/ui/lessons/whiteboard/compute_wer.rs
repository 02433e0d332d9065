//! Word error rate, with the errors it is made of.

/// Errors on the cheapest way from the words said to the words heard.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    pub substitutions: usize,
    pub deletions: usize,
    pub insertions: usize,
}

impl Errors {
    pub fn total(&self) -> usize {
        self.substitutions + self.deletions + self.insertions
    }
}

/// (S + D + I) / N. One row of the cost matrix, and the corner that
/// the next cell needs from the row before: O(N·M) time, O(M) memory.
pub fn compute_wer(said: &str, heard: &str) -> (f64, Errors) {
    let said: Vec<&str> = said.split_whitespace().collect();
    let heard: Vec<&str> = heard.split_whitespace().collect();
    // row[h]: no word said yet, so the first h words heard are insertions.
    let mut row: Vec<Errors> = (0..=heard.len())
        .map(|h| Errors { insertions: h, ..Errors::default() })
        .collect();
    for word in &said {
        let mut corner = row[0];
        row[0].deletions += 1;
        for h in 0..heard.len() {
            let mut substitute = corner;
            substitute.substitutions += usize::from(*word != heard[h]);
            let mut delete = row[h + 1];
            delete.deletions += 1;
            let mut insert = row[h];
            insert.insertions += 1;
            corner = row[h + 1];
            row[h + 1] = substitute;
            for other in [delete, insert] {
                if other.total() < row[h + 1].total() {
                    row[h + 1] = other;
                }
            }
        }
    }
    let errors = row[heard.len()];
    (errors.total() as f64 / said.len().max(1) as f64, errors)
}
