//! The project's tasks: `cargo xtask help` lists them.
//!
//! Each task installs what it lacks (Rust tools pinned, into `.tools/`; system
//! tools through the system's package manager where that needs no questions)
//! and otherwise says in one sentence what to install. Nothing is fetched but
//! from package registries.

mod axe;
mod npm;
mod peers;
mod process;
mod serve;
mod site;
mod static_server;
mod tools;
mod training;
mod wasm;

use std::process::ExitCode;

use process::{Outcome, Project, fail, run, step};

const HELP: &str = "\
usage: cargo xtask <task>

  serve [--port N] [--no-open]  build the playground, serve it, open a browser
  dist                          build the static site into dist/
  test [FILTER]                 run every test: native, then in a browser
       [--native | --browser]   … or only one half
  check                         formatting, lints (native and wasm32), docs
  eval ARGUMENTS…               word error rates over a manifest of recordings
  sweep ARGUMENTS…              the same over a grid of settings, with latencies
  lm build | perplexity | arpa  build the language model, or measure it
  bench [--json] [--decoding | --growth | --profile | --layers | --soak MIN | --builds SITE...]
                                speed of the whole pipeline, natively and in a browser,
                                and of the model beside other runtimes
  bench --decoding --peers      our decoders beside others, natively (needs Python)
  bench --log-mel --peers       our log-mel features beside others, natively (needs Python)
  test-training                 train a tiny model end to end (needs Python)

The first build takes about 20 minutes on two cores, later ones seconds.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = arguments.collect();
    match dispatch(&task, &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cargo xtask {task}: {}", failure.sentence);
            ExitCode::from(failure.exit_code)
        }
    }
}

fn dispatch(task: &str, arguments: &[String]) -> Outcome {
    let project = Project::locate();
    match task {
        "serve" => serve::serve(&project, arguments),
        "dist" => site::dist(&project, arguments),
        // Called by Trunk (see Trunk.toml), which says in the environment where.
        "stage" => site::stage(&project),
        "test" => test(&project, arguments),
        "check" => check(&project, arguments),
        "eval" => bin(&project, "eval", arguments),
        "sweep" => bin(
            &project,
            "eval",
            &[&["sweep".to_owned()], arguments].concat(),
        ),
        "lm" => lm(&project, arguments),
        "bench" => bench(&project, arguments),
        "test-training" => training::test(&project, arguments),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        _ => fail(format!("there is no such task.\n\n{HELP}")),
    }
}

/// Native tests, then the site in a real browser.
fn test(project: &Project, arguments: &[String]) -> Outcome {
    let (mut native, mut browser, mut filter) = (true, true, None);
    for argument in arguments {
        match argument.as_str() {
            "--native" => browser = false,
            "--browser" => native = false,
            option if option.starts_with('-') => {
                return fail(format!("test takes no option {option}."));
            }
            word if filter.is_none() => filter = Some(word),
            word => {
                return fail(format!(
                    "test takes one filter, and `{word}` is a second one."
                ));
            }
        }
    }
    // What is missing is best said before the long builds.
    let browsers = if browser {
        tools::wasm(project)?;
        Some((tools::browsers()?, axe::script(project)?))
    } else {
        None
    };
    if native {
        step("native tests", "about 15 minutes the first time");
        let mut cargo = project.cargo(["test", "--release", "--workspace"]);
        run(cargo.args(filter))?;
    }
    if let Some((browsers, axe)) = browsers {
        site::dist(project, &[])?;
        step(
            "browser tests",
            "about 3 minutes to build the first time, then about as long to run",
        );
        let mut cargo = project.cargo(["test", "--release", "--test", "browser"]);
        cargo
            // One at a time: they measure times, and each recogniser wants a core.
            .args(["--", "--test-threads=1"])
            .args(filter)
            .env("ASR_DIST", project.dist())
            .env("ASR_AXE", axe)
            .env("CHROME", browsers.chrome)
            .env("CHROMEDRIVER", browsers.chromedriver);
        run(&mut cargo)?;
    }
    Ok(())
}

/// Formatting, lints and docs. Everything in the release profile, whose build
/// scripts and procedural macros the tests use as well.
fn check(project: &Project, arguments: &[String]) -> Outcome {
    process::no_arguments(arguments)?;
    step("formatting", "a second");
    run(&mut project.cargo(["fmt", "--all", "--check"]))?;

    step("lints, native", "about 5 minutes the first time");
    // The browser tests are no part of --all-targets: see [[test]] in Cargo.toml.
    run(project
        .cargo(["clippy", "--release", "--workspace", "--all-targets"])
        .args(["--", "-D", "warnings"]))?;
    run(project
        .cargo(["clippy", "--release", "--package", "asr-playground"])
        .args(["--test", "browser", "--", "-D", "warnings"]))?;

    tools::wasm_target(project)?;
    // As index.html has them built: the worker, and the page without the recogniser.
    for built in [
        &["--bin", "worker"][..],
        &[
            "--bin",
            "app",
            "--no-default-features",
            "--features",
            "page",
        ],
    ] {
        step(
            &format!("lints, WebAssembly, {}", built[1]),
            "about 5 minutes the first time",
        );
        run(project
            .cargo([
                "clippy",
                "--release",
                "--package",
                "asr-playground",
                "--lib",
            ])
            .args(built)
            .args(["--target", tools::WASM_TARGET, "--", "-D", "warnings"]))?;
    }

    step("docs", "under a minute");
    run(project
        .cargo(["doc", "--release", "--workspace", "--no-deps", "--lib"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Speed of the built site and of the library.
fn bench(project: &Project, arguments: &[String]) -> Outcome {
    let arguments_are = |wanted: [&str; 2]| arguments == wanted;
    if arguments_are(["--decoding", "--peers"]) {
        step(
            "our decoders beside others",
            "about 10 minutes the first time",
        );
        return run(&mut project.command("python3", ["benches/decoders/peers.py"]));
    }
    if arguments_are(["--log-mel", "--peers"]) {
        return training::log_mel_peers(project);
    }
    tools::wasm(project)?;
    let browsers = tools::browsers()?;
    site::dist(project, &[])?;
    let site = peers::site(project)?;
    if arguments.iter().all(|argument| argument == "--json") {
        peers::add(project, &site)?;
    }
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("--layers") {
        peers::add_ceiling(project, &site)?;
    }
    if has("--profile") || has("--layers") {
        peers::name_functions(project, &site)?;
    }
    step("benchmarks", "about 3 minutes to build the first time");
    let mut cargo = project.cargo(["bench", "--bench", "pipeline", "--"]);
    cargo
        .args(arguments)
        .env("ASR_DIST", site)
        .env("CHROME", browsers.chrome)
        .env("CHROMEDRIVER", browsers.chromedriver);
    run(&mut cargo)
}

/// Builds or measures the language model. The inference engine is not needed.
fn lm(project: &Project, arguments: &[String]) -> Outcome {
    run(project
        .cargo(["run", "--release", "--quiet", "--no-default-features"])
        .args(["--bin", "lm", "--"])
        .args(arguments))
}

/// Runs one of the package's native programs, with its output and exit code.
fn bin(project: &Project, name: &str, arguments: &[String]) -> Outcome {
    run(project
        .cargo(["run", "--release", "--quiet", "--bin", name, "--"])
        .args(arguments))
}
