//! Other runtimes beside ours, for the benchmark alone: onnxruntime-web from npm, rten compiled
//! here. Nothing of them is in the site; they are put beside a copy of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::npm::Package;
use crate::process::{Context, Outcome, Project, fail, run, step};
use crate::tools;

const ONNXRUNTIME: Package = Package {
    name: "onnxruntime-web",
    version: "1.30.0",
    files: &[
        (
            "dist/ort.wasm.bundle.min.mjs",
            "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
        ),
        (
            "dist/ort-wasm-simd-threaded.wasm",
            "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
        ),
    ],
    wanted_by: "the comparison with other runtimes",
};

/// Our side of the harness.
const SCRIPTS: [&str; 3] = ["worker.js", "onnxruntime-web.js", "rten.js"];

/// A copy of the built site, to which the benchmark may add.
///
/// # Errors
/// When the site cannot be copied.
pub fn site(project: &Project) -> Outcome<PathBuf> {
    let site = project.root.join("target/bench-site");
    if site.exists() {
        fs::remove_dir_all(&site).context(|| format!("remove {}", site.display()))?;
    }
    copy_folder(&project.dist(), &site)?;
    Ok(site)
}

/// Puts `peers/` into a copy of the site. A peer that cannot be had is left out: a sentence says
/// why, and the benchmark goes on without it.
///
/// # Errors
/// When the harness's own files cannot be made or copied.
pub fn add(project: &Project, site: &Path) -> Outcome {
    add_ceiling(project, site)?;
    let peers = site.join("peers");
    for script in SCRIPTS {
        copy(
            &project.root.join("benches/peers").join(script),
            &peers.join(script),
        )?;
    }
    for (name, put) in [
        (
            "onnxruntime-web",
            onnxruntime as fn(&Project, &Path) -> Outcome,
        ),
        ("rten", rten),
    ] {
        if let Err(failure) = put(project, &peers.join(name)) {
            eprintln!("\nWithout {name}: {}", failure.sentence);
        }
    }
    Ok(())
}

/// Puts what measures the processor itself into `peers/`.
///
/// # Errors
/// When it cannot be made or copied.
pub fn add_ceiling(project: &Project, site: &Path) -> Outcome {
    let peers = site.join("peers");
    make(&peers)?;
    let script = project.root.join("benches/peers/ceiling.js");
    copy(&script, &peers.join("ceiling.js"))?;
    let ceiling = module(project, "ceiling", "ceiling.wasm")?;
    copy(&ceiling, &peers.join("ceiling.wasm"))
}

/// Gives the worker in a copy of the site its functions' names back, which the site is built
/// without: a profile is of nameless functions otherwise.
///
/// # Errors
/// When there is no worker to be prepared, or in the copy.
pub fn name_functions(project: &Project, site: &Path) -> Outcome {
    let folder = project.root.join("target/named-worker");
    let built = project.root.join("target").join(tools::WASM_TARGET);
    run(project
        .command(
            "wasm-bindgen",
            ["--target", "web", "--no-typescript", "--out-dir"],
        )
        .arg(&folder)
        .arg(built.join("worker/worker.wasm")))?;
    let entries = fs::read_dir(site).context(|| format!("read {}", site.display()))?;
    let module = entries.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("worker-") && name.ends_with("_bg.wasm")
    });
    match module {
        Some(module) => copy(&folder.join("worker_bg.wasm"), &module),
        None => fail(format!("there is no worker in {}.", site.display())),
    }
}

fn onnxruntime(project: &Project, folder: &Path) -> Outcome {
    let package = ONNXRUNTIME.folder(project)?;
    make(folder)?;
    for (file, _) in ONNXRUNTIME.files {
        let name = Path::new(file).file_name().unwrap_or_default();
        copy(&package.join(file), &folder.join(name))?;
    }
    Ok(())
}

/// Compiled as the page's worker is, and prepared by the same wasm-bindgen.
fn rten(project: &Project, folder: &Path) -> Outcome {
    step("rten for WebAssembly", "about 2 minutes the first time");
    let module = module(project, "rten", "rten_peer.wasm")?;
    // Made only once the module is there: the benchmark takes a folder for a peer.
    run(project
        .command(
            "wasm-bindgen",
            ["--target", "web", "--no-typescript", "--out-dir"],
        )
        .arg(folder)
        .arg(module))
}

/// Builds one of the crates of `benches/peers` for WebAssembly.
fn module(project: &Project, name: &str, file: &str) -> Outcome<PathBuf> {
    let build = project.root.join("target/peers");
    run(project
        .cargo(["build", "--release", "--locked", "--quiet"])
        .args([
            "--manifest-path",
            &format!("benches/peers/{name}/Cargo.toml"),
        ])
        .args(["--target", tools::WASM_TARGET, "--target-dir"])
        .arg(&build))?;
    Ok(build.join(tools::WASM_TARGET).join("release").join(file))
}

fn make(folder: &Path) -> Outcome {
    fs::create_dir_all(folder).context(|| format!("make {}", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to)
        .map(drop)
        .context(|| format!("copy {} to {}", from.display(), to.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    make(to)?;
    let entries = fs::read_dir(from).context(|| format!("read {}", from.display()))?;
    for entry in entries.flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to)?;
        } else {
            copy(&from, &to)?;
        }
    }
    Ok(())
}
