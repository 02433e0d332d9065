//! How the rows are printed.

use asr_playground::eval::bootstrap::Improvement;
use asr_playground::eval::sweep::{Latencies, SweepRow, to_csv, to_json};
use asr_playground::eval::word_table::WordErrors;
use serde::Serialize;

use crate::arguments::{Arguments, Form, Report};
use crate::run::EvaluatedSet;
use crate::{table, words};

/// One row of `eval --json`: error rates and speed of one corpus at one setting, or the mean
/// of the corpora's rates there. Rates are fractions, `None` where the references have no words.
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
    /// The part `--level` of the bootstrap's outcomes lies in it.
    wer_interval: Option<[f64; 2]>,
    /// Against the corpus's first row, in pairs of clips.
    wer_change: Option<Improvement>,
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
    /// The words most often wrong; `None` for the mean.
    word_errors: Option<WordErrors>,
}

/// The report that was asked for.
pub fn write(arguments: &Arguments, sets: &[EvaluatedSet]) -> Result<String, serde_json::Error> {
    Ok(match (arguments.report, arguments.form) {
        (Report::Eval, Form::Json) => {
            let rows: Vec<EvalRow<'_>> = sets
                .iter()
                .flat_map(|set| {
                    set.rows.iter().enumerate().map(|(index, row)| {
                        let table = set.word_tables.get(index);
                        let errors = table.map(|table| table.most(arguments.words));
                        eval_row(&set.name, row, errors)
                    })
                })
                .collect();
            serde_json::to_string_pretty(&rows)? + "\n"
        }
        (Report::Eval, _) => table::eval(arguments, sets) + &words::tables(sets, arguments.words),
        (Report::Sweep, Form::Table) => table::sweep(arguments, rows(sets).unwrap_or_default()),
        (Report::Sweep, Form::Json) => to_json(rows(sets).unwrap_or_default())?,
        (Report::Sweep, Form::Csv) => to_csv(rows(sets).unwrap_or_default()),
    })
}

/// A sweep has one set.
fn rows(sets: &[EvaluatedSet]) -> Option<&[SweepRow]> {
    sets.first().map(|set| set.rows.as_slice())
}

fn eval_row<'a>(corpus: &'a str, row: &SweepRow, word_errors: Option<WordErrors>) -> EvalRow<'a> {
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
        wer_change: row.wer_change,
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
