//! Every control on the take in view: what it changes, and the effect it shows.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use asr_playground::eval::wer::wer;
use serde_json::json;

use super::harness::{Options, Page, temporary, with_page};
use super::native::{at, clip, hotwords, text_of_file, with};
use super::recognition::{committed, quiet, run_clip};
use asr_playground::model::Lookahead;

const PATIENCE: Duration = Duration::from_mins(1);

async fn settle(page: &Page) {
    page.wait_for_state("finished").await;
}

/// Runs a clip and waits until it is measured, so that a change has something to be compared with.
async fn run_measured(page: &Page, file: &str) {
    run_clip(page, file).await;
    page.wait_until("the take is measured", PATIENCE, async || {
        let measured = "return Number(document.querySelector('.page').dataset.measured)";
        let (_, take) = page.state().await;
        (page.script(measured, Vec::new()).await == json!(take)).then_some(())
    })
    .await;
}

/// Waits for a control's line about what it just did.
async fn effect(page: &Page, knob: &str) -> String {
    let testid = format!("effect-{knob}");
    page.wait_until(&testid, PATIENCE, async || {
        if page.has(&testid).await {
            Some(page.text(&testid).await)
        } else {
            None
        }
    })
    .await
}

#[tokio::test]
async fn a_control_says_what_it_just_did() {
    with_page("effects", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        run_measured(page, "sentence.flac").await;
        assert!(!page.has("effect-decoder").await, "nothing was turned yet");
        let before = committed(page).await;
        page.choose("decoder", "beam+lm").await;
        let said = effect(page, "decoder").await;
        settle(page).await;
        let after = committed(page).await;
        assert_eq!(
            after,
            text_of_file(&clip("sentence.flac"), &with(DecoderKind::BeamLm))
        );
        let reference = "the house stood on a hill and the door was open";
        let rate = |text: &str| wer(reference, text).unwrap_or_default() * 100.0;
        let points = rate(&after) - rate(&before);
        let expected = if points.abs() < 0.05 {
            "WER ±0 points".to_owned()
        } else {
            let sign = if points < 0.0 { "\u{2212}" } else { "+" };
            format!("WER {sign}{:.1} points", points.abs())
        };
        assert!(said.contains(&expected), "{said:?} should say {expected:?}");
        // Ten words have no 95th percentile.
        assert!(
            said.contains("longest wait") && said.contains("compute"),
            "{said:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_control_that_changes_nothing_says_nothing_else() {
    with_page("no-effect", quiet("#decoder=beam"), async |page| {
        page.wait_for_state("ready").await;
        run_measured(page, "sentence.flac").await;
        page.script("document.querySelector('.knobs').open = true", Vec::new())
            .await;
        page.change("nbest", "7").await;
        let said = effect(page, "nbest").await;
        assert_eq!(said, "Just now: no change of errors, waits or compute.");
        // Fillers are not counted; the words came when they came.
        page.script(
            "document.querySelector('[data-testid=fillers]').click()",
            Vec::new(),
        )
        .await;
        let said = effect(page, "fillers").await;
        assert_eq!(said, "Just now: WER ±0 points");
    })
    .await;
}

#[tokio::test]
async fn hotwords_are_listened_for() {
    with_page(
        "hotwords",
        quiet("#decoder=beam&clip=sentence.flac"),
        async |page| {
            page.wait_for_state("ready").await;
            run_clip(page, "sentence.flac").await;
            let (settings, phrases, boost) = hotwords();
            let expected = text_of_file(&clip("sentence.flac"), &settings);
            assert!(
                expected.contains("stood"),
                "the boost is large enough: {expected}"
            );
            page.listen_for("", phrases, boost).await;
            page.wait_until("the hotwords' text", PATIENCE, async || {
                (committed(page).await == expected).then_some(())
            })
            .await;
            let hash = page.script("return location.hash", Vec::new()).await;
            assert!(
                hash.as_str()
                    .is_some_and(|h| h.contains("hotwords=stood:20,door:20")),
                "{hash}"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn fillers_are_struck_out_and_do_not_count() {
    with_page("fillers", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_measured(page, "digits.flac").await;
        let heard = committed(page).await;
        // A reference that says a filler more than was heard.
        page.fill("reference", &format!("um {heard}")).await;
        page.wait_until("one deletion", PATIENCE, async || {
            (page.attribute("wer", "data-value").await.as_deref() != Some("0")).then_some(())
        })
        .await;
        page.script(
            "document.querySelector('[data-testid=fillers]').click()",
            Vec::new(),
        )
        .await;
        page.wait_for_value("wer", "0").await;
        let said = effect(page, "fillers").await;
        assert!(said.contains("WER \u{2212}"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn the_normaliser_is_switched_step_by_step() {
    with_page("normaliser", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        let heard = committed(page).await;
        page.fill("reference", &heard.to_uppercase()).await;
        page.wait_for_value("wer", "0").await;
        page.script(
            "document.querySelector('.normaliser').open = true; \
             document.querySelector('[data-testid=normaliser-lower-case]').click()",
            Vec::new(),
        )
        .await;
        page.wait_for_value("wer", "1").await;
    })
    .await;
}

#[tokio::test]
async fn endpoints_cut_a_long_take() {
    with_page(
        "endpoints",
        quiet("#endpoints=on&view=latency"),
        async |page| {
            page.wait_for_state("ready").await;
            run_clip(page, "story.opus").await;
            let mut settings = at(Lookahead::default());
            settings.endpoint = Some(asr_playground::decode::EndpointConfig::default());
            let expected = text_of_file(&clip("story.opus"), &settings);
            page.click("view-listen").await;
            page.wait_until("the text with endpoints", PATIENCE, async || {
                (committed(page).await == expected).then_some(())
            })
            .await;
        },
    )
    .await;
}

#[tokio::test]
async fn other_hypotheses_are_listed_best_first() {
    with_page("n-best", quiet("#decoder=beam+lm&nbest=4"), async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        run_clip(page, "fast.flac").await;
        page.script("document.querySelector('[data-testid=hypotheses]').open = true", Vec::new()).await;
        let totals = page
            .wait_until("the list", PATIENCE, async || {
                let found = page
                    .script(
                        "return [...document.querySelectorAll('[data-testid=hypothesis-total]')].map(e => Number(e.dataset.value))",
                        Vec::new(),
                    )
                    .await;
                let totals: Vec<f64> = serde_json::from_value(found).ok()?;
                (totals.len() == 4).then_some(totals)
            })
            .await;
        assert!(totals.windows(2).all(|pair| pair[0] >= pair[1]), "{totals:?}");
        let best = page
            .script("return document.querySelector('[data-testid=hypothesis] th').textContent.trim().replace(/\\s+/g, ' ')", Vec::new())
            .await;
        assert_eq!(best.as_str(), Some(committed(page).await.as_str()));
    })
    .await;
}

#[tokio::test]
async fn a_word_is_played_when_it_is_clicked() {
    with_page("word", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        let clicked = page
            .script_async(
                "const played = []; const start = AudioBufferSourceNode.prototype.start; \
                 AudioBufferSourceNode.prototype.start = function (...a) { played.push(a); return start.apply(this, a); }; \
                 document.querySelector('[data-word=\"1\"]').click(); \
                 await new Promise(done => setTimeout(done, 300)); return played;",
                Vec::new(),
            )
            .await;
        let call = clicked.get(0).cloned().unwrap_or(json!(null));
        let (from, seconds) = (call.get(1).and_then(serde_json::Value::as_f64), call.get(2).and_then(serde_json::Value::as_f64));
        assert!(from.is_some_and(|s| s > 0.3 && s < 1.5), "{clicked}");
        assert!(seconds.is_some_and(|s| s > 0.1 && s < 1.2), "one word, not the take: {clicked}");
    })
    .await;
}

#[tokio::test]
async fn a_take_of_two_settings_says_so_and_is_made_one() {
    let slow = Options {
        fragment: "?autorun=off".to_owned(),
        ..Options::default()
    };
    with_page("mixed", slow, async |page| {
        page.wait_for_state("ready").await;
        page.wait_for_value("language-model", "ready").await;
        page.select("clip-select", "sentence.flac").await;
        // Words of the first setting are committed before the second comes.
        page.wait_until("a committed word", PATIENCE, async || {
            (!committed(page).await.is_empty()).then_some(())
        })
        .await;
        page.choose("decoder", "beam+lm").await;
        settle(page).await;
        page.wait_until("it says so", PATIENCE, async || {
            page.has("mixed").await.then_some(())
        })
        .await;
        assert!(
            !page.has("effect-decoder").await,
            "nothing is measured of two settings"
        );
        page.click("unmix").await;
        let expected = text_of_file(&clip("sentence.flac"), &with(DecoderKind::BeamLm));
        page.wait_until("one setting's text", PATIENCE, async || {
            (committed(page).await == expected && !page.has("mixed").await).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_model_in_floats_finds_the_same_words() {
    with_page("arithmetic", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_measured(page, "sentence.flac").await;
        let before = committed(page).await;
        page.script(
            "document.querySelector('[data-testid=arithmetic]').click()",
            Vec::new(),
        )
        .await;
        let said = effect(page, "arithmetic").await;
        assert!(said.contains("compute"), "{said}");
        assert_eq!(committed(page).await, before);
        let hash = page.script("return location.hash", Vec::new()).await;
        let hash = hash.as_str().unwrap().to_owned();
        assert!(hash.contains("arithmetic=float"), "{hash}");
    })
    .await;
}

#[tokio::test]
async fn the_first_change_after_live_sound_tells_waits_and_compute_too() {
    let live = Options {
        fragment: "?autorun=off&pace=real-time".to_owned(),
        ..Options::default()
    };
    with_page("rehearsed", live, async |page| {
        page.wait_for_state("ready").await;
        run_measured(page, "sentence.flac").await;
        let simulated = page.attribute("simulated", "data-simulated").await;
        assert_eq!(simulated.as_deref(), Some("false"));
        // Its rehearsal is a tenth of a second's work.
        tokio::time::sleep(Duration::from_secs(4)).await;
        page.choose("lookahead", "1280").await;
        let said = effect(page, "lookahead").await;
        assert!(
            said.contains("longest wait") && said.contains("compute"),
            "{said:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_effect_stays_until_something_else_is_turned() {
    with_page("effect-stays", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_measured(page, "sentence.flac").await;
        page.choose("lookahead", "1280").await;
        effect(page, "lookahead").await;
        settle(page).await;
        // Long enough for every answer that a finished take brings.
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(page.has("effect-lookahead").await, "it is still there");
        // Another reference makes the figures others: what was said of them goes.
        page.fill("reference", "something else").await;
        page.wait_until("the effect is gone", PATIENCE, async || {
            (!page.has("effect-lookahead").await).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_take_that_could_not_begin_leaves_the_last_one_whole() {
    with_page("refused-take", quiet("#decoder=beam"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        let before = committed(page).await;
        let broken = temporary("broken.wav");
        std::fs::write(&broken, "no sound").unwrap();
        page.choose_file("source-file", &broken).await;
        page.wait_for_state("failed").await;
        assert_eq!(committed(page).await, before);
        // It can still be asked about.
        page.script(
            "document.querySelector('[data-testid=hypotheses]').open = true",
            Vec::new(),
        )
        .await;
        page.wait_until("its hypotheses", PATIENCE, async || {
            page.has("hypothesis").await.then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_hidden_view_is_not_opened_by_the_address() {
    let fragment = "?autorun=off&hide=inside#view=inside";
    let hidden = Options {
        fragment: fragment.to_owned(),
        ..Options::default()
    };
    with_page("hidden-view", hidden, async |page| {
        page.wait_for_state("ready").await;
        assert_eq!(
            page.attribute("view", "data-view").await.as_deref(),
            Some("listen")
        );
    })
    .await;
}

#[tokio::test]
async fn back_leads_to_the_view_before_and_undoes_no_setting() {
    with_page("back", quiet("#view=latency"), async |page| {
        page.wait_for_state("ready").await;
        let is_at = async |view: &str| {
            page.wait_until(view, PATIENCE, async || {
                (page.attribute("view", "data-view").await.as_deref() == Some(view)).then_some(())
            })
            .await;
        };
        page.click("view-lessons").await;
        is_at("lessons").await;
        page.click("view-beam").await;
        is_at("beam").await;
        page.choose("lookahead", "640").await;
        page.client.back().await.unwrap();
        is_at("lessons").await;
        page.client.back().await.unwrap();
        is_at("latency").await;
        page.wait_for_value("lookahead", "640").await;
        page.client.forward().await.unwrap();
        is_at("lessons").await;
        // An address that is typed counts whole.
        page.script("location.hash = '#view=beam&lookahead=160'", Vec::new())
            .await;
        is_at("beam").await;
        page.wait_for_value("lookahead", "160").await;
    })
    .await;
}

#[tokio::test]
async fn every_knob_has_a_name() {
    with_page("names", quiet("#decoder=beam%2Blm"), async |page| {
        page.wait_for_state("ready").await;
        page.script("document.querySelector('.knobs').open = true", Vec::new())
            .await;
        let nameless = "const sliders = [...document.querySelectorAll('input[type=range]')]; \
            return sliders.filter(s => !s.getAttribute('aria-label') && !s.labels.length).map(s => s.dataset.testid)";
        assert_eq!(page.script(nameless, Vec::new()).await, json!([]));
    })
    .await;
}
