//! Two settings side by side, and what a listener waits for.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use asr_playground::model::Lookahead;

use super::harness::{Page, with_page};
use super::native::{at, clip, text_of_file, with};
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
