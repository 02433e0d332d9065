//! The worker's side of the page: starting it, hearing it, losing it.

use asr_playground::model::Lookahead;
use asr_playground::protocol::{FromWorker, ToWorker};
use leptos::prelude::*;
use web_sys::MessagePort;

use super::actions;
use super::browser::error_words;
use super::page::{LanguageModelState, ModelStatus, Page, Phase};
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
    send(
        page,
        &ToWorker::LoadModel {
            manifest_url: MANIFEST_URL.to_owned(),
            model: page.settings.with_untracked(|s| s.model.clone()),
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
    page.model.set(ModelStatus::Failed);
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

/// Sends the worker a message and the microphone's port.
pub fn send_with_port(page: Page, message: &ToWorker, port: Option<&MessagePort>) {
    let sent = page
        .handles
        .with_value(|h| h.worker.as_ref().map(|worker| worker.send(message, port)));
    if let Some(Err(error)) = sent {
        crashed(page, &error_words(&error));
    }
}

fn model_ready(page: Page) {
    let offered = page.model.with_untracked(|m| match m {
        ModelStatus::Ready(info) => info.lookaheads.clone(),
        _ => Vec::new(),
    });
    // A name that the site does not have was answered with the default model.
    let loaded = page.model.with_untracked(|m| match m {
        ModelStatus::Ready(info) => Some(info.name.clone()),
        _ => None,
    });
    page.settings
        .update(|s| s.model = s.model.take().filter(|name| Some(name) == loaded.as_ref()));
    let chosen = page.settings.with_untracked(|s| s.recognizer.lookahead);
    if !offered.is_empty() && !offered.contains(&chosen) {
        let fallback = nearest(&offered, chosen);
        page.settings.update(|s| s.recognizer.lookahead = fallback);
    }
    actions::run_wanted(page);
    load_language_model(page);
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
