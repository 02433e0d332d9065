//! A worker of the built site, talked to directly, as the page and its capture
//! worklet do.

use asr_playground::decode::Transcript;
use asr_playground::eval::latency::Figures;
use asr_playground::protocol::{
    Failure, FailureKind, FromWorker, ModelInfo, ToWorker, decode, encode,
};
use asr_playground::recognizer::Settings;
use serde_json::{Value, from_value, json};

use super::Page;

/// Starts the worker, in place of one started before, and has it load the model. Afterwards the page's
/// window has `talk.send(bytes, port?)` and `talk.until(kind, keep?)`: the message of one
/// kind is waited for, and the last one of kind `keep` up to it is returned.
const START: &str = r"
const [load, kinds] = arguments;
window.talk?.end();
const began = performance.now();
const worker = new Worker(document.querySelector('meta[name=worker]').content, {type: 'module'});
let heard = () => {};
worker.onmessage = ({data}) => heard(data);
worker.onerror = event => heard(null, event.message);
window.talk = {
  kinds,
  end: () => worker.terminate(),
  send: (bytes, port) => worker.postMessage({bytes: new Uint8Array(bytes), port}, port ? [port] : []),
  until: (kind, keep) => new Promise((resolve, reject) => {
    let kept = null;
    heard = (data, error) => {
      if (error || data[0] === kinds.failed) return reject(error || new TextDecoder().decode(data));
      if (data[0] === keep) kept = Array.from(data);
      if (data[0] === kind) resolve(kept);
    };
  }),
};
await talk.until(kinds.ready);
const ready = performance.now() - began;
talk.send(load);
return [ready, await talk.until(kinds.model, kinds.model)];
";

/// How a worker came up.
#[allow(dead_code, reason = "the benches read it")]
pub struct Started {
    /// Until it could be spoken to: fetched, compiled, run.
    pub ready_ms: f64,
    /// What it says of the model.
    pub model: ModelInfo,
}

/// See [`START`].
pub async fn start(page: &Page) -> Started {
    let load = ToWorker::LoadModel {
        manifest_url: "models/manifest.toml".to_owned(),
        model: None,
    };
    let load = encode(&load).expect("a message");
    let message = page.script_async(START, vec![json!(load), kinds()]).await;
    let (ready_ms, message): (f64, Vec<u8>) = from_value(message).expect("a time and bytes");
    match decode(&message).expect("a message") {
        FromWorker::ModelReady(model) => Started { ready_ms, model },
        other => panic!("the model was asked for, not {other:?}"),
    }
}

/// The first byte of a message is its variant.
fn kinds() -> Value {
    let kind = |message: &FromWorker| encode(message).expect("a message")[0];
    let info = ModelInfo {
        name: String::new(),
        title: String::new(),
        bytes: 0,
        licence: String::new(),
        lookaheads: Vec::new(),
        chunk_samples: Vec::new(),
        prepare_ms: 0.0,
        front_end: String::new(),
        tokens: Vec::new(),
        row_samples: 320,
        int8_products: 0,
    };
    json!({
        "ready": kind(&FromWorker::Ready { version: String::new() }),
        "model": kind(&FromWorker::ModelReady(info)),
        "language_model": kind(&FromWorker::LanguageModelReady(None)),
        "transcript": kind(&FromWorker::Transcript { take: 0, transcript: Transcript::default() }),
        "figures": kind(&FromWorker::Figures { take: 0, figures: Figures::default() }),
        "finished": kind(&FromWorker::Finished { take: 0, settings: Settings::default() }),
        "answer": kind(&FromWorker::Answer { id: 0, answer: Err(String::new()) }),
        "failed": kind(&FromWorker::Failed(Failure {
            kind: FailureKind::Protocol,
            take: None,
            message: String::new(),
            advice: String::new(),
        })),
    })
}
