//! Keeps takes as they come.
//!
//! While a microphone is heard, what is new of it is stored every second; when a take
//! of the person's own has ended, the rest is, and whatever changes afterwards (words,
//! reference, settings) replaces what was there. One write at a time.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::aside;
use super::super::page::{Origin, Page, Phase};
use super::database::{Database, Problem};
use super::record::KeptTake;
use super::shelf::{last_in_view, remember, remember_in_view, remembered};
use super::writing::{Snapshot, checksum};

/// How often a take being recorded is stored.
const EVERY: Duration = Duration::from_secs(1);
/// How long words, reference and settings must rest before they are stored again.
const REST: Duration = Duration::from_millis(800);

/// The kept takes, as the panel shows them.
#[derive(Clone, Copy)]
pub struct Takes {
    /// The switch.
    pub on: RwSignal<bool>,
    /// What is kept, newest first.
    pub list: RwSignal<Vec<KeptTake>>,
    /// The one in view.
    pub current: RwSignal<Option<String>>,
    /// Why something could not be kept.
    pub problem: RwSignal<Option<Problem>>,
    /// A take that ended with its page, until the person has seen it.
    pub interrupted: RwSignal<Option<KeptTake>>,
    /// Bytes the browser allows this origin.
    pub quota_bytes: RwSignal<Option<f64>>,
    pub(super) work: StoredValue<Work>,
}

/// How far the current take is stored.
#[derive(Clone, Default)]
pub(super) struct Work {
    /// This page's name, once it has one.
    pub(super) session: Option<String>,
    /// The page's number of the take being recorded, and what is stored of it.
    pub(super) recording: Option<(u32, KeptTake)>,
    /// A write is under way.
    pub(super) busy: bool,
}

impl Takes {
    /// Reads the switch, and, if it was ever on, what is kept.
    pub fn new(page: Page) -> Self {
        let stored = remembered();
        let takes = Self {
            on: RwSignal::new(stored.as_deref() == Some("on")),
            list: RwSignal::new(Vec::new()),
            current: RwSignal::new(None),
            problem: RwSignal::new(None),
            interrupted: RwSignal::new(None),
            quota_bytes: RwSignal::new(None),
            work: StoredValue::new(Work::default()),
        };
        let last = last_in_view();
        if last.is_some() {
            // It comes into view, and not the first clip.
            page.query.update_value(|query| query.autorun = false);
        }
        if stored.is_some() {
            spawn_local(async move {
                takes.refresh().await;
                if let Some(id) = last {
                    spawn_local(async move { takes.come_back(page, id).await });
                }
                takes.bring_back().await;
            });
        }
        takes.follow(page);
        takes
    }

    /// Turns keeping on or off. What is kept stays until it is deleted.
    pub fn switch(self, page: Page, on: bool) {
        self.on.set(on);
        self.problem.set(None);
        let kept = !self.list.with_untracked(Vec::is_empty);
        remember(on, kept);
        if on {
            spawn_local(async move {
                self.refresh().await;
                self.keep_finished(page).await;
                self.keep_set_aside(page).await;
            });
        } else if self.work.with_value(|w| w.recording.is_some()) {
            // What is stored of the take being recorded ends here.
            let audio = page.handles.with_value(|h| h.audio.clone());
            let snapshot = Snapshot::of(page);
            spawn_local(async move {
                self.end_recording(audio, snapshot).await;
            });
        }
    }

    /// Stores as the take goes on.
    fn follow(self, page: Page) {
        // Another take begins: the one being recorded has ended, if not with the button.
        Effect::new(move |_| {
            let take = page.take.get();
            self.settle(page);
            let recorded = self.work.with_value(|w| {
                let number = w.recording.as_ref().map(|(number, _)| *number);
                number.filter(|number| *number != take)
            });
            if let Some(number) = recorded {
                let audio = page.handles.with_value(|h| h.audio.clone());
                let snapshot = Snapshot::of(page);
                spawn_local(async move {
                    if self.end_recording(audio, snapshot).await.is_some() {
                        kept_whole(page, number);
                    }
                });
            }
        });
        Effect::new(move |_| {
            if page.phase.get() == Phase::Finished {
                spawn_local(async move { self.keep_finished(page).await });
            }
        });
        Effect::new(move |_| self.current.with(|id| remember_in_view(id.as_deref())));
        self.follow_changes(page);
        let tick = move || {
            if page.phase.get_untracked() == Phase::Recording {
                spawn_local(async move { self.keep_recording(page).await });
            }
        };
        // The page lives as long as its timer.
        let _ = set_interval_with_handle(tick, EVERY);
        window_event_listener_untyped("pagehide", move |_| tick());
        window_event_listener_untyped("visibilitychange", move |_| tick());
    }

    fn follow_changes(self, page: Page) {
        let due = StoredValue::new(0_u32);
        Effect::new(move |_| {
            page.transcript.track();
            page.reference.track();
            page.settings_used.track();
            let now = due.try_update_value(|due| {
                *due += 1;
                *due
            });
            let later = move || {
                if now == due.try_get_value() && page.phase.get_untracked() == Phase::Finished {
                    self.keep_changes(page);
                }
            };
            set_timeout(later, REST);
        });
    }

    /// What was changed of the take in view is stored before another comes into view.
    pub(super) fn settle(self, page: Page) {
        self.keep_changes(page);
        self.current.set(None);
    }

    fn wanted(self, page: Page) -> bool {
        let own = page
            .origin
            .with_untracked(|o| matches!(o, Some(Origin::Microphone | Origin::File(_))));
        self.on.get_untracked() && own && page.handles.with_value(|h| !h.audio.is_empty())
    }

    /// Stores what is new of the take being recorded.
    async fn keep_recording(self, page: Page) {
        if !self.wanted(page) || self.work.with_value(|w| w.busy) {
            return;
        }
        let take = page.take.get_untracked();
        let known = self.work.with_value(|w| w.recording.clone());
        let (snapshot, mut kept) = match known {
            Some((number, kept)) if number == take => (Snapshot::of(page), kept),
            // The one before is still to be ended.
            Some(_) => return,
            None => {
                let snapshot = Snapshot::of(page);
                let kept = self.fresh(&snapshot);
                // Known before the first write has ended: another take may begin meanwhile.
                self.work
                    .update_value(|w| w.recording = Some((take, kept.clone())));
                (snapshot, kept)
            }
        };
        let first = kept.samples;
        let new = page.handles.with_value(|h| {
            let from = usize::try_from(first).unwrap_or_default();
            h.audio.get(from..).map(<[i16]>::to_vec).unwrap_or_default()
        });
        self.work.update_value(|w| w.busy = true);
        snapshot.put_into(&mut kept);
        let stored = self.store(&mut kept, &new).await;
        self.work.update_value(|w| {
            w.busy = false;
            if stored && w.recording.as_ref().is_some_and(|(_, of)| of.id == kept.id) {
                w.recording = Some((take, kept.clone()));
            }
        });
        if stored {
            self.show(kept);
        }
    }

    /// The take in view has ended: stores all of it, once.
    async fn keep_finished(self, page: Page) {
        if !self.wanted(page) || page.phase.get_untracked() != Phase::Finished {
            return;
        }
        if self.current.with_untracked(Option::is_some) {
            return self.keep_changes(page);
        }
        let take = page.take.get_untracked();
        let audio = page.handles.with_value(|h| h.audio.clone());
        let snapshot = Snapshot::of(page);
        let recorded = self.work.with_value(|w| {
            w.recording
                .as_ref()
                .is_some_and(|(number, _)| *number == take)
        });
        let id = if recorded {
            self.end_recording(audio, snapshot).await
        } else {
            self.keep_whole(audio, snapshot).await
        };
        if id.is_some() {
            kept_whole(page, take);
        }
        if take == page.take.get_untracked() {
            self.current.set(id);
        }
    }

    /// Stores the recordings that were set aside while nothing was kept.
    async fn keep_set_aside(self, page: Page) {
        for aside in page.aside.get_untracked() {
            let snapshot = Snapshot {
                file: None,
                words: aside.words,
                reference: aside.reference,
                settings_hash: aside.settings_hash,
            };
            if self.keep_whole(aside.audio, snapshot).await.is_some() {
                aside::discard(page, aside.number);
            }
        }
    }

    /// Stores the rest of the take that was being recorded.
    async fn end_recording(self, audio: Vec<i16>, snapshot: Snapshot) -> Option<String> {
        self.wait_for_turn().await;
        let recording = self.work.try_update_value(|w| w.recording.take()).flatten();
        let id = match recording {
            Some((_, mut kept)) => {
                let from = usize::try_from(kept.samples).unwrap_or_default();
                let rest = audio.get(from..).unwrap_or_default();
                snapshot.put_into(&mut kept);
                kept.checksum = checksum(&audio).await;
                kept.finished = true;
                let id = kept.id.clone();
                // Else what is stored so far is found when the page opens next.
                let stored = self.store(&mut kept, rest).await;
                if stored {
                    self.show(kept);
                }
                stored.then_some(id)
            }
            None => None,
        };
        self.work.update_value(|w| w.busy = false);
        id
    }

    /// Stores a take of which nothing is stored yet, unless the same audio is.
    async fn keep_whole(self, audio: Vec<i16>, snapshot: Snapshot) -> Option<String> {
        self.wait_for_turn().await;
        let checksum = checksum(&audio).await;
        let same = self.list.with_untracked(|list| {
            let samples = audio.len() as i64;
            list.iter()
                .find(|t| t.finished && t.samples == samples && t.checksum == checksum)
                .cloned()
        });
        let mut kept = same.clone().unwrap_or_else(|| self.fresh(&snapshot));
        let rest = if same.is_some() { &[][..] } else { &audio };
        snapshot.put_into(&mut kept);
        kept.checksum = checksum;
        kept.finished = true;
        let id = kept.id.clone();
        let stored = self.store(&mut kept, rest).await;
        if stored {
            self.show(kept);
        } else if same.is_none()
            && let Ok(database) = Database::open().await
        {
            // Half a file is of no use, and takes room.
            let _ = database.remove(&id).await;
        }
        self.work.update_value(|w| w.busy = false);
        stored.then_some(id)
    }

    /// Stores words, reference and settings of the take in view again.
    fn keep_changes(self, page: Page) {
        let id = self.current.get_untracked();
        let kept = self
            .list
            .with_untracked(|list| list.iter().find(|t| Some(&t.id) == id.as_ref()).cloned());
        let Some(before) = kept.filter(|_| self.wanted(page)) else {
            return;
        };
        let mut kept = before.clone();
        Snapshot::of(page).put_into(&mut kept);
        if kept != before {
            self.replace(kept);
        }
    }

    /// Stores what is known of a kept take again.
    pub(super) fn replace(self, mut kept: KeptTake) {
        spawn_local(async move {
            self.wait_for_turn().await;
            // It may have been deleted meanwhile.
            let there = self
                .list
                .with_untracked(|l| l.iter().any(|t| t.id == kept.id));
            if there && self.store(&mut kept, &[]).await {
                self.show(kept);
            }
            self.work.update_value(|w| w.busy = false);
        });
    }
}

/// The browser has all of a take: it need not be set aside.
fn kept_whole(page: Page, take: u32) {
    page.kept.set(Some(take));
    aside::discard(page, take);
}
