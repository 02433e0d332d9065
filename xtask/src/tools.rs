//! Finding, and where that needs no questions installing, the tools of the build.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Context, Outcome, Project, fail, output_of, run, step};

/// The page and its worker are built for this.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The newest that the Rust version in Cargo.toml builds.
const TRUNK_VERSION: &str = "0.21.14";

/// Everything the site's build needs.
///
/// # Errors
/// When something is missing and cannot be installed: what to install.
pub fn wasm(project: &Project) -> Outcome {
    wasm_target(project)?;
    if !has_version(project, "trunk", TRUNK_VERSION) {
        // Without TLS it cannot download tools, which is as we want it.
        let options = ["--no-default-features"];
        cargo_install(project, "trunk", TRUNK_VERSION, "0", &options, 8)?;
    }
    // It must be the version of the library, to the last digit.
    let bindgen = locked_version(project, "wasm-bindgen")?;
    if !has_version(project, "wasm-bindgen", &bindgen) {
        cargo_install(project, "wasm-bindgen-cli", &bindgen, "1", &[], 4)?;
    }
    Ok(())
}

/// The standard library for [`WASM_TARGET`].
///
/// # Errors
/// When it is missing and there is no rustup.
pub fn wasm_target(project: &Project) -> Outcome {
    let mut rustc = project.command("rustc", ["--print", "target-libdir"]);
    let folder = output_of(rustc.args(["--target", WASM_TARGET]));
    if folder.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    if on_path(&["rustup"]).is_none() {
        return fail(format!(
            "Rust's {WASM_TARGET} target is missing; install Rust with rustup, \
             or your system's package of that target."
        ));
    }
    step("installing Rust's WebAssembly target", "under a minute");
    run(&mut project.command("rustup", ["target", "add", WASM_TARGET]))
}

/// The programs of the browser tests.
#[derive(Debug)]
pub struct Browsers {
    /// Chromium or Chrome.
    pub chrome: PathBuf,
    /// The driver of the same major version.
    pub chromedriver: PathBuf,
}

/// Finds Chromium or Chrome and its driver; `CHROME` and `CHROMEDRIVER` in the
/// environment come first.
///
/// # Errors
/// When one is missing and cannot be installed: what to install.
pub fn browsers() -> Outcome<Browsers> {
    if let Some(found) = find_browsers() {
        return Ok(found);
    }
    apt_install(&["chromium", "chromium-driver"]);
    find_browsers().map_or_else(
        || {
            fail(
                "the browser tests need Chromium (or Chrome) and ChromeDriver of the same \
                 version; install them (Debian: chromium and chromium-driver), or set CHROME \
                 and CHROMEDRIVER to where they are.",
            )
        },
        Ok,
    )
}

/// Makes sure of npm, which fetches what only tests and benchmarks need.
///
/// # Errors
/// When it is missing and cannot be installed: what to install.
pub fn npm(wanted_by: &str, package: &str) -> Outcome {
    if on_path(&["npm"]).is_none() {
        apt_install(&["npm"]);
    }
    if on_path(&["npm"]).is_some() {
        return Ok(());
    }
    fail(format!(
        "npm is missing, with which to fetch {package} for {wanted_by}; install Node.js with npm."
    ))
}

fn find_browsers() -> Option<Browsers> {
    const CHROMES: &[&str] = &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ];
    let find = |variable: &str, names| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .or_else(|| on_path(names))
    };
    Some(Browsers {
        chrome: find("CHROME", CHROMES)?,
        chromedriver: find("CHROMEDRIVER", &["chromedriver"])?,
    })
}

/// The first of some programs that is on the search path (or, for a full path,
/// that is there).
fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    names.iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| {
                folder
                    .join(name)
                    .with_extension(std::env::consts::EXE_EXTENSION)
            })
            .find(|file| file.is_file())
    })
}

fn has_version(project: &Project, program: &str, wanted: &str) -> bool {
    output_of(&mut project.command(program, ["--version"]))
        .is_some_and(|text| text.split_whitespace().nth(1) == Some(wanted))
}

/// The version of a dependency in Cargo.lock.
fn locked_version(project: &Project, name: &str) -> Outcome<String> {
    let file = project.root.join("Cargo.lock");
    let text = std::fs::read_to_string(&file).context(|| format!("read {}", file.display()))?;
    version_in_lock(&text, name).map_or_else(
        || fail(format!("{name} is not in Cargo.lock.")),
        |version| Ok(version.to_owned()),
    )
}

fn version_in_lock<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let wanted = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted);
    let version = lines.nth(1)?;
    version.strip_prefix("version = \"")?.strip_suffix('"')
}

/// Installs a Rust program into `.tools/`, with a profile that compiles fast.
fn cargo_install(
    project: &Project,
    package: &str,
    version: &str,
    opt_level: &str,
    options: &[&str],
    cpu_minutes: u32,
) -> Outcome {
    let expected = format!("once; about {cpu_minutes} minutes of one core's time");
    step(
        &format!("installing {package} {version} into .tools/"),
        &expected,
    );
    // Not the project's target folder, so as to hold no lock there; and kept
    // when interrupted, so as to go on where it stopped.
    let build = project.tools().join("build");
    run(project
        .cargo(["install", package, "--version", version, "--locked"])
        .args(options)
        .arg("--root")
        .arg(project.tools())
        .env("CARGO_TARGET_DIR", &build)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", opt_level)
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0"))?;
    // Half a gigabyte that nothing needs any more.
    std::fs::remove_dir_all(&build).context(|| format!("remove {}", build.display()))
}

/// Installs Debian packages where that asks no questions: as root, or with a sudo
/// that wants no password. Elsewhere nothing happens.
fn apt_install(packages: &[&str]) {
    let is_root = || output_of(Command::new("id").arg("-u")).as_deref() == Some("0");
    let may_sudo = || output_of(Command::new("sudo").args(["-n", "true"])).is_some();
    let prefix: &[&str] = if on_path(&["apt-get"]).is_none() {
        return;
    } else if is_root() {
        &["env"]
    } else if may_sudo() {
        &["sudo", "-n", "env"]
    } else {
        return;
    };
    step(
        &format!("installing {} with apt", packages.join(", ")),
        "about a minute",
    );
    let apt_get = |arguments: &[&str]| {
        run(Command::new(prefix[0])
            .args(&prefix[1..])
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"])
            .args(arguments))
    };
    // Whoever calls looks for the programs afterwards, and says what is missing.
    let _ = apt_get(&["update"]);
    let _ = apt_get(&[&["install", "--no-install-recommends"], packages].concat());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_in_the_lock_is_the_named_packages() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen"), Some("0.2.129"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }

    #[test]
    fn the_project_locks_one_wasm_bindgen() {
        let version =
            locked_version(&Project::locate(), "wasm-bindgen").expect("it is in the lock");
        assert_eq!(version.split('.').count(), 3, "{version}");
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert_eq!(on_path(&["no-such-program-7f3a"]), None);
    }
}
