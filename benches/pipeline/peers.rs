//! The model's step in our page's worker beside other runtimes on the same weights, features and
//! chunks: all in one Chromium, by turns.

use std::path::Path;

use asr_playground::decode::{DecoderKind, DecoderParts, DecoderSettings};
use asr_playground::model::{Arithmetic, ModelSpec};
use asr_playground::protocol::{FromWorker, ToWorker, decode, encode};
use asr_playground::recognizer::{Answer, MAX_QUESTION_ROWS, Question, Settings};
use serde_json::{Value, json};

use super::ceiling::Ceiling;
use super::chunks::{Case, cases};
use super::harness::site::built_site;
use super::harness::{Options, Page, with_page, worker};
use super::native::{recognizer, repository};
use super::pipeline::{browser_figures, computed};
use super::report::{Agreement, Row, spread, summary};
use super::variants;

use Model::{File, Ours};

/// After one that warms up.
const TURNS: usize = 9;

/// No runtime's log-probs differ more from another's where both compute in f32.
const SAME_MODEL: f32 = 1e-2;

/// A runtime with a form of the weights.
struct Contender {
    runtime: &'static str,
    precision: &'static str,
    /// How it differs from another of the same runtime and precision.
    note: &'static str,
    model: Model,
}

/// What a contender runs.
#[derive(Clone, Copy)]
enum Model {
    /// The shipped file, in our page's worker.
    Ours(Arithmetic),
    /// This file, in a worker of its own.
    File(&'static str),
}

const fn contender(
    runtime: &'static str,
    precision: &'static str,
    note: &'static str,
    model: Model,
) -> Contender {
    Contender {
        runtime,
        precision,
        note,
        model,
    }
}

const FLOAT: &str = "float.onnx";
const DYNAMIC: &str = "dynamic-int8.onnx";
const SHIPPED: &str = "shipped.onnx";

/// Our int8 first: the others' times are divided by its.
const CONTENDERS: [Contender; 7] = [
    contender("ours", "int8", "", Ours(Arithmetic::Int8)),
    contender("ours", "f32", "", Ours(Arithmetic::Float)),
    contender("onnxruntime-web", "int8", "", File(DYNAMIC)),
    contender("onnxruntime-web", "f32", ", file as shipped", File(SHIPPED)),
    contender("onnxruntime-web", "f32", "", File(FLOAT)),
    contender("rten", "int8", "", File(DYNAMIC)),
    contender("rten", "f32", "", File(FLOAT)),
];

/// Milliseconds of the turns that count, and the log-probs of the last one.
#[derive(Default)]
struct Measured {
    step_ms: Vec<f64>,
    pipeline_ms: Vec<f64>,
    log_probs: Vec<f32>,
}

pub async fn rows() -> Vec<Row> {
    let mut native = recognizer();
    let spec = native.spec().clone();
    let onnx = std::fs::read(repository().join("models").join(&spec.file)).unwrap();
    let float = variants::float(&onnx);
    let cases = cases(&mut native, &float);
    let folder = built_site().join("peers");
    write_files(&folder, onnx, float, &cases);
    let contenders: Vec<&Contender> = CONTENDERS
        .iter()
        .filter(|contender| {
            matches!(contender.model, Ours(_)) || folder.join(contender.runtime).is_dir()
        })
        .collect();
    let mut measured: Vec<Vec<Measured>> = Vec::new();
    let mut ceiling = Ceiling::default();
    let options = Options {
        fragment: "?autorun=off".to_owned(),
        // Other runtimes log what they like.
        console_errors_expected: true,
        ..Options::default()
    };
    with_page("bench-peers", options, async |page| {
        page.wait_for_state("ready").await;
        worker::start(page).await;
        for (index, contender) in contenders.iter().enumerate() {
            if let File(file) = contender.model {
                open(page, index, contender, file, &spec).await;
            }
        }
        measured = measure(page, &cases, &contenders, &mut ceiling).await;
    })
    .await;
    let parts = DecoderParts {
        tokens: native.tokens().clone(),
        samples_per_row: spec.row_samples(),
        language_model: None,
    };
    let mut rows = ceiling.rows();
    for (case, measured) in cases.iter().zip(measured) {
        rows.extend(rows_of(case, &contenders, measured, &parts, &ceiling));
    }
    rows
}

/// The model's forms and the features of each case, where the peers fetch them.
fn write_files(folder: &Path, onnx: Vec<u8>, float: Vec<u8>, cases: &[Case]) {
    let write = |file: &str, bytes: Vec<u8>| std::fs::write(folder.join(file), bytes).unwrap();
    write(DYNAMIC, variants::dynamic_int8(&onnx));
    write(FLOAT, float);
    write(SHIPPED, onnx);
    for case in cases {
        let bytes = case.features.iter().flat_map(|x| x.to_le_bytes());
        write(&case.features_file(), bytes.collect());
    }
}

/// Starts a runtime in a worker of its own, `peers[index]`.
async fn open(page: &Page, index: usize, contender: &Contender, file: &str, spec: &ModelSpec) {
    let contract = json!({
        "n_mels": spec.front_end.n_mels,
        "subsampling": spec.subsampling,
        "left_frames": spec.left_frames,
        "caches": spec.caches.iter()
            .map(|cache| json!({"name": cache.name, "shape": cache.shape}))
            .collect::<Vec<_>>(),
    });
    let opened = page
        .script_async(
            r"
const [index, runtime, file, contract] = arguments;
const url = file => new URL(`peers/${file}`, document.baseURI).href;
const worker = new Worker(url('worker.js'), {type: 'module'});
const ask = (...request) => new Promise((resolve, reject) => {
  worker.onmessage = ({data}) => data.error ? reject(data.error) : resolve(data.answer);
  worker.onerror = event => reject(event.message);
  worker.postMessage(request);
});
(window.peers ??= {})[index] = (features, frames, keep) =>
  ask('run', {features: url(features), frames, keep});
return await ask('open', {runtime, model: url(file), contract});",
            vec![
                json!(index),
                json!(contender.runtime),
                json!(file),
                contract,
            ],
        )
        .await;
    eprintln!(
        "{} {}{}: ready in {:.0} ms",
        contender.runtime,
        contender.precision,
        contender.note,
        opened["ms"].as_f64().unwrap()
    );
}

/// By case, then contender.
async fn measure(
    page: &Page,
    cases: &[Case],
    contenders: &[&Contender],
    ceiling: &mut Ceiling,
) -> Vec<Vec<Measured>> {
    let none = || contenders.iter().map(|_| Measured::default()).collect();
    let mut measured: Vec<Vec<Measured>> = cases.iter().map(|_| none()).collect();
    let mut take = 0;
    // The first turn warms up.
    for turn in 0..=TURNS {
        for (case, measured) in cases.iter().zip(&mut measured) {
            ceiling.measure(page).await;
            for place in 0..contenders.len() {
                // Each turn begins with another.
                let index = (turn + place) % contenders.len();
                let (contender, measured) = (contenders[index], &mut measured[index]);
                take += 1;
                let keep = turn == TURNS;
                let kept = keep.then_some(&mut measured.log_probs);
                let (step_ms, pipeline_ms) = match contender.model {
                    Ours(arithmetic) => {
                        let settings = computed(case.lookahead, arithmetic);
                        ours(page, take, case, &settings, kept).await
                    }
                    File(_) => theirs(page, index, case, kept).await,
                };
                if turn > 0 {
                    measured.step_ms.push(step_ms / case.chunks as f64);
                    measured.pipeline_ms.extend(pipeline_ms);
                }
            }
        }
        eprintln!("turn {turn} of {TURNS}");
    }
    measured
}

/// The model's and the whole pipeline's milliseconds for a take in the page's worker.
async fn ours(
    page: &Page,
    take: u32,
    case: &Case,
    settings: &Settings,
    log_probs: Option<&mut Vec<f32>>,
) -> (f64, Option<f64>) {
    let figures = browser_figures(page, take, case.name, &case.bytes, settings).await;
    if let Some(log_probs) = log_probs {
        let question = Question::LogProbs {
            first_row: 0,
            rows: MAX_QUESTION_ROWS,
        };
        let ask = encode(&ToWorker::Ask { id: take, question }).unwrap();
        let script = "talk.send(arguments[0]); \
                      return await talk.until(talk.kinds.answer, talk.kinds.answer)";
        let message = page.script_async(script, vec![json!(ask)]).await;
        let message: Vec<u8> = serde_json::from_value(message).unwrap();
        match decode(&message).unwrap() {
            FromWorker::Answer {
                answer: Ok(Answer::LogProbs { values, .. }),
                ..
            } => *log_probs = values,
            other => panic!("log-probs were asked for, not {other:?}"),
        }
    }
    (figures.stages.model_ms, Some(figures.stages.total_ms()))
}

/// The same of another runtime, which has no pipeline.
async fn theirs(
    page: &Page,
    index: usize,
    case: &Case,
    log_probs: Option<&mut Vec<f32>>,
) -> (f64, Option<f64>) {
    let arguments = vec![
        json!(index),
        json!(case.features_file()),
        json!(case.chunk_frames),
        json!(log_probs.is_some()),
    ];
    let script = "const [index, ...request] = arguments; return await peers[index](...request)";
    let answer: Value = page.script_async(script, arguments).await;
    if let Some(log_probs) = log_probs {
        *log_probs = serde_json::from_value(answer["logProbs"].clone()).unwrap();
    }
    (answer["ms"].as_f64().unwrap(), None)
}

fn rows_of(
    case: &Case,
    contenders: &[&Contender],
    measured: Vec<Measured>,
    parts: &DecoderParts,
    ceiling: &Ceiling,
) -> Vec<Row> {
    let ours = measured[0].step_ms.clone();
    let operations: f64 = case.operations.iter().map(|(_, number)| number).sum();
    let settings = computed(case.lookahead, Arithmetic::Int8);
    let mut rows = Vec::new();
    for (contender, measured) in contenders.iter().zip(measured) {
        if !measured.pipeline_ms.is_empty() {
            let name = format!("pipeline, {:.1} s, Chromium worker", case.seconds);
            let row = summary(&name, &settings, measured.pipeline_ms, case.seconds);
            rows.push(Row {
                precision: contender.precision,
                chunk_ms: Some(case.chunk_ms),
                ..row
            });
        }
        let agreement = agreement(&case.log_probs, &measured.log_probs, parts);
        assert!(
            contender.precision != "f32" || agreement.max_difference < SAME_MODEL,
            "{} runs another model: log-probs differ by {}",
            contender.runtime,
            agreement.max_difference
        );
        let ratios = measured.step_ms.iter().zip(&ours);
        let ratios = spread(ratios.map(|(theirs, ours)| theirs / ours).collect());
        let name = format!("model step, Chromium worker{}", contender.note);
        let seconds = f64::from(case.chunk_ms) / 1e3;
        let row = summary(&name, &settings, measured.step_ms, seconds);
        rows.push(Row {
            runtime: contender.runtime,
            precision: contender.precision,
            chunk_ms: Some(case.chunk_ms),
            by_ours: Some(ratios),
            gops: Some(operations / row.median_ms / 1e6),
            limit_ms: ceiling.limit_ms(&case.operations, contender.precision),
            agreement: Some(agreement),
            ..row
        });
    }
    rows
}

fn agreement(reference: &[f32], found: &[f32], parts: &DecoderParts) -> Agreement {
    assert_eq!(reference.len(), found.len(), "as many log-probs");
    let differences = || reference.iter().zip(found).map(|(a, b)| (a - b).abs());
    Agreement {
        max_difference: differences().fold(0.0, f32::max),
        mean_difference: differences().sum::<f32>() / reference.len() as f32,
        same_text: greedy(reference, parts) == greedy(found, parts),
    }
}

fn greedy(log_probs: &[f32], parts: &DecoderParts) -> String {
    let settings = DecoderSettings {
        kind: DecoderKind::Greedy,
        ..DecoderSettings::default()
    };
    let mut decoder = parts.resume(&settings, Vec::new(), 0).unwrap();
    decoder.push(log_probs).unwrap();
    decoder.finish();
    decoder.transcript().text()
}
