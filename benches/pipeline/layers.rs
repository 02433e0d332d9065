//! How near each kind of layer comes to the ceiling: in one run, in one Chromium, the page's own worker under
//! the browser's sampling profiler, the register-only loops, and the kernel alone at each of the model's shapes.

use asr_playground::model::Arithmetic;
use serde_json::json;

use super::ceiling::{Ceiling, ask};
use super::chunks::{Case, cases};
use super::harness::{Options, Page, with_page, worker};
use super::native::{recognizer, repository};
use super::operations::Kind;
use super::pipeline::{TURNS, browser_figures, computed};
use super::profile::{Sampler, SelfTime};
use super::report::{Row, of_times, print, spread};
use super::variants;

/// Rows a frame, inputs and outputs of the products with weights: the feed-forward layers, attention's four and
/// the convolution's second, its first, the heads, conditioning, what follows the subsampling, and its second
/// convolution.
const SHAPES: [[u32; 3]; 8] = [
    [1, 128, 512],
    [1, 512, 128],
    [1, 128, 128],
    [1, 128, 256],
    [1, 128, 58],
    [1, 58, 128],
    [1, 640, 128],
    [20, 288, 32],
];

/// Frames of a chunk: 40, 160, 640 ms and 10.24 s.
const FRAMES: [u32; 4] = [1, 4, 16, 256];

/// Takes under the profiler for one chunk length.
const TAKES: usize = 4 * TURNS;

/// A kind of layer: an operation's module, and the part of its time that counts.
struct Layer {
    name: &'static str,
    operation: &'static str,
    part: Part,
    kind: Option<Kind>,
}

/// Of the time inside an operation.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    All,
    /// The product's kernel.
    Multiply,
    /// Making integers of its inputs.
    Quantise,
    /// Neither of the two.
    Rest,
}

const fn layer(
    name: &'static str,
    operation: &'static str,
    part: Part,
    kind: Option<Kind>,
) -> Layer {
    Layer {
        name,
        operation,
        part,
        kind,
    }
}

const LAYERS: [Layer; 10] = [
    layer(
        "products with weights",
        "linear",
        Part::Multiply,
        Some(Kind::Linear),
    ),
    layer("their inputs to integers", "linear", Part::Quantise, None),
    layer(
        "what follows them: SiLU, GLU, residual",
        "linear",
        Part::Rest,
        None,
    ),
    layer("attention", "attention", Part::All, Some(Kind::Attention)),
    layer(
        "second convolution",
        "subsampling",
        Part::Multiply,
        Some(Kind::Convolution),
    ),
    layer(
        "its inputs to integers",
        "subsampling",
        Part::Quantise,
        None,
    ),
    layer(
        "first convolution, SiLU, copies",
        "subsampling",
        Part::Rest,
        Some(Kind::FirstConvolution),
    ),
    layer(
        "depthwise convolution",
        "depthwise",
        Part::All,
        Some(Kind::Depthwise),
    ),
    layer("normalisation", "norm", Part::All, None),
    layer("caches", "caches", Part::All, None),
];

pub async fn run(as_json: bool) {
    let mut native = recognizer();
    let onnx = std::fs::read(repository().join("models").join(&native.spec().file)).unwrap();
    let cases = cases(&mut native, &variants::float(&onnx));
    let options = Options {
        fragment: "?autorun=off".to_owned(),
        ..Options::default()
    };
    let mut ceiling = Ceiling::default();
    let mut profiles = Vec::new();
    let mut products = Vec::new();
    with_page("bench-layers", options, async |page| {
        page.wait_for_state("ready").await;
        worker::start(page).await;
        for case in &cases {
            ceiling.measure(page).await;
            profiles.push(profile(page, case).await);
        }
        for _ in 0..TURNS {
            ceiling.measure(page).await;
            products.push(kernel(page).await);
        }
    })
    .await;
    let mut rows = ceiling.rows();
    for (case, (model_ms, functions)) in cases.iter().zip(&profiles) {
        rows.extend(rows_of(case, *model_ms, functions, &ceiling));
    }
    rows.extend(products_rows(&products, &ceiling));
    print(&rows, as_json);
}

/// The model's milliseconds a chunk, by the recogniser's own meter, and where they went.
async fn profile(page: &Page, case: &Case) -> (f64, Vec<SelfTime>) {
    let settings = computed(case.lookahead, Arithmetic::Int8);
    let mut take = case.chunk_ms;
    let mut model_ms = async || {
        take += 1;
        let figures = browser_figures(page, take, case.name, &case.bytes, &settings).await;
        figures.stages.model_ms / case.chunks as f64
    };
    // What is compiled late, and plans.
    for _ in 0..TURNS {
        model_ms().await;
    }
    let sampler = Sampler::start(page);
    let mut times = Vec::new();
    for _ in 0..TAKES {
        times.push(model_ms().await);
    }
    (times.iter().sum::<f64>() / TAKES as f64, sampler.stop())
}

/// Milliseconds a chunk of each kind of layer, and of all that is left of the model's.
fn rows_of(case: &Case, model_ms: f64, functions: &[SelfTime], ceiling: &Ceiling) -> Vec<Row> {
    let chunks = (case.chunks * TAKES) as f64;
    let row = |name: &str, ms: f64| Row {
        chunk_ms: Some(case.chunk_ms),
        ..of_times(&format!("layer: {name}"), "int8", vec![ms])
    };
    let mut left_ms = model_ms;
    let mut rows: Vec<Row> = LAYERS
        .iter()
        .map(|layer| {
            let inside = functions
                .iter()
                .filter(|it| it.operation == layer.operation);
            let counted = inside.filter(|it| layer.part == Part::All || layer.part == part_of(it));
            let ms = counted.map(|it| it.self_ms).sum::<f64>() / chunks;
            left_ms -= ms;
            let Some(kind) = layer.kind else {
                return row(layer.name, ms);
            };
            let operations: f64 = case
                .operations
                .iter()
                .filter(|(of, _)| *of == kind)
                .map(|(_, number)| number)
                .sum();
            Row {
                gops: Some(operations / ms / 1e6),
                limit_ms: ceiling.limit_ms(&[(kind, operations)], "int8"),
                ..row(layer.name, ms)
            }
        })
        .collect();
    rows.push(row("the engine between them, copies, checks", left_ms));
    rows.push(row("all of the model", model_ms));
    rows
}

fn part_of(function: &SelfTime) -> Part {
    if function.function.contains("kernel::multiply") {
        Part::Multiply
    } else if function.function.contains("Rows::quantise") {
        Part::Quantise
    } else {
        Part::Rest
    }
}

/// Milliseconds of a thousand million operations of the kernel, by shape and then frames of a chunk.
async fn kernel(page: &Page) -> Vec<f64> {
    let shapes: Vec<[u32; 3]> = SHAPES
        .iter()
        .flat_map(|[rows, inputs, outputs]| FRAMES.map(|frames| [rows * frames, *inputs, *outputs]))
        .collect();
    let answer = ask(page, json!(shapes)).await;
    serde_json::from_value(answer).expect("a time for each shape")
}

fn products_rows(turns: &[Vec<f64>], ceiling: &Ceiling) -> Vec<Row> {
    let shapes = SHAPES
        .iter()
        .flat_map(|shape| FRAMES.map(|frames| (shape, frames)));
    shapes
        .enumerate()
        .map(|(index, ([_, inputs, outputs], frames))| {
            let times: Vec<f64> = turns.iter().map(|turn| turn[index]).collect();
            let gops = 1e3 / spread(times.clone()).median;
            let name = format!("kernel, 1e9 operations, {inputs} × {outputs}");
            Row {
                chunk_ms: Some(40 * frames),
                gops: Some(gops),
                limit_ms: ceiling.limit_ms(&[(Kind::Linear, 1e9)], "int8"),
                ..of_times(&name, "int8", times)
            }
        })
        .collect()
}
