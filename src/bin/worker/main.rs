//! The web worker: messages in, [`Recognizer`], messages out.
//!
//! Everything runs on the worker's one thread, as short steps of an event loop:
//! [`engine::Engine::step`] does a few milliseconds of work and [`wake`] posts a
//! message to ourselves for the next, so that the microphone's batches and the
//! page's wishes get in between. Nothing waits on animation frames or timers that
//! a hidden tab would throttle.
//!
//! [`Recognizer`]: asr_playground::recognizer::Recognizer

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod engine;
#[cfg(target_arch = "wasm32")]
mod failure;
#[cfg(target_arch = "wasm32")]
mod loading;
#[cfg(target_arch = "wasm32")]
mod pending;
#[cfg(target_arch = "wasm32")]
mod source;
#[cfg(target_arch = "wasm32")]
mod sweep;
#[cfg(target_arch = "wasm32")]
mod told;
#[cfg(target_arch = "wasm32")]
mod turns;

#[cfg(target_arch = "wasm32")]
fn main() {
    browser::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This is the page's web worker. `cargo xtask serve` builds and runs it.");
}
