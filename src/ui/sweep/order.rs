//! The table's columns and the order of its rows. Free of the browser.

use std::cmp::Ordering;

use asr_playground::eval::sweep::SweepRow;

use crate::ui::glossary::FLICKER;

/// A column that rows can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The plan's order.
    Setting,
    /// Word error rate.
    Wer,
    /// Character error rate.
    Cer,
    /// Oracle word error rate of the n-best list.
    Oracle,
    /// Median of the user-perceived latency.
    P50,
    /// Its 95th percentile.
    P95,
    /// Compute.
    Compute,
    /// Flicker events a minute.
    Flicker,
}

impl Column {
    /// All, from left to right.
    pub const ALL: [Self; 8] = [
        Self::Setting,
        Self::Wer,
        Self::Cer,
        Self::Oracle,
        Self::P50,
        Self::P95,
        Self::Compute,
        Self::Flicker,
    ];

    /// A word for it in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Wer => "wer",
            Self::Cer => "cer",
            Self::Oracle => "oracle_wer",
            Self::P50 => "perceived_p50_ms",
            Self::P95 => "perceived_p95_ms",
            Self::Compute => "compute_ms_per_s",
            Self::Flicker => "flickers_per_minute",
        }
    }

    /// Its head, and what it means.
    pub fn head(self) -> (&'static str, &'static str) {
        match self {
            Self::Setting => ("Setting", "In the order they were run"),
            Self::Wer => (
                "WER",
                "Word error rate; under it the 95% confidence interval, by bootstrap over the clips",
            ),
            Self::Cer => ("CER", "Character error rate"),
            Self::Oracle => ("Oracle WER", "Of the best hypothesis in each n-best list"),
            Self::P50 => (
                "p50, ms",
                "User-perceived latency, median: from the end of a word until it is shown for good",
            ),
            Self::P95 => ("p95, ms", "User-perceived latency, 95th percentile"),
            Self::Compute => ("Compute, ms/s", "Work for a second of audio"),
            Self::Flicker => (
                FLICKER,
                "Times that words already shown changed or went, a minute of audio",
            ),
        }
    }

    /// The figure in it; the setting has none.
    pub fn of(self, row: &SweepRow) -> Option<f64> {
        let perceived = row.latencies.perceived;
        let figure = match self {
            Self::Setting => Some(row.id as f64),
            Self::Wer => row.wer,
            Self::Cer => row.cer,
            Self::Oracle => row.oracle_wer,
            Self::P50 => perceived.map(|p| p.p50),
            Self::P95 => perceived.map(|p| p.p95),
            Self::Compute => row.compute_ms_per_s,
            Self::Flicker => row.flickers_per_minute,
        };
        figure.filter(|figure| figure.is_finite())
    }
}

/// Indices of the rows in the order of a column; rows without the figure come last, equals
/// in the plan's order.
pub fn sorted(rows: &[SweepRow], column: Column, falling: bool) -> Vec<usize> {
    let mut order: Vec<(usize, Option<f64>)> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| (index, column.of(row)))
        .collect();
    order.sort_by(|(_, a), (_, b)| match (a, b) {
        (Some(a), Some(b)) if falling => b.total_cmp(a),
        (Some(a), Some(b)) => a.total_cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    order.into_iter().map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::sweep::plot::tests::rows;

    #[test]
    fn rows_without_the_figure_come_last_either_way() {
        let rows = rows(&[
            (Some(0.3), 9.0),
            (None, 1.0),
            (Some(0.1), 5.0),
            (Some(0.3), 4.0),
        ]);
        assert_eq!(sorted(&rows, Column::Wer, false), [2, 0, 3, 1]);
        assert_eq!(sorted(&rows, Column::Wer, true), [0, 3, 2, 1]);
        assert_eq!(sorted(&rows, Column::P95, false), [1, 3, 2, 0]);
        assert_eq!(sorted(&rows, Column::Setting, true), [3, 2, 1, 0]);
    }
}
