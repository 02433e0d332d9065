//! `cargo xtask lm`: builds the language model from text, and measures it.
//!
//! `build` estimates an interpolated modified Kneser–Ney model of each source on its
//! own, mixes them linearly with weights tuned on held-out lines, prunes by
//! entropy, estimates once more for the n-grams that were kept, and writes the
//! file. Nothing depends on chance: the same text gives the same bytes.

#[cfg(not(target_arch = "wasm32"))]
mod arguments;
#[cfg(not(target_arch = "wasm32"))]
mod arpa;
#[cfg(not(target_arch = "wasm32"))]
mod build;
#[cfg(not(target_arch = "wasm32"))]
mod corpus;
#[cfg(not(target_arch = "wasm32"))]
mod counts;
#[cfg(not(target_arch = "wasm32"))]
mod kneser_ney;
#[cfg(not(target_arch = "wasm32"))]
mod mixture;
#[cfg(not(target_arch = "wasm32"))]
mod perplexity;
#[cfg(not(target_arch = "wasm32"))]
mod prune;
#[cfg(not(target_arch = "wasm32"))]
mod quantise;
#[cfg(not(target_arch = "wasm32"))]
mod structure;
#[cfg(not(target_arch = "wasm32"))]
mod text;

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    match try_main() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lm: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn try_main() -> Result<(), Box<dyn std::error::Error>> {
    match arguments::parse(lexopt::Parser::from_env())? {
        arguments::Command::Help => print!("{}", arguments::HELP),
        arguments::Command::Build(arguments) => build::build(&arguments)?,
        arguments::Command::Perplexity(arguments) => perplexity::report(&arguments)?,
        arguments::Command::Arpa(model, out) => {
            std::fs::write(out, arpa::write(&perplexity::read_model(&model)?)?)?;
        }
    }
    Ok(())
}
