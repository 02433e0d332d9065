//! axe-core, which the browser tests hold the page against. A tool of the tests alone:
//! nothing of it is in the site.

use std::path::PathBuf;

use crate::npm::Package;
use crate::process::{Outcome, Project};

/// The version the tests are written for.
const AXE: Package = Package {
    name: "axe-core",
    version: "4.10.3",
    files: &[(
        "axe.min.js",
        "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb",
    )],
    wanted_by: "the browser tests",
};

/// The script, fetched with npm into `.tools/` if it is not there yet.
///
/// # Errors
/// When it cannot be fetched, or is another than it should be.
pub fn script(project: &Project) -> Outcome<PathBuf> {
    Ok(AXE.folder(project)?.join("axe.min.js"))
}
