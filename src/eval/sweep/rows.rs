//! What a sweep measures at a point, as JSON and as CSV.

use serde::{Deserialize, Serialize};

use super::Setting;
use crate::eval::bootstrap::Interval;

/// One point's figures over a set of clips. Rates are fractions; `None` where a
/// figure is undefined or was not measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// [`Point::id`](super::Point::id).
    pub id: usize,
    /// What was set.
    pub setting: Setting,
    /// Clips recognised.
    pub clips: usize,
    /// Words of their references.
    pub words: usize,
    /// Word error rate.
    pub wer: Option<f64>,
    /// Its confidence interval, by bootstrap over the clips.
    pub wer_interval: Option<Interval>,
    /// Character error rate.
    pub cer: Option<f64>,
    /// Match error rate.
    pub mer: Option<f64>,
    /// Word information lost.
    pub wil: Option<f64>,
    /// Word error rate of the n-best lists' best hypotheses.
    pub oracle_wer: Option<f64>,
    /// Median user-perceived latency over all words.
    pub perceived_p50_ms: Option<f64>,
    /// Its 95th percentile.
    pub perceived_p95_ms: Option<f64>,
    /// The 95th percentile of the latency to commitment over all words.
    pub committed_p95_ms: Option<f64>,
    /// Compute time in milliseconds for each second of audio.
    pub compute_ms_per_s: Option<f64>,
    /// Compute time ÷ audio time.
    pub real_time_factor: Option<f64>,
    /// Unstable partial word ratio.
    pub upwr: Option<f64>,
    /// Unstable partial segment ratio.
    pub upsr: Option<f64>,
    /// Flicker events per minute of audio.
    pub flickers_per_minute: Option<f64>,
}

/// The rows as a JSON array, one row a line. A figure that is not finite is null.
///
/// # Errors
/// None that rows can cause; the writer's type has one.
pub fn to_json(rows: &[SweepRow]) -> Result<String, serde_json::Error> {
    let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    Ok(format!("[\n{}\n]\n", lines?.join(",\n")))
}

/// The rows as CSV after RFC 4180: a header, lines that end in CR LF, and quotation
/// marks round a field that holds one, a comma or a line break. Numbers are written
/// in full; a missing or not finite one is an empty field. A whole take's lookahead
/// is `whole`.
#[must_use]
pub fn to_csv(rows: &[SweepRow]) -> String {
    let header = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
    let mut csv = line(header);
    for row in rows {
        csv += &line(COLUMNS.iter().map(|(_, field)| field(row)));
    }
    csv
}

/// A column's name, and how its field is written.
type Column = (&'static str, fn(&SweepRow) -> String);

const COLUMNS: &[Column] = &[
    ("id", |row| row.id.to_string()),
    ("lookahead_ms", |row| {
        let lookahead_ms = row.setting.lookahead_ms;
        lookahead_ms.map_or("whole".to_owned(), |ms| ms.to_string())
    }),
    ("decoder", |row| row.setting.decoder.to_string()),
    ("beam_width", |row| text(row.setting.beam_width)),
    ("lm_weight", |row| number(row.setting.lm_weight)),
    ("word_bonus", |row| number(row.setting.word_bonus)),
    ("hotwords", |row| text(row.setting.hotwords)),
    ("normaliser", |row| row.setting.normaliser.to_string()),
    ("clips", |row| row.clips.to_string()),
    ("words", |row| row.words.to_string()),
    ("wer", |row| number(row.wer)),
    ("wer_low", |row| number(row.wer_interval.map(|i| i.low))),
    ("wer_high", |row| number(row.wer_interval.map(|i| i.high))),
    ("cer", |row| number(row.cer)),
    ("mer", |row| number(row.mer)),
    ("wil", |row| number(row.wil)),
    ("oracle_wer", |row| number(row.oracle_wer)),
    ("perceived_p50_ms", |row| number(row.perceived_p50_ms)),
    ("perceived_p95_ms", |row| number(row.perceived_p95_ms)),
    ("committed_p95_ms", |row| number(row.committed_p95_ms)),
    ("compute_ms_per_s", |row| number(row.compute_ms_per_s)),
    ("real_time_factor", |row| number(row.real_time_factor)),
    ("upwr", |row| number(row.upwr)),
    ("upsr", |row| number(row.upsr)),
    ("flickers_per_minute", |row| number(row.flickers_per_minute)),
];

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn number(value: Option<f64>) -> String {
    text(value.filter(|value| value.is_finite()))
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(quoted).collect();
    fields.join(",") + "\r\n"
}

fn quoted(field: String) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}
