//! The view "Look inside": what is drawn is what the recogniser gave, and the axis, the
//! overlays and the lookahead do what they say.

mod axis;
mod overlays;

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
/// Of which the model is less sure, so that much of it was nearly said.
const UNSURE: &str = "fast.flac";
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

#[tokio::test]
async fn the_heatmap_shows_the_blank_and_spikes() {
    with_page("inside-heatmap", quiet("#view=inside"), async |page| {
        page.wait_for_state("ready").await;
        let empty = page.script_async(HEATMAP, Vec::new()).await;
        assert!(
            empty[1].as_u64().unwrap() < 4,
            "nothing is drawn yet: {empty}"
        );
        run_clip(page, UNSURE).await;
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
        let greedy = text_of_file(&clip(UNSURE), &with(DecoderKind::Greedy));
        let word = greedy.split_whitespace().next().unwrap();
        page.wait_until("the rows are told", PATIENCE, async || {
            page.text("inside-collapsed")
                .await
                .contains(word)
                .then_some(())
        })
        .await;
        assert!(page.text("inside-rows").await.contains("____"));
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
