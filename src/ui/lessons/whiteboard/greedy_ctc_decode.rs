//! Best path decoding: argmax of each row, merge repeats, drop blanks.

/// `log_probs` is row-major `[rows, tokens]`; token 0 is the blank.
pub fn greedy_ctc_decode(log_probs: &[f32], tokens: &[String]) -> String {
    const BLANK: usize = 0;
    let mut text = String::new();
    let mut last = BLANK;
    for row in log_probs.chunks_exact(tokens.len().max(1)) {
        let mut best = BLANK;
        for token in 0..row.len() {
            if row[token] > row[best] {
                best = token;
            }
        }
        // A repeat is the same sound going on. After a blank it is a new one.
        if best != last && best != BLANK {
            text.push_str(&tokens[best]);
        }
        last = best;
    }
    text
}
