//! Fetching models from the page's own origin, with progress in bytes.

use std::sync::Arc;

use asr_playground::decode::{LanguageModel, LmError};
use asr_playground::model::{
    Arithmetic, Lookahead, Manifest, ModelError, ModelSpec, Session, Tokens, TokensError,
};
use asr_playground::protocol::{FromWorker, LanguageModelInfo, LoadStage, ModelChoice, ModelInfo};
use js_sys::{Map, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::browser::{now_ms, post, scope};
use crate::turns::Turns;

/// Progress is told at most once in so many bytes.
const PROGRESS_BYTES: usize = 128 * 1024;

/// The language model is prepared in turns of this length, between which takes go on.
const TURN_MS: f64 = 8.0;

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{url} could not be fetched ({reason})")]
    Fetch { url: String, reason: String },
    #[error("{url} came incomplete, {loaded} bytes of {total}")]
    Incomplete {
        url: String,
        loaded: u64,
        total: u64,
    },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    LanguageModel(#[from] LmError),
}

/// A model that can be used.
pub struct Loaded {
    pub session: Session,
    pub tokens: Tokens,
    /// All but the time it took.
    pub info: ModelInfo,
    /// When its bytes were here.
    pub here_ms: f64,
}

/// Fetches, verifies and prepares a model; `tell` hears of each stage, and of how many bytes
/// are here and how many there are.
pub async fn load(
    manifest_url: &str,
    model: Option<&str>,
    tell: &dyn Fn(LoadStage, u64, u64),
) -> Result<Loaded, LoadError> {
    tell(LoadStage::Manifest, 0, 0);
    let manifest = Manifest::parse(&fetch_text(manifest_url).await?)?;
    post(&FromWorker::Models(choices(&manifest)));
    // A name from an address may be any.
    let spec = manifest.model(model).or_else(|_| manifest.model(None))?;
    // Under way while the model is.
    let tokens = fetch_text(&beside(manifest_url, &spec.tokens));
    let told = |loaded| tell(LoadStage::Fetching, loaded, spec.bytes);
    let bytes = fetch_file(&beside(manifest_url, &spec.file), spec.bytes, told).await?;
    let tokens = Tokens::parse(&tokens.await?)?;

    let here_ms = now_ms();
    tell(LoadStage::Verifying, spec.bytes, spec.bytes);
    let mut session = Session::load(spec, &bytes)?;
    tell(LoadStage::Preparing, spec.bytes, spec.bytes);
    let usual = Lookahead::default().nearest(&spec.lookaheads());
    // The whole take's plans depend on its length.
    if usual != Lookahead::WholeTake {
        session.prepare(Arithmetic::default(), session.chunk_frames(usual, None)?)?;
    }
    Ok(Loaded {
        info: info(&session, &tokens),
        session,
        tokens,
        here_ms,
    })
}

fn choices(manifest: &Manifest) -> Vec<ModelChoice> {
    let choice = |spec: &ModelSpec| ModelChoice {
        name: spec.name.clone(),
        title: spec.title.clone(),
        bytes: spec.bytes,
        precision: spec.precision.name().to_owned(),
        is_default: spec.name == manifest.default_name(),
    };
    manifest.models().iter().map(choice).collect()
}

/// What comes of loading the language model of an acoustic model.
pub enum LanguageModelLoad {
    /// The one in use is the one.
    InUse,
    /// There is none.
    None,
    /// Another than was in use, or the first.
    New(Arc<LanguageModel>, LanguageModelInfo),
}

/// Fetches, verifies and prepares the language model of an acoustic model, if there
/// is one and it is not in use.
pub async fn load_language_model(
    manifest_url: &str,
    model: Option<&str>,
    used: Option<&LanguageModelInfo>,
) -> Result<LanguageModelLoad, LoadError> {
    let manifest = Manifest::parse(&fetch_text(manifest_url).await?)?;
    let Some(spec) =
        manifest.language_model(manifest.model(model).or_else(|_| manifest.model(None))?)
    else {
        return Ok(LanguageModelLoad::None);
    };
    if used.is_some_and(|used| used.name == spec.name) {
        return Ok(LanguageModelLoad::InUse);
    }
    let told = |loaded_bytes| {
        post(&FromWorker::LanguageModelProgress {
            loaded_bytes,
            total_bytes: spec.bytes,
        });
    };
    let bytes = fetch_file(&beside(manifest_url, &spec.file), spec.bytes, told).await?;
    let started_ms = now_ms();
    // A take may be running, whose chunks must not wait for it.
    let turns = Turns::of(TURN_MS);
    let pause = async || {
        turns.give_way().await;
    };
    spec.verify_with_pauses(&bytes, &pause).await?;
    let language_model = LanguageModel::from_bytes_with_pauses(&bytes, &pause).await?;
    let info = LanguageModelInfo {
        name: spec.name.clone(),
        title: spec.title.clone(),
        bytes: spec.bytes,
        licence: spec.licence.clone(),
        words: language_model.word_count() as u64,
        order: language_model.order() as u32,
        prepare_ms: now_ms() - started_ms,
    };
    Ok(LanguageModelLoad::New(Arc::new(language_model), info))
}

fn info(session: &Session, tokens: &Tokens) -> ModelInfo {
    let spec = session.spec();
    let front_end = &spec.front_end;
    ModelInfo {
        name: spec.name.clone(),
        title: spec.title.clone(),
        bytes: spec.bytes,
        licence: spec.licence.clone(),
        lookaheads: spec.lookaheads(),
        chunk_samples: spec
            .lookaheads()
            .into_iter()
            .map(|lookahead| spec.chunk_samples(lookahead))
            .collect(),
        prepare_ms: 0.0,
        tokens: (0..tokens.len())
            .map(|index| tokens.text(index).to_owned())
            .collect(),
        row_samples: spec.row_samples(),
        int8_products: session.int8_products() as u32,
        front_end: format!(
            "{} mel bands, {}–{} Hz, window {} and hop {} samples at {} Hz",
            front_end.n_mels,
            front_end.f_min_hz,
            front_end.f_max_hz,
            front_end.window_samples,
            front_end.hop_samples,
            front_end.sample_rate_hz
        ),
    }
}

/// The address of a file in the manifest's folder.
fn beside(manifest_url: &str, file: &str) -> String {
    match manifest_url.rfind('/') {
        Some(slash) => format!("{}/{file}", &manifest_url[..slash]),
        None => file.to_owned(),
    }
}

/// The answer to a request that `first_files.js` sent when the worker started. Each can be read once.
fn first_answer(url: &str) -> Option<Promise> {
    let files = Reflect::get(&scope(), &"firstFiles".into()).ok()?;
    let files: Map = files.dyn_into().ok()?;
    let answer = files.get(&url.into());
    files.delete(&url.into());
    answer.dyn_into().ok()
}

/// Sends a request at once, unless that has been done; the future is its answer's.
fn fetch(url: &str) -> impl Future<Output = Result<Response, LoadError>> + use<> {
    let url = url.to_owned();
    let answer = first_answer(&url).unwrap_or_else(|| scope().fetch_with_str(&url));
    let answer = JsFuture::from(answer);
    async move {
        let failed = |reason: String| LoadError::Fetch { url, reason };
        match answer.await {
            Err(error) => Err(failed(words(&error))),
            Ok(response) => {
                let response: Response = response.unchecked_into();
                if response.ok() {
                    Ok(response)
                } else {
                    Err(failed(format!("the server answered {}", response.status())))
                }
            }
        }
    }
}

/// Sends a request at once; the future is its answer's text.
fn fetch_text(url: &str) -> impl Future<Output = Result<String, LoadError>> + use<> {
    let url = url.to_owned();
    let answer = fetch(&url);
    async move {
        let failed = |error: JsValue| LoadError::Fetch {
            url: url.clone(),
            reason: words(&error),
        };
        let text = JsFuture::from(answer.await?.text().map_err(failed)?);
        Ok(text.await.map_err(failed)?.as_string().unwrap_or_default())
    }
}

/// A file of `total` bytes; `told` hears how many are here.
async fn fetch_file(url: &str, total: u64, told: impl Fn(u64)) -> Result<Vec<u8>, LoadError> {
    let failed = |reason: String| LoadError::Fetch {
        url: url.to_owned(),
        reason,
    };
    told(0);
    let response = fetch(url).await?;
    let body = response
        .body()
        .ok_or_else(|| failed("no content".to_owned()))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    // The manifest's length, not the server's: it is what is verified afterwards,
    // and a hostile one would only cost memory that verification then frees.
    let mut bytes = Vec::new();
    let mut told_bytes = 0;
    loop {
        let piece = JsFuture::from(reader.read())
            .await
            .map_err(|error| failed(words(&error)))?;
        let done = Reflect::get(&piece, &"done".into()).is_ok_and(|done| done.is_truthy());
        if done {
            break;
        }
        let piece = Reflect::get(&piece, &"value".into())
            .map(Uint8Array::from)
            .map_err(|error| failed(words(&error)))?;
        bytes.extend_from_slice(&piece.to_vec());
        if bytes.len() as u64 > total {
            // Longer than the manifest says: verification will refuse it; read no more.
            break;
        }
        if bytes.len() - told_bytes >= PROGRESS_BYTES {
            told_bytes = bytes.len();
            told(told_bytes as u64);
        }
    }
    let loaded = bytes.len() as u64;
    if loaded < total {
        return Err(LoadError::Incomplete {
            url: url.to_owned(),
            loaded,
            total,
        });
    }
    Ok(bytes)
}

fn words(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(
        || format!("{error:?}"),
        |error| String::from(error.message()),
    )
}
