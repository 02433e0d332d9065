//! What went wrong, in words, with one button that helps.

use leptos::prelude::*;

use super::actions;
use super::page::use_page;

/// A failure as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// What the person can do.
    pub advice: String,
    /// What the button does.
    pub retry: Retry,
    /// Whether what was asked for could not be done at all.
    pub blocking: bool,
}

/// What a trouble's button does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A new worker, and the model again.
    Worker,
    /// The model again, in the same worker.
    Model,
    /// The model of this name, in place of the one in use.
    OtherModel(String),
    /// The language model again, in the same worker.
    LanguageModel,
    /// Ask for the microphone again.
    Microphone,
    /// Wake the suspended audio context.
    Resume,
    /// The same clip or file again.
    RunAgain,
    /// Choose another file.
    OpenFile,
    /// The list of clips again.
    Clips,
    /// The whole page again.
    ReloadPage,
    /// Nothing: the person has read it.
    Nothing,
}

impl Retry {
    /// Whether the page is of use without it.
    fn optional(&self) -> bool {
        !matches!(self, Self::Worker | Self::Model | Self::ReloadPage)
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Worker
            | Self::Model
            | Self::OtherModel(_)
            | Self::LanguageModel
            | Self::Clips => "Retry",
            Self::Microphone => "Try again",
            Self::Resume => "Resume",
            Self::RunAgain => "Run again",
            Self::OpenFile => "Choose another file",
            Self::ReloadPage => "Reload the page",
            Self::Nothing => "OK",
        }
    }
}

impl Trouble {
    /// A failure of what was asked for.
    pub fn new(message: impl Into<String>, advice: impl Into<String>, retry: Retry) -> Self {
        Self {
            message: message.into(),
            advice: advice.into(),
            retry,
            blocking: true,
        }
    }

    /// Something to know; the take goes on, or was kept.
    pub fn notice(message: impl Into<String>, advice: impl Into<String>, retry: Retry) -> Self {
        Self {
            blocking: false,
            ..Self::new(message, advice, retry)
        }
    }
}

/// The current trouble, or nothing.
#[component]
pub fn TroublePanel() -> impl IntoView {
    let page = use_page();
    move || {
        page.trouble.get().map(|trouble| {
            let retry = trouble.retry;
            let label = retry.label();
            let dismissable = (!trouble.blocking || retry.optional()) && retry != Retry::Nothing;
            view! {
                <section class="trouble" class:notice=!trouble.blocking role="alert" data-testid="error">
                    <svg class="trouble-mark" viewBox="0 0 20 20" aria-hidden="true">
                        <path d="M10 2.5 18.5 17h-17z" />
                        <path d="M10 8v4.2M10 14.4v.2" />
                    </svg>
                    <div class="trouble-words">
                        <p class="trouble-message">{trouble.message}</p>
                        <p class="trouble-advice">{trouble.advice}</p>
                    </div>
                    <div class="trouble-buttons">
                        <button
                            type="button"
                            class="button primary"
                            data-testid="error-retry"
                            on:click=move |_| actions::retry(page, retry.clone())
                        >
                            {label}
                        </button>
                        {dismissable.then(|| view! {
                        <button
                            type="button"
                            class="button quiet"
                            data-testid="error-dismiss"
                            on:click=move |_| page.trouble.set(None)
                        >
                            "Dismiss"
                        </button>
                        })}
                    </div>
                </section>
            }
        })
    }
}
