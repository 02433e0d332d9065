//! Writing takes into the browser's database, one write at a time.

use js_sys::Int16Array;
use leptos::prelude::*;

use asr_playground::decode::Word;

use super::super::browser::sleep_ms;
use super::super::page::{Origin, Page};
use super::super::state::PageSettings;
use super::database::Database;
use super::keeper::Takes;
use super::record::{Checksum, KeptTake};
use super::session;

/// Samples stored at once: half a minute, about a megabyte.
const PART_SAMPLES: usize = 480_000;

/// What the page holds of a take now.
pub(super) struct Snapshot {
    pub file: Option<String>,
    pub words: Vec<Word>,
    pub reference: String,
    pub settings_hash: String,
}

impl Takes {
    pub(super) async fn wait_for_turn(self) {
        while self.work.with_value(|w| w.busy) {
            sleep_ms(20).await;
        }
        self.work.update_value(|w| w.busy = true);
    }

    /// Writes samples after those stored, a part at a time, and the take's record with each.
    pub(super) async fn store(self, kept: &mut KeptTake, samples: &[i16]) -> bool {
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

    pub(super) fn fresh(self, snapshot: &Snapshot) -> KeptTake {
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
}

impl Snapshot {
    pub fn of(page: Page) -> Self {
        Self {
            file: page.origin.with_untracked(|origin| match origin {
                Some(Origin::File(name)) => Some(name.clone()),
                _ => None,
            }),
            words: page.transcript.with_untracked(|t| t.words.clone()),
            reference: page.typed_reference().unwrap_or_default(),
            settings_hash: page.settings.with_untracked(PageSettings::to_hash),
        }
    }

    pub fn put_into(self, kept: &mut KeptTake) {
        kept.words = self.words;
        kept.reference = self.reference;
        kept.settings_hash = self.settings_hash;
    }
}

/// A part at a time, so that the page stays quick.
pub(super) async fn checksum(samples: &[i16]) -> u32 {
    let mut sum = Checksum::default();
    for part in samples.chunks(PART_SAMPLES) {
        sum.update(part);
        sleep_ms(0).await;
    }
    sum.value()
}
