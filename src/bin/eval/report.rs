//! The rows of an evaluation and how they are printed.

use std::fmt::Write as _;

use serde::Serialize;

/// Error rates and speed of one corpus at one setting. Rates are fractions.
#[derive(Debug, Serialize)]
pub struct Row {
    pub corpus: String,
    /// `None` is the whole take.
    pub lookahead_ms: Option<u32>,
    pub decoder: &'static str,
    /// Beam width; greedy has none.
    pub beam: Option<u32>,
    pub clips: usize,
    /// Words in the references.
    pub words: usize,
    /// `None` where the references have no words.
    pub wer: Option<f64>,
    pub cer: Option<f64>,
    /// Real-time factor: processing time ÷ audio time, decoding of the file apart.
    pub rtf: f64,
}

/// The rows as a table for people.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let width = rows
        .iter()
        .map(|row| row.corpus.len())
        .max()
        .unwrap_or(0)
        .max(6);
    let rate =
        |rate: Option<f64>| rate.map_or("–".to_owned(), |rate| format!("{:.1}", rate * 100.0));
    let _ = writeln!(
        out,
        "{:width$}  lookahead  decoder  clips  words   WER %   CER %    RTF",
        "corpus"
    );
    for row in rows {
        let lookahead = row
            .lookahead_ms
            .map_or("whole".to_owned(), |ms| format!("{ms} ms"));
        let _ = writeln!(
            out,
            "{:width$}  {lookahead:>9}  {:7}  {:5}  {:5}  {:>6}  {:>6}  {:.4}",
            row.corpus,
            row.decoder,
            row.clips,
            row.words,
            rate(row.wer),
            rate(row.cer),
            row.rtf
        );
    }
    out
}
