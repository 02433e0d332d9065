//! Running other programs, and failing in sentences.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why a task stopped.
#[derive(Debug)]
pub struct Failure {
    /// For a person: what happened and what to do next.
    pub sentence: String,
    /// The failed program's exit code where there was one.
    pub exit_code: u8,
}

/// What a task ends with.
pub type Outcome<T = ()> = Result<T, Failure>;

/// A failure of our own, with exit code 1.
///
/// # Errors
/// Always.
pub fn fail<T>(sentence: impl Into<String>) -> Outcome<T> {
    Err(Failure {
        sentence: sentence.into(),
        exit_code: 1,
    })
}

/// Adds what was being done to an I/O error.
pub trait Context<T> {
    /// `what` completes "could not …".
    fn context(self, what: impl FnOnce() -> String) -> Outcome<T>;
}

impl<T> Context<T> for std::io::Result<T> {
    fn context(self, what: impl FnOnce() -> String) -> Outcome<T> {
        self.or_else(|error| fail(format!("could not {}: {error}.", what())))
    }
}

/// Fails when a task that takes no arguments was given some.
///
/// # Errors
/// As said.
pub fn no_arguments(arguments: &[String]) -> Outcome {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => fail(format!("it takes no argument `{argument}`.")),
    }
}

/// Says what comes next and how long it may take, before the program that does
/// it fills the screen.
pub fn step(what: &str, expected: &str) {
    eprintln!("\n==> {what} ({expected})");
}

/// Runs a program to its end, its output on ours.
///
/// # Errors
/// When it cannot be started or does not succeed; with its exit code.
pub fn run(command: &mut Command) -> Outcome {
    let shown = shown(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure {
            sentence: format!("`{shown}` failed ({status})."),
            exit_code: status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(1),
        }),
        Err(error) => fail(format!("`{shown}` could not be started: {error}.")),
    }
}

/// What a program prints, or `None` where it is missing or fails.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Where the project lies.
#[derive(Debug)]
pub struct Project {
    /// The repository's top folder.
    pub root: PathBuf,
}

impl Project {
    /// The project this task was started for: the one `cargo run` says at run
    /// time, since one build may serve several check-outs that share a target
    /// folder.
    pub fn locate() -> Self {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).join("..");
        Self {
            root: root.canonicalize().unwrap_or(root),
        }
    }

    /// Where the finished site goes. `Trunk.toml` says the same.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Where pinned tools are installed.
    pub fn tools(&self) -> PathBuf {
        self.root.join(".tools")
    }

    /// `cargo`, the one that runs us, in the top folder.
    pub fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.command(cargo, arguments)
    }

    /// A program found on the search path, pinned tools first, run in the top
    /// folder.
    pub fn command<'a>(
        &self,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.root)
            .env("PATH", self.search_path());
        command
    }

    fn search_path(&self) -> std::ffi::OsString {
        let before = std::env::var_os("PATH").unwrap_or_default();
        let folders =
            std::iter::once(self.tools().join("bin")).chain(std::env::split_paths(&before));
        // Fails only where a folder's name has the separator in it.
        std::env::join_paths(folders).unwrap_or(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_shown_by_its_name() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["test", "--release"]);
        assert_eq!(shown(&command), "cargo test --release");
    }

    #[test]
    fn a_missing_program_fails_in_words() {
        let failure = run(&mut Command::new("no-such-program-7f3a")).expect_err("it is missing");
        assert_eq!(failure.exit_code, 1);
        assert!(
            failure.sentence.contains("could not be started"),
            "{failure:?}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_exit_code_is_passed_on() {
        let failure = run(Command::new("sh").args(["-c", "exit 7"])).expect_err("it fails");
        assert_eq!(failure.exit_code, 7);
    }
}
