//! Loading the language model: verified, read and its lexicon built, from bytes that are here.

use std::time::Instant;

use asr_playground::decode::LanguageModel;
use asr_playground::model::Manifest;
use asr_playground::protocol::{FromWorker, ToWorker, decode, encode};
use serde_json::{Value, json};

use super::harness::{Page, worker};
use super::native::repository;
use super::pipeline::TURNS;
use super::report::{Row, of_times};

/// In a worker of its own each turn, and natively.
pub async fn rows(page: &Page) -> Vec<Row> {
    let (mut browser, mut native) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        worker::start(page).await;
        let in_browser = language_model(page).await;
        let natively = native_ms();
        // The first turn warms up.
        if turn > 0 {
            browser.push(in_browser);
            native.push(natively);
        }
    }
    let row = |place, times| of_times(&format!("loading the language model, {place}"), "", times);
    vec![row("Chromium worker", browser), row("native", native)]
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

fn native_ms() -> f64 {
    let folder = repository().join("models");
    let manifest = std::fs::read_to_string(folder.join("manifest.toml")).unwrap();
    let manifest = Manifest::parse(&manifest).unwrap();
    let spec = manifest.language_model(manifest.model(None).unwrap());
    let spec = spec.expect("a bundled language model");
    let bytes = std::fs::read(folder.join(&spec.file)).unwrap();
    let clock = Instant::now();
    spec.verify(&bytes).unwrap();
    let language_model = LanguageModel::from_bytes(&bytes).unwrap();
    let took = clock.elapsed().as_secs_f64() * 1e3;
    assert!(language_model.word_count() > 0);
    took
}
