//! How the page starts: page, worker and model come side by side, and each file once.

use std::time::Duration;

use super::harness::site::{Fault, built_site};
use super::harness::{Options, Page, with_page};
use super::native::repository;
use super::recognition::quiet;

/// How often files whose address contains `part` were asked for, before the offline copy was made.
fn asked(page: &Page, part: &str) -> usize {
    let requests = page.server.requests().into_iter();
    let ours = requests.take_while(|it| !it.target.ends_with("/service-worker.js"));
    ours.filter(|it| it.target.contains(part)).count()
}

#[tokio::test]
async fn the_first_files_are_asked_for_once() {
    with_page("start", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        for file in ["base.int8.onnx", "tokens.txt", "_loader.js"] {
            assert_eq!(asked(page, file), 1, "{file}");
        }
        let left = page.script("return window.startedWorker", Vec::new()).await;
        assert!(left.is_null(), "the worker is taken over: {left}");
    })
    .await;
}

#[tokio::test]
async fn the_model_does_not_wait_for_the_page() {
    let names = std::fs::read_dir(built_site()).expect("the site").flatten();
    let mut names = names.filter_map(|file| file.file_name().into_string().ok());
    let module = names.find(|name| name.starts_with("app-") && name.ends_with("_bg.wasm"));
    let module: &'static str = module.expect("the page's module").leak();
    let options = Options {
        faults: vec![(module, Fault::Status(503))],
        console_errors_expected: true,
        ..quiet("")
    };
    with_page("start-alone", options, async |page| {
        let patience = Duration::from_mins(1);
        page.wait_until("the model is asked for", patience, async || {
            (asked(page, "base.int8.onnx") == 1).then_some(())
        })
        .await;
        assert!(asked(page, module) > 0);
    })
    .await;
}

#[tokio::test]
async fn a_model_that_is_named_does_not_come_with_another() {
    let file = |name: &str| std::fs::read(repository().join("models").join(name)).unwrap();
    let manifest = String::from_utf8(file("manifest.toml")).unwrap();
    let manifest = manifest.replace("base.int8.onnx", "other.onnx");
    let options = Options {
        faults: vec![
            ("models/manifest.toml", Fault::Body(manifest.into_bytes())),
            ("models/other.onnx", Fault::Body(file("base.int8.onnx"))),
        ],
        // No offline copy is made of a site whose file is another than the build's.
        console_errors_expected: true,
        ..quiet("#model=base")
    };
    with_page("start-other", options, async |page| {
        page.wait_for_state("ready").await;
        assert_eq!(asked(page, "other.onnx"), 1);
        assert_eq!(asked(page, "base.int8.onnx"), 0);
    })
    .await;
}
