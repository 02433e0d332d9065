//! Runs sweeps in a worker of their own.
//!
//! The worker is started with the first sweep and stays; it loads the models from the
//! browser's cache. What it says moves [`SweepState::run`] on.

use asr_playground::decode::fillers::FillerConfig;
use asr_playground::protocol::{Failure, FromWorker, SweepClip, SweepEnd, SweepRequest, ToWorker};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::clip_list::{chosen_bundled, chosen_own};
use super::state::{OwnClip, RunState, Sound, SweepResults, SweepState};
use crate::ui::browser::{error_words, fetch_bytes, promised_bytes};
use crate::ui::clips::Clip;
use crate::ui::format;
use crate::ui::page::{ModelStatus, Page};
use crate::ui::worker_client::{WorkerClient, WorkerEvent};

/// The manifest of models, relative to the page.
const MANIFEST_URL: &str = "models/manifest.toml";

/// The worker, and what it is doing.
#[derive(Default)]
pub struct Runner {
    /// Whose the clips' signals are: the whole page.
    pub owner: Option<Owner>,
    client: Option<WorkerClient>,
    /// Name of the model that it has loaded.
    model: Option<String>,
    has_language_model: bool,
    /// Number of the last sweep.
    number: u32,
    /// What waits for the models.
    waiting: Option<SweepRequest>,
    /// Names of the running sweep's clips.
    names: Vec<String>,
    started_ms: f64,
    /// What the sweep should take on the estimate's machine.
    estimate_s: f64,
}

impl Runner {
    /// No worker yet; called by the page's root.
    pub fn of_page() -> Self {
        Self {
            owner: Owner::current(),
            ..Self::default()
        }
    }
}

/// Starts a sweep of what is chosen. `estimate_s`: how long it should take on the
/// estimate's machine.
pub fn run(page: Page, sweep: SweepState, estimate_s: f64) {
    if sweep.run.with_untracked(RunState::busy) {
        return;
    }
    let bundled = untrack(|| chosen_bundled(page, sweep));
    let own = untrack(|| chosen_own(sweep));
    sweep.left_out.set(Vec::new());
    sweep
        .run
        .set(RunState::Preparing("Reading the clips…".to_owned()));
    let number = sweep
        .runner
        .try_update_value(|runner| {
            runner.number += 1;
            runner.estimate_s = estimate_s;
            runner.number
        })
        .unwrap_or_default();
    let settings = page.settings.get_untracked();
    let hotwords = !settings.recognizer.decoder.beam.hotwords.is_empty();
    let fillers = settings.fillers.then_some(FillerConfig {
        hesitations: true,
        discourse: true,
    });
    let request = SweepRequest {
        clips: Vec::new(),
        grid: settings.sweep.grid(hotwords, settings.normaliser),
        base: settings.recognizer,
        fillers,
    };
    spawn_local(async move {
        let clips = read_clips(sweep, bundled, own).await;
        let current = sweep.runner.with_value(|runner| runner.number) == number;
        if !current || !sweep.run.with_untracked(RunState::busy) {
            // Cancelled meanwhile.
            return;
        }
        if clips.is_empty() {
            sweep.run.set(RunState::Failed(
                "None of the clips could be read.".to_owned(),
            ));
            return;
        }
        sweep.runner.update_value(|runner| {
            runner.names = clips.iter().map(|clip| clip.name.clone()).collect();
            runner.waiting = Some(SweepRequest { clips, ..request });
        });
        go_on(page, sweep);
    });
}

/// Ends the sweep that runs; what it gave so far stays.
pub fn cancel(sweep: SweepState) {
    let (number, waiting) = sweep
        .runner
        .try_update_value(|runner| (runner.number, runner.waiting.take().is_some()))
        .unwrap_or_default();
    let running = sweep
        .run
        .with_untracked(|run| matches!(run, RunState::Running { .. }));
    if running && !waiting {
        sweep.run.set(RunState::Cancelling);
        send(sweep, &ToWorker::CancelSweep { sweep: number });
    } else if sweep.run.with_untracked(RunState::busy) {
        // The worker has not been asked yet.
        sweep.run.set(RunState::Idle);
    }
}

/// The clips' bytes; one that cannot be read is left out and named.
async fn read_clips(sweep: SweepState, bundled: Vec<Clip>, own: Vec<OwnClip>) -> Vec<SweepClip> {
    let mut clips = Vec::new();
    let mut take = |name: String, reference: String, read: Result<Vec<u8>, String>| match read {
        Ok(bytes) => clips.push(SweepClip {
            name,
            bytes,
            reference,
        }),
        Err(words) => leave_out(sweep, name, format!("It could not be read: {words}.")),
    };
    for clip in bundled {
        let read = fetch_bytes(&clip.url()).await;
        take(clip.file, clip.reference, read);
    }
    for clip in own {
        let name = clip.name.get_value();
        let file = sweep
            .sounds
            .with_value(|sounds| match sounds.get(&clip.id) {
                Some(Sound::File(file)) => Some(Ok(file.clone())),
                Some(Sound::Bytes(bytes)) => Some(Err(bytes.clone())),
                None => None,
            });
        let read = match file {
            Some(Ok(file)) => promised_bytes(file.array_buffer()).await,
            Some(Err(bytes)) => Ok(bytes),
            None => continue,
        };
        take(name, clip.reference.get_untracked(), read);
    }
    clips
}

fn leave_out(sweep: SweepState, name: String, reason: String) {
    sweep.left_out.update(|list| list.push((name, reason)));
}

/// The next step to what waits: a worker, the model, the language model, the sweep.
fn go_on(page: Page, sweep: SweepState) {
    let Some(uses_lm) = sweep.runner.with_value(|runner| {
        let waiting = runner.waiting.as_ref()?;
        let lm = asr_playground::decode::DecoderKind::BeamLm;
        Some(waiting.grid.decoders.contains(&lm))
    }) else {
        return;
    };
    let model = page.model.with_untracked(|model| match model {
        ModelStatus::Ready(info) => Some(info.name.clone()),
        _ => None,
    });
    let (started, loaded, has_lm) = sweep.runner.with_value(|runner| {
        let loaded = runner.model.is_some() && (model.is_none() || runner.model == model);
        (runner.client.is_some(), loaded, runner.has_language_model)
    });
    let prepare = |words: &str| sweep.run.set(RunState::Preparing(words.to_owned()));
    let manifest_url = MANIFEST_URL.to_owned();
    if !started {
        prepare("Starting a second recogniser…");
        start(page, sweep);
    } else if !loaded {
        prepare("Loading the model into the second recogniser…");
        sweep
            .runner
            .update_value(|runner| runner.has_language_model = false);
        send(
            sweep,
            &ToWorker::LoadModel {
                manifest_url,
                model,
            },
        );
    } else if uses_lm && !has_lm {
        prepare("Loading the language model…");
        send(
            sweep,
            &ToWorker::LoadLanguageModel {
                manifest_url,
                model,
            },
        );
    } else {
        begin(sweep);
    }
}

/// Hands what waits to the worker.
fn begin(sweep: SweepState) {
    let taken = sweep.runner.try_update_value(|runner| {
        runner.started_ms = now_ms();
        Some((runner.number, runner.waiting.take()?))
    });
    let Some((number, request)) = taken.flatten() else {
        return;
    };
    sweep.results.set(Some(SweepResults {
        rows: Vec::new(),
        base: request.base.clone(),
        clips: request.clips.len(),
        complete: false,
    }));
    sweep.active.set(None);
    progress(sweep, 0, 0, 0);
    send(
        sweep,
        &ToWorker::RunSweep {
            sweep: number,
            request,
        },
    );
}

fn start(page: Page, sweep: SweepState) {
    match WorkerClient::start(move |event| hear(page, sweep, event)) {
        Ok(client) => sweep.runner.update_value(|runner| {
            runner.client = Some(client);
            runner.model = None;
            runner.has_language_model = false;
        }),
        Err(error) => crashed(sweep, &error_words(&error)),
    }
}

fn send(sweep: SweepState, message: &ToWorker) {
    let sent = sweep.runner.with_value(|runner| {
        runner
            .client
            .as_ref()
            .map(|client| client.send(message, None))
    });
    if let Some(Err(error)) = sent {
        crashed(sweep, &error_words(&error));
    }
}

fn hear(page: Page, sweep: SweepState, event: WorkerEvent) {
    match event {
        WorkerEvent::Message(message) => heard(page, sweep, *message),
        WorkerEvent::Crashed(words) => crashed(sweep, &words),
        WorkerEvent::Unreadable => crashed(sweep, "it is of another version than the page"),
    }
}

fn heard(page: Page, sweep: SweepState, message: FromWorker) {
    let current = sweep.runner.with_value(|runner| runner.number);
    match message {
        FromWorker::Ready { version } if version == env!("CARGO_PKG_VERSION") => go_on(page, sweep),
        FromWorker::Ready { .. } => crashed(sweep, "it is of another version than the page"),
        FromWorker::ModelProgress {
            loaded_bytes,
            total_bytes,
            ..
        } => loading(sweep, "the model", loaded_bytes, total_bytes),
        FromWorker::LanguageModelProgress {
            loaded_bytes,
            total_bytes,
        } => loading(sweep, "the language model", loaded_bytes, total_bytes),
        FromWorker::ModelReady(info) => {
            sweep
                .runner
                .update_value(|runner| runner.model = Some(info.name));
            go_on(page, sweep);
        }
        FromWorker::LanguageModelReady(info) => {
            sweep
                .runner
                .update_value(|runner| runner.has_language_model = info.is_some());
            match info {
                Some(_) => go_on(page, sweep),
                None => fail(
                    sweep,
                    "This site has no language model. Take “beam + LM” away and run again."
                        .to_owned(),
                ),
            }
        }
        FromWorker::SweepProgress {
            sweep: number,
            clip,
            done_runs,
            total_runs,
        } if number == current => progress(sweep, clip, done_runs, total_runs),
        FromWorker::SweepClipLeftOut {
            sweep: number,
            clip,
            reason,
        } if number == current => {
            let name = sweep
                .runner
                .with_value(|runner| runner.names.get(clip as usize).cloned());
            leave_out(sweep, name.unwrap_or_default(), reason);
        }
        FromWorker::SweepRows {
            sweep: number,
            rows,
        } if number == current => sweep.results.update(|results| {
            if let Some(results) = results {
                results.rows = rows;
            }
        }),
        FromWorker::SweepEnded { sweep: number, end } if number == current => ended(sweep, end),
        FromWorker::Failed(Failure {
            message, advice, ..
        }) => fail(sweep, format!("{message} {advice}")),
        // An older sweep's; takes are not this worker's.
        _ => {}
    }
}

fn loading(sweep: SweepState, what: &str, loaded: u64, total: u64) {
    sweep.run.update(|run| {
        if let RunState::Preparing(words) = run {
            let bytes = format::bytes_progress(loaded, total);
            *words = format!("Loading {what} into the second recogniser, {bytes}…");
        }
    });
}

fn progress(sweep: SweepState, clip: u32, done: u32, total: u32) {
    if sweep.run.with_untracked(|run| *run == RunState::Cancelling) {
        return;
    }
    let (name, clips, started_ms) = sweep.runner.with_value(|runner| {
        let name = runner.names.get(clip as usize).cloned();
        (
            name.unwrap_or_default(),
            runner.names.len(),
            runner.started_ms,
        )
    });
    let elapsed_s = (now_ms() - started_ms) / 1e3;
    // Early on, one clip says little of the others.
    let tell = done > 0 && elapsed_s > 1.0;
    let left_s = tell.then(|| elapsed_s * f64::from(total - done.min(total)) / f64::from(done));
    sweep.run.set(RunState::Running {
        clip: name,
        number: clip as usize + 1,
        clips,
        done,
        total,
        left_s,
    });
}

fn ended(sweep: SweepState, end: SweepEnd) {
    let done = end == SweepEnd::Done;
    sweep.results.update(|results| {
        if let Some(results) = results {
            results.complete = done;
        }
    });
    if done && sweep.left_out.with_untracked(Vec::is_empty) {
        let (took_s, estimate_s) = sweep
            .runner
            .with_value(|runner| ((now_ms() - runner.started_ms) / 1e3, runner.estimate_s));
        if took_s > 0.0 && estimate_s > 0.0 {
            sweep.slowness.set(Some(took_s / estimate_s));
        }
    }
    sweep.run.set(match end {
        SweepEnd::Done | SweepEnd::Cancelled => RunState::Idle,
        SweepEnd::Failed(words) => RunState::Failed(words),
    });
}

fn fail(sweep: SweepState, words: String) {
    sweep.runner.update_value(|runner| runner.waiting = None);
    // One that nobody waits for is told when it is needed.
    if sweep.run.with_untracked(RunState::busy) {
        sweep.run.set(RunState::Failed(words));
    }
}

/// The worker is gone; the next sweep starts another.
fn crashed(sweep: SweepState, words: &str) {
    sweep.runner.update_value(|runner| runner.client = None);
    let reason = words.trim_start_matches("Uncaught ").trim_end_matches('.');
    let reason = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    fail(
        sweep,
        format!(
            "The worker that runs sweeps has stopped{reason}. Figures of the clips that were done stay; Run starts a new one."
        ),
    );
}

fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
