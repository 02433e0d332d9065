//! What goes wrong is said in words, and can be mended without losing the take.

use std::time::Duration;

use asr_playground::model::Lookahead;
use serde_json::json;

use super::harness::site::Fault;
use super::harness::{Microphone, Options, Page, temporary, with_page};
use super::native::{at, clip, text_of_file};
use super::recognition::{QUIET, committed, quiet, run_clip};

const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for a trouble and returns its words.
async fn trouble(page: &Page) -> String {
    page.wait_until("a failure is shown", PATIENCE, async || {
        page.has("error").await.then_some(())
    })
    .await;
    page.text("error").await
}

async fn model_fails(name: &str, file: &'static str, fault: Fault, words: &[&str]) {
    let options = Options {
        faults: vec![(file, fault)],
        console_errors_expected: true,
        ..quiet("")
    };
    with_page(name, options, async |page| {
        page.wait_for_state("failed").await;
        let shown = trouble(page).await;
        for word in words {
            assert!(shown.contains(word), "{word:?} is not in {shown:?}");
        }
        // Mended, "retry" works, and a clip runs.
        page.server.mend(file);
        page.click("error-retry").await;
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        assert!(!committed(page).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_model_that_is_not_there() {
    let fault = Fault::Status(404);
    model_fails(
        "model-404",
        "models/base.int8.onnx",
        fault,
        &["base.int8.onnx", "404"],
    )
    .await;
}

#[tokio::test]
async fn a_model_cut_short() {
    let fault = Fault::Body(b"ONNX".to_vec());
    model_fails("model-cut", "models/base.int8.onnx", fault, &["4 bytes"]).await;
}

#[tokio::test]
async fn a_model_that_is_another() {
    let path = super::native::repository().join("models/base.int8.onnx");
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let fault = Fault::Body(bytes);
    model_fails(
        "model-altered",
        "models/base.int8.onnx",
        fault,
        &["SHA-256"],
    )
    .await;
}

#[tokio::test]
async fn a_manifest_that_is_none() {
    let fault = Fault::Body(b"<!doctype html><title>Not here</title>".to_vec());
    model_fails(
        "manifest-html",
        "models/manifest.toml",
        fault,
        &["manifest"],
    )
    .await;
}

#[tokio::test]
async fn a_crashed_worker_is_replaced_and_the_take_stays() {
    with_page("worker-crash", quiet(""), async |page| {
        page.cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": "const Plain = Worker; window.workers = []; \
                window.Worker = function (...args) { const w = new Plain(...args); workers.push(w); return w; }"}),
        )
        .await;
        page.go(QUIET).await;
        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let before = committed(page).await;
        assert!(!before.is_empty());

        // What a browser does when a worker's code traps.
        page.script(
            "workers[0].dispatchEvent(new ErrorEvent('error', {message: 'unreachable executed'}))",
            Vec::new(),
        )
        .await;
        let shown = trouble(page).await;
        assert!(shown.contains("unreachable executed"), "{shown}");
        assert_eq!(committed(page).await, before, "the take stays in view");
        page.click("error-retry").await;
        page.wait_until("the model is there again", PATIENCE, async || {
            (page.attribute("record", "disabled").await.is_none()).then_some(())
        })
        .await;
        assert_eq!(committed(page).await, before);
        let (_, take) = page.state().await;
        page.click("run-again").await;
        page.wait_for_take_after(take, PATIENCE).await;
        assert_eq!(committed(page).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_refused_file_leaves_the_take_before_it() {
    with_page("refused-file", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        page.fill("reference", "words of my own").await;
        let before = committed(page).await;
        let file = temporary("notes.md");
        std::fs::write(&file, "# Not a sound\n").unwrap();
        page.choose_file("source-file", &file).await;
        trouble(page).await;
        assert_eq!(committed(page).await, before);
        assert_eq!(
            page.property("reference", "value").await.as_deref(),
            Some("words of my own")
        );
        // And it can still be run with another lookahead.
        page.click("error-dismiss").await;
        page.script(
            "document.querySelector(`[data-testid=lookahead] input[value='whole']`).click()",
            Vec::new(),
        )
        .await;
        page.wait_for_state("finished").await;
        let whole = text_of_file(&clip("digits.flac"), &at(Lookahead::WholeTake));
        assert_eq!(committed(page).await, whole);
    })
    .await;
}

async fn record_fails(name: &str, options: Options, words: &str) {
    with_page(name, options, async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let before = committed(page).await;
        page.click("record").await;
        let shown = trouble(page).await;
        assert!(shown.contains(words), "{words:?} is not in {shown:?}");
        assert_eq!(committed(page).await, before, "the take so far is kept");
        // Clips go on working.
        run_clip(page, "digits.flac").await;
        assert!(!committed(page).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn permission_denied() {
    let options = Options {
        microphone: Microphone::Denied,
        ..quiet("")
    };
    record_fails("permission-denied", options, "did not give permission").await;
}

#[tokio::test]
async fn no_microphone() {
    record_fails("no-microphone", quiet(""), "No microphone was found").await;
}

#[tokio::test]
async fn an_insecure_origin() {
    let options = Options {
        insecure_origin: true,
        ..quiet("")
    };
    record_fails("insecure-origin", options, "secure address").await;
}

#[tokio::test]
async fn a_hostile_address_falls_back() {
    let fragment = "#lookahead=-1e999&clip=..%2F..%2Fetc%2Fpasswd&pace=%00&theme=<script>alert(1)</script>&=&&x=%F0%28&lesson=none";
    with_page("hostile-address", quiet(fragment), async |page| {
        page.wait_for_state("ready").await;
        let hash = page.script("return location.hash", Vec::new()).await;
        assert_eq!(hash, json!("#pace=fast"), "none of it is left");
        run_clip(page, "digits.flac").await;
        assert!(!committed(page).await.is_empty());
    })
    .await;
}
