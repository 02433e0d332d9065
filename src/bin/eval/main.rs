//! `cargo xtask eval` and `cargo xtask sweep`: run the library natively over a manifest of
//! clips and print error rates, latencies and speed.
//!
//! It is the page's own path: `audio::decode_file`, then the recogniser, by
//! `asr_playground::sweep`.

#[cfg(not(target_arch = "wasm32"))]
mod arguments;
#[cfg(not(target_arch = "wasm32"))]
mod clips;
#[cfg(not(target_arch = "wasm32"))]
mod models;
#[cfg(not(target_arch = "wasm32"))]
mod report;
#[cfg(not(target_arch = "wasm32"))]
mod run;
#[cfg(not(target_arch = "wasm32"))]
mod table;
#[cfg(not(target_arch = "wasm32"))]
mod words;

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    match try_main() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("eval: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn try_main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = match arguments::parse(lexopt::Parser::from_env())? {
        arguments::Command::Help => {
            print!("{}", arguments::HELP);
            return Ok(());
        }
        arguments::Command::Run(arguments) => arguments,
    };
    let evaluation = run::evaluate(&arguments)?;
    print!("{}", report::write(&arguments, &evaluation.sets)?);
    for clip in &evaluation.left_out {
        eprintln!("left out: {clip}");
    }
    Ok(())
}
