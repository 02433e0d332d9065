//! How the worker's messages change what the page knows.
//!
//! A message about a take other than the current one is late and is dropped here,
//! nowhere else.

use std::time::Duration;

use asr_playground::decode::Transcript;
use asr_playground::model::Lookahead;
use asr_playground::protocol::{Failure, FailureKind, FromWorker, Level};
use asr_playground::recognizer::Settings;
use leptos::prelude::*;

use super::browser::now_ms;
use super::page::{Compared, LanguageModelState, ModelStatus, Page, Phase};
use super::timeline::HOP_SAMPLES;
use super::trouble::{Retry, Trouble};
use super::{effects, questions, recording};

/// How long a transcript waits for a frame of the display.
const HIDDEN_TAB_WAIT: Duration = Duration::from_millis(250);

/// Of so many texts, how long they took to the display is kept.
const DISPLAY_TIMES: usize = 500;

/// A run with another lookahead that is this close to the present has caught up.
const CAUGHT_UP_FRAMES: i64 = 150;

impl Page {
    /// Takes in a message from the worker.
    pub fn apply(&self, message: FromWorker) {
        let current = self.take.get_untracked();
        match message {
            FromWorker::Models(models) => self.models.set(models),
            FromWorker::ModelProgress {
                stage,
                loaded_bytes,
                total_bytes,
            } => {
                if self.switching.with_untracked(Option::is_some) {
                    self.switching.update(|switching| {
                        if let Some(switching) = switching {
                            (switching.loaded_bytes, switching.total_bytes) =
                                (loaded_bytes, total_bytes);
                        }
                    });
                } else {
                    self.model.set(ModelStatus::Loading {
                        stage,
                        loaded_bytes,
                        total_bytes,
                    });
                }
            }
            FromWorker::ModelReady(info) => self.model.set(ModelStatus::Ready(info)),
            FromWorker::LanguageModelProgress {
                loaded_bytes,
                total_bytes,
            } => self.language_model.set(LanguageModelState::Loading {
                loaded_bytes,
                total_bytes,
            }),
            FromWorker::LanguageModelReady(info) => self
                .language_model
                .set(info.map_or(LanguageModelState::Missing, LanguageModelState::Ready)),
            FromWorker::TakeStarted { take, source } if take == current => {
                self.take_started(source);
            }
            FromWorker::LogMel {
                take,
                first_frame,
                n_mels,
                levels,
            } if take == current => {
                self.handles.update_value(|h| {
                    // Another model's features replace all there are.
                    if first_frame == 0 {
                        h.log_mel.clear();
                    }
                    h.log_mel.put(first_frame, n_mels, &levels);
                });
                self.frames
                    .set(self.handles.with_value(|h| h.log_mel.len()));
            }
            FromWorker::Posteriors {
                take,
                first_row,
                columns,
                levels,
            } if take == current => {
                self.handles.update_value(|h| {
                    // Another lookahead's rows replace all there are.
                    if first_row == 0 {
                        h.posteriors.clear();
                    }
                    h.posteriors.put(first_row, columns, &levels);
                });
                self.rows
                    .set(self.handles.with_value(|h| h.posteriors.len()));
            }
            // Of the take in view, which another number may have been asked for after.
            FromWorker::Answer { id, answer } => {
                questions::answered(*self, id, answer);
            }
            FromWorker::Level(level) => self.meter.update(|meter| {
                meter.level = level;
                meter.clipped_samples += u64::from(level.clipped_samples);
                meter.take_peak = meter.take_peak.max(level.peak);
            }),
            FromWorker::Transcript { take, transcript } if take == current => {
                self.show_soon(transcript);
            }
            FromWorker::Compared {
                take,
                transcript,
                figures,
                latency,
            } if take == current => {
                if self.rehearsing.with_value(Option::is_none) {
                    self.compared.set(Some(Compared {
                        transcript,
                        figures,
                        latency,
                    }));
                } else if let Some(latency) = latency {
                    effects::rehearsed(*self, take, &latency, &figures);
                }
            }
            FromWorker::Figures { take, figures } if take == current => self.figures.set(figures),
            FromWorker::Rerun {
                take,
                done_frames,
                total_frames,
            } if take == current => {
                self.rerun.set(self.rerun_share(done_frames, total_frames));
            }
            FromWorker::Finished { take, settings } if take == current => {
                self.finish(settings);
            }
            FromWorker::Failed(failure) => self.fail(failure, current),
            FromWorker::Audio {
                take,
                first_sample,
                samples,
            } if take == current => self.keep_audio(first_sample, &samples),
            // Late answers to older takes; `Ready` is `link`'s business.
            _ => {}
        }
    }

    /// Shows a transcript with the display's next frame: a file fed fast brings
    /// more of them than can be laid out. In a hidden tab, which has no frames, a
    /// timer does it.
    fn show_soon(self, transcript: Transcript) {
        let waiting = self
            .newest
            .try_update_value(|newest| newest.replace(transcript).is_some());
        if waiting != Some(true) {
            let heard_ms = now_ms();
            request_animation_frame(move || {
                self.show_newest();
                self.display_ms.update(|times| {
                    times.push(now_ms() - heard_ms);
                    let old = times.len().saturating_sub(DISPLAY_TIMES);
                    times.drain(..old);
                });
            });
            set_timeout(move || self.show_newest(), HIDDEN_TAB_WAIT);
        }
    }

    /// Shows the newest transcript now, if it is not shown yet.
    pub fn show_newest(&self) {
        if let Some(transcript) = self.newest.try_update_value(Option::take).flatten() {
            self.corrections.update(|c| c.update(&transcript));
            self.transcript.set(transcript);
        }
    }

    /// How far a run with another lookahead is; `None` once it has caught up with
    /// what is still being heard, or if it has to wait for the end of that.
    fn rerun_share(self, done_frames: i64, total_frames: i64) -> Option<f64> {
        let left = total_frames - done_frames;
        let whole =
            self.settings.with_untracked(|s| s.recognizer.lookahead) == Lookahead::WholeTake;
        let known = self
            .source
            .with_untracked(|s| s.as_ref().and_then(|s| s.samples));
        let heard = (self.frames.get_untracked() + CAUGHT_UP_FRAMES) * HOP_SAMPLES;
        let over = self.phase.get_untracked() != Phase::Recording
            && known.is_none_or(|samples| heard >= samples);
        let waits = whole && !over;
        (left > CAUGHT_UP_FRAMES && !waits)
            .then(|| (done_frames as f64 / total_frames.max(1) as f64).clamp(0.0, 1.0))
    }

    fn keep_audio(&self, first_sample: i64, samples: &[i16]) {
        let Ok(start) = usize::try_from(first_sample) else {
            return;
        };
        self.handles.update_value(|h| {
            h.audio.resize(start, 0);
            h.audio.extend_from_slice(samples);
        });
    }

    fn finish(&self, settings: Settings) {
        self.show_newest();
        // A finish with the settings of before the last change: the run with
        // the new ones is still to come.
        if settings != self.settings.with_untracked(|s| s.recognizer.clone()) {
            return;
        }
        self.rerun.set(None);
        self.meter.update(|meter| meter.level = Level::default());
        self.settings_used.set(Some(settings));
        self.phase.set(Phase::Finished);
        effects::take_finished(*self);
    }

    /// Ends the take where it stands: kept if anything was heard of it.
    pub fn abandon(&self) {
        self.handles.update_value(|h| {
            // It never began: the worker has none, and what is in view is the last one.
            if h.pending.take().is_some() {
                h.worker_has_take = false;
            }
        });
        self.show_newest();
        let heard = self.frames.get_untracked() > 0;
        self.rerun.set(None);
        self.meter.update(|meter| meter.level = Level::default());
        self.phase
            .set(if heard { Phase::Finished } else { Phase::Idle });
    }

    fn fail(&self, failure: Failure, current: u32) {
        if failure.take.is_some_and(|take| take != current) {
            return;
        }
        let retry = match failure.kind {
            FailureKind::Model => {
                let wanted = self.switching.try_update(Option::take).flatten();
                if let Some(wanted) = wanted {
                    // The one before is still in use.
                    self.trouble.set(Some(Trouble::notice(
                        format!("{} The model before stays in use.", failure.message),
                        failure.advice,
                        Retry::OtherModel(wanted.name),
                    )));
                    return;
                }
                self.model.set(ModelStatus::Failed);
                Retry::Model
            }
            FailureKind::LanguageModel => {
                self.language_model.set(LanguageModelState::Failed);
                self.trouble.set(Some(Trouble::notice(
                    failure.message,
                    failure.advice,
                    Retry::LanguageModel,
                )));
                return;
            }
            FailureKind::Audio => Retry::OpenFile,
            FailureKind::Recognition => Retry::RunAgain,
            FailureKind::Protocol => Retry::ReloadPage,
        };
        if failure.kind != FailureKind::Model {
            // The worker has let go of the take; what is in view is run again from here.
            self.handles.update_value(|h| h.worker_has_take = false);
            recording::release_microphone(*self);
            self.abandon();
        }
        self.trouble
            .set(Some(Trouble::new(failure.message, failure.advice, retry)));
    }
}
