//! `cargo xtask test-training`: the training pipeline on a tiny configuration,
//! in a Python environment of its own, which a benchmark uses too.

use std::path::PathBuf;

use crate::process::{Context, Outcome, Project, fail, output_of, run, step};

/// The one peer that the training does without.
const KALDI: &str = "kaldi-native-fbank==1.23.0";

/// Trains, exports and checks a tiny model. Arguments go to `tiny.py`.
///
/// # Errors
/// When Python is missing, or any step fails.
pub fn test(project: &Project, arguments: &[String]) -> Outcome {
    let python = environment(project)?;
    step("training a tiny model end to end", "about 2 minutes");
    run(project
        .command(python, ["models/training/tiny.py"])
        .args(arguments))
}

/// Our log-mel features beside torchaudio's, which the training has, and kaldi-native-fbank's.
///
/// # Errors
/// When Python is missing, or any step fails.
pub fn log_mel_peers(project: &Project) -> Outcome {
    let python = environment(project)?;
    step("our log-mel features beside others", "about 2 minutes");
    run(project
        .command(&python, ["-m", "pip", "install", "--quiet"])
        .arg(KALDI))?;
    run(&mut project.command(python, ["benches/features/peers.py"]))
}

/// The environment's Python, with `requirements.txt` installed.
fn environment(project: &Project) -> Outcome<PathBuf> {
    let folder = project.root.join("models").join("training");
    let requirements = folder.join("requirements.txt");
    let wanted =
        std::fs::read(&requirements).context(|| format!("read {}", requirements.display()))?;
    let environment = folder.join(".venv");
    let python = environment.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    if output_of(&mut project.command(&python, ["--version"])).is_none() {
        let system = ["python3", "python"]
            .into_iter()
            .find(|name| output_of(&mut project.command(name, ["-c", "import venv"])).is_some());
        let Some(system) = system else {
            return fail(
                "training needs Python 3.11 or newer with its venv module; install python3 and python3-venv.",
            );
        };
        run(project.command(system, ["-m", "venv"]).arg(&environment))?;
    }
    // Written last, so that an interrupted installation is taken up again.
    let stamp = environment.join("installed-requirements.txt");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    step(
        "installing the training's Python packages",
        "once; about 3 GB",
    );
    run(project
        .command(
            &python,
            ["-m", "pip", "install", "--quiet", "--requirement"],
        )
        .arg(&requirements))?;
    std::fs::write(&stamp, wanted).context(|| format!("write {}", stamp.display()))?;
    Ok(python)
}
