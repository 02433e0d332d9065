//! Whose settings a control is about: the page's own, or those compared with them.

use asr_playground::recognizer::Settings;
use leptos::prelude::*;

use super::actions;
use super::page::Page;

/// One of the two settings there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The page's own settings.
    A,
    /// The settings beside them, where two are compared.
    B,
}

impl Side {
    /// The letter.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }

    /// The letter in ids.
    pub fn id(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// Something of its settings, tracked.
    pub fn with<T>(self, page: Page, get: impl FnOnce(&Settings) -> T) -> T {
        page.settings.with(|s| match self {
            Self::A => get(&s.recognizer),
            Self::B => get(&s.other),
        })
    }

    /// Changes its settings; what was heard so far is recognised again with them.
    pub fn change(self, page: Page, set: impl FnOnce(&mut Settings)) {
        actions::change(page, |s| {
            set(match self {
                Self::A => &mut s.recognizer,
                Self::B => &mut s.other,
            });
        });
    }
}
