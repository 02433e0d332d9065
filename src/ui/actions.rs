//! What a person can do, and what the page does by itself when it opens.

use asr_playground::model::Lookahead;
use asr_playground::protocol::{FromWorker, Pace, ToWorker};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use super::browser::{error_words, fetch_bytes, media_matches, promised_bytes};
use super::capture::{self, Capture, Opened};
use super::clips::{self, Clip};
use super::page::{ModelStatus, Origin, Page, Phase, ReferenceFrom, Wanted};
use super::state::PageSettings;
use super::trouble::{Retry, Trouble};
use super::worker_client::{WorkerClient, WorkerEvent};

/// The manifest of models, relative to the page.
const MANIFEST_URL: &str = "models/manifest.toml";
/// Largest file read into memory: 30 minutes of stereo float at 96 kHz and some.
const MAX_FILE_BYTES: f64 = 1.5e9;

/// Starts a worker; the model follows when it is ready.
pub fn start_worker(page: Page) {
    page.model.set(ModelStatus::StartingWorker);
    match WorkerClient::start(move |event| hear(page, event)) {
        Ok(client) => page.handles.update_value(|h| h.worker = Some(client)),
        Err(error) => crashed(page, &error_words(&error)),
    }
}

fn hear(page: Page, event: WorkerEvent) {
    match event {
        WorkerEvent::Message(FromWorker::Ready { version }) => greeted(page, &version),
        WorkerEvent::Message(FromWorker::Audio { take, samples }) => {
            if take == page.take.get_untracked() {
                audio_arrived(page, &samples);
            }
        }
        WorkerEvent::Message(message) => {
            let ready = matches!(message, FromWorker::ModelReady(_));
            let failed = matches!(message, FromWorker::Failed(_));
            page.apply(message);
            if ready {
                model_ready(page);
            }
            if failed && page.phase.get_untracked() != Phase::Recording {
                release_microphone(page);
            }
        }
        WorkerEvent::Crashed(words) => crashed(page, &words),
        WorkerEvent::Unreadable => {
            page.model.set(ModelStatus::Failed);
            page.trouble.set(Some(other_version()));
        }
    }
}

fn greeted(page: Page, version: &str) {
    if version == env!("CARGO_PKG_VERSION") {
        load_model(page);
    } else {
        page.model.set(ModelStatus::Failed);
        page.trouble.set(Some(other_version()));
    }
}

fn other_version() -> Trouble {
    Trouble::new(
        "The page and its worker are of different versions and do not understand each other.",
        "Reload the page; if it stays so, empty the browser's cache for it.",
        Retry::ReloadPage,
    )
}

fn load_model(page: Page) {
    send(
        page,
        &ToWorker::LoadModel {
            manifest_url: MANIFEST_URL.to_owned(),
            model: None,
        },
    );
}

/// The worker is gone. What was heard so far stays in view.
fn crashed(page: Page, words: &str) {
    page.handles.update_value(|h| h.worker = None);
    page.model.set(ModelStatus::Failed);
    release_microphone(page);
    page.abandon();
    let reason = words.trim_start_matches("Uncaught ").trim_end_matches('.');
    let reason = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    page.trouble.set(Some(Trouble::new(
        format!("The worker, which does the recognising, has stopped{reason}."),
        "Retry starts a new one with the same settings. What was recognised so far stays on the page.",
        Retry::Worker,
    )));
}

fn send(page: Page, message: &ToWorker) {
    let sent = page
        .handles
        .with_value(|h| h.worker.as_ref().map(|worker| worker.send(message, None)));
    if let Some(Err(error)) = sent {
        crashed(page, &error_words(&error));
    }
}

fn model_ready(page: Page) {
    let offered = page.model.with_untracked(|m| match m {
        ModelStatus::Ready(info) => info.lookaheads.clone(),
        _ => Vec::new(),
    });
    let chosen = page.settings.with_untracked(|s| s.lookahead);
    if !offered.is_empty() && !offered.contains(&chosen) {
        let fallback = nearest(&offered, chosen);
        page.settings.update(|s| s.lookahead = fallback);
    }
    run_wanted(page);
}

/// Of the lookaheads a model offers, the one closest to the default.
fn nearest(offered: &[Lookahead], chosen: Lookahead) -> Lookahead {
    let ms = |lookahead: &Lookahead| match lookahead {
        Lookahead::Ms(ms) => i64::from(*ms),
        Lookahead::WholeTake => 100_000,
    };
    let target = ms(&Lookahead::default());
    offered
        .iter()
        .min_by_key(|l| (ms(l) - target).abs())
        .copied()
        .unwrap_or(chosen)
}

fn run_wanted(page: Page) {
    if !page.model_ready() {
        return;
    }
    match page.wanted.try_update_value(Option::take).flatten() {
        Some(Wanted::Clip(clip)) => run_clip(page, clip),
        Some(Wanted::File) => run_file_again(page),
        None => {}
    }
}

/// Fetches the list of clips; at the first opening its first one will run.
pub fn load_clips(page: Page) {
    spawn_local(async move {
        let url = format!("{}/clips.json", clips::CLIPS_DIR);
        let list = match fetch_bytes(&url).await {
            Ok(bytes) => clips::parse(&String::from_utf8_lossy(&bytes)).map_err(|e| e.to_string()),
            Err(words) => Err(words),
        };
        match list {
            Ok(list) => clips_arrived(page, list),
            Err(words) => page.trouble.set(Some(Trouble::notice(
                format!("The list of bundled clips could not be loaded: {words}."),
                "Retry, or use the microphone or a file of your own.",
                Retry::Clips,
            ))),
        }
    });
}

fn clips_arrived(page: Page, list: Vec<Clip>) {
    let named = page.settings.with_untracked(|s| s.clip.clone());
    let chosen = list
        .iter()
        .find(|clip| Some(&clip.file) == named.as_ref())
        .or_else(|| list.first())
        .cloned();
    page.clips.set(Some(list));
    let untouched = page.take.get_untracked() == 0
        && page.phase.get_untracked() == Phase::Idle
        && page.wanted.with_value(Option::is_none);
    if let (true, true, Some(clip)) = (untouched, page.query.with_value(|q| q.autorun), chosen) {
        page.wanted.set_value(Some(Wanted::Clip(clip)));
        run_wanted(page);
    }
}

/// The pace in force: the query's, else the person's; those who asked for
/// less motion get theirs fast unless they said otherwise.
fn pace(page: Page) -> Pace {
    let chosen = page.settings.with_untracked(|s| s.pace);
    if page.take.get_untracked() == 0 && media_matches("(prefers-reduced-motion: reduce)") {
        return Pace::Fast;
    }
    chosen
}

/// Runs a bundled clip, now or as soon as the model is ready.
pub fn run_clip(page: Page, clip: Clip) {
    if !page.model_ready() {
        page.wanted.set_value(Some(Wanted::Clip(clip)));
        return;
    }
    release_microphone(page);
    let pace = pace(page);
    let take = page.begin_take(Origin::Clip(clip.clone()));
    page.phase.set(Phase::Running);
    page.reference.set(clip.reference.clone());
    page.reference_from.set(ReferenceFrom::Clip);
    spawn_local(async move {
        match fetch_bytes(&clip.url()).await {
            Ok(bytes) => feed(page, take, clip.file.clone(), bytes, pace),
            Err(words) => refuse(
                page,
                take,
                Trouble::new(
                    format!("The clip “{}” could not be loaded: {words}.", clip.title),
                    "Check the connection and run it again, or choose another clip.",
                    Retry::RunAgain,
                ),
            ),
        }
    });
}

/// Runs a file of the person's.
pub fn run_file(page: Page, file: web_sys::File) {
    page.handles.update_value(|h| h.file = Some(file));
    if page.reference_from.get_untracked() == ReferenceFrom::Clip {
        page.reference.set(String::new());
    }
    run_file_again(page);
}

fn run_file_again(page: Page) {
    let Some(file) = page.handles.with_value(|h| h.file.clone()) else {
        return;
    };
    if !page.model_ready() {
        page.wanted.set_value(Some(Wanted::File));
        return;
    }
    release_microphone(page);
    let pace = pace(page);
    let name = file.name();
    let take = page.begin_take(Origin::File(name.clone()));
    if file.size() > MAX_FILE_BYTES {
        refuse(
            page,
            take,
            Trouble::new(
                format!("“{name}” is too large: {:.1} GB.", file.size() / 1e9),
                "Takes may last up to 30 minutes. Cut it, or choose another file.",
                Retry::OpenFile,
            ),
        );
        return;
    }
    page.phase.set(Phase::Running);
    spawn_local(async move {
        match promised_bytes(file.array_buffer()).await {
            Ok(bytes) => feed(page, take, name, bytes, pace),
            Err(words) => refuse(
                page,
                take,
                Trouble::new(
                    format!("“{name}” could not be read: {words}."),
                    "It may have been moved or changed. Choose it again, or another one.",
                    Retry::OpenFile,
                ),
            ),
        }
    });
}

fn feed(page: Page, take: u32, name: String, bytes: Vec<u8>, pace: Pace) {
    // Another take has begun while the bytes were read.
    if take != page.take.get_untracked() || page.phase.get_untracked() != Phase::Running {
        return;
    }
    send(
        page,
        &ToWorker::RunFile {
            take,
            name,
            bytes,
            settings: page.settings.with_untracked(PageSettings::recognizer),
            pace,
        },
    );
}

fn refuse(page: Page, take: u32, trouble: Trouble) {
    if take == page.take.get_untracked() {
        page.abandon();
        page.trouble.set(Some(trouble));
    }
}

/// Runs the current clip or file once more.
pub fn run_again(page: Page) {
    match page.origin.get_untracked() {
        Some(Origin::Clip(clip)) => run_clip(page, clip),
        Some(Origin::File(_)) => run_file_again(page),
        Some(Origin::Microphone) | None => {}
    }
}

/// Opens the microphone and begins a live take.
pub fn record(page: Page) {
    if !page.model_ready() || page.phase.get_untracked() == Phase::Opening {
        return;
    }
    release_microphone(page);
    if page.phase.get_untracked() == Phase::Running {
        stop(page);
    }
    page.wanted.set_value(None);
    let take = page.begin_take(Origin::Microphone);
    page.phase.set(Phase::Opening);
    if page.reference_from.get_untracked() == ReferenceFrom::Clip {
        page.reference.set(String::new());
    }
    let wishes = page.settings.with_untracked(|s| s.microphone);
    let device = page.device.get_untracked();
    spawn_local(async move {
        let opened = capture::open(wishes, device, move || unplugged(page, take)).await;
        page.devices.set(capture::list_devices().await);
        let current = take == page.take.get_untracked();
        match opened {
            Ok(opened) if current && page.phase.get_untracked() == Phase::Opening => {
                begin_recording(page, take, opened).await;
            }
            Ok(opened) => opened.capture.release().await,
            Err(trouble) => refuse(page, take, trouble),
        }
    });
}

async fn begin_recording(page: Page, take: u32, opened: Opened) {
    let context = opened.capture.context();
    page.applied.set(Some(opened.applied));
    let message = ToWorker::StartMicrophone {
        take,
        sample_rate_hz: opened.sample_rate_hz,
        settings: page.settings.with_untracked(PageSettings::recognizer),
    };
    let sent = page.handles.try_update_value(|h| {
        h.capture = Some(opened.capture);
        h.worker
            .as_ref()
            .map(|worker| worker.send(&message, Some(&opened.port)))
    });
    if let Some(Some(Err(error))) = sent {
        crashed(page, &error_words(&error));
        return;
    }
    page.phase.set(Phase::Recording);
    if !Capture::wait_running(context).await
        && take == page.take.get_untracked()
        && page.phase.get_untracked() == Phase::Recording
    {
        page.trouble.set(Some(Trouble::notice(
            "The browser is holding the audio back, so nothing is heard yet.",
            "Press Resume to let it through.",
            Retry::Resume,
        )));
    }
}

fn unplugged(page: Page, take: u32) {
    if take != page.take.get_untracked() || page.phase.get_untracked() != Phase::Recording {
        return;
    }
    stop(page);
    page.trouble.set(Some(Trouble::notice(
        "The microphone was unplugged or switched off, so the take was ended. What was heard is kept.",
        "Plug it in again or choose another one, then record again.",
        Retry::Microphone,
    )));
}

/// Ends the take: what was heard is finished and kept.
pub fn stop(page: Page) {
    let take = page.take.get_untracked();
    match page.phase.get_untracked() {
        Phase::Opening => page.phase.set(Phase::Idle),
        Phase::Recording => {
            page.phase.set(Phase::Running);
            let capture = take_capture(page);
            spawn_local(async move {
                if let Some(capture) = capture {
                    capture.release().await;
                }
                send(page, &ToWorker::StopTake { take });
            });
        }
        Phase::Running => send(page, &ToWorker::StopTake { take }),
        Phase::Idle | Phase::Finished => {}
    }
}

fn take_capture(page: Page) -> Option<Capture> {
    page.handles
        .try_update_value(|h| h.capture.take())
        .flatten()
}

fn release_microphone(page: Page) {
    if let Some(capture) = take_capture(page) {
        spawn_local(capture.release());
    }
}

/// Chooses a lookahead; what was heard so far is run again with it.
pub fn set_lookahead(page: Page, lookahead: Lookahead) {
    if page.settings.with_untracked(|s| s.lookahead) == lookahead {
        return;
    }
    page.settings.update(|s| s.lookahead = lookahead);
    let phase = page.phase.get_untracked();
    // A worker started after a crash knows nothing of the take in view.
    let known = page.source.with_untracked(Option::is_some) && page.model_ready();
    if known && phase != Phase::Idle {
        if phase == Phase::Finished {
            page.phase.set(Phase::Running);
            page.rerun.set(Some(0.0));
        }
        let settings = page.settings.with_untracked(PageSettings::recognizer);
        send(page, &ToWorker::SetSettings(settings));
    }
}

/// Chooses a pace; a running clip or file starts again with it.
pub fn set_pace(page: Page, pace: Pace) {
    page.settings.update(|s| s.pace = pace);
    let file = page
        .origin
        .with_untracked(|o| matches!(o, Some(Origin::Clip(_) | Origin::File(_))));
    if file && page.phase.get_untracked() == Phase::Running && page.rerun.with_untracked(Option::is_none) {
        run_again(page);
    }
}

/// Plays the take, or pauses it.
pub fn toggle_play(page: Page) {
    if page.playback.get_untracked().playing {
        pause(page);
        return;
    }
    let woken = page.handles.try_update_value(|h| h.player.wake());
    if let Some(Err(error)) = woken {
        playback_failed(page, &error);
        return;
    }
    page.playback.update(|p| p.playing = true);
    if page.handles.with_value(|h| h.player.loaded()) {
        play_from_cursor(page);
    } else {
        let take = page.take.get_untracked();
        send(page, &ToWorker::SendAudio { take });
    }
}

fn pause(page: Page) {
    let at = page
        .handles
        .try_update_value(|h| {
            let at = h.player.position();
            h.player.stop();
            at
        })
        .flatten();
    page.playback.update(|p| {
        p.playing = false;
        p.cursor_sample = at.or(p.cursor_sample);
    });
}

fn audio_arrived(page: Page, samples: &[f32]) {
    let loaded = page.handles.try_update_value(|h| h.player.load(samples));
    if let Some(Err(error)) = loaded {
        playback_failed(page, &error);
    } else if page.playback.get_untracked().playing {
        play_from_cursor(page);
    }
}

fn play_from_cursor(page: Page) {
    let length = untrack(|| page.take_samples());
    let at = page.playback.get_untracked().cursor_sample.unwrap_or(0);
    // At the end, play means from the beginning.
    let from = if at + 800 >= length { 0 } else { at };
    let ended = move || {
        page.handles.update_value(|h| h.player.stop());
        page.playback.update(|p| {
            p.playing = false;
            p.cursor_sample = Some(length);
        });
    };
    let started = page.handles.try_update_value(|h| h.player.play(from, ended));
    if let Some(Err(error)) = started {
        playback_failed(page, &error);
    }
}

fn playback_failed(page: Page, error: &JsValue) {
    page.playback.update(|p| p.playing = false);
    page.trouble.set(Some(Trouble::notice(
        format!("The take could not be played: {}.", error_words(error)),
        "The browser may have no sound output. The words are not affected.",
        Retry::ReloadPage,
    )));
}

/// Puts the cursor somewhere; if the take is playing, it goes on from there.
pub fn seek(page: Page, sample: i64) {
    let sample = sample.clamp(0, untrack(|| page.take_samples()));
    page.playback.update(|p| p.cursor_sample = Some(sample));
    if page.playback.get_untracked().playing && page.handles.with_value(|h| h.player.loaded()) {
        play_from_cursor(page);
    }
}

/// Opens the browser's file dialogue.
pub fn open_file_dialogue() {
    let input = document().query_selector("[data-testid=source-file]");
    if let Ok(Some(input)) = input {
        use wasm_bindgen::JsCast;
        if let Ok(input) = input.dyn_into::<web_sys::HtmlElement>() {
            input.click();
        }
    }
}

/// What the button of a trouble does.
pub fn retry(page: Page, retry: Retry) {
    page.trouble.set(None);
    match retry {
        Retry::Worker => start_worker(page),
        Retry::Model if page.handles.with_value(|h| h.worker.is_some()) => load_model(page),
        Retry::Model => start_worker(page),
        Retry::Microphone => record(page),
        Retry::Resume => resume(page),
        Retry::RunAgain => run_again(page),
        Retry::OpenFile => open_file_dialogue(),
        Retry::Clips => load_clips(page),
        Retry::ReloadPage => {
            let _ = location().reload();
        }
    }
}

fn resume(page: Page) {
    let context = page
        .handles
        .with_value(|h| h.capture.as_ref().map(Capture::context));
    if let Some(context) = context {
        spawn_local(async move {
            if !Capture::wait_running(context).await {
                page.trouble.set(Some(Trouble::notice(
                    "The browser is still holding the audio back.",
                    "Stop the take, check the page's sound permission, and record again.",
                    Retry::Resume,
                )));
            }
        });
    }
}
