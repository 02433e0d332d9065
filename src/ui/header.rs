//! Name, state of the model, theme.

use asr_playground::protocol::LoadStage;
use leptos::prelude::*;

use super::format;
use super::page::{ModelStatus, use_page};
use super::share::ShareMenu;
use super::state::Theme;

/// The head of the page.
#[component]
pub fn Header() -> impl IntoView {
    let page = use_page();
    let theme_words = move || match page.settings.with(|s| s.theme) {
        Theme::System => "Colours: as the system",
        Theme::Light => "Colours: light",
        Theme::Dark => "Colours: dark",
    };
    view! {
        <header class="header">
            <div class="brand">
                <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
                    <path d="M4 13v6M9 8v16M14 4v24M19 10v12M24 7v18M29 13v6" />
                </svg>
                <div>
                    <h1>"ASR Playground"</h1>
                    <p class="tagline">"Speech recognition inside this page, every stage in view"</p>
                </div>
            </div>
            <ModelState />
            <div class="header-buttons">
            <ShareMenu />
            <button
                type="button"
                class="button quiet icon-button"
                data-testid="theme"
                title=theme_words
                aria-label=theme_words
                on:click=move |_| page.settings.update(|s| s.theme = s.theme.next())
            >
                <svg viewBox="0 0 20 20" aria-hidden="true">
                    <circle cx="10" cy="10" r="7" />
                    <path class="filled" d="M10 3a7 7 0 0 1 0 14z" />
                </svg>
            </button>
            </div>
        </header>
    }
}

#[component]
fn ModelState() -> impl IntoView {
    let page = use_page();
    let share = move || {
        page.model.with(|model| match model {
            ModelStatus::Loading {
                stage: LoadStage::Fetching,
                loaded_bytes,
                total_bytes,
            } if *total_bytes > 0 => Some(*loaded_bytes as f64 / *total_bytes as f64),
            _ => None,
        })
    };
    view! {
        <div class="model" role="status">
            <p class="model-line" data-testid="model-status" data-model=move || page.model.with(kind)>
                <span class="dot" aria-hidden="true"></span>
                <span>{move || page.model.with(words)}</span>
            </p>
            <p class="model-detail" title=move || page.model.with(licence)>{move || page.model.with(detail)}</p>
            <progress
                class="model-progress"
                aria-label="Fetching the model"
                class:hidden=move || share().is_none()
                prop:value=move || share().unwrap_or(0.0)
                max="1"
            ></progress>
        </div>
    }
}

fn kind(model: &ModelStatus) -> &'static str {
    match model {
        ModelStatus::StartingWorker | ModelStatus::Loading { .. } => "loading",
        ModelStatus::Ready(_) => "ready",
        ModelStatus::Failed => "failed",
    }
}

fn words(model: &ModelStatus) -> String {
    match model {
        ModelStatus::StartingWorker => "Starting the recogniser…".to_owned(),
        ModelStatus::Loading {
            stage,
            loaded_bytes,
            total_bytes,
        } => match stage {
            LoadStage::Manifest => "Reading the list of models…".to_owned(),
            LoadStage::Fetching => format!(
                "Fetching the model: {}",
                format::bytes_progress(*loaded_bytes, *total_bytes)
            ),
            LoadStage::Verifying => "Checking that the model arrived unchanged…".to_owned(),
            LoadStage::Preparing => "Preparing the model…".to_owned(),
        },
        ModelStatus::Ready(info) => info.title.clone(),
        ModelStatus::Failed => "The recogniser is not running".to_owned(),
    }
}

fn detail(model: &ModelStatus) -> String {
    match model {
        ModelStatus::Ready(info) => format!(
            "{}, ready in {:.1} s · {}",
            format::megabytes(info.bytes),
            info.prepare_ms / 1e3,
            // The remark after it is in the title.
            info.licence.split(" (").next().unwrap_or_default()
        ),
        // Keeps the line's place, so that nothing jumps.
        _ => "\u{a0}".to_owned(),
    }
}

fn licence(model: &ModelStatus) -> String {
    match model {
        ModelStatus::Ready(info) => format!("Licence: {}", info.licence),
        _ => String::new(),
    }
}
