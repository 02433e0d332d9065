//! axe-core, which the browser tests hold the page against. A tool of the tests alone:
//! nothing of it is in the site.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::process::{Context, Outcome, Project, fail, run, step};
use crate::tools;

/// The version the tests are written for.
const VERSION: &str = "4.10.3";
/// SHA-256 of the script in that version's package.
const SHA256: &str = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb";

/// The script, fetched with npm into `.tools/` if it is not there yet.
///
/// # Errors
/// When it cannot be fetched, or is another than it should be.
pub fn script(project: &Project) -> Outcome<PathBuf> {
    let folder = project.tools().join(format!("axe-core-{VERSION}"));
    let script = folder.join("package/axe.min.js");
    if !script.is_file() {
        fetch(project, &folder)?;
    }
    let bytes = fs::read(&script).context(|| format!("read {}", script.display()))?;
    let mut hash = String::new();
    for byte in Sha256::digest(&bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    if hash == SHA256 {
        Ok(script)
    } else {
        fail(format!(
            "{} is not axe-core {VERSION} as it was published; delete {} and try again.",
            script.display(),
            folder.display()
        ))
    }
}

fn fetch(project: &Project, folder: &PathBuf) -> Outcome {
    tools::npm()?;
    step(
        &format!("fetching axe-core {VERSION} into .tools/"),
        "a few seconds",
    );
    fs::create_dir_all(folder).context(|| format!("make {}", folder.display()))?;
    let package = format!("axe-core@{VERSION}");
    run(project
        .command("npm", ["pack", "--silent", &package])
        .current_dir(folder))?;
    let archive = format!("axe-core-{VERSION}.tgz");
    run(project
        .command(
            "tar",
            ["-xzf", &archive, "package/axe.min.js", "package/LICENSE"],
        )
        .current_dir(folder))
}
