//! `cargo xtask bench`: the speed of the whole pipeline, natively and in a real
//! browser's worker, and of the model's step there beside other runtimes, in one run and by turns;
//! with `--decoding`, of the decoders alone; with `--growth`, of longer and longer takes; with
//! `--profile`, function by function; with `--layers`, by kind of layer beside what no kernel can exceed; with `--builds SITE...`, of sites built in different ways; and, with `--soak MINUTES`, of a long take from a fake microphone. What is measured and how:
//! `docs/BENCHMARKS.md`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a harness, like the tests whose modules it borrows"
)]

mod builds;
mod ceiling;
mod chunks;
mod decoding;
mod growth;
#[path = "../../tests/browser/harness/mod.rs"]
mod harness;
mod layers;
mod loading;
#[path = "../../tests/browser/native.rs"]
mod native;
#[path = "../peers/onnx_file.rs"]
mod onnx_file;
mod operations;
mod peers;
mod pipeline;
mod profile;
mod report;
mod soak;
#[path = "../peers/variants.rs"]
mod variants;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value_of = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an event loop");
    if let Some(minutes) = value_of("--soak") {
        let minutes = minutes.parse().expect("--soak wants a number of minutes");
        runtime.block_on(soak::run(minutes));
    } else {
        let has = |name: &str| arguments.iter().any(|argument| argument == name);
        let json = has("--json");
        if let Some(first) = arguments.iter().position(|argument| argument == "--builds") {
            let sites = arguments[first + 1..].iter();
            let sites: Vec<String> = sites.filter(|it| !it.starts_with("--")).cloned().collect();
            runtime.block_on(builds::run(&sites, json));
        } else if has("--decoding") {
            runtime.block_on(decoding::run(json));
        } else if has("--growth") {
            runtime.block_on(growth::run(json));
        } else if has("--layers") {
            runtime.block_on(layers::run(json));
        } else if has("--profile") {
            runtime.block_on(profile::run(json));
        } else {
            let mut rows = runtime.block_on(peers::rows());
            rows.extend(runtime.block_on(pipeline::rows()));
            report::print(&rows, json);
        }
    }
}
