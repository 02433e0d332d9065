//! Files of npm packages that tests and benchmarks use: pinned, checked, and only in `.tools/`.
//! Nothing of them is in the site.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::process::{Context, Outcome, Project, fail, run, step};
use crate::tools;

/// A version of a package, and what is used of it.
#[derive(Debug)]
pub struct Package {
    /// Its name at npm.
    pub name: &'static str,
    /// The one version.
    pub version: &'static str,
    /// Paths inside the package, with the SHA-256 of each.
    pub files: &'static [(&'static str, &'static str)],
    /// What wants it, for messages: "the browser tests".
    pub wanted_by: &'static str,
}

impl Package {
    /// The folder with its files, fetched into `.tools/` if they are not there yet.
    ///
    /// # Errors
    /// When it cannot be fetched, or is another than it should be.
    pub fn folder(&self, project: &Project) -> Outcome<PathBuf> {
        let own = project
            .tools()
            .join(format!("{}-{}", self.name, self.version));
        let folder = own.join("package");
        if !self
            .files
            .iter()
            .all(|(file, _)| folder.join(file).is_file())
        {
            self.fetch(project, &own)?;
        }
        for (file, hash) in self.files {
            let file = folder.join(file);
            if sha256(&file)? != *hash {
                return fail(format!(
                    "{} is not {} {} as it was published; delete {} and try again.",
                    file.display(),
                    self.name,
                    self.version,
                    own.display()
                ));
            }
        }
        Ok(folder)
    }

    fn fetch(&self, project: &Project, own: &Path) -> Outcome {
        let Self { name, version, .. } = self;
        tools::npm(self.wanted_by, name)?;
        step(
            &format!("fetching {name} {version} into .tools/"),
            "a few seconds",
        );
        fs::create_dir_all(own).context(|| format!("make {}", own.display()))?;
        let package = format!("{name}@{version}");
        run(project
            .command("npm", ["pack", "--silent", &package])
            .stdout(std::io::stderr())
            .current_dir(own))?;
        let archive = format!("{name}-{version}.tgz");
        let files = self.files.iter().map(|(file, _)| format!("package/{file}"));
        run(project
            .command("tar", ["-xzf", &archive])
            .args(files)
            .current_dir(own))?;
        let archive = own.join(archive);
        fs::remove_file(&archive).context(|| format!("remove {}", archive.display()))
    }
}

fn sha256(file: &Path) -> Outcome<String> {
    let bytes = fs::read(file).context(|| format!("read {}", file.display()))?;
    let mut hash = String::new();
    for byte in Sha256::digest(&bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash is of the empty file (FIPS 180-4's example of no bits).
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_file_that_is_not_the_published_one_is_refused() {
        let root = std::env::temp_dir().join(format!("asr-npm-{}", std::process::id()));
        let folder = root.join(".tools/some-package-1.2.3/package");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("script.js"), b"").expect("a file");
        let project = Project { root: root.clone() };
        let package = Package {
            name: "some-package",
            version: "1.2.3",
            files: &[("script.js", EMPTY)],
            wanted_by: "this test",
        };
        assert_eq!(
            package.folder(&project).expect("it is as published"),
            folder
        );
        fs::write(folder.join("script.js"), b"changed").expect("a file");
        let refused = package.folder(&project).expect_err("it is another");
        assert!(
            refused
                .sentence
                .contains("not some-package 1.2.3 as it was published"),
            "{refused:?}"
        );
        fs::remove_dir_all(root).expect("it was ours");
    }
}
