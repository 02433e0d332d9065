//! The static site: Trunk builds it, and [`stage`] finishes it.
//!
//! `stage` is Trunk's post-build hook, so that every way of running Trunk gives
//! the same site. In the folder that Trunk has just filled it
//!
//! 1. puts the models beside the page,
//! 2. takes the names of functions out of the WebAssembly modules,
//! 3. puts a hash of their content into the names of the scripts that the page
//!    starts by address (worker and worklet), and those names into the page, so
//!    that page and worker never come from two different builds, and has the worker's loader ask
//!    for the first files,
//! 4. writes the hashes of the page's inline scripts, which change with each
//!    build, into its content security policy,
//! 5. writes the names and hashes of all files into the service worker, which
//!    keeps the offline copy.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use crate::process::{Context, Outcome, Project, fail, no_arguments, run, step};
use crate::tools;
use crate::wasm::without_names;

/// What stands in index.html where the hashes of inline scripts belong.
const INLINE_SCRIPTS: &str = "'inline-scripts'";

/// What stands in the service worker where the build's name and files belong.
const BUILD_ID: &str = "\"build-id\"";
const BUILD_FILES: &str = "[\"build-files\"]";
/// The service worker: always of this name, or browsers would not find a new one.
const SERVICE_WORKER: &str = "service-worker.js";

/// Builds the site into `dist/`.
///
/// # Errors
/// When a tool is missing or the build fails.
pub fn dist(project: &Project, arguments: &[String]) -> Outcome {
    no_arguments(arguments)?;
    tools::wasm(project)?;
    step(
        "building page and worker for WebAssembly",
        "about 15 minutes the first time, then a minute",
    );
    run(project
        .command("trunk", ["build"])
        // Standard output is for what a task is asked for, such as figures.
        .stdout(std::io::stderr())
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // Its errors are sentences enough.
        .env("RUST_LIB_BACKTRACE", "0"))?;
    eprintln!("\nThe site is in {}:", project.dist().display());
    for (name, bytes) in largest(&project.dist())? {
        eprintln!("  {:>8.2} MB  {name}", bytes as f64 / 1e6);
    }
    Ok(())
}

/// The site's four largest files.
fn largest(site: &Path) -> Outcome<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for name in all_files(site)? {
        let bytes = fs::metadata(site.join(&name)).map_or(0, |data| data.len());
        files.push((name, bytes));
    }
    files.sort_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
    files.truncate(4);
    Ok(files)
}

/// The paths of all files of a folder and those in it, with `/` between their parts.
fn all_files(site: &Path) -> Outcome<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![site.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(site).unwrap_or(&path);
                let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
                files.push(parts.join("/"));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Finishes what Trunk has built.
///
/// # Errors
/// When not called by Trunk, or when index.html lacks what is to be filled in.
pub fn stage(project: &Project) -> Outcome {
    let Some(folder) = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from) else {
        return fail("`stage` is a step of Trunk's build; run `cargo xtask dist`.");
    };
    copy_models(&project.root.join("models"), &folder.join("models"))?;

    strip_names(&folder)?;
    // What made the clips is for the repository.
    let maker = folder.join("clips/make_clips.py");
    fs::remove_file(&maker).context(|| format!("remove {}", maker.display()))?;

    let index = folder.join("index.html");
    let mut page = read(&index)?;
    for (from, to) in [version_worker(&folder)?, version_worklet(&folder)?] {
        page = replace(&page, &from, &to, "index.html")?;
    }
    let sources = inline_script_sources(&page);
    page = replace(&page, INLINE_SCRIPTS, &sources.join(" "), "index.html")?;
    write(&index, &page)?;
    // Last: it names what all the rest is.
    list_files(&folder)
}

/// Writes the names and hashes of the site's files into the service worker. Their hash in
/// turn is the build's name.
fn list_files(folder: &Path) -> Outcome {
    let mut list = Vec::new();
    for name in all_files(folder)? {
        if name == SERVICE_WORKER {
            continue;
        }
        let path = folder.join(&name);
        let bytes = fs::read(&path).context(|| format!("read {}", path.display()))?;
        // Browsers ask for the page by its folder.
        let address = if name == "index.html" { "./" } else { &name };
        list.push(format!(
            "[{address:?}, \"{}\"]",
            hexadecimal(&Sha256::digest(&bytes))
        ));
    }
    let list = format!("[\n  {},\n]", list.join(",\n  "));
    let file = folder.join(SERVICE_WORKER);
    let script = read(&file)?;
    let id = format!("\"{}\"", tag(&[list.as_bytes(), script.as_bytes()]));
    let script = replace(&script, BUILD_ID, &id, SERVICE_WORKER)?;
    write(
        &file,
        &replace(&script, BUILD_FILES, &list, SERVICE_WORKER)?,
    )
}

/// Copies what the page reads of `models/`: the manifest, and the models, tokens
/// and language models beside it; not the card, and nothing of the training.
fn copy_models(from: &Path, to: &Path) -> Outcome {
    if !from.join("manifest.toml").is_file() {
        eprintln!("warning: models/manifest.toml is missing: this site has no model.");
        return Ok(());
    }
    fs::create_dir_all(to).context(|| format!("make {}", to.display()))?;
    for path in entries(from)? {
        let wanted = path.extension().is_some_and(|extension| {
            ["toml", "txt", "onnx", "lm"]
                .iter()
                .any(|e| extension == *e)
        });
        if let (true, true, Some(name)) = (wanted, path.is_file(), path.file_name()) {
            fs::copy(&path, to.join(name)).context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}

/// Makes every WebAssembly module in a folder smaller.
fn strip_names(folder: &Path) -> Outcome {
    for path in entries(folder)? {
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            let module = fs::read(&path).context(|| format!("read {}", path.display()))?;
            let Some(module) = without_names(&module) else {
                return fail(format!("{} is no WebAssembly module.", path.display()));
            };
            fs::write(&path, module).context(|| format!("write {}", path.display()))?;
        }
    }
    Ok(())
}

/// What the worker's loader begins with.
const FIRST_FILES: &str = include_str!("../../src/bin/worker/first_files.js");

/// Renames the worker's three files and completes the first; its address before and after.
fn version_worker(folder: &Path) -> Outcome<(String, String)> {
    let [loader, script, module] = ["worker_loader.js", "worker.js", "worker_bg.wasm"];
    let bytes = fs::read(folder.join(module)).context(|| format!("read {module}"))?;
    let code = read(&folder.join(script))?;
    let tag = tag(&[&bytes, code.as_bytes(), FIRST_FILES.as_bytes()]);
    let named = |rest: &str| format!("worker-{tag}{rest}");

    rename(folder, module, &named("_bg.wasm"))?;
    rename(folder, script, &named(".js"))?;
    rename(folder, loader, &named("_loader.js"))?;
    let code = replace(&code, module, &named("_bg.wasm"), script)?;
    write(&folder.join(named(".js")), &code)?;
    let loading = folder.join(named("_loader.js"));
    let code = replace(&read(&loading)?, script, &named(".js"), loader)?;
    // Its import comes first all the same; then, before the module, this.
    write(&loading, &format!("{FIRST_FILES}{code}"))?;
    Ok((format!("./{loader}"), format!("./{}", named("_loader.js"))))
}

/// Renames the worklet; its address before and after.
fn version_worklet(folder: &Path) -> Outcome<(String, String)> {
    let before = "capture-worklet.js";
    let code = read(&folder.join(before))?;
    let after = format!("capture-worklet-{}.js", tag(&[code.as_bytes()]));
    rename(folder, before, &after)?;
    Ok((format!("./{before}"), format!("./{after}")))
}

/// 64 bits of a hash of some contents, in hexadecimal.
fn tag(contents: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for content in contents {
        hash.update(content);
    }
    hexadecimal(&hash.finalize()[..8])
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// `'sha256-…'` of the text of each script element without a `src`, as a content
/// security policy wants it (CSP 3, "Does element match source list").
fn inline_script_sources(page: &str) -> Vec<String> {
    let mut sources = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find("<script") {
        rest = &rest[start + "<script".len()..];
        let Some((tag, after)) = rest.split_once('>') else {
            break;
        };
        let Some((text, after)) = after.split_once("</script") else {
            break;
        };
        if !tag.contains("src=") {
            let hash = Sha256::digest(text.as_bytes());
            sources.push(format!("'sha256-{}'", BASE64.encode(hash)));
        }
        rest = after;
    }
    sources
}

/// Replaces every `from`, of which there must be one at least.
fn replace(text: &str, from: &str, to: &str, file: &str) -> Outcome<String> {
    if text.contains(from) {
        Ok(text.replace(from, to))
    } else {
        fail(format!(
            "{file} does not mention {from}, which is to become {to}."
        ))
    }
}

fn entries(folder: &Path) -> Outcome<Vec<PathBuf>> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .context(|| format!("list {}", folder.display()))
}

fn read(file: &Path) -> Outcome<String> {
    fs::read_to_string(file).context(|| format!("read {}", file.display()))
}

fn write(file: &Path, text: &str) -> Outcome {
    fs::write(file, text).context(|| format!("write {}", file.display()))
}

fn rename(folder: &Path, from: &str, to: &str) -> Outcome {
    fs::rename(folder.join(from), folder.join(to)).context(|| format!("rename {from}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_hashed_as_browsers_hash_them() {
        // The example of the CSP 3 specification, section "Usage of hashes".
        let page = "<script src=\"a.js\"></script><script>alert('Hello, world.');</script>";
        assert_eq!(
            inline_script_sources(page),
            ["'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"]
        );
    }

    #[test]
    fn a_page_without_inline_scripts_has_no_sources() {
        assert!(inline_script_sources("<p>text</p><script src='x'></script>").is_empty());
        assert!(inline_script_sources("<script>never closed").is_empty());
    }

    #[test]
    fn what_is_to_be_replaced_must_be_there() {
        assert_eq!(replace("a b", "b", "c", "file").expect("b is there"), "a c");
        assert!(replace("a b", "x", "c", "file").is_err());
    }

    #[test]
    fn a_worker_is_renamed_with_every_reference_to_it() {
        let folder = temporary("worker");
        write(&folder.join("worker_bg.wasm"), "module").expect("written");
        write(
            &folder.join("worker.js"),
            "new URL('worker_bg.wasm', import.meta.url)",
        )
        .expect("written");
        write(
            &folder.join("worker_loader.js"),
            "import init from './worker.js';await init();",
        )
        .expect("written");

        let (from, to) = version_worker(&folder).expect("renamed");
        assert_eq!(from, "./worker_loader.js");
        let loader = read(&folder.join(&to)).expect("the loader is at its new address");
        let (first, rest) = loader.split_once("import").expect("it imports the script");
        assert!(first.contains("fetch(file)"), "{first}");
        let script = rest.split('\'').nth(1).expect("by its address");
        let script = read(&folder.join(script)).expect("the script is at its new address");
        let module = script.split('\'').nth(1).expect("it names the module");
        assert_eq!(
            read(&folder.join(module)).expect("the module is there"),
            "module"
        );
        assert_eq!(entries(&folder).expect("listed").len(), 3);
    }

    #[test]
    fn the_service_worker_names_every_file_but_itself() {
        let folder = temporary("offline");
        fs::create_dir_all(folder.join("models")).expect("made");
        let script = include_str!("../../public/service-worker.js");
        write(&folder.join(SERVICE_WORKER), script).expect("written");
        write(&folder.join("index.html"), "abc").expect("written");
        write(&folder.join("models/a.txt"), "").expect("written");
        list_files(&folder).expect("listed");
        let filled = read(&folder.join(SERVICE_WORKER)).expect("read");
        // sha256sum of "abc" and of nothing.
        let list = "const FILES = [\n  [\"./\", \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"],\n  \
                    [\"models/a.txt\", \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"],\n];";
        assert!(filled.contains(list), "{filled}");
        assert!(!filled.contains("build-id") && !filled.contains("build-files"));

        // Another file makes another build.
        let name = |text: &str| {
            text.split("const BUILD = ")
                .nth(1)
                .map(|rest| rest[..18].to_owned())
        };
        write(&folder.join(SERVICE_WORKER), script).expect("written");
        write(&folder.join("models/a.txt"), "changed").expect("written");
        list_files(&folder).expect("listed");
        let other = read(&folder.join(SERVICE_WORKER)).expect("read");
        assert!(name(&filled).is_some() && name(&filled) != name(&other));
    }

    #[test]
    fn another_content_gives_another_name() {
        assert_ne!(tag(&[b"one"]), tag(&[b"two"]));
        // sha256sum of "abc", its first 64 bits.
        assert_eq!(tag(&[b"a", b"bc"]), "ba7816bf8f01cfea");
    }

    #[test]
    fn only_what_the_page_reads_of_the_models_is_copied() {
        let folder = temporary("models");
        let from = folder.join("from");
        fs::create_dir_all(from.join("training")).expect("made");
        for name in [
            "manifest.toml",
            "tokens.txt",
            "base.int8.onnx",
            "english.lm",
            "README.md",
        ] {
            write(&from.join(name), name).expect("written");
        }
        copy_models(&from, &folder.join("to")).expect("copied");
        let mut names: Vec<_> = entries(&folder.join("to")).expect("listed");
        names.sort();
        let names: Vec<_> = names.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(
            names,
            [
                "base.int8.onnx",
                "english.lm",
                "manifest.toml",
                "tokens.txt"
            ]
        );
    }

    fn temporary(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a temporary folder");
        folder
    }
}
