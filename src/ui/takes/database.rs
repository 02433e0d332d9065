//! The database of kept takes: two stores, what is known of each take (JSON under its
//! id) and its audio (16-bit samples under its id and the position of the first).
//!
//! A transaction ends as soon as nothing is asked of it, so everything in one is asked at
//! once and then waited for.

use js_sys::{Array, Int16Array, Promise};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbKeyRange, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction,
    IdbTransactionMode,
};

use super::super::browser::{error_name, error_words, member};
use super::record::KeptTake;

/// The origin may hold other pages.
const NAME: &str = "asr-playground";
/// Grows when the stores change.
const VERSION: u32 = 1;
/// Store of [`KeptTake`]s.
const TAKES: &str = "takes";
/// Store of audio.
const AUDIO: &str = "audio";

/// Why a take is not kept, or not had back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The browser lets this page store nothing.
    Blocked(String),
    /// There is no room.
    Full,
    /// Something else, in the browser's words.
    Other(String),
}

impl Problem {
    fn of(error: &JsValue) -> Self {
        match error_name(error).as_str() {
            "QuotaExceededError" => Self::Full,
            "SecurityError" | "InvalidStateError" | "NotAllowedError" => {
                Self::Blocked(error_words(error))
            }
            _ => Self::Other(error_words(error)),
        }
    }

    /// In a sentence or two.
    pub fn words(&self) -> String {
        match self {
            Self::Blocked(_) => {
                "This browser does not let the page keep anything, as in a private window. \
                 The take in view is not affected; save it as a file to keep it."
                    .to_owned()
            }
            Self::Full => {
                "There is no room left for takes in this browser. The take in view is not \
                 affected: delete older takes, or save it as a file."
                    .to_owned()
            }
            Self::Other(words) => format!(
                "The browser could not keep the take ({words}). The take in view is not affected; \
                 save it as a file to keep it."
            ),
        }
    }
}

/// The open database; closed when dropped.
pub struct Database(IdbDatabase);

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Database {
    /// Opens it, and makes it if there is none.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn open() -> Result<Self, Problem> {
        let factory = window()
            .indexed_db()
            .map_err(|error| Problem::Blocked(error_words(&error)))?
            .ok_or_else(|| Problem::Blocked("no IndexedDB".to_owned()))?;
        let request = factory
            .open_with_u32(NAME, VERSION)
            .map_err(|error| Problem::Blocked(error_words(&error)))?;
        let upgrade = Closure::once(|event: web_sys::Event| make_stores(&event));
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database = answer(&request).await.map_err(|problem| match problem {
            Problem::Other(words) => Problem::Blocked(words),
            problem => problem,
        })?;
        database
            .dyn_into()
            .map(Self)
            .map_err(|_| Problem::Other("it is no database".to_owned()))
    }

    /// Deletes the database and everything in it.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn delete() -> Result<(), Problem> {
        let Ok(Some(factory)) = window().indexed_db() else {
            return Ok(());
        };
        let request = factory
            .delete_database(NAME)
            .map_err(|error| Problem::of(&error))?;
        answer(&request).await.map(drop)
    }

    /// Puts a take, and with it some of its audio, or neither.
    ///
    /// # Errors
    /// When there is no room, or the browser refuses.
    pub async fn put(
        &self,
        take: &KeptTake,
        audio: Option<(i64, Int16Array)>,
    ) -> Result<(), Problem> {
        let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
        let put = || -> Result<(), JsValue> {
            let takes = transaction.object_store(TAKES)?;
            takes.put_with_key(&take.to_json().into(), &JsValue::from_str(&take.id))?;
            if let Some((first_sample, samples)) = audio {
                let key = Array::of2(&JsValue::from_str(&take.id), &(first_sample as f64).into());
                transaction
                    .object_store(AUDIO)?
                    .put_with_key(&samples, &key)?;
            }
            Ok(())
        };
        put().map_err(|error| Problem::of(&error))?;
        complete(&transaction).await
    }

    /// All takes, newest first; what cannot be read is left out.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn takes(&self) -> Result<Vec<KeptTake>, Problem> {
        let store = self.store(TAKES)?;
        let request = store.get_all().map_err(|error| Problem::of(&error))?;
        let records = Array::from(&answer(&request).await?);
        let read = |record: JsValue| KeptTake::from_json(&record.as_string()?);
        let mut takes: Vec<KeptTake> = records.iter().filter_map(read).collect();
        takes.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(takes)
    }

    /// A take's audio.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn audio(&self, id: &str) -> Result<Vec<i16>, Problem> {
        let range = parts(id).map_err(|error| Problem::of(&error))?;
        let request = self
            .store(AUDIO)?
            .get_all_with_key(&range)
            .map_err(|error| Problem::of(&error))?;
        let mut samples = Vec::new();
        for part in Array::from(&answer(&request).await?).iter() {
            samples.extend(Int16Array::new(&part).to_vec());
        }
        Ok(samples)
    }

    /// Removes a take.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn remove(&self, id: &str) -> Result<(), Problem> {
        let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
        let remove = || -> Result<(), JsValue> {
            transaction
                .object_store(TAKES)?
                .delete(&JsValue::from_str(id))?;
            transaction.object_store(AUDIO)?.delete(&parts(id)?)?;
            Ok(())
        };
        remove().map_err(|error| Problem::of(&error))?;
        complete(&transaction).await
    }

    /// Removes all takes.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn clear(&self) -> Result<(), Problem> {
        let transaction = self.transaction(IdbTransactionMode::Readwrite)?;
        let clear = || -> Result<(), JsValue> {
            transaction.object_store(TAKES)?.clear()?;
            transaction.object_store(AUDIO)?.clear()?;
            Ok(())
        };
        clear().map_err(|error| Problem::of(&error))?;
        complete(&transaction).await
    }

    fn store(&self, name: &str) -> Result<IdbObjectStore, Problem> {
        self.transaction(IdbTransactionMode::Readonly)?
            .object_store(name)
            .map_err(|error| Problem::of(&error))
    }

    fn transaction(&self, mode: IdbTransactionMode) -> Result<IdbTransaction, Problem> {
        let stores = Array::of2(&TAKES.into(), &AUDIO.into());
        self.0
            .transaction_with_str_sequence_and_mode(&stores, mode)
            .map_err(|error| Problem::of(&error))
    }
}

/// The keys of a take's audio.
fn parts(id: &str) -> Result<JsValue, JsValue> {
    let id = JsValue::from_str(id);
    let from = Array::of1(&id);
    // An array is after every number.
    let to = Array::of2(&id, &Array::new());
    IdbKeyRange::bound(&from, &to).map(JsValue::from)
}

fn make_stores(event: &web_sys::Event) {
    let request: Option<IdbOpenDbRequest> = event.target().and_then(|t| t.dyn_into().ok());
    let database = request
        .and_then(|request| request.result().ok())
        .and_then(|result| result.dyn_into::<IdbDatabase>().ok());
    if let Some(database) = database {
        // Refused only if they are there.
        let _ = database.create_object_store(TAKES);
        let _ = database.create_object_store(AUDIO);
    }
}

/// The result of a request.
async fn answer(request: &IdbRequest) -> Result<JsValue, Problem> {
    let settled = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    let outcome = JsFuture::from(settled).await;
    match outcome {
        Ok(_) => request.result().map_err(|error| Problem::of(&error)),
        Err(event) => Err(failure(request.as_ref(), &event)),
    }
}

/// Waits until a transaction is on disk.
async fn complete(transaction: &IdbTransaction) -> Result<(), Problem> {
    let settled = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    match JsFuture::from(settled).await {
        Ok(_) => Ok(()),
        Err(event) => Err(failure(transaction.as_ref(), &event)),
    }
}

/// The reason is the request's or the transaction's `error`.
fn failure(source: &JsValue, event: &JsValue) -> Problem {
    let error = member(source, "error");
    if error.is_object() {
        Problem::of(&error)
    } else {
        Problem::of(event)
    }
}
