//! What a person can do, and what the page does by itself when it opens.

use asr_playground::decode::DecoderSettings;
use asr_playground::model::Lookahead;
use asr_playground::protocol::{Pace, ToWorker};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::aside;
use super::browser::{fetch_bytes, media_matches, promised_bytes};
use super::clips::{self, Clip};
use super::format;
use super::link;
use super::page::{ModelStatus, Origin, Page, Phase, Wanted};
use super::recording::{self, release_microphone};
use super::state::PageSettings;
use super::trouble::{Retry, Trouble};
use super::wav;
/// Largest file read into memory: half an hour of 16-bit stereo at 96 kHz is 690 MB, at 48 kHz
/// 345 MB, which was tried; WebAssembly's memory and the browser's copies set the limit.
const MAX_FILE_BYTES: f64 = 400e6;

/// Runs what was asked for before it could be run.
pub fn run_wanted(page: Page) {
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
    if let Some(name) = &named
        && list.iter().all(|clip| clip.file != *name)
    {
        page.settings.update(|s| s.clip = None);
    }
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

/// Whether the take in view may give way to another; says why not.
pub fn may_begin(page: Page) -> bool {
    !recording(page) && aside::has_room(page)
}

/// Whether a recording is under way, which nothing may push aside; says so.
fn recording(page: Page) -> bool {
    let recording = page.phase.get_untracked() == Phase::Recording;
    if recording {
        page.trouble.set(Some(Trouble::notice(
            "You are recording: a clip or a file would push the recording aside.",
            "Press Stop first. The recording is then set aside, not lost.",
            Retry::Nothing,
        )));
    }
    recording
}

/// Runs a bundled clip, now or as soon as the model is ready.
pub fn run_clip(page: Page, clip: Clip) {
    if !may_begin(page) {
        return;
    }
    if !page.model_ready() {
        page.wanted.set_value(Some(Wanted::Clip(clip)));
        return;
    }
    release_microphone(page);
    let pace = pace(page);
    let take = page.begin_take(Origin::Clip(clip.clone()), None);
    page.phase.set(Phase::Running);
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

/// Runs the file last opened once more.
pub fn run_file_again(page: Page) {
    if let Some(file) = page.handles.with_value(|h| h.file.clone()) {
        run_file(page, file);
    }
}

/// Runs a file of the person's.
pub fn run_file(page: Page, file: web_sys::File) {
    if !may_begin(page) {
        return;
    }
    if !page.model_ready() {
        page.handles.update_value(|h| h.file = Some(file));
        page.wanted.set_value(Some(Wanted::File));
        return;
    }
    release_microphone(page);
    let pace = pace(page);
    let name = file.name();
    let take = page.begin_take(Origin::File(name.clone()), Some(file.clone()));
    if file.size() > MAX_FILE_BYTES {
        refuse(
            page,
            take,
            Trouble::new(
                format!("“{name}” is too large: {}.", format::size(file.size())),
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
    page.handles.update_value(|h| h.worker_has_take = true);
    link::send(
        page,
        &ToWorker::RunFile {
            take,
            name,
            bytes,
            settings: page.settings.with_untracked(|s| s.recognizer.clone()),
            pace,
        },
    );
}

/// Ends a take that could not begin, saying why.
pub fn refuse(page: Page, take: u32, trouble: Trouble) {
    if take == page.take.get_untracked() {
        page.abandon();
        page.trouble.set(Some(trouble));
    }
}

/// Runs the current clip or file once more.
pub fn run_again(page: Page) {
    match page.origin.get_untracked() {
        Some(Origin::Clip(clip)) => run_clip(page, clip),
        Some(Origin::File(_)) if page.handles.with_value(|h| h.file.is_some()) => {
            run_file_again(page);
        }
        Some(Origin::File(_) | Origin::Microphone) => run_kept(page),
        None => {}
    }
}

/// Runs the take again from the audio the page kept of it.
pub fn run_kept(page: Page) {
    let kept = page.handles.with_value(|h| wav::encode(&h.audio));
    if page.handles.with_value(|h| h.audio.is_empty()) {
        return;
    }
    if let Some(origin) = page.origin.get_untracked()
        && run_wav(page, origin, kept)
    {
        page.pending(|take| take.same_audio = true);
    }
}

/// Runs a kept take from its audio, 16 kHz mono, as fast as the machine can, with the
/// reference that was kept with it. Says whether it could.
pub fn run_audio(page: Page, origin: Origin, samples: &[i16], reference: String) -> bool {
    if !may_begin(page) || !run_wav(page, origin, wav::encode(samples)) {
        return false;
    }
    // A file opened before is not this take's.
    page.handles.update_value(|h| h.file = None);
    page.pending(|take| take.reference = Some(reference));
    true
}

/// Says whether it could.
fn run_wav(page: Page, origin: Origin, file: Vec<u8>) -> bool {
    if !page.model_ready() {
        return false;
    }
    release_microphone(page);
    let take = page.begin_take(origin, None);
    page.phase.set(Phase::Running);
    feed(page, take, "take.wav".to_owned(), file, Pace::Fast);
    true
}

/// Chooses a lookahead; what was heard so far is run again with it.
pub fn set_lookahead(page: Page, lookahead: Lookahead) {
    change(page, |settings| settings.recognizer.lookahead = lookahead);
}

/// Sets the decoder; what was heard so far is decoded again with it.
pub fn set_decoder(page: Page, set: impl FnOnce(&mut DecoderSettings)) {
    change(page, |settings| set(&mut settings.recognizer.decoder));
}

/// Changes settings; if the recogniser's are among them, what was heard so far is
/// recognised again.
pub fn change(page: Page, set: impl FnOnce(&mut PageSettings)) {
    let before = page.settings.with_untracked(|s| s.recognizer.clone());
    page.settings.update(set);
    let settings = page.settings.with_untracked(|s| s.recognizer.clone());
    if settings == before {
        return;
    }
    if recognised_anew(page) {
        link::send(page, &ToWorker::SetSettings(settings));
    }
}

/// Chooses a model; what was heard so far is run again with it once it is loaded.
pub fn set_model(page: Page, name: &str) {
    let used = page.model.with_untracked(|model| match model {
        ModelStatus::Ready(info) => Some(info.name.clone()),
        _ => None,
    });
    let switching = page.switching.with_untracked(Option::is_some);
    // Without one in use, the first is being loaded.
    if used.is_some_and(|used| used != name || switching) {
        link::switch_model(page, name.to_owned());
    }
}

/// Chooses the model that an address names; the default one if it names none, or one that
/// this site does not have.
pub fn set_model_named(page: Page, name: Option<&str>) {
    let found = page.models.with_untracked(|models| {
        let named = models.iter().find(|m| Some(&*m.name) == name);
        let usual = models.iter().find(|m| m.is_default);
        named.or(usual).map(|m| m.name.clone())
    });
    if let Some(name) = found {
        set_model(page, &name);
    }
}

/// Another model has taken over, and with it the take that the worker has.
pub fn model_changed(page: Page) {
    recognised_anew(page);
}

/// The take in view will be recognised anew, with what is set now. Says whether the worker
/// has it; otherwise it begins from what the page kept.
fn recognised_anew(page: Page) -> bool {
    let phase = page.phase.get_untracked();
    if !page.handles.with_value(|h| h.worker_has_take) {
        // A worker started after a crash knows nothing of the take in view.
        if phase == Phase::Finished {
            run_kept(page);
        }
        return false;
    }
    page.latency.set(None);
    let running = matches!(phase, Phase::Recording | Phase::Running);
    let rerunning = page.rerun.with_untracked(Option::is_some);
    page.mixed.update(|mixed| {
        // Once over, all of it is made anew.
        *mixed = running && (*mixed || (!rerunning && page.frames.get_untracked() > 0));
    });
    if phase == Phase::Finished {
        page.phase.set(Phase::Running);
        page.rerun.set(Some(0.0));
    }
    true
}

/// Chooses a pace; a running clip or file starts again with it.
pub fn set_pace(page: Page, pace: Pace) {
    page.settings.update(|s| s.pace = pace);
    let file = page
        .origin
        .with_untracked(|o| matches!(o, Some(Origin::Clip(_) | Origin::File(_))));
    if file
        && page.phase.get_untracked() == Phase::Running
        && page.rerun.with_untracked(Option::is_none)
    {
        run_again(page);
    }
}

/// Opens the browser's file dialogue.
pub fn open_file_dialogue() {
    let input = document().query_selector("[data-testid=source-file]");
    if let Ok(Some(input)) = input
        && let Ok(input) = input.dyn_into::<web_sys::HtmlElement>()
    {
        input.click();
    }
}

/// What the button of a trouble does.
pub fn retry(page: Page, retry: Retry) {
    page.trouble.set(None);
    match retry {
        Retry::Model if page.handles.with_value(|h| h.worker.is_some()) => link::load_model(page),
        Retry::Worker | Retry::Model => link::start_worker(page),
        Retry::OtherModel(name) => set_model(page, &name),
        Retry::LanguageModel => link::load_language_model(page),
        Retry::Microphone => recording::record(page),
        Retry::Resume => recording::resume(page),
        Retry::RunAgain => run_again(page),
        Retry::OpenFile => open_file_dialogue(),
        Retry::Clips => load_clips(page),
        Retry::Nothing => {}
        Retry::ReloadPage => {
            let _ = location().reload();
        }
    }
}
