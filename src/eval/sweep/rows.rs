//! What a sweep measures at a point, as JSON and as CSV.

use serde::{Deserialize, Serialize};

use super::{Setting, pareto_front};
use crate::eval::bootstrap::{Improvement, Interval};
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
    /// The word error rate against the first row's, in pairs of clips. `None` for that row
    /// itself, and where the references differ (another normaliser).
    pub wer_change: Option<Improvement>,
    /// Character error rate.
    pub cer: Option<f64>,
    /// Match error rate.
    pub mer: Option<f64>,
    /// Word information preserved.
    pub wip: Option<f64>,
    /// Word information lost, 1 − `wip`.
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
    /// Words of the final texts that none of the above has, because their text could not
    /// be aligned with the audio.
    pub unaligned_words: usize,
}

/// Times that differ by less than this share of the smaller are taken as equal on a front: from
/// one run to the next the machine itself changes by about so much.
const SAME_SHARE: f64 = 0.02;

/// The two Pareto fronts of a sweep: which rows nobody need give up anything for. Times that
/// are apart by less than 2 % count as equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fronts {
    /// Of the word error rate and the 95th percentile of the user-perceived latency:
    /// indices of rows, by rising error rate.
    pub latency: Vec<usize>,
    /// Of the word error rate and compute.
    pub compute: Vec<usize>,
}

impl Fronts {
    /// The fronts among these rows.
    #[must_use]
    pub fn of(rows: &[SweepRow]) -> Self {
        let front = |cost: fn(&SweepRow) -> Option<f64>| {
            let costs = merge_near(rows.iter().map(cost).collect());
            let rates = rows.iter().map(|row| row.wer);
            pareto_front(&rates.zip(costs).collect::<Vec<_>>())
        };
        Self {
            latency: front(|row| row.latencies.perceived.map(|p| p.p95)),
            compute: front(|row| row.compute_ms_per_s),
        }
    }
}

/// Each time, or the least of those that are within [`SAME_SHARE`] below it: from the least up,
/// each that is not taken yet takes those near it.
fn merge_near(mut times: Vec<Option<f64>>) -> Vec<Option<f64>> {
    let mut rising: Vec<(usize, f64)> = times
        .iter()
        .enumerate()
        .filter_map(|(index, time)| Some((index, time.filter(|t| !t.is_nan())?)))
        .collect();
    rising.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut taking = None;
    for (index, time) in rising {
        // Latencies can be below 0: a word stood there before its end.
        let near = taking.filter(|least: &f64| time <= least + least.abs() * SAME_SHARE);
        let least = near.unwrap_or(time);
        taking = Some(least);
        times[index] = Some(least);
    }
    times
}

/// A row as it is written.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    row: &'a SweepRow,
    pareto_latency: bool,
    pareto_compute: bool,
}

/// The rows as a JSON array, one row a line, each with whether it is on the two
/// [`Fronts`] (`pareto_latency`, `pareto_compute`). A figure that is not finite is null.
///
/// # Errors
/// None that rows can cause; the writer's type has one.
pub fn to_json(rows: &[SweepRow]) -> Result<String, serde_json::Error> {
    let fronts = Fronts::of(rows);
    let written = rows.iter().enumerate().map(|(index, row)| {
        serde_json::to_string(&Written {
            row,
            pareto_latency: fronts.latency.contains(&index),
            pareto_compute: fronts.compute.contains(&index),
        })
    });
    let lines: Result<Vec<String>, _> = written.collect();
    Ok(format!("[\n{}\n]\n", lines?.join(",\n")))
}

/// The rows as CSV after RFC 4180: a header, lines that end in CR LF, and quotation
/// marks round a field that holds one, a comma or a line break. Numbers are written
/// in full; a missing or not finite one is an empty field. A whole take's lookahead
/// is `whole`. Each latency's percentiles come after how many values they are of. The last
/// two columns say whether the row is on the two [`Fronts`].
#[must_use]
pub fn to_csv(rows: &[SweepRow]) -> String {
    let header = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
    let percentiles = LATENCIES.iter().flat_map(|(name, _)| {
        let shares = ["p50", "p90", "p95", "p99"];
        let shares = shares.map(|share| format!("{name}_{share}_ms"));
        std::iter::once(format!("{name}_count")).chain(shares)
    });
    let pareto = ["pareto_latency", "pareto_compute"].map(str::to_owned);
    let mut csv = line(header.chain(percentiles).chain(pareto));
    let fronts = Fronts::of(rows);
    for (index, row) in rows.iter().enumerate() {
        let fields = COLUMNS.iter().map(|(_, field)| field(row));
        let percentiles = LATENCIES.iter().flat_map(|(_, of)| {
            let of = of(&row.latencies);
            let pick = |share: fn(&Percentiles) -> f64| number(of.as_ref().map(share));
            [
                of.map_or(0, |p| p.count).to_string(),
                pick(|p| p.p50),
                pick(|p| p.p90),
                pick(|p| p.p95),
                pick(|p| p.p99),
            ]
        });
        let pareto = [&fronts.latency, &fronts.compute];
        let pareto = pareto.map(|front| front.contains(&index).to_string());
        csv += &line(fields.chain(percentiles).chain(pareto));
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
    ("wer_change", |row| change(row, |c| c.difference)),
    ("wer_change_low", |row| change(row, |c| c.interval.low)),
    ("wer_change_high", |row| change(row, |c| c.interval.high)),
    ("wer_lower_probability", |row| {
        change(row, |c| c.probability)
    }),
    ("cer", |row| number(row.cer)),
    ("mer", |row| number(row.mer)),
    ("wip", |row| number(row.wip)),
    ("wil", |row| number(row.wil)),
    ("oracle_wer", |row| number(row.oracle_wer)),
    ("compute_ms_per_s", |row| number(row.compute_ms_per_s)),
    ("real_time_factor", |row| number(row.real_time_factor)),
    ("upwr", |row| number(row.upwr)),
    ("upsr", |row| number(row.upsr)),
    ("flickers_per_minute", |row| number(row.flickers_per_minute)),
    ("algorithmic_ms", |row| number(row.latencies.algorithmic_ms)),
    ("unaligned_words", |row| {
        row.latencies.unaligned_words.to_string()
    }),
];

fn change(row: &SweepRow, of: fn(&Improvement) -> f64) -> String {
    number(row.wer_change.as_ref().map(of))
}

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
