//! Two settings side by side, and what a listener waits for.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use asr_playground::model::Lookahead;
use asr_playground::recognizer::Settings;
use serde_json::json;

use super::harness::{Microphone, Options, Page, with_page};
use super::microphone::{padded, wav};
use super::native::{at, clip, hotwords, text_of, text_of_file, with};
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
async fn what_is_set_alike_is_the_same() {
    with_page("compare-alike", quiet("#view=compare"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "story.opus").await;
        for key in ["p95", "compute"] {
            let testid = format!("difference-{key}");
            let words = page.text(&testid).await;
            assert!(
                words.contains("≈ same") && words.contains("set alike"),
                "{words}"
            );
        }
        assert!(page.text("difference-wer").await.ends_with("the same"));
        // Set otherwise, a difference is told if it is above the noise, however large that is
        // on this machine, and as noise if it is not.
        page.select("compare-b-arithmetic", "float").await;
        page.wait_until("B in floats", PATIENCE, async || {
            let there = page.has("difference-compute").await;
            (there && !page.text("difference-compute").await.contains("set alike")).then_some(())
        })
        .await;
        let floor = page.attribute("difference-compute", "data-floor").await;
        let floor: f64 = floor.unwrap().parse().unwrap();
        let more = number(page, "difference-compute").await;
        let words = page.text("difference-compute").await;
        let told = if more.abs() <= floor {
            "≈ same"
        } else if more > 0.0 {
            "more with B"
        } else {
            "less with B"
        };
        assert!(
            floor > 0.0 && words.contains(told),
            "{more} with a floor of {floor}: {words}"
        );
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

        let a = text_of_file(&clip("sentence.flac"), &with(DecoderKind::Greedy));
        let (settings, phrases, boost) = hotwords();
        let b = text_of_file(&clip("sentence.flac"), &settings);
        assert_ne!(a, b, "the case shows a difference");
        page.listen_for("compare-b-", phrases, boost).await;
        text_becomes(page, "compare-text-b", &b).await;
        text_becomes(page, "compare-text-a", &a).await;

        // With the language model, the bonus of a word counts.
        let mut settings = with(DecoderKind::BeamLm);
        settings.decoder.beam.word_bonus = -2.0;
        settings.decoder.beam.lm_weight = 2.0;
        settings.endpoint = Some(asr_playground::decode::EndpointConfig::default());
        let b = text_of_file(&clip("sentence.flac"), &settings);
        page.change("compare-b-hotwords", "").await;
        page.select("compare-b-decoder", "beam+lm").await;
        page.change("compare-b-beta", "-2").await;
        page.change("compare-b-alpha", "2").await;
        page.change("compare-b-nbest", "7").await;
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
        let (p50, largest) = (
            number(page, "perceived-p50").await,
            number(page, "perceived-largest").await,
        );
        let (first, committed) = (
            number(page, "first-shown-largest").await,
            number(page, "committed-largest").await,
        );
        assert!(
            p50 <= largest && first <= largest && largest <= committed,
            "{first} {p50} {largest} {committed}"
        );
        // Four words carry a median and nothing beyond it, and the page says so.
        for percentile in ["p90", "p95", "p99"] {
            let testid = format!("perceived-{percentile}");
            assert_eq!(page.attribute(&testid, "data-value").await, None);
        }
        let caveat = page.text("percentile-caveat").await;
        assert!(caveat.contains("p90, p95 and p99 need at least"), "{caveat}");
        // The words are counted on an axis.
        let counts = page
            .script(
                "return [...document.querySelectorAll('[data-testid=histogram-count]')].map(t => Number(t.textContent))",
                Vec::new(),
            )
            .await;
        let counts: Vec<u64> = serde_json::from_value(counts).unwrap();
        assert!(counts.len() >= 2 && counts[0] == 0 && counts.is_sorted(), "{counts:?}");
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
