//! A sweep, run as turns of the event loop, so that it can be cancelled between two.

use std::cell::Cell;

use asr_playground::audio::decode_file;
use asr_playground::eval::bootstrap::Bootstrap;
use asr_playground::eval::sweep::SweepRow;
use asr_playground::protocol::{FromWorker, SweepClip, SweepEnd, SweepRequest};
use asr_playground::recognizer::Recognizer;
use asr_playground::sweep::{ClipRun, Outcome, Plan, Step, Sweep};

use crate::browser::{now_ms, post};
use crate::turns::Turns;

/// A turn lasts no longer than this, but for the step it is in.
const TURN_MS: f64 = 20.0;
/// Progress is told at most this often.
const PROGRESS_EVERY_MS: f64 = 100.0;

/// Why a sweep, or a clip of it, went no further.
enum Stop {
    Cancelled,
    /// In words for a person.
    Because(String),
}

/// Runs a sweep and tells the page about it; `cancelled` is the number of the sweep that
/// was cancelled last.
pub async fn run(
    recognizer: &mut Recognizer,
    sweep: u32,
    request: &SweepRequest,
    cancelled: &Cell<Option<u32>>,
) {
    let end = match Plan::new(&request.grid, &request.base) {
        Err(error) => SweepEnd::Failed(format!("{error}.")),
        Ok(plan) => {
            let turns = SweepTurns::new(sweep, cancelled);
            let runs = plan.runs().len() as u32;
            let mut told = Progress {
                sweep,
                clip: 0,
                done_runs: 0,
                total_runs: request.clips.len() as u32 * runs,
                told_ms: f64::NEG_INFINITY,
            };
            match all_clips(recognizer, &plan, request, &turns, &mut told).await {
                Ok(()) => SweepEnd::Done,
                Err(Stop::Cancelled) => SweepEnd::Cancelled,
                Err(Stop::Because(words)) => SweepEnd::Failed(words),
            }
        }
    };
    recognizer.forget();
    post(&FromWorker::SweepEnded { sweep, end });
}

async fn all_clips(
    recognizer: &mut Recognizer,
    plan: &Plan,
    request: &SweepRequest,
    turns: &SweepTurns<'_>,
    progress: &mut Progress,
) -> Result<(), Stop> {
    let sweep = progress.sweep;
    let runs = plan.runs().len() as u32;
    let mut tally = Sweep::new(plan, request.fillers);
    for (index, clip) in (0_u32..).zip(&request.clips) {
        progress.begin_clip(index, index * runs);
        turns.pause().await?;
        match one_clip(recognizer, plan, clip, turns, progress).await {
            Ok(outcomes) => {
                // A clip counts at every setting or at none, so that rows compare.
                for outcome in &outcomes {
                    tally.add(outcome, &clip.reference);
                    turns.pause_if_due().await?;
                }
                let rows = rows(&tally, plan, turns).await?;
                post(&FromWorker::SweepRows { sweep, rows });
            }
            Err(Stop::Cancelled) => return Err(Stop::Cancelled),
            Err(Stop::Because(reason)) => post(&FromWorker::SweepClipLeftOut {
                sweep,
                clip: index,
                reason,
            }),
        }
    }
    Ok(())
}

/// One clip at every setting.
async fn one_clip(
    recognizer: &mut Recognizer,
    plan: &Plan,
    clip: &SweepClip,
    turns: &SweepTurns<'_>,
    progress: &mut Progress,
) -> Result<Vec<Outcome>, Stop> {
    let audio =
        decode_file(&clip.name, &clip.bytes).map_err(|error| Stop::Because(error.reason()))?;
    let failed =
        |error: asr_playground::recognizer::RecognizerError| Stop::Because(format!("{error}."));
    let (samples, rate) = (&audio.samples, audio.sample_rate_hz);
    let mut run = ClipRun::start(plan, recognizer, samples, rate).map_err(failed)?;
    let mut outcomes = Vec::new();
    loop {
        match run.step(recognizer, &now_ms).map_err(failed)? {
            Step::Worked => {}
            Step::Outcome(outcome) => {
                outcomes.push(*outcome);
                progress.run_done();
            }
            Step::Done => return Ok(outcomes),
        }
        turns.pause_if_due().await?;
    }
}

/// The rows over the clips so far; drawing their intervals takes a while.
async fn rows(
    tally: &Sweep<'_>,
    plan: &Plan,
    turns: &SweepTurns<'_>,
) -> Result<Vec<SweepRow>, Stop> {
    let mut rows = Vec::new();
    for point in 0..plan.points().len() {
        rows.extend(tally.row(point, &Bootstrap::default()));
        turns.pause_if_due().await?;
    }
    Ok(rows)
}

/// How far it is, and when that was last told.
struct Progress {
    sweep: u32,
    clip: u32,
    done_runs: u32,
    total_runs: u32,
    told_ms: f64,
}

impl Progress {
    fn begin_clip(&mut self, clip: u32, done_runs: u32) {
        (self.clip, self.done_runs) = (clip, done_runs);
        self.tell();
    }

    fn run_done(&mut self) {
        self.done_runs += 1;
        if now_ms() - self.told_ms >= PROGRESS_EVERY_MS {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.told_ms = now_ms();
        post(&FromWorker::SweepProgress {
            sweep: self.sweep,
            clip: self.clip,
            done_runs: self.done_runs,
            total_runs: self.total_runs,
        });
    }
}

/// Turns of the event loop: between two, messages of the page are heard.
struct SweepTurns<'a> {
    sweep: u32,
    cancelled: &'a Cell<Option<u32>>,
    turns: Turns,
}

impl<'a> SweepTurns<'a> {
    fn new(sweep: u32, cancelled: &'a Cell<Option<u32>>) -> Self {
        Self {
            sweep,
            cancelled,
            turns: Turns::of(TURN_MS),
        }
    }

    async fn pause_if_due(&self) -> Result<(), Stop> {
        if self.turns.give_way().await {
            return self.go_on();
        }
        Ok(())
    }

    async fn pause(&self) -> Result<(), Stop> {
        self.turns.next().await;
        self.go_on()
    }

    fn go_on(&self) -> Result<(), Stop> {
        if self.cancelled.get() == Some(self.sweep) {
            Err(Stop::Cancelled)
        } else {
            Ok(())
        }
    }
}
