//! The worker's side of the page: starting it, hearing it, losing it.

use asr_playground::protocol::{FromWorker, ToWorker};
use leptos::prelude::*;
use web_sys::MessagePort;

use super::actions;
use super::browser::error_words;
use super::page::{LanguageModelState, ModelStatus, Page, Phase, Switching};
use super::recording;
use super::trouble::{Retry, Trouble};
use super::worker_client::{WorkerClient, WorkerEvent};

/// The manifest of models, relative to the page.
const MANIFEST_URL: &str = "models/manifest.toml";

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
        WorkerEvent::Message(message) => {
            if let FromWorker::Ready { version } = &*message {
                return greeted(page, version);
            }
            let ready = matches!(*message, FromWorker::ModelReady(_));
            let failed = matches!(*message, FromWorker::Failed(_));
            page.apply(*message);
            if ready {
                model_ready(page);
            }
            if failed && page.phase.get_untracked() != Phase::Recording {
                recording::release_microphone(page);
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

/// Has the worker load the model.
pub fn load_model(page: Page) {
    ask_for_model(page, page.settings.with_untracked(|s| s.model.clone()));
}

/// Has the worker load another model beside the one in use.
pub fn switch_model(page: Page, name: String) {
    page.switching.set(Some(Switching {
        name: name.clone(),
        loaded_bytes: 0,
        total_bytes: 0,
    }));
    ask_for_model(page, Some(name));
}

fn ask_for_model(page: Page, model: Option<String>) {
    send(
        page,
        &ToWorker::LoadModel {
            manifest_url: MANIFEST_URL.to_owned(),
            model,
        },
    );
}

/// Has the worker load the language model.
pub fn load_language_model(page: Page) {
    send(
        page,
        &ToWorker::LoadLanguageModel {
            manifest_url: MANIFEST_URL.to_owned(),
            model: page.settings.with_untracked(|s| s.model.clone()),
        },
    );
}

/// The worker is gone. What was heard so far stays in view.
fn crashed(page: Page, words: &str) {
    let starting = page
        .model
        .with_untracked(|m| *m == ModelStatus::StartingWorker);
    page.handles.update_value(|h| {
        h.worker = None;
        h.worker_has_take = false;
    });
    super::questions::forget(page);
    page.rehearsing.set_value(None);
    page.model.set(ModelStatus::Failed);
    page.switching.set(None);
    page.language_model.set(LanguageModelState::default());
    recording::release_microphone(page);
    page.abandon();
    let reason = words.trim_start_matches("Uncaught ").trim_end_matches('.');
    let reason = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    let (message, advice) = if starting {
        (
            format!("The recogniser could not be started{reason}."),
            "Check the connection, then retry. The settings are kept.",
        )
    } else {
        (
            format!("The worker, which does the recognising, has stopped{reason}."),
            "Retry starts a new one with the same settings. What was recognised so far stays on the page.",
        )
    };
    page.trouble
        .set(Some(Trouble::new(message, advice, Retry::Worker)));
}

/// Sends the worker a message; without a worker, nothing happens.
pub fn send(page: Page, message: &ToWorker) {
    send_with_port(page, message, None);
}

/// A rehearsal makes way for whatever else is to be recognised.
fn end_rehearsal(page: Page, message: &ToWorker) {
    let goes_on = matches!(
        message,
        ToWorker::Ask { .. } | ToWorker::LoadLanguageModel { .. } | ToWorker::CancelSweep { .. }
    );
    let under_way = page.rehearsing.with_value(Option::is_some);
    if under_way && !goes_on {
        page.rehearsing.set_value(None);
        if !matches!(message, ToWorker::Compare(_)) {
            send(page, &ToWorker::Compare(None));
        }
    }
}

/// Sends the worker a message and the microphone's port.
pub fn send_with_port(page: Page, message: &ToWorker, port: Option<&MessagePort>) {
    end_rehearsal(page, message);
    let sent = page
        .handles
        .with_value(|h| h.worker.as_ref().map(|worker| worker.send(message, port)));
    if let Some(Err(error)) = sent {
        crashed(page, &error_words(&error));
    }
}

/// A model has taken its place: the settings say which, and are such that it can run with
/// them.
fn model_ready(page: Page) {
    let loaded = page.model.with_untracked(|m| match m {
        ModelStatus::Ready(info) => Some((info.name.clone(), info.lookaheads.clone())),
        _ => None,
    });
    let Some((name, offered)) = loaded else {
        return;
    };
    let switched = page.switching.try_update(Option::take).flatten().is_some();
    // A name that the site does not have was answered with the default model.
    let usual = page
        .models
        .with_untracked(|models| models.iter().any(|m| m.is_default && m.name == name));
    page.settings.update(|s| {
        s.model = (!usual).then_some(name);
        for settings in [&mut s.recognizer, &mut s.other] {
            settings.lookahead = settings.lookahead.nearest(&offered);
        }
    });
    if switched {
        actions::model_changed(page);
    }
    actions::run_wanted(page);
    load_language_model(page);
}
