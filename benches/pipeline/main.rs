//! `cargo xtask bench`: the speed of the whole pipeline, natively and in a real
//! browser's worker, in one run and by turns; with `--decoding`, of the decoders alone; and, with `--soak MINUTES`, a long
//! take from a fake microphone. What is measured and how: `docs/BENCHMARKS.md`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a harness, like the tests whose modules it borrows"
)]

mod decoding;
#[path = "../../tests/browser/harness/mod.rs"]
mod harness;
#[path = "../../tests/browser/native.rs"]
mod native;
mod pipeline;
mod soak;

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
        let json = arguments.iter().any(|argument| argument == "--json");
        if arguments.iter().any(|argument| argument == "--decoding") {
            runtime.block_on(decoding::run(json));
        } else {
            runtime.block_on(pipeline::run(json));
        }
    }
}
