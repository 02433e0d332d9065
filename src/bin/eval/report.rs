//! How the rows are printed.

use std::fmt::Write as _;

use asr_playground::eval::sweep::{Fronts, Latencies, SweepRow, to_csv, to_json};
use asr_playground::eval::word_table::WordErrors;
use serde::Serialize;

use crate::arguments::{Arguments, Form, Report};
use crate::run::Evaluation;
use crate::words;

/// One row of `eval --json`: error rates and speed of one corpus at one setting. Rates
/// are fractions, `None` where the references have no words.
#[derive(Debug, Serialize)]
struct EvalRow<'a> {
    corpus: &'a str,
    /// `None` is the whole take.
    lookahead_ms: Option<u32>,
    decoder: &'static str,
    /// Beam width; greedy has none.
    beam: Option<u32>,
    alpha: Option<f64>,
    beta: Option<f64>,
    hotwords: Option<bool>,
    normaliser: String,
    clips: usize,
    words: usize,
    wer: Option<f64>,
    /// 95 % of the bootstrap's outcomes lie in it.
    wer_interval: Option<[f64; 2]>,
    cer: Option<f64>,
    mer: Option<f64>,
    wip: Option<f64>,
    wil: Option<f64>,
    oracle_wer: Option<f64>,
    latencies: Latencies,
    upwr: Option<f64>,
    upsr: Option<f64>,
    flickers_per_minute: Option<f64>,
    /// Processing time ÷ audio time, decoding of the file apart.
    rtf: Option<f64>,
    /// The words most often wrong.
    word_errors: WordErrors,
}

/// The report that was asked for.
pub fn write(arguments: &Arguments, sets: &Evaluation) -> Result<String, serde_json::Error> {
    Ok(match (arguments.report, arguments.form) {
        (Report::Eval, Form::Json) => {
            let rows: Vec<EvalRow<'_>> = sets
                .iter()
                .flat_map(|set| {
                    let rows = set.rows.iter().zip(&set.word_tables);
                    rows.map(|(row, table)| {
                        let errors = table.most(arguments.words);
                        eval_row(&set.name, row, errors)
                    })
                })
                .collect();
            serde_json::to_string_pretty(&rows)? + "\n"
        }
        (Report::Eval, _) => eval_table(sets) + &words::tables(sets, arguments.words),
        (Report::Sweep, Form::Table) => rows(sets).map_or_else(String::new, sweep_table),
        (Report::Sweep, Form::Json) => to_json(rows(sets).unwrap_or_default())?,
        (Report::Sweep, Form::Csv) => to_csv(rows(sets).unwrap_or_default()),
    })
}

/// A sweep has one set.
fn rows(sets: &Evaluation) -> Option<&[SweepRow]> {
    sets.first().map(|set| set.rows.as_slice())
}

fn eval_row<'a>(corpus: &'a str, row: &SweepRow, word_errors: WordErrors) -> EvalRow<'a> {
    let setting = &row.setting;
    EvalRow {
        corpus,
        lookahead_ms: setting.lookahead_ms,
        decoder: setting.decoder.name(),
        beam: setting.beam_width,
        alpha: setting.lm_weight,
        beta: setting.word_bonus,
        hotwords: setting.hotwords,
        normaliser: setting.normaliser.to_string(),
        clips: row.clips,
        words: row.words,
        wer: row.wer,
        wer_interval: row.wer_interval.map(|i| [i.low, i.high]),
        cer: row.cer,
        mer: row.mer,
        wip: row.wip,
        wil: row.wil,
        oracle_wer: row.oracle_wer,
        latencies: row.latencies,
        upwr: row.upwr,
        upsr: row.upsr,
        flickers_per_minute: row.flickers_per_minute,
        rtf: row.real_time_factor,
        word_errors,
    }
}

/// A row per corpus and setting; after the corpora their plain mean, setting by setting.
fn eval_table(sets: &Evaluation) -> String {
    let width = sets.iter().map(|set| set.name.len()).max();
    let width = width.unwrap_or(0).max(6);
    let mut out = format!(
        "{:width$}  clips  words   WER %  (95 %)         CER %  oracle     RTF  setting\n",
        "corpus"
    );
    for set in sets {
        let corpus = &set.name;
        for row in &set.rows {
            let _ = writeln!(
                out,
                "{corpus:width$}  {:5}  {:5}  {:>6}  {:13}  {:>6}  {:>6}  {:>6}  {}",
                row.clips,
                row.words,
                percent(row.wer),
                interval(row),
                percent(row.cer),
                percent(row.oracle_wer),
                number(row.real_time_factor, 4),
                row.setting
            );
        }
    }
    let Some(first) = sets.first().filter(|_| sets.len() > 1) else {
        return out;
    };
    for (index, row) in first.rows.iter().enumerate() {
        let mean = |figure: fn(&SweepRow) -> Option<f64>| {
            let figures: Option<Vec<f64>> = sets
                .iter()
                .map(|set| set.rows.get(index).and_then(figure))
                .collect();
            figures.map(|figures| figures.iter().sum::<f64>() / figures.len() as f64)
        };
        let _ = writeln!(
            out,
            "{:width$}  {:5}  {:5}  {:>6}  {:13}  {:>6}  {:>6}  {:>6}  {}",
            "mean",
            "",
            "",
            percent(mean(|row| row.wer)),
            "",
            percent(mean(|row| row.cer)),
            percent(mean(|row| row.oracle_wer)),
            "",
            row.setting
        );
    }
    out
}

/// A row per setting. `L` marks the Pareto front of WER against the 95th percentile of the
/// perceived latency, `C` that of WER against compute.
fn sweep_table(rows: &[SweepRow]) -> String {
    let Fronts { latency, compute } = Fronts::of(rows);
    let mut out = String::from(
        "       WER %  (95 %)         CER %  oracle  p50 ms  p95 ms  firm p95  ms/s    UPWR  flicker/min  setting\n",
    );
    for (index, row) in rows.iter().enumerate() {
        let mark = |front: &[usize], letter| if front.contains(&index) { letter } else { ' ' };
        let _ = writeln!(
            out,
            "{}{}  {:>8}  {:13}  {:>6}  {:>6}  {:>6}  {:>6}  {:>8}  {:>6}  {:>5}  {:>11}  {}",
            mark(&latency, 'L'),
            mark(&compute, 'C'),
            percent(row.wer),
            interval(row),
            percent(row.cer),
            percent(row.oracle_wer),
            number(row.latencies.perceived.map(|p| p.p50), 0),
            number(row.latencies.perceived.map(|p| p.p95), 0),
            number(row.latencies.committed.map(|p| p.p95), 0),
            number(row.compute_ms_per_s, 2),
            number(row.upwr, 2),
            number(row.flickers_per_minute, 1),
            row.setting
        );
    }
    out += "L: on the Pareto front of WER and p95 of the perceived latency; C: of WER and compute; p50, p95: from the end of a word until it is shown for good; firm: committed\n";
    out
}

fn interval(row: &SweepRow) -> String {
    row.wer_interval.map_or_else(String::new, |i| {
        format!("({:.1}–{:.1})", i.low * 100.0, i.high * 100.0)
    })
}

fn percent(rate: Option<f64>) -> String {
    number(rate.map(|rate| rate * 100.0), 1)
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.decimals$}"))
}
