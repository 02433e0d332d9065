//! Keeps takes as they come, and has them back.
//!
//! While a microphone is heard, what is new of it is stored every few seconds; when a take
//! of the person's own has ended, the rest is, and whatever changes afterwards (words,
//! reference, settings) replaces what was there. One write at a time.

use std::time::Duration;

use asr_playground::decode::Word;
use js_sys::Int16Array;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::actions;
use super::super::browser::{member, sleep_ms};
use super::super::page::{Origin, Page, Phase, ReferenceFrom};
use super::super::state::PageSettings;
use super::database::{Database, Problem};
use super::record::{Checksum, KeptTake};
use super::session;

/// Where the browser remembers the switch, once it was switched on.
const SWITCH_KEY: &str = "asr-playground.keep-takes";
/// How often a take being recorded is stored.
const EVERY: Duration = Duration::from_secs(3);
/// How long words, reference and settings must rest before they are stored again.
const REST: Duration = Duration::from_millis(800);
/// Samples stored at once: half a minute, about a megabyte.
const PART_SAMPLES: usize = 480_000;
/// How long a page that is being left may still seem alive.
const LEAVING_MS: [i32; 3] = [0, 2_000, 5_000];

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
    work: StoredValue<Work>,
}

/// How far the current take is stored.
#[derive(Clone, Default)]
struct Work {
    /// This page's name, once it has one.
    session: Option<String>,
    /// The page's number of the take being recorded, and what is stored of it.
    recording: Option<(u32, KeptTake)>,
    /// A write is under way.
    busy: bool,
}

/// What the page holds of a take now.
struct Snapshot {
    file: Option<String>,
    words: Vec<Word>,
    reference: String,
    settings_hash: String,
}

impl Takes {
    /// Reads the switch, and, if it was ever on, what is kept.
    pub fn new(page: Page) -> Self {
        let stored = storage().and_then(|s| s.get_item(SWITCH_KEY).ok().flatten());
        let takes = Self {
            on: RwSignal::new(stored.as_deref() == Some("on")),
            list: RwSignal::new(Vec::new()),
            current: RwSignal::new(None),
            problem: RwSignal::new(None),
            interrupted: RwSignal::new(None),
            quota_bytes: RwSignal::new(None),
            work: StoredValue::new(Work::default()),
        };
        if stored.is_some() {
            spawn_local(async move { takes.bring_back().await });
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
            let left = self.work.with_value(|w| {
                w.recording
                    .as_ref()
                    .is_some_and(|(number, _)| *number != take)
            });
            if left {
                let audio = page.handles.with_value(|h| h.audio.clone());
                let snapshot = Snapshot::of(page);
                spawn_local(async move {
                    self.end_recording(audio, snapshot).await;
                });
            }
        });
        Effect::new(move |_| {
            if page.phase.get() == Phase::Finished {
                spawn_local(async move { self.keep_finished(page).await });
            }
        });
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
    fn settle(self, page: Page) {
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
            if stored {
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
        if take == page.take.get_untracked() {
            self.current.set(id);
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
    fn replace(self, mut kept: KeptTake) {
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

    async fn wait_for_turn(self) {
        while self.work.with_value(|w| w.busy) {
            sleep_ms(20).await;
        }
        self.work.update_value(|w| w.busy = true);
    }

    /// Writes samples after those stored, a part at a time, and the take's record with each.
    async fn store(self, kept: &mut KeptTake, samples: &[i16]) -> bool {
        let written = async {
            let database = Database::open().await?;
            let finished = std::mem::take(&mut kept.finished);
            for part in samples.chunks(PART_SAMPLES) {
                let first = kept.samples;
                kept.samples += part.len() as i64;
                database
                    .put(kept, Some((first, Int16Array::from(part))))
                    .await?;
            }
            kept.finished = finished;
            database.put(kept, None).await
        };
        match written.await {
            Ok(()) => {
                self.problem.set(None);
                true
            }
            Err(problem) => {
                self.problem.set(Some(problem));
                false
            }
        }
    }

    fn fresh(self, snapshot: &Snapshot) -> KeptTake {
        let session = self.work.with_value(|w| w.session.clone());
        let session = session.unwrap_or_else(session::hold);
        self.work
            .update_value(|w| w.session = Some(session.clone()));
        let created_ms = js_sys::Date::now();
        KeptTake {
            id: format!(
                "{created_ms:015.0}-{:05.0}",
                js_sys::Math::random() * 99_999.0
            ),
            file: snapshot.file.clone(),
            created_ms,
            session,
            ..KeptTake::default()
        }
    }

    /// Puts a take into the list, or its newer self in its place.
    fn show(self, kept: KeptTake) {
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
    async fn bring_back(self) {
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

    async fn refresh(self) {
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
            let given = !kept.reference.is_empty();
            page.reference.set(kept.reference);
            page.reference_from.set(if given {
                ReferenceFrom::Person
            } else {
                ReferenceFrom::Clip
            });
            let origin = kept.file.map_or(Origin::Microphone, Origin::File);
            actions::run_audio(page, origin, &audio);
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

impl Snapshot {
    fn of(page: Page) -> Self {
        let typed = page.reference_from.get_untracked() == ReferenceFrom::Person;
        Self {
            file: page.origin.with_untracked(|origin| match origin {
                Some(Origin::File(name)) => Some(name.clone()),
                _ => None,
            }),
            words: page.transcript.with_untracked(|t| t.words.clone()),
            reference: if typed {
                page.reference.get_untracked()
            } else {
                String::new()
            },
            settings_hash: page.settings.with_untracked(PageSettings::to_hash),
        }
    }

    fn put_into(self, kept: &mut KeptTake) {
        kept.words = self.words;
        kept.reference = self.reference;
        kept.settings_hash = self.settings_hash;
    }
}

/// A part at a time, so that the page stays quick.
async fn checksum(samples: &[i16]) -> u32 {
    let mut sum = Checksum::default();
    for part in samples.chunks(PART_SAMPLES) {
        sum.update(part);
        sleep_ms(0).await;
    }
    sum.value()
}

/// Writes the switch down only where there is something to remember.
fn remember(on: bool, kept: bool) {
    if let Some(storage) = storage() {
        // Full or refused: the switch is then for this visit only.
        let _ = match (on, kept) {
            (true, _) => storage.set_item(SWITCH_KEY, "on"),
            (false, true) => storage.set_item(SWITCH_KEY, "off"),
            (false, false) => storage.remove_item(SWITCH_KEY),
        };
    }
}

/// Absent where the browser blocks it.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
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
