//! Rows of figures, for people and as JSON.

use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::recognizer::Settings;
use serde::Serialize;

/// A figure as it is printed.
#[derive(Serialize)]
pub struct Row {
    pub case: String,
    pub runtime: &'static str,
    pub precision: &'static str,
    /// `None` is the whole take.
    pub chunk_ms: Option<u32>,
    pub median_ms: f64,
    pub min_ms: f64,
    pub max_ms: f64,
    /// The median by the audio's length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub real_time_factor: Option<f64>,
    /// Beside ours, turn by turn: how many times as long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_ours: Option<Spread>,
    /// Thousand million multiplications and additions a second, at the median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gops: Option<f64>,
    /// What its products alone would take at the ceiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_ms: Option<f64>,
    /// By how much more memory is in use afterwards, in MB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<f64>,
    /// Of its log-probs with the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
}

/// How near log-probs are to those of the stock engine, natively, in f32.
#[derive(Serialize)]
pub struct Agreement {
    pub max_difference: f32,
    pub mean_difference: f32,
    /// Greedy decoding writes the same text.
    pub same_text: bool,
}

/// Median and range.
#[derive(Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

/// Median and spread of `times`, in milliseconds for `seconds` of audio.
pub fn summary(case: &str, settings: &Settings, times: Vec<f64>, seconds: f64) -> Row {
    let precision = match settings.arithmetic {
        Arithmetic::Int8 => "int8",
        Arithmetic::Float => "f32",
    };
    let row = of_times(case, precision, times);
    Row {
        chunk_ms: match settings.lookahead {
            Lookahead::Ms(ms) => Some(ms.max(40)),
            Lookahead::WholeTake => None,
        },
        real_time_factor: Some(row.median_ms / 1e3 / seconds),
        ..row
    }
}

/// Median and spread of `times`, in milliseconds.
pub fn of_times(case: &str, precision: &'static str, times: Vec<f64>) -> Row {
    let Spread { median, min, max } = spread(times);
    Row {
        case: case.to_owned(),
        runtime: "ours",
        precision,
        chunk_ms: None,
        median_ms: median,
        min_ms: min,
        max_ms: max,
        real_time_factor: None,
        by_ours: None,
        gops: None,
        limit_ms: None,
        memory_mb: None,
        agreement: None,
    }
}

/// Median and range of what is not empty.
pub fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    Spread {
        median: values[values.len() / 2],
        min: values[0],
        max: values[values.len() - 1],
    }
}

/// A table, or all there is to know as JSON.
pub fn print(rows: &[Row], as_json: bool) {
    if as_json {
        println!("{}", serde_json::to_string_pretty(rows).unwrap());
        return;
    }
    println!(
        "{:50} {:16} {:5} {:>8} {:>10} {:>18} {:>7} {:>18} {:>7} {:>8} {:>7} {:>22}",
        "case",
        "runtime",
        "",
        "chunk",
        "median ms",
        "min–max ms",
        "RTF",
        "÷ ours",
        "GOP/s",
        "limit ms",
        "+ MB",
        "Δ log-prob, max mean"
    );
    let shown = |figure: Option<f64>, digits: usize| {
        figure.map_or(String::new(), |figure| format!("{figure:.digits$}"))
    };
    for row in rows {
        let chunk = row
            .chunk_ms
            .map_or("whole".to_owned(), |ms| format!("{ms} ms"));
        let range = format!("{:.2}–{:.2}", row.min_ms, row.max_ms);
        let ratio = row.by_ours.as_ref().map_or(String::new(), |ratio| {
            format!("{:.2} ({:.2}–{:.2})", ratio.median, ratio.min, ratio.max)
        });
        let (factor, gops) = (shown(row.real_time_factor, 4), shown(row.gops, 1));
        let limit = shown(row.limit_ms, 2);
        let memory = shown(row.memory_mb, 1);
        let agreement = row.agreement.as_ref().map_or(String::new(), |agreement| {
            format!(
                "{:.1e} {:.1e}, text {}",
                agreement.max_difference,
                agreement.mean_difference,
                if agreement.same_text { "same" } else { "other" }
            )
        });
        println!(
            "{:50} {:16} {:5} {chunk:>8} {:>10.2} {range:>18} {factor:>7} {ratio:>18} {gops:>7} {limit:>8} {memory:>7} {agreement:>22}",
            row.case, row.runtime, row.precision, row.median_ms
        );
    }
}
