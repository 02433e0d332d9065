//! What is kept: listed, opened, renamed, deleted; and found again when the page opens.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::actions;
use super::super::browser::{member, sleep_ms};
use super::super::page::{Origin, Page, Phase};
use super::super::state::PageSettings;
use super::database::{Database, Problem};
use super::keeper::Takes;
use super::record::KeptTake;
use super::session;
use super::writing::checksum;

/// Where the browser remembers the switch, once it was switched on.
const SWITCH_KEY: &str = "asr-playground.keep-takes";
/// Where a tab remembers which kept take it has in view, for when it is loaded anew.
const IN_VIEW_KEY: &str = "asr-playground.take-in-view";
/// How long a page that is being left may still seem alive.
const LEAVING_MS: [i32; 3] = [0, 2_000, 5_000];
/// How often it is asked whether the model is there.
const MODEL_POLL_MS: i32 = 50;

impl Takes {
    /// Puts a take into the list, or its newer self in its place.
    pub(super) fn show(self, kept: KeptTake) {
        self.list
            .update(|list| match list.iter_mut().find(|t| t.id == kept.id) {
                Some(old) => *old = kept,
                None => list.insert(0, kept),
            });
        self.measure();
    }

    fn measure(self) {
        spawn_local(async move { self.quota_bytes.set(quota_bytes().await) });
    }

    /// Reads the list, and tells of a take that was interrupted.
    pub(super) async fn bring_back(self) {
        for wait_ms in LEAVING_MS {
            sleep_ms(wait_ms).await;
            self.refresh().await;
            let mine = self.work.with_value(|w| w.session.clone());
            let open = self.list.with_untracked(|list| {
                let unfinished = list
                    .iter()
                    .filter(|t| !t.finished && Some(&t.session) != mine.as_ref());
                unfinished.cloned().collect::<Vec<_>>()
            });
            if open.is_empty() {
                return;
            }
            let alive = session::alive().await;
            for take in open.into_iter().filter(|t| !alive.contains(&t.session)) {
                self.close_interrupted(take).await;
            }
        }
    }

    /// Opens the kept take that this tab had in view when it was loaded anew, unless the
    /// address has named a clip or the person begun something meanwhile.
    pub(super) async fn come_back(self, page: Page, id: String) {
        let kept = self
            .list
            .with_untracked(|list| list.iter().any(|t| t.id == id));
        let vacant = || {
            let idle = page.phase.get_untracked() == Phase::Idle;
            idle && page.settings.with_untracked(|s| s.clip.is_none())
        };
        while kept && vacant() {
            if page.model_ready() {
                return self.open(page, id, false);
            }
            sleep_ms(MODEL_POLL_MS).await;
        }
    }

    async fn close_interrupted(self, mut take: KeptTake) {
        take.interrupted = true;
        if let Ok(database) = Database::open().await
            && let Ok(audio) = database.audio(&take.id).await
        {
            take.samples = audio.len() as i64;
            take.checksum = checksum(&audio).await;
        }
        take.finished = true;
        if self.store(&mut take, &[]).await {
            self.show(take.clone());
            self.interrupted.set(Some(take));
        }
    }

    pub(super) async fn refresh(self) {
        let read = async { Database::open().await?.takes().await };
        match read.await {
            Ok(list) => self.list.set(list),
            Err(problem) => self.problem.set(Some(problem)),
        }
        self.measure();
    }

    /// Runs a kept take again; `settings` brings back those it was recognised with.
    pub fn open(self, page: Page, id: String, settings: bool) {
        spawn_local(async move {
            let read = async { Database::open().await?.audio(&id).await };
            let audio = match read.await {
                Ok(audio) => audio,
                Err(problem) => return self.problem.set(Some(problem)),
            };
            let kept = self
                .list
                .with_untracked(|list| list.iter().find(|t| t.id == id).cloned());
            let Some(kept) = kept.filter(|_| !audio.is_empty()) else {
                let words = "its audio is missing".to_owned();
                return self.problem.set(Some(Problem::Other(words)));
            };
            self.settle(page);
            if settings {
                let theirs = PageSettings::from_hash(&kept.settings_hash);
                page.settings.update(|s| s.recognizer = theirs.recognizer);
            }
            let origin = kept.file.map_or(Origin::Microphone, Origin::File);
            actions::run_audio(page, origin, &audio, kept.reference);
        });
    }

    /// Gives a kept take another title.
    pub fn rename(self, id: &str, title: &str) {
        let kept = self
            .list
            .with_untracked(|list| list.iter().find(|t| t.id == id).cloned());
        if let Some(mut kept) = kept {
            kept.rename(title);
            self.replace(kept);
        }
    }

    /// Deletes one.
    pub fn remove(self, id: String) {
        spawn_local(async move {
            self.wait_for_turn().await;
            let removed = async { Database::open().await?.remove(&id).await };
            match removed.await {
                Ok(()) => self.forget(|take| take.id != id).await,
                Err(problem) => self.problem.set(Some(problem)),
            }
            self.work.update_value(|w| w.busy = false);
        });
    }

    /// Deletes all.
    pub fn clear(self) {
        spawn_local(async move {
            self.wait_for_turn().await;
            let removed = async { Database::open().await?.clear().await };
            match removed.await {
                Ok(()) => self.forget(|_| false).await,
                Err(problem) => self.problem.set(Some(problem)),
            }
            self.work.update_value(|w| w.busy = false);
        });
    }

    /// Takes deleted ones out of the list; with the last one, and the switch off, nothing
    /// of ours stays in the browser.
    async fn forget(self, stays: impl Fn(&KeptTake) -> bool) {
        self.list.update(|list| list.retain(stays));
        let left = self.list.with_untracked(Vec::len);
        let listed = |id: &String| self.list.with_untracked(|l| l.iter().any(|t| t.id == *id));
        if !self.current.get_untracked().as_ref().is_some_and(listed) {
            self.current.set(None);
        }
        if !self
            .interrupted
            .get_untracked()
            .is_some_and(|t| listed(&t.id))
        {
            self.interrupted.set(None);
        }
        // One being recorded begins anew.
        self.work.update_value(|w| {
            w.recording = w.recording.take().filter(|(_, take)| listed(&take.id));
        });
        self.problem.set(None);
        let on = self.on.get_untracked();
        if left == 0 && !on {
            // What cannot be deleted is empty.
            let _ = Database::delete().await;
        }
        remember(on, left > 0);
        self.measure();
    }
}

/// What is remembered of the switch: "on", "off" while takes are kept, or nothing.
pub(super) fn remembered() -> Option<String> {
    storage()?.get_item(SWITCH_KEY).ok().flatten()
}

/// Writes the switch down only where there is something to remember.
pub(super) fn remember(on: bool, kept: bool) {
    if let Some(storage) = storage() {
        // Full or refused: the switch is then for this visit only.
        let _ = match (on, kept) {
            (true, _) => storage.set_item(SWITCH_KEY, "on"),
            (false, true) => storage.set_item(SWITCH_KEY, "off"),
            (false, false) => storage.remove_item(SWITCH_KEY),
        };
    }
}

/// The kept take that this tab had in view.
pub(super) fn last_in_view() -> Option<String> {
    tab_storage()?.get_item(IN_VIEW_KEY).ok().flatten()
}

/// Writes down which kept take this tab has in view.
pub(super) fn remember_in_view(id: Option<&str>) {
    if let Some(storage) = tab_storage() {
        // Full or refused: the take is in the list all the same.
        let _ = match id {
            Some(id) => storage.set_item(IN_VIEW_KEY, id),
            None => storage.remove_item(IN_VIEW_KEY),
        };
    }
}

/// Absent where the browser blocks it.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Ends with the tab. Absent where the browser blocks it.
fn tab_storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

async fn quota_bytes() -> Option<f64> {
    // Absent on insecure origins.
    let storage = member(&window().navigator(), "storage");
    if !storage.is_object() {
        return None;
    }
    let asked = window().navigator().storage().estimate().ok()?;
    let estimate = wasm_bindgen_futures::JsFuture::from(asked).await.ok()?;
    member(&estimate, "quota").as_f64()
}
