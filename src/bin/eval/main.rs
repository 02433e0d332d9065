//! `cargo xtask eval`: runs the library natively over a manifest of clips and prints
//! error rates and speed, one row per corpus × lookahead × decoder.
//!
//! It is the page's own path: `audio::decode_file`, then `Recognizer::accept`.

#[cfg(not(target_arch = "wasm32"))]
mod arguments;
#[cfg(not(target_arch = "wasm32"))]
mod clips;
#[cfg(not(target_arch = "wasm32"))]
mod report;
#[cfg(not(target_arch = "wasm32"))]
mod run;

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
        arguments::Command::Eval(arguments) => arguments,
    };
    let rows = run::evaluate(&arguments)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{}", report::table(&rows));
    }
    Ok(())
}
