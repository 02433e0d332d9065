//! Adding up what the clips gave, point by point.

use super::{Outcome, Plan};
use crate::decode::fillers::{self, FillerConfig};
use crate::eval::bootstrap::{Bootstrap, Improvement, Interval};
use crate::eval::oracle::oracle;
use crate::eval::percentile::Percentiles;
use crate::eval::stability::StabilityCounts;
use crate::eval::sweep::{Latencies, Point, SweepRow};
use crate::eval::wer::{ErrorCounts, align_words, char_errors};
use crate::eval::word_table::WordTable;

/// The figures of a plan's points over the clips so far.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    plan: &'a Plan,
    fillers: Option<FillerConfig>,
    tallies: Vec<Tally>,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    /// Errors in words, clip by clip.
    words: Vec<ErrorCounts>,
    /// Which words they were.
    word_table: WordTable,
    characters: ErrorCounts,
    oracle: ErrorCounts,
    latencies: LatencyValues,
    audio_ms: f64,
    compute_ms: f64,
    stability: StabilityCounts,
}

/// Every value of each latency, in milliseconds.
#[derive(Clone, Debug, Default)]
struct LatencyValues {
    algorithmic_ms: Option<f64>,
    perceived: Vec<f64>,
    first_shown: Vec<f64>,
    committed: Vec<f64>,
    first_partial: Vec<f64>,
    final_text: Vec<f64>,
    queueing: Vec<f64>,
    compute: Vec<f64>,
    unaligned_words: usize,
}

impl LatencyValues {
    fn add(&mut self, outcome: &Outcome) {
        self.algorithmic_ms = outcome.figures.algorithmic_latency_ms;
        for chunk in &outcome.chunks {
            self.queueing.push(chunk.queueing_ms);
            self.compute.push(chunk.compute_ms);
        }
        let Some(perceived) = &outcome.perceived else {
            self.unaligned_words += outcome.transcript.words.len();
            return;
        };
        self.first_partial.extend(perceived.first_partial_ms);
        self.final_text.extend(perceived.final_ms);
        for word in &perceived.words {
            self.perceived.push(word.stable_ms);
            self.first_shown.push(word.first_shown_ms);
            self.committed.extend(word.committed_ms);
        }
    }

    fn percentiles(&self) -> Latencies {
        let of = |values: &[f64]| Percentiles::of(values.iter().copied());
        Latencies {
            algorithmic_ms: self.algorithmic_ms,
            perceived: of(&self.perceived),
            first_shown: of(&self.first_shown),
            committed: of(&self.committed),
            first_partial: of(&self.first_partial),
            final_text: of(&self.final_text),
            queueing: of(&self.queueing),
            compute: of(&self.compute),
            unaligned_words: self.unaligned_words,
        }
    }
}

impl<'a> Sweep<'a> {
    /// Nothing measured yet. With `fillers`, filler words are taken out of references
    /// and hypotheses before they are compared.
    #[must_use]
    pub fn new(plan: &'a Plan, fillers: Option<FillerConfig>) -> Self {
        Self {
            plan,
            fillers,
            tallies: vec![Tally::default(); plan.points().len()],
        }
    }

    /// Counts what one run gave for one clip whose reference is `reference`.
    pub fn add(&mut self, outcome: &Outcome, reference: &str) {
        let Some(run) = self.plan.runs().get(outcome.run) else {
            return;
        };
        let points = &self.plan.points()[run.points.clone()];
        let tallies = &mut self.tallies[run.points.clone()];
        for (point, tally) in points.iter().zip(tallies) {
            tally.add(point, self.fillers.as_ref(), outcome, reference);
        }
    }

    /// One row a point, with confidence intervals by `bootstrap`.
    #[must_use]
    pub fn rows(&self, bootstrap: &Bootstrap) -> Vec<SweepRow> {
        let points = 0..self.tallies.len();
        points
            .filter_map(|point| self.row(point, bootstrap))
            .collect()
    }

    /// The row of one point, for who cannot wait for all of them; `None` beyond the last.
    #[must_use]
    pub fn row(&self, point: usize, bootstrap: &Bootstrap) -> Option<SweepRow> {
        let tally = self.tallies.get(point)?;
        let first = self.tallies.first().filter(|_| point > 0);
        Some(SweepRow {
            wer_change: first.and_then(|first| change(&[&first.words], &[&tally.words], bootstrap)),
            ..tally.row(self.plan.points().get(point)?, bootstrap)
        })
    }

    /// Errors in words of each clip, point by point.
    pub fn clip_errors(&self) -> impl Iterator<Item = &[ErrorCounts]> {
        self.tallies.iter().map(|tally| tally.words.as_slice())
    }

    /// Which words went wrong, point by point.
    pub fn word_tables(&self) -> impl Iterator<Item = &WordTable> {
        self.tallies.iter().map(|tally| &tally.word_table)
    }
}

/// How far the mean of the sets' word error rates can be trusted, each set being its clips'
/// errors; `None` where a set is one clip, which says nothing of how others would differ.
#[must_use]
pub fn interval(sets: &[&[ErrorCounts]], bootstrap: &Bootstrap) -> Option<Interval> {
    are_several(sets).then(|| bootstrap.interval_of_mean(sets))?
}

/// The mean of the word error rates at one setting against that at another, `first`, on the same clips.
/// `None` as for [`interval`], and where the clips' references differ.
#[must_use]
pub fn change(
    first: &[&[ErrorCounts]],
    setting: &[&[ErrorCounts]],
    bootstrap: &Bootstrap,
) -> Option<Improvement> {
    let change = || bootstrap.improvement_of_mean(first, setting).ok();
    are_several(first).then(change)??
}

fn are_several(sets: &[&[ErrorCounts]]) -> bool {
    sets.iter().all(|set| set.len() > 1)
}

impl Tally {
    fn add(
        &mut self,
        point: &Point,
        fillers: Option<&FillerConfig>,
        outcome: &Outcome,
        reference: &str,
    ) {
        let prepare = |text: &str| {
            let text = point.setting.normaliser.apply(text);
            match fillers {
                None => text,
                Some(config) => fillers::strip(&text, config),
            }
        };
        let reference = prepare(reference);
        let hypothesis = prepare(&outcome.transcript.text());
        let alignment = align_words(&reference, &hypothesis);
        let words = alignment.counts;
        self.word_table.add(&alignment);
        let n_best = outcome.n_best.iter().map(|text| prepare(text));
        // What is shown can be better than every hypothesis: the gate has been over it.
        let best = oracle(
            &reference,
            std::iter::once(hypothesis.clone()).chain(n_best),
        );
        self.oracle += best.map_or(words, |best| best.counts);
        self.words.push(words);
        self.characters += char_errors(&reference, &hypothesis);
        self.latencies.add(outcome);
        self.audio_ms += outcome.figures.audio_ms;
        self.compute_ms += outcome.figures.stages.total_ms();
        self.stability += outcome.stability;
    }

    fn row(&self, point: &Point, bootstrap: &Bootstrap) -> SweepRow {
        let total: ErrorCounts = self.words.iter().copied().sum();
        let compute = (self.audio_ms > 0.0).then(|| self.compute_ms / self.audio_ms);
        SweepRow {
            id: point.id,
            setting: point.setting.clone(),
            clips: self.words.len(),
            words: total.reference_len(),
            wer: total.rate(),
            wer_interval: interval(&[&self.words], bootstrap),
            wer_change: None,
            cer: self.characters.rate(),
            mer: total.match_error_rate(),
            wip: total.information_preserved(),
            wil: total.information_lost(),
            oracle_wer: self.oracle.rate(),
            latencies: self.latencies.percentiles(),
            compute_ms_per_s: compute.map(|share| share * 1e3),
            real_time_factor: compute,
            upwr: self.stability.unstable_partial_word_ratio(),
            upsr: self.stability.unstable_partial_segment_ratio(),
            flickers_per_minute: self.stability.flickers_per_minute(),
        }
    }
}
