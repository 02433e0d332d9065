//! What comes before the first word: the worker, from nothing until it can be spoken to, with its module from a
//! server on this machine; and the models, from bytes that are here until they can be used, the acoustic one in int8
//! verified, parsed, its usual plan built and warmed up, the language model verified, read and its lexicon built.

use std::time::Instant;

use asr_playground::decode::LanguageModel;
use asr_playground::model::{Arithmetic, Lookahead, Manifest, Session, Tokens};
use asr_playground::protocol::{FromWorker, ToWorker, decode, encode};
use asr_playground::recognizer::{Recognizer, Settings};
use serde_json::{Value, json};

use super::harness::{Page, worker};
use super::native::repository;
use super::pipeline::TURNS;
use super::report::{Row, of_times};

/// In a worker of its own each turn, and natively.
pub async fn rows(page: &Page) -> Vec<Row> {
    let mut times = [const { Vec::new() }; 5];
    for turn in 0..=TURNS {
        let started = worker::start(page).await;
        let took = [
            started.ready_ms,
            started.model.prepare_ms,
            native_model_ms(),
            language_model(page).await,
            native_language_model_ms(),
        ];
        // The first turn warms up.
        if turn > 0 {
            for (times, took) in times.iter_mut().zip(took) {
                times.push(took);
            }
        }
    }
    let cases = [
        ("starting the worker, Chromium", ""),
        ("loading the model, Chromium worker", "int8"),
        ("loading the model, native", "int8"),
        ("loading the language model, Chromium worker", ""),
        ("loading the language model, native", ""),
    ];
    let rows = cases.into_iter().zip(times);
    rows.map(|((case, numbers), times)| of_times(case, numbers, times))
        .collect()
}

/// Has the started worker load the language model; what the worker took for it, once it was
/// fetched, in milliseconds.
pub async fn language_model(page: &Page) -> f64 {
    let load = ToWorker::LoadLanguageModel {
        manifest_url: "models/manifest.toml".to_owned(),
        model: None,
    };
    let load = encode(&load).expect("a message");
    let kind = "talk.kinds.language_model";
    let message: Value = page
        .script_async(
            &format!("talk.send(arguments[0]); return await talk.until({kind}, {kind});"),
            vec![json!(load)],
        )
        .await;
    let message: Vec<u8> = serde_json::from_value(message).unwrap();
    match decode(&message).unwrap() {
        FromWorker::LanguageModelReady(Some(info)) => info.prepare_ms,
        other => panic!("a language model was asked for, not {other:?}"),
    }
}

fn manifest() -> Manifest {
    let text = String::from_utf8(file("manifest.toml")).unwrap();
    Manifest::parse(&text).unwrap()
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(repository().join("models").join(name)).unwrap()
}

/// What the worker does: `src/bin/worker/loading.rs`, and `use_model` in its `engine.rs`.
fn native_model_ms() -> f64 {
    let manifest = manifest();
    let spec = manifest.model(None).unwrap();
    let tokens = Tokens::parse(&String::from_utf8(file(&spec.tokens)).unwrap()).unwrap();
    let bytes = file(&spec.file);
    let clock = Instant::now();
    let mut session = Session::load(spec, &bytes).unwrap();
    let usual = Lookahead::default().nearest(&spec.lookaheads());
    let chunk = session.chunk_frames(usual, None).unwrap();
    session.prepare(Arithmetic::default(), chunk).unwrap();
    let mut recognizer = Recognizer::new(session, tokens);
    recognizer.warm_up(Settings::default()).unwrap();
    clock.elapsed().as_secs_f64() * 1e3
}

fn native_language_model_ms() -> f64 {
    let manifest = manifest();
    let spec = manifest.language_model(manifest.model(None).unwrap());
    let spec = spec.expect("a bundled language model");
    let bytes = file(&spec.file);
    let clock = Instant::now();
    spec.verify(&bytes).unwrap();
    let language_model = LanguageModel::from_bytes(&bytes).unwrap();
    let took = clock.elapsed().as_secs_f64() * 1e3;
    assert!(language_model.word_count() > 0);
    took
}
