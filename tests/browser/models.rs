//! The choice of a model: one of a site with three.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::recognizer::{Recognizer, Settings};

use super::foreign;
use super::harness::site::Fault;
use super::harness::{Options, Page, with_page};
use super::native::{
    at, clip, model_file, model_of, other_twin, text_by, text_of_file, three_models,
};
use super::recognition::{committed, quiet, run_clip};

const PATIENCE: Duration = Duration::from_mins(1);

/// A site whose manifest lists three models, all of one file.
fn three(fragment: &str) -> Options {
    let manifest = Fault::Body(three_models().into_bytes());
    Options {
        faults: vec![("models/manifest.toml", manifest)],
        // No offline copy is made of a site whose file is another than the build's.
        console_errors_expected: true,
        ..quiet(fragment)
    }
}

/// What a listener of 2 kHz makes of a clip.
fn deaf(file: &str) -> String {
    let bytes = std::fs::read(clip(file)).expect("a clip");
    let audio = asr_playground::audio::decode_file(file, &bytes).expect("audio");
    let (session, tokens) = model_of(&three_models(), Some("deaf"));
    let mut recognizer = Recognizer::new(session, tokens);
    let settings = at(Lookahead::default());
    text_by(
        &mut recognizer,
        &audio.samples,
        audio.sample_rate_hz,
        &settings,
    )
}

async fn text_becomes(page: &Page, expected: &str) {
    page.wait_until(&format!("the text is {expected:?}"), PATIENCE, async || {
        (committed(page).await == expected && page.state().await.0 == "finished").then_some(())
    })
    .await;
}

#[tokio::test]
async fn another_model_hears_the_take_in_view() {
    with_page("models", three(""), async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("model", "base").await;
        run_clip(page, "sentence.flac").await;
        let before = text_of_file(&clip("sentence.flac"), &at(Lookahead::default()));
        text_becomes(page, &before).await;
        let (_, take) = page.state().await;

        page.choose("model", "deaf").await;
        page.wait_for_value("model", "deaf").await;
        let after = deaf("sentence.flac");
        assert_ne!(after, before, "the case shows a difference");
        text_becomes(page, &after).await;
        assert_eq!(page.state().await.1, take, "the same take");
        page.wait_for("effect-model").await;
        let effect = page.text("effect-model").await;
        assert!(
            effect.contains("WER") && effect.contains("compute"),
            "{effect:?}"
        );
        let hash = page.script("return location.hash", Vec::new()).await;
        assert!(
            hash.as_str().is_some_and(|h| h.contains("model=deaf")),
            "{hash}"
        );

        // The one that is used unless another is asked for has no place in the address.
        page.choose("model", "base").await;
        page.wait_for_value("model", "base").await;
        text_becomes(page, &before).await;
        let hash = page.script("return location.hash", Vec::new()).await;
        assert!(
            hash.as_str().is_some_and(|h| !h.contains("model=")),
            "{hash}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_link_names_a_model() {
    with_page(
        "models-link",
        three("#model=deaf&decoder=greedy"),
        async |page| {
            page.wait_for_state("ready").await;
            page.wait_for_value("model", "deaf").await;
            run_clip(page, "sentence.flac").await;
            text_becomes(page, &deaf("sentence.flac")).await;
            // And so does an address that a person edits.
            let edit = "location.hash = '#model=twin&decoder=greedy'";
            page.script(edit, Vec::new()).await;
            page.wait_for_value("model", "twin").await;
            let expected = text_of_file(
                &clip("sentence.flac"),
                &super::native::with(DecoderKind::Greedy),
            );
            text_becomes(page, &expected).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_leaves_the_one_before() {
    with_page("models-broken", three(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let before = committed(page).await;
        let file = asr_playground::model::Manifest::parse(&three_models())
            .expect("a good manifest")
            .models()[0]
            .file
            .clone();
        let file: &'static str = format!("models/{file}").leak();
        page.server.fail(file, Fault::Status(404));
        page.choose("model", "twin").await;
        page.wait_for("error").await;
        let words = page.text("error").await;
        assert!(words.contains("stays in use"), "{words:?}");
        page.wait_for_value("model", "base").await;
        page.wait_until_gone("model-coming").await;
        assert_eq!(committed(page).await, before);
        assert_eq!(page.state().await.0, "finished");
        // The button tries again.
        page.server.mend(file);
        page.click("error-retry").await;
        page.wait_for_value("model", "twin").await;
        run_clip(page, "digits.flac").await;
        text_becomes(
            page,
            &text_of_file(&clip("digits.flac"), &at(Lookahead::default())),
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_model_that_can_only_be_computed_in_floats_says_so() {
    let onnx = foreign::weights_times_one(&model_file("base.int8.onnx"));
    let manifest = other_twin("other.onnx", &onnx);
    let mut options = three("#model=twin");
    options.faults = vec![
        ("models/manifest.toml", Fault::Body(manifest.into_bytes())),
        ("models/other.onnx", Fault::Body(onnx)),
    ];
    with_page("models-floats", options, async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("model", "twin").await;
        run_clip(page, "sentence.flac").await;
        let floats = Settings {
            arithmetic: Arithmetic::Float,
            ..Settings::default()
        };
        text_becomes(page, &text_of_file(&clip("sentence.flac"), &floats)).await;
        page.wait_for_value("arithmetic", "on").await;
        let words = page.text("only-floats").await;
        assert!(words.contains("in floats either way"), "{words:?}");

        page.choose("model", "base").await;
        page.wait_for_value("model", "base").await;
        page.wait_until_gone("only-floats").await;
    })
    .await;
}

#[tokio::test]
async fn a_site_with_one_model_names_it() {
    with_page("model", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        let line = page.text("model").await;
        let size = std::fs::metadata(super::native::repository().join("models/base.int8.onnx"))
            .expect("the model")
            .len();
        let size = format!("{:.1} MB, int8", size as f64 / 1e6);
        assert!(
            line.contains(&size) && line.contains("parameters"),
            "{line:?}"
        );
        assert_eq!(
            page.script(
                "return document.querySelectorAll('[name=model]').length",
                Vec::new()
            )
            .await,
            serde_json::json!(0),
            "nothing to choose"
        );
    })
    .await;
}
