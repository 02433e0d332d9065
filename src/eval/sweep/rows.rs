//! What a sweep measures at a point, as JSON and as CSV.

use serde::{Deserialize, Serialize};

use super::Setting;
use crate::eval::bootstrap::Interval;
use crate::eval::percentile::Percentiles;

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
    /// What a live listener would have waited, and for what.
    pub latencies: Latencies,
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

/// Latencies of a set by the names of `docs/LATENCY.md`, in milliseconds. Percentiles over
/// words, clips or chunks, as each says; `None` where there were none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// The longest wait for sound; `None` for the whole take.
    pub algorithmic_ms: Option<f64>,
    /// User-perceived: over words, shown for good.
    pub perceived: Option<Percentiles>,
    /// Over words, shown for the first time.
    pub first_shown: Option<Percentiles>,
    /// Over words, committed.
    pub committed: Option<Percentiles>,
    /// Over clips, any text at all.
    pub first_partial: Option<Percentiles>,
    /// Over clips, all of the text committed after the last word's end.
    pub final_text: Option<Percentiles>,
    /// Over chunks, waiting for the machine.
    pub queueing: Option<Percentiles>,
    /// Over chunks, at work.
    pub compute: Option<Percentiles>,
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
    let percentiles = LATENCIES.iter().flat_map(|(name, _)| {
        let shares = ["p50", "p90", "p95", "p99"];
        shares.map(|share| format!("{name}_{share}_ms"))
    });
    let mut csv = line(header.chain(percentiles));
    for row in rows {
        let fields = COLUMNS.iter().map(|(_, field)| field(row));
        let percentiles = LATENCIES.iter().flat_map(|(_, of)| {
            let of = of(&row.latencies);
            let pick = |share: fn(&Percentiles) -> f64| number(of.as_ref().map(share));
            [
                pick(|p| p.p50),
                pick(|p| p.p90),
                pick(|p| p.p95),
                pick(|p| p.p99),
            ]
        });
        csv += &line(fields.chain(percentiles));
    }
    csv
}

/// A latency's name, and where its percentiles are.
type Latency = (&'static str, fn(&Latencies) -> Option<Percentiles>);

const LATENCIES: &[Latency] = &[
    ("perceived", |l| l.perceived),
    ("first_shown", |l| l.first_shown),
    ("committed", |l| l.committed),
    ("first_partial", |l| l.first_partial),
    ("final_text", |l| l.final_text),
    ("queueing", |l| l.queueing),
    ("compute", |l| l.compute),
];

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
    ("compute_ms_per_s", |row| number(row.compute_ms_per_s)),
    ("real_time_factor", |row| number(row.real_time_factor)),
    ("upwr", |row| number(row.upwr)),
    ("upsr", |row| number(row.upsr)),
    ("flickers_per_minute", |row| number(row.flickers_per_minute)),
    ("algorithmic_ms", |row| number(row.latencies.algorithmic_ms)),
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
