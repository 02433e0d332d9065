//! The tables for people.

use std::fmt::Write as _;

use asr_playground::eval::percentile::Percentiles;
use asr_playground::eval::sweep::{Fronts, Latencies, SweepRow};

use crate::arguments::{Arguments, Metrics};
use crate::run::EvaluatedSet;

/// A column: its head, and a row's figure in it. Figures stand to the right.
type Column<'a> = (&'a str, fn(&SweepRow) -> String);

const WER: Column<'_> = ("WER %", |row| percent(row.wer));
/// The WER against the first row's.
const CHANGE: Column<'_> = ("Δ", |row| signed(row.wer_change.map(|c| c.difference)));
const LOWER: Column<'_> = ("lower", |row| {
    number(row.wer_change.map(|change| change.probability), 3)
});
const CHANGE_NOTE: &str = "Δ: WER less that of the first row of its kind, in points, with its interval, drawn in pairs of clips; lower: part of the outcomes in which it is lower\n";
const CER: Column<'_> = ("CER %", |row| percent(row.cer));
const ORACLE: Column<'_> = ("oracle", |row| percent(row.oracle_wer));

/// The error rates beside WER and CER.
const OTHER_RATES: [Column<'_>; 3] = [
    ("MER %", |row| percent(row.mer)),
    ("WIL %", |row| percent(row.wil)),
    ("WIP %", |row| percent(row.wip)),
];

/// What a listener waited for, and how many words or clips that is of.
const LATENCIES: [Column<'_>; 7] = [
    ("p50 ms", |row| p50(row, |l| l.perceived)),
    ("p95 ms", |row| p95(row, |l| l.perceived)),
    ("firm p95", |row| p95(row, |l| l.committed)),
    ("first p50", |row| p50(row, |l| l.first_partial)),
    ("final p50", |row| p50(row, |l| l.final_text)),
    ("final p95", |row| p95(row, |l| l.final_text)),
    ("timed", timed),
];

const MORE_LATENCIES: [Column<'_>; 4] = [
    ("shown p95", |row| p95(row, |l| l.first_shown)),
    ("first p95", |row| p95(row, |l| l.first_partial)),
    ("queue p95", |row| p95(row, |l| l.queueing)),
    ("work p95", |row| p95(row, |l| l.compute)),
];

const COST_AND_STABILITY: [Column<'_>; 3] = [
    ("ms/s", |row| number(row.compute_ms_per_s, 2)),
    ("UPWR", |row| number(row.upwr, 2)),
    ("flicker/min", |row| number(row.flickers_per_minute, 1)),
];

/// A row per corpus and setting; after the corpora the mean of their rates, setting by setting.
pub fn eval(arguments: &Arguments, sets: &[EvaluatedSet]) -> String {
    let level = level(arguments);
    let mut columns: Vec<Column<'_>> = vec![
        ("clips", |row| row.clips.to_string()),
        ("words", |row| row.words.to_string()),
        WER,
        (&level, interval),
    ];
    if sets.iter().any(|set| compares(&set.rows)) {
        let change: [Column<'_>; 3] = [CHANGE, (&level, change_interval), LOWER];
        columns.extend(change);
    }
    columns.push(CER);
    if arguments.metrics == Metrics::All {
        columns.extend(OTHER_RATES);
    }
    columns.push(ORACLE);
    columns.push(("RTF", |row| number(row.real_time_factor, 4)));
    let mut lines = vec![heads("corpus", &columns)];
    for set in sets {
        let rows = set.rows.iter();
        lines.extend(rows.map(|row| line(set.name.clone(), &columns, row)));
    }
    let compares = sets.iter().any(|set| compares(&set.rows));
    aligned(&lines) + if compares { CHANGE_NOTE } else { "" }
}

/// A row per setting. `L` marks the Pareto front of WER against the 95th percentile of the
/// perceived latency, `C` that of WER against compute.
pub fn sweep(arguments: &Arguments, rows: &[SweepRow]) -> String {
    let level = level(arguments);
    let mut columns: Vec<Column<'_>> = vec![WER, (&level, interval)];
    let compares = compares(rows);
    if compares {
        let change: [Column<'_>; 3] = [CHANGE, (&level, change_interval), LOWER];
        columns.extend(change);
    }
    columns.push(CER);
    let all = arguments.metrics == Metrics::All;
    if all {
        columns.extend(OTHER_RATES);
    }
    columns.push(ORACLE);
    columns.extend(LATENCIES);
    if all {
        columns.extend(MORE_LATENCIES);
        columns.push(("UPSR", |row| number(row.upsr, 2)));
    }
    columns.extend(COST_AND_STABILITY);
    let fronts = Fronts::of(rows);
    let mut lines = vec![heads("", &columns)];
    for (index, row) in rows.iter().enumerate() {
        let mark = |front: &[usize], letter| if front.contains(&index) { letter } else { ' ' };
        let marks = [mark(&fronts.latency, 'L'), mark(&fronts.compute, 'C')];
        lines.push(line(marks.iter().collect(), &columns, row));
    }
    aligned(&lines)
        + "L: on the Pareto front of WER and p95 of the perceived latency; C: of WER and compute\n\
           p50, p95: from the end of a word until it is shown for good; firm: until it is committed; shown: until it is first shown\n\
           first: from the end of the first word to any text; final: from the end of the last word until all is committed\n\
           timed: words that have these latencies, of all words recognised; the others' texts could not be aligned\n"
        + if compares { CHANGE_NOTE } else { "" }
}

fn heads(label: &str, columns: &[Column<'_>]) -> Vec<String> {
    let heads = columns.iter().map(|(head, _)| (*head).to_owned());
    let ends = (label.to_owned(), "setting".to_owned());
    std::iter::once(ends.0)
        .chain(heads)
        .chain([ends.1])
        .collect()
}

fn line(label: String, columns: &[Column<'_>], row: &SweepRow) -> Vec<String> {
    let figures = columns.iter().map(|(_, figure)| figure(row));
    let setting = row.setting.to_string();
    std::iter::once(label)
        .chain(figures)
        .chain([setting])
        .collect()
}

/// Cells under each other, the first and the last to the left, figures to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = lines.iter().map(|cells| cells[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for cells in lines {
        let mut line = String::new();
        for (index, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let _ = if index == 0 {
                write!(line, "{cell:width$}")
            } else if index + 1 == columns {
                write!(line, "  {cell}")
            } else {
                write!(line, "  {cell:>width$}")
            };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// "(95 %)": the head over the intervals.
fn level(arguments: &Arguments) -> String {
    let percent = arguments.bootstrap.level * 100.0;
    // 99.9, and not 99.90000000000001.
    format!("({} %)", (percent * 1e6).round() / 1e6)
}

fn interval(row: &SweepRow) -> String {
    row.wer_interval.map_or_else(String::new, |i| {
        format!("({:.1}–{:.1})", i.low * 100.0, i.high * 100.0)
    })
}

/// Whether there is a row beside the first to compare with it.
fn compares(rows: &[SweepRow]) -> bool {
    rows.iter().any(|row| row.wer_change.is_some())
}

fn change_interval(row: &SweepRow) -> String {
    row.wer_change.map_or_else(String::new, |change| {
        let [low, high] = [change.interval.low, change.interval.high];
        format!("({} to {})", signed(Some(low)), signed(Some(high)))
    })
}

/// In points, with its sign; nothing where there is nothing to compare.
fn signed(rate: Option<f64>) -> String {
    rate.map_or_else(String::new, |rate| format!("{:+.1}", rate * 100.0))
}

/// Words with a latency, of all.
fn timed(row: &SweepRow) -> String {
    let timed = row.latencies.perceived.map_or(0, |p| p.count);
    format!("{timed}/{}", timed + row.latencies.unaligned_words)
}

fn p50(row: &SweepRow, of: fn(&Latencies) -> Option<Percentiles>) -> String {
    number(of(&row.latencies).map(|p| p.p50), 0)
}

fn p95(row: &SweepRow, of: fn(&Latencies) -> Option<Percentiles>) -> String {
    number(of(&row.latencies).map(|p| p.p95), 0)
}

fn percent(rate: Option<f64>) -> String {
    number(rate.map(|rate| rate * 100.0), 1)
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.decimals$}"))
}
