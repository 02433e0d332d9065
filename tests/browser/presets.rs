//! Presets hold with the shipped model, and there is a way back from them.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use serde_json::json;

use super::harness::{Page, with_page};
use super::native::{clip, text_of_file, with};
use super::recognition::{committed, quiet, run_clip};

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn presets_hold() {
    with_page("presets", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        for (slug, expected) in [
            ("lookahead", "fewer."),
            ("language-model", "fewer."),
            ("beam", "No difference."),
        ] {
            let (_, before) = page.state().await;
            page.click("presets").await;
            page.click(&format!("preset-{slug}")).await;
            page.wait_for_take_after(before, PATIENCE).await;
            page.click("preset-change").await;
            let verdict = page.text("preset-verdict").await;
            assert!(
                verdict.contains(expected) && !verdict.contains("does not show"),
                "the preset {slug} no longer holds with the shipped model: {verdict} \
                 `cargo test --release --bin app preset` says by how much"
            );
            page.click("preset-close").await;
        }
    })
    .await;
}

async fn hash(page: &Page) -> String {
    let hash = page.script("return location.hash", Vec::new()).await;
    hash.as_str().unwrap_or_default().to_owned()
}

/// Waits for the clip and settings that were there before.
async fn is_as_before(page: &Page, expected: &str) {
    page.wait_until("the clip of before, as it was set", PATIENCE, async || {
        let settled = page.state().await.0 == "finished";
        (settled && committed(page).await == expected).then_some(())
    })
    .await;
    let hash = hash(page).await;
    for part in ["decoder=beam", "nbest=3", "clip=digits.flac"] {
        assert!(hash.contains(part), "{hash}");
    }
    assert!(!hash.contains("beam+lm"), "{hash}");
}

#[tokio::test]
async fn there_is_a_way_back_to_ones_own_settings() {
    let fragment = "#decoder=beam&nbest=3&clip=digits.flac";
    with_page("presets-back", quiet(fragment), async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        run_clip(page, "digits.flac").await;
        let expected = text_of_file(&clip("digits.flac"), &with(DecoderKind::Beam));
        assert_eq!(committed(page).await, expected);
        assert!(!page.has("preset-undo").await, "nothing to go back from");

        // From the outcome.
        page.click("presets").await;
        page.click("preset-language-model").await;
        page.click("preset-change").await;
        page.find("preset-verdict").await;
        assert!(hash(page).await.contains("decoder=beam+lm"));
        page.click("preset-back").await;
        is_as_before(page, &expected).await;
        assert!(!page.has("preset-outcome").await);

        // From the menu, after two presets and with the outcome closed.
        for slug in ["beam", "language-model"] {
            let (_, before) = page.state().await;
            page.click("presets").await;
            page.click(&format!("preset-{slug}")).await;
            page.wait_for_take_after(before, PATIENCE).await;
        }
        page.click("preset-close").await;
        page.click("presets").await;
        page.click("preset-undo").await;
        is_as_before(page, &expected).await;
        assert_eq!(
            page.script(
                "return !!document.querySelector('[data-testid=preset-undo]')",
                Vec::new()
            )
            .await,
            json!(false)
        );
    })
    .await;
}
