//! The page recognises what the native library recognises.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::{cer, wer};
use asr_playground::model::Lookahead;
use serde_json::json;

use super::harness::{Options, Page, temporary, with_page};
use super::looks::FITS;
use super::native::{at, clip, text_of_file, with};

/// Nothing runs by itself, and clips go as fast as they can.
pub const QUIET: &str = "?autorun=off&pace=fast";

pub fn quiet(fragment: &str) -> Options {
    Options {
        fragment: format!("{QUIET}{fragment}"),
        ..Options::default()
    }
}

/// Long enough for half a minute of audio on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub async fn run_clip(page: &Page, file: &str) {
    let (_, before) = page.state().await;
    page.select("clip-select", file).await;
    page.wait_for_take_after(before, PATIENCE).await;
}

/// What the transcript panel holds, spaces as they are in the document.
pub async fn committed(page: &Page) -> String {
    page.script(
        "return document.querySelector('[data-testid=transcript-committed]').textContent.trim()",
        Vec::new(),
    )
    .await
    .as_str()
    .unwrap_or_default()
    .to_owned()
}

#[tokio::test]
async fn bundled_clips_give_the_native_text() {
    with_page("clips", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        for file in [
            "sentence.flac",
            "digits.flac",
            "commands.opus",
            "telephone.flac",
            "two-voices.flac",
        ] {
            run_clip(page, file).await;
            let expected = text_of_file(&clip(file), &at(Lookahead::default()));
            assert!(!expected.is_empty(), "{file} has speech in it");
            assert_eq!(committed(page).await, expected, "{file}");
        }
    })
    .await;
}

#[tokio::test]
async fn silence_gives_no_words_and_says_so() {
    with_page("silence", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "silence.flac").await;
        assert_eq!(committed(page).await, "");
        assert_eq!(
            text_of_file(&clip("silence.flac"), &at(Lookahead::default())),
            ""
        );
    })
    .await;
}

#[tokio::test]
async fn every_lookahead_gives_its_native_text() {
    with_page("lookaheads", quiet("#lookahead=0"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let file = clip("sentence.flac");
        assert_eq!(
            committed(page).await,
            text_of_file(&file, &at(Lookahead::Ms(0)))
        );
        for (value, lookahead) in [
            ("160", Lookahead::Ms(160)),
            ("640", Lookahead::Ms(640)),
            ("1280", Lookahead::Ms(1280)),
            ("whole", Lookahead::WholeTake),
            ("0", Lookahead::Ms(0)),
        ] {
            // A change re-runs the kept features of the finished take.
            page.choose("lookahead", value).await;
            page.wait_for_state("finished").await;
            assert_eq!(
                committed(page).await,
                text_of_file(&file, &at(lookahead)),
                "{value}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn every_decoder_gives_its_native_text_over_what_was_said() {
    with_page("decoders", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "story.opus").await;
        page.wait_for_value("language-model", "ready").await;
        let file = clip("story.opus");
        let mut texts = Vec::new();
        for kind in [DecoderKind::Beam, DecoderKind::BeamLm, DecoderKind::Greedy] {
            page.choose("decoder", kind.name()).await;
            page.wait_for_state("finished").await;
            let expected = text_of_file(&file, &with(kind));
            assert_eq!(committed(page).await, expected, "{kind}");
            texts.push(expected);
        }
        assert!(
            texts[1] != texts[0] && texts[1] != texts[2],
            "the model is heard"
        );

        // The width, and the address, which keeps both.
        page.choose("decoder", "beam+lm").await;
        page.wait_for_state("finished").await;
        page.slide("beam-width", 6).await;
        page.wait_for_state("finished").await;
        let mut settings = with(DecoderKind::BeamLm);
        settings.decoder.beam.width = 64;
        assert_eq!(committed(page).await, text_of_file(&file, &settings));
        let hash = page.script("return location.hash", Vec::new()).await;
        assert_eq!(
            hash,
            json!("#decoder=beam+lm&beam=64&clip=story.opus&pace=fast")
        );
    })
    .await;
}

#[tokio::test]
async fn a_dropped_file_gives_the_native_text() {
    with_page("dropped-file", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        let file = clip("spelled.opus");
        page.choose_file("source-file", &file).await;
        page.wait_for_take_after(0, PATIENCE).await;
        let expected = text_of_file(&file, &at(Lookahead::default()));
        assert_eq!(committed(page).await, expected);

        // And really dropped, not chosen.
        let bytes = std::fs::read(clip("digits.flac")).unwrap();
        page.script(
            "const data = new DataTransfer(); \
             data.items.add(new File([new Uint8Array(arguments[0])], 'digits.flac')); \
             for (const type of ['dragenter', 'dragover', 'drop']) \
               document.body.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}))",
            vec![json!(bytes)],
        )
        .await;
        page.wait_for_take_after(1, PATIENCE).await;
        let expected = text_of_file(&clip("digits.flac"), &at(Lookahead::default()));
        assert_eq!(committed(page).await, expected);
    })
    .await;
}

#[tokio::test]
async fn error_rates_are_of_what_is_shown() {
    with_page("error-rates", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let hypothesis = committed(page).await;
        let reference = page.property("reference", "value").await.unwrap();
        assert_eq!(reference, "the house stood on a hill and the door was open");
        check_rates(page, &reference, &hypothesis).await;
        // Typed over: the rates follow.
        let typed = format!("{hypothesis} extra words");
        page.fill("reference", &typed).await;
        check_rates(page, &typed, &hypothesis).await;
        // Two words of the reference are missing, and all others are right.
        let words = typed.split_whitespace().count();
        let expected = format!("{:.1}", 200.0 / words as f64);
        let shown = page.text("wer").await;
        assert!(shown.contains(&expected), "{shown} is not {expected} %");
        assert!(page.has("alignment").await);
    })
    .await;
}

#[tokio::test]
async fn a_reference_as_long_as_a_book_is_counted_whole_and_drawn_in_part() {
    with_page("long-reference", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "silence.flac").await;
        let paste = "const field = document.querySelector('[data-testid=reference]'); field.value = 'zyzzyva '.repeat(22000); \
                     field.dispatchEvent(new Event('input', {bubbles: true}))";
        page.script(paste, Vec::new()).await;
        // Nothing is heard, so all are missed.
        assert_eq!(page.text("wer").await, "100.0%");
        let left_out = page.text("alignment-left-out").await;
        assert!(left_out.contains("6000 of 22000"), "{left_out}");
        // Some at once and the rest by and by.
        let pairs = "return document.querySelectorAll('.pair.deletion').length";
        page.wait_until("all that may be drawn is", Duration::from_secs(20), async || {
            (page.script(pairs, Vec::new()).await == json!(6000)).then_some(())
        })
        .await;
        page.fill("reference", "two words").await;
        assert_eq!(page.script(pairs, Vec::new()).await, json!(2));
        assert!(!page.has("alignment-left-out").await);
    })
    .await;
}

#[tokio::test]
async fn a_reference_may_be_cleared_and_may_be_one_long_word() {
    with_page("odd-references", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        // Control and A, then backspace.
        let field = page.find("reference").await;
        field.send_keys("\u{e009}a\u{e000}\u{e003}").await.unwrap();
        page.wait_until("there is no rate", Duration::from_secs(5), async || {
            page.text("wer").await.starts_with('\u{2013}').then_some(())
        })
        .await;
        let pairs = "return document.querySelectorAll('.pair').length";
        assert_eq!(page.script(pairs, Vec::new()).await, json!(0));
        page.fill("reference", &"q".repeat(400)).await;
        page.script("document.querySelector('.matrix').open = true", Vec::new())
            .await;
        page.wait_for("matrix-cells").await;
        assert_eq!(page.script(FITS, Vec::new()).await, json!(true));
    })
    .await;
}

async fn check_rates(page: &Page, reference: &str, hypothesis: &str) {
    let (reference, hypothesis) = (normalise(reference), normalise(hypothesis));
    for (testid, rate) in [
        ("wer", wer(&reference, &hypothesis)),
        ("cer", cer(&reference, &hypothesis)),
    ] {
        let percent = format!("{:.1}", rate.unwrap() * 100.0);
        page.wait_until(
            &format!("{testid} shows {percent}"),
            Duration::from_secs(5),
            async || page.text(testid).await.contains(&percent).then_some(()),
        )
        .await;
    }
}

#[tokio::test]
async fn the_first_clip_runs_by_itself() {
    with_page("first-clip", Options::default(), async |page| {
        page.wait_for_take_after(0, PATIENCE).await;
        let expected = text_of_file(&clip("digits.flac"), &at(Lookahead::default()));
        assert_eq!(committed(page).await, expected);
        for testid in ["rtf", "first-word-latency", "final-latency", "stages"] {
            let text = page.text(testid).await;
            assert!(
                text.contains(|c: char| c.is_ascii_digit()),
                "{testid}: {text}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_no_audio_is_refused_in_words() {
    with_page("no-audio", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        let file = temporary("notes.wav");
        for (content, words) in [
            (
                b"These are the minutes of a meeting.".as_slice(),
                "not audio",
            ),
            (b"".as_slice(), "empty"),
        ] {
            std::fs::write(&file, content).unwrap();
            page.choose_file("source-file", &file).await;
            page.wait_until("the reason is shown", PATIENCE, async || {
                page.has("error").await.then_some(())
            })
            .await;
            let shown = page.text("error").await;
            assert!(shown.contains(words), "{shown}");
        }
        // A good file afterwards is recognised.
        let (_, before) = page.state().await;
        page.choose_file("source-file", &clip("digits.flac")).await;
        page.wait_for_take_after(before, PATIENCE).await;
        assert!(!committed(page).await.is_empty());
    })
    .await;
}
