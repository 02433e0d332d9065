//! Two settings side by side, and what a listener waits for.

use std::time::Duration;

use asr_playground::decode::{DecoderKind, Hotword};
use asr_playground::model::Lookahead;
use asr_playground::recognizer::Settings;
use serde_json::json;

use super::harness::{Microphone, Options, Page, with_page};
use super::microphone::{padded, wav};
use super::native::{at, clip, text_of, text_of_file, with};
use super::recognition::{quiet, run_clip};

const PATIENCE: Duration = Duration::from_mins(1);

async fn text_becomes(page: &Page, side: &str, expected: &str) {
    page.wait_until(&format!("{side}: {expected}"), PATIENCE, async || {
        (page
            .text(side)
            .await
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            == expected)
            .then_some(())
    })
    .await;
}

async fn number(page: &Page, testid: &str) -> f64 {
    page.wait_until(testid, PATIENCE, async || {
        page.attribute(testid, "data-value").await?.parse().ok()
    })
    .await
}

#[tokio::test]
async fn both_sides_are_what_each_alone_would_be() {
    let fragment = "#view=compare&decoder=beam+lm&b.lookahead=whole&b.decoder=greedy";
    with_page("compare", quiet(fragment), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let a = text_of_file(&clip("sentence.flac"), &with(DecoderKind::BeamLm));
        let b = text_of_file(&clip("sentence.flac"), &at(Lookahead::WholeTake));
        assert_ne!(a, b, "the case shows a difference");
        text_becomes(page, "compare-text-a", &a).await;
        text_becomes(page, "compare-text-b", &b).await;
        let (p95_a, p95_b) = (
            number(page, "compare-a-p95").await,
            number(page, "compare-b-p95").await,
        );
        assert!(
            p95_b > p95_a + 500.0,
            "the whole take comes at its end: {p95_a} and {p95_b} ms"
        );
        let difference = number(page, "difference-p95").await;
        assert!((difference - (p95_b - p95_a)).abs() < 1e-6);
        let marked = page
            .script(
                "return document.querySelectorAll('[data-testid=compare-text-b] .differs').length",
                Vec::new(),
            )
            .await;
        assert!(
            marked.as_u64().is_some_and(|n| n > 0),
            "differing words are marked"
        );

        // B's own control, on the finished take.
        page.select("compare-b-lookahead", "640").await;
        let b = text_of_file(&clip("sentence.flac"), &at(Lookahead::Ms(640)));
        text_becomes(page, "compare-text-b", &b).await;
        text_becomes(page, "compare-text-a", &a).await;
    })
    .await;
}

#[tokio::test]
async fn the_second_column_has_every_knob_of_the_first() {
    with_page("compare-knobs", quiet("#b.decoder=beam"), async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        page.click("view-compare").await;
        run_clip(page, "sentence.flac").await;
        let knobs = page
            .script(
                "const of = side => [...document.querySelectorAll(`[data-testid=compare-${side}] :is(input, select, textarea)`)] \
                    .map(control => control.dataset.testid.replace(`compare-${side}-`, '')); \
                 return [of('a'), of('b')]",
                Vec::new(),
            )
            .await;
        assert_eq!(knobs[0], knobs[1]);
        for knob in ["lookahead", "decoder", "width", "alpha", "beta", "hotwords", "nbest", "endpoints"] {
            let has = knobs[1].as_array().is_some_and(|list| list.contains(&json!(knob)));
            assert!(has, "{knob} is not among {knobs}");
        }

        let set = async |testid: &str, value: &str| {
            page.script(
                "const control = document.querySelector(`[data-testid='${arguments[0]}']`); \
                 control.value = arguments[1]; control.dispatchEvent(new Event('change', {bubbles: true}))",
                vec![json!(testid), json!(value)],
            )
            .await;
        };
        let a = text_of_file(&clip("sentence.flac"), &with(DecoderKind::Greedy));
        let mut settings = with(DecoderKind::Beam);
        settings.decoder.beam.hotwords = ["house", "hill"]
            .map(|phrase| Hotword {
                phrase: phrase.to_owned(),
                boost: 20.0,
            })
            .to_vec();
        let b = text_of_file(&clip("sentence.flac"), &settings);
        assert_ne!(a, b, "the case shows a difference");
        set("compare-b-hotwords", "house, hill").await;
        set("compare-b-hotword-boost", "20").await;
        text_becomes(page, "compare-text-b", &b).await;
        text_becomes(page, "compare-text-a", &a).await;

        // With the language model, the bonus of a word counts.
        let mut settings = with(DecoderKind::BeamLm);
        settings.decoder.beam.word_bonus = -2.0;
        settings.decoder.beam.lm_weight = 2.0;
        settings.endpoint = Some(asr_playground::decode::EndpointConfig::default());
        let b = text_of_file(&clip("sentence.flac"), &settings);
        set("compare-b-hotwords", "").await;
        page.select("compare-b-decoder", "beam+lm").await;
        set("compare-b-beta", "-2").await;
        set("compare-b-alpha", "2").await;
        set("compare-b-nbest", "7").await;
        page.script("document.querySelector('[data-testid=compare-b-endpoints]').click()", Vec::new())
            .await;
        text_becomes(page, "compare-text-b", &b).await;
        text_becomes(page, "compare-text-a", &a).await;
        let hash = page.script("return location.hash", Vec::new()).await;
        let hash = hash.as_str().unwrap_or_default();
        for part in ["b.alpha=2", "b.beta=-2", "b.nbest=7", "b.endpoints=on", "b.decoder=beam+lm"] {
            assert!(hash.contains(part), "{hash}");
        }
        assert!(!hash.contains("hotwords"), "{hash}");
    })
    .await;
}

#[tokio::test]
async fn two_settings_hear_the_microphone_at_once() {
    let samples = padded("digits.flac");
    let options = Options {
        microphone: Microphone::Hears(wav(&samples)),
        ..quiet("#b.lookahead=whole&b.decoder=beam+lm")
    };
    with_page("compare-live", options, async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        page.click("view-compare").await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        // The first column writes while it is spoken.
        page.wait_until("words in the first column", PATIENCE, async || {
            let text = page.text("compare-text-a").await;
            let words = !text.contains("No words yet") && !text.is_empty();
            (words && page.state().await.0 == "recording").then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        page.click("stop").await;
        page.wait_for_state("finished").await;
        let p95 = [
            number(page, "compare-a-p95").await,
            number(page, "compare-b-p95").await,
        ];
        assert!(p95[1] > p95[0], "the whole take comes at its end: {p95:?}");
        let b = page.text("compare-text-b").await;
        assert!(b.split_whitespace().count() >= 3, "{b:?}");
        // Both heard the same: what the page kept of it gives the second column's text.
        let audio = page.downloads().await;
        let file = page.save("save", "save-wav", &audio.join("take.wav")).await;
        let heard = asr_playground::audio::decode_file("take.wav", &file).expect("audio");
        let settings = Settings {
            lookahead: Lookahead::WholeTake,
            ..with(DecoderKind::BeamLm)
        };
        let expected = text_of(&heard.samples, heard.sample_rate_hz, &settings);
        text_becomes(page, "compare-text-b", &expected).await;
    })
    .await;
}

#[tokio::test]
async fn the_waits_are_those_of_the_finished_take() {
    with_page("latency", quiet("#view=latency"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        let (p50, p95) = (
            number(page, "perceived-p50").await,
            number(page, "perceived-p95").await,
        );
        let (first, committed) = (
            number(page, "first-shown-p95").await,
            number(page, "committed-p95").await,
        );
        assert!(
            p50 <= p95 && first <= p95 && p95 <= committed,
            "{first} {p50} {p95} {committed}"
        );
        let words = page.attribute("latency-histogram", "data-count").await;
        let expected = text_of_file(&clip("digits.flac"), &at(Lookahead::default()));
        assert_eq!(words, Some(expected.split_whitespace().count().to_string()));
        let lookahead = number(page, "way-lookahead").await;
        assert!(
            (lookahead - 335.0).abs() < 1e-6,
            "320 ms, a window of 25 less a hop of 10: {lookahead}"
        );
    })
    .await;
}
