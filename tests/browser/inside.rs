//! The view "Look inside": what is drawn is what the recogniser gave, and the axis, the
//! overlays and the lookahead do what they say.

use std::time::Duration;

use asr_playground::audio::decode_file;
use asr_playground::decode::DecoderKind;
use asr_playground::decode::ctc::Alignment;
use asr_playground::eval::latency::Clock;
use asr_playground::model::Lookahead;
use asr_playground::recognizer::{Answer, Question, Settings};
use serde_json::{Value, json};

use super::harness::{Page, with_page};
use super::looks::FITS;
use super::native::{at, clip, recognizer, text_of_file, with};
use super::recognition::{quiet, run_clip};

const CLIP: &str = "sentence.flac";
const REFERENCE: &str = "the house stood on a hill and the door was open";
/// Left of the plot, in CSS pixels.
const GUTTER: f64 = 44.0;
const PATIENCE: Duration = Duration::from_secs(30);

/// Luma statistics of the rows of the heatmap, from what is on the canvas: for each token
/// the share of its pixels that are bright, then the number of colours in all.
const HEATMAP: &str = "
    await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
    const canvas = document.querySelector('[data-testid=inside-canvas]');
    const ratio = canvas.width / canvas.clientWidth;
    const context = canvas.getContext('2d');
    const tokens = 29, height = 11, top = 216;
    const colours = new Set(), shares = [];
    let sum = 0;
    for (let token = 0; token < tokens; token++) {
        const y = Math.round((top + (token + 0.5) * height) * ratio);
        const left = Math.round(50 * ratio), width = canvas.width - Math.round(70 * ratio);
        const pixels = context.getImageData(left, y, width, 1).data;
        let bright = 0;
        for (let i = 0; i < pixels.length; i += 4) {
            const luma = 0.2126 * pixels[i] + 0.7152 * pixels[i + 1] + 0.0722 * pixels[i + 2];
            colours.add(`${pixels[i]},${pixels[i + 1]},${pixels[i + 2]}`);
            sum += luma;
            if (luma > 140) bright++;
        }
        shares.push(bright / width);
    }
    return [shares, colours.size, sum];";

async fn open(page: &Page) {
    page.wait_for_state("ready").await;
    run_clip(page, CLIP).await;
    page.find("inside-canvas").await;
}

async fn span(page: &Page) -> (f64, f64) {
    let of = async |name: &str| {
        let value = page.attribute("inside-span", name).await;
        value
            .and_then(|value| value.parse().ok())
            .unwrap_or(f64::NAN)
    };
    (of("data-left").await, of("data-right").await)
}

/// Left and upper edge and width of the canvas in the window.
async fn canvas_box(page: &Page) -> (f64, f64, f64) {
    let place = page
        .script(
            "const canvas = document.querySelector('[data-testid=inside-canvas]'); \
             canvas.scrollIntoView({block: 'center'}); \
             const box = canvas.getBoundingClientRect(); return [box.left, box.top, box.width]",
            Vec::new(),
        )
        .await;
    let number = |index: usize| place[index].as_f64().unwrap();
    (number(0), number(1), number(2))
}

async fn mouse(page: &Page, kind: &str, x: f64, y: f64) {
    let pressed = u8::from(kind != "mouseMoved");
    let event = json!({
        "type": kind, "x": x, "y": y, "clickCount": pressed,
        "button": if pressed == 1 { "left" } else { "none" },
    });
    page.cdp("Input.dispatchMouseEvent", event).await;
}

/// A number that is a property of the canvas.
async fn size_of(page: &Page, name: &str) -> f64 {
    page.script(
        "return document.querySelector('[data-testid=inside-canvas]')[arguments[0]]",
        vec![json!(name)],
    )
    .await
    .as_f64()
    .unwrap()
}

/// Moves the mouse to a share of the plot's width; returns it in window pixels.
async fn point(page: &Page, share: f64, y: f64) -> (f64, f64) {
    let (left, top, width) = canvas_box(page).await;
    let x = left + GUTTER + share * (width - GUTTER - 14.0);
    mouse(page, "mouseMoved", x, top + y).await;
    (x, top + y)
}

async fn number(page: &Page, testid: &str, name: &str) -> Option<f64> {
    page.attribute(testid, name).await?.parse().ok()
}

/// The take natively, and its answer to a question.
fn natively(settings: &Settings, question: &Question) -> (i64, Answer) {
    let file = clip(CLIP);
    let audio = decode_file(CLIP, &std::fs::read(file).unwrap()).unwrap();
    assert_eq!(audio.sample_rate_hz, 16_000);
    let (mut recognizer, now) = (recognizer(), || 0.0);
    recognizer
        .start(16_000, settings, Clock::Simulated)
        .unwrap();
    recognizer.accept(&audio.samples, 0.0, &now).unwrap();
    recognizer.finish(&now).unwrap();
    while recognizer.advance(&now).unwrap() {}
    let answer = recognizer.answer(question).unwrap();
    (audio.samples.len() as i64, answer)
}

fn alignment(text: &str) -> Alignment {
    let question = Question::Align {
        text: text.to_owned(),
    };
    match natively(&at(Lookahead::default()), &question).1 {
        Answer::Align(alignment) => alignment,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_heatmap_shows_the_blank_and_spikes() {
    with_page("inside-heatmap", quiet("#view=inside"), async |page| {
        page.wait_for_state("ready").await;
        let empty = page.script_async(HEATMAP, Vec::new()).await;
        assert!(
            empty[1].as_u64().unwrap() < 4,
            "nothing is drawn yet: {empty}"
        );
        run_clip(page, CLIP).await;
        let drawn = page.script_async(HEATMAP, Vec::new()).await;
        let shares: Vec<f64> = drawn[0]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        assert_eq!(shares.len(), 29);
        // Two lines, where the chunk begins and ends, are bright in every row: 0.0032 here.
        // The blank is likely in most rows, each letter that occurs in a few, others never.
        assert!(shares[0] > 0.4, "the blank: {shares:?}");
        let token = |letter: char| 3 + (letter as usize - 'a' as usize);
        for letter in ['t', 'h', 'o', 's'] {
            let share = shares[token(letter)];
            assert!(share > 0.006 && share < 0.2, "{letter}: {share}");
        }
        for letter in ['j', 'q', 'z'] {
            assert!(shares[token(letter)] < 0.006, "{letter}: {shares:?}");
        }
        assert!(drawn[1].as_u64().unwrap() > 30, "{drawn}");
        // A logarithmic scale brings out what was nearly said.
        page.click("log-scale").await;
        let logarithmic = page.script_async(HEATMAP, Vec::new()).await;
        let (linear, log) = (drawn[2].as_f64().unwrap(), logarithmic[2].as_f64().unwrap());
        assert!(log > linear * 1.3, "{linear} and {log}");
        // The same rows in words collapse to the greedy text.
        page.script(
            "document.querySelector('[data-testid=inside-text] summary').click()",
            Vec::new(),
        )
        .await;
        let greedy = text_of_file(&clip(CLIP), &with(DecoderKind::Greedy));
        let word = greedy.split_whitespace().next().unwrap();
        page.wait_until("the rows are told", PATIENCE, async || {
            page.text("inside-collapsed")
                .await
                .contains(word)
                .then_some(())
        })
        .await;
        assert!(page.text("inside-rows").await.contains("····"));
    })
    .await;
}

#[tokio::test]
async fn zoom_and_scroll_change_what_is_in_view() {
    with_page("inside-zoom", quiet("#view=inside"), async |page| {
        open(page).await;
        let whole = span(page).await;
        assert!(whole.0.abs() < 1.0 && whole.1 > 50_000.0, "{whole:?}");
        page.click("zoom-in").await;
        let zoomed = span(page).await;
        let ratio = (whole.1 - whole.0) / (zoomed.1 - zoomed.0);
        assert!((ratio - 1.6).abs() < 0.01, "{zoomed:?}");
        // Keys: closer, to the end, back to all of it.
        let key = async |key: &str| {
            let canvas = page.find("inside-canvas").await;
            canvas.send_keys(key).await.unwrap();
        };
        key("+").await;
        let closer = span(page).await;
        assert!(closer.1 - closer.0 < zoomed.1 - zoomed.0);
        key("\u{E00F}").await; // page down
        let later = span(page).await;
        assert!(later.0 > closer.0, "{later:?}");
        assert!(((later.1 - later.0) - (closer.1 - closer.0)).abs() < 2.0);
        key("-").await;
        assert!(span(page).await.1 - span(page).await.0 > later.1 - later.0);
        key("0").await;
        assert_eq!(span(page).await, whole);
        // The wheel with Ctrl keeps what is under the pointer.
        let (x, y) = point(page, 0.25, 100.0).await;
        let wheel = json!({
            "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": -80, "modifiers": 2,
        });
        page.cdp("Input.dispatchMouseEvent", wheel).await;
        let wheeled = page
            .wait_until("the wheel zooms", PATIENCE, async || {
                let now = span(page).await;
                (now != whole).then_some(now)
            })
            .await;
        let under = |span: (f64, f64)| span.0 + 0.25 * (span.1 - span.0);
        assert!((under(wheeled) - under(whole)).abs() < 100.0, "{wheeled:?}");
        // A drag moves the picture and plays nothing.
        let before = number(page, "inside-canvas", "data-cursor").await;
        let (x, y) = point(page, 0.5, 100.0).await;
        mouse(page, "mousePressed", x, y).await;
        mouse(page, "mouseMoved", x - 60.0, y).await;
        mouse(page, "mouseMoved", x - 120.0, y).await;
        mouse(page, "mouseReleased", x - 120.0, y).await;
        page.wait_until("the drag moves it", PATIENCE, async || {
            (span(page).await.0 > wheeled.0 + 1000.0).then_some(())
        })
        .await;
        assert_eq!(number(page, "inside-canvas", "data-cursor").await, before);
        page.click("zoom-fit").await;
        assert_eq!(span(page).await, whole);
    })
    .await;
}

#[tokio::test]
async fn a_click_seeks_and_plays_and_pointing_reads_out() {
    with_page("inside-seek", quiet("#view=inside"), async |page| {
        open(page).await;
        let right = span(page).await.1;
        // Pointing: the time and the word there.
        point(page, 0.5, 300.0).await;
        let middle = right * 0.5;
        page.wait_until("the read-out follows", PATIENCE, async || {
            let sample = number(page, "inside-readout", "data-sample").await?;
            ((sample - middle).abs() < 300.0).then_some(())
        })
        .await;
        let shown = page.text("inside-tokens").await;
        assert!(shown.contains('%'), "{shown}");
        assert!(page.text("inside-level").await.contains("dBFS"));
        // A click: the playhead goes there, and on.
        let (x, y) = point(page, 0.2, 100.0).await;
        mouse(page, "mousePressed", x, y).await;
        mouse(page, "mouseReleased", x, y).await;
        let wanted = right * 0.2;
        page.wait_until("the playhead moves on from there", PATIENCE, async || {
            let cursor = number(page, "inside-canvas", "data-cursor").await?;
            (cursor > wanted + 800.0).then_some(())
        })
        .await;
        // Keys: to the start, and a step on.
        let canvas = page.find("inside-canvas").await;
        let playing = async || page.attribute("inside-canvas", "data-playing").await;
        if playing().await.as_deref() == Some("true") {
            canvas.send_keys(" ").await.unwrap();
        }
        page.wait_until("it is silent", PATIENCE, async || {
            (playing().await.as_deref() == Some("false")).then_some(())
        })
        .await;
        canvas.send_keys("\u{E011}").await.unwrap(); // home
        assert_eq!(
            number(page, "inside-canvas", "data-cursor").await,
            Some(0.0)
        );
        canvas.send_keys("\u{E014}").await.unwrap(); // right
        assert!(number(page, "inside-canvas", "data-cursor").await.unwrap() >= 320.0);
    })
    .await;
}

#[tokio::test]
async fn the_reference_is_aligned_as_it_is_natively() {
    with_page("inside-align", quiet("#view=inside"), async |page| {
        open(page).await;
        let without = size_of(page, "clientHeight").await;
        page.click("align-reference").await;
        page.wait_for_value("alignment-state", "ready").await;
        let rows = page
            .script(
                "return [...document.querySelectorAll('[data-testid=alignment-table] tbody tr')] \
                 .map(row => [row.cells[0].textContent.trim(), row.dataset.start, row.dataset.end, row.cells[1].textContent])",
                Vec::new(),
            )
            .await;
        let rows = rows.as_array().unwrap();
        let expected = alignment(REFERENCE);
        assert_eq!(rows.len(), expected.words.len());
        for (row, word) in rows.iter().zip(&expected.words) {
            assert_eq!(row[0], json!(word.text));
            assert_eq!(row[1], json!(word.start_sample.to_string()));
            assert_eq!(row[2], json!(word.end_sample.to_string()));
            let seconds = format!("{:.2}", word.start_sample as f64 / 16_000.0);
            assert!(row[3].as_str().unwrap().starts_with(&seconds), "{row}");
        }
        // The picture has a lane more.
        assert!(size_of(page, "clientHeight").await > without + 20.0);
        // A text that cannot be laid over so short a take: why, in a sentence.
        let long = "what nobody ever said here ".repeat(20);
        page.fill("inside-reference", &format!("{long}\n")).await;
        page.wait_for_value("alignment-state", "failed").await;
        let why = page.text("alignment-state").await;
        assert!(why.contains("cannot be aligned") && why.contains("too short"), "{why}");
        page.fill("inside-reference", "the house\n").await;
        page.wait_for_value("alignment-state", "ready").await;
        page.click("align-reference").await;
        assert!(!page.has("alignment-table").await);
    })
    .await;
}

#[tokio::test]
async fn the_lookahead_window_follows_the_setting() {
    with_page("inside-lookahead", quiet("#view=inside"), async |page| {
        open(page).await;
        let take = span(page).await.1;
        point(page, 0.5, 100.0).await;
        let place = number(page, "inside-readout", "data-sample").await.unwrap();
        for (setting, samples) in [
            ("320", 5120.0),
            ("1280", 20_480.0),
            ("0", 640.0),
            ("160", 2560.0),
        ] {
            page.choose("lookahead", setting).await;
            page.wait_until("the window is as long as the chunk", PATIENCE, async || {
                let start = number(page, "inside-lookahead", "data-start").await?;
                let end = number(page, "inside-lookahead", "data-end").await?;
                (((end - start) - samples).abs() < 0.5).then(|| {
                    assert!(start <= place && place < end, "{start} {place} {end}");
                    assert!((start / samples).fract().abs() < 1e-9);
                })
            })
            .await;
        }
        page.choose("lookahead", "whole").await;
        page.wait_until("the window is the take", PATIENCE, async || {
            let start = number(page, "inside-lookahead", "data-start").await?;
            let end = number(page, "inside-lookahead", "data-end").await?;
            (start == 0.0 && (end - take).abs() < 8000.0).then_some(())
        })
        .await;
        let words = page.text("inside-lookahead").await;
        assert!(words.starts_with("Whole take"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_phrase_is_found_where_it_is_natively() {
    with_page("inside-keyword", quiet("#view=inside"), async |page| {
        open(page).await;
        // A word that greedy decoding reads is found, at a score of 0.
        let greedy = text_of_file(&clip(CLIP), &with(DecoderKind::Greedy));
        let word = greedy
            .split_whitespace()
            .max_by_key(|word| word.len())
            .unwrap();
        let question = Question::Keyword {
            phrase: word.to_owned(),
        };
        let Answer::Keyword { detections, .. } = natively(&at(Lookahead::default()), &question).1
        else {
            panic!("another answer");
        };
        assert!(!detections.is_empty(), "{word}");
        page.fill("keyword-phrase", &format!("{word}\n")).await;
        let found = page
            .attribute("keyword-detection", "data-value")
            .await
            .unwrap();
        let first = detections[0];
        assert_eq!(
            found,
            format!("{},{}", first.start_sample, first.end_sample)
        );
        assert!(page.text("keyword-result").await.contains("score 0"));
        page.fill("keyword-phrase", "elephant\n").await;
        page.wait_until("it is not found", PATIENCE, async || {
            page.text("keyword-result")
                .await
                .contains("not found")
                .then_some(())
        })
        .await;
        page.fill("keyword-phrase", "été 5 %\n").await;
        page.wait_until("an answer in words", PATIENCE, async || {
            let words = page.text("keyword-result").await;
            (!words.is_empty() && !words.contains("elephant")).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_picture_is_saved_as_png() {
    with_page("inside-png", quiet("#view=inside"), async |page| {
        open(page).await;
        page.script(
            "const make = URL.createObjectURL; \
             URL.createObjectURL = blob => { blob.arrayBuffer().then(b => window.saved = new Uint8Array(b)); return make.call(URL, blob); }; \
             HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };",
            Vec::new(),
        )
        .await;
        page.click("save-picture").await;
        let saved = page
            .wait_until("a file is handed over", PATIENCE, async || {
                let saved = page
                    .script(
                        "return window.saved && window.savedAs ? [window.savedAs, [...window.saved.slice(0, 24)]] : null",
                        Vec::new(),
                    )
                    .await;
                (!saved.is_null()).then_some(saved)
            })
            .await;
        assert_eq!(saved[0], json!("sentence-inside.png"));
        let head: Vec<u8> = saved[1].as_array().unwrap().iter().map(|b| b.as_u64().unwrap() as u8).collect();
        assert_eq!(&head[..8], b"\x89PNG\r\n\x1a\n");
        let size = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        let width = size_of(page, "width").await;
        assert!((f64::from(size(16)) - width).abs() < 1e-9);
        assert!(size(20) > 500);
    })
    .await;
}

#[tokio::test]
async fn screenshots_of_look_inside() {
    with_page("inside-looks", quiet("#view=inside"), async |page| {
        open(page).await;
        page.click("align-reference").await;
        page.wait_for_value("alignment-state", "ready").await;
        page.fill("keyword-phrase", "house\n").await;
        page.find("keyword-result").await;
        for dark in [false, true] {
            page.prefer_dark(dark).await;
            for width in [360, 768, 1440] {
                let shade = if dark { "dark" } else { "light" };
                page.resize(width, 900).await;
                let content = page.script(FITS, Vec::new()).await;
                assert_eq!(content, json!(true), "at {width} px");
                page.screenshot(&format!("inside-{width}-{shade}"), width)
                    .await;
            }
        }
    })
    .await;
}
