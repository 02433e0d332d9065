//! What is saved is what was recognised.

use std::time::Duration;

use asr_playground::audio::decode_file;
use asr_playground::model::Lookahead;
use serde_json::{Value, json};

use super::harness::with_page;
use super::native::{at, text_of};
use super::recognition::{committed, quiet, run_clip};

#[tokio::test]
async fn a_take_is_saved_in_every_format() {
    with_page("export", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        assert_eq!(
            page.attribute("save", "disabled").await.as_deref(),
            Some("true"),
            "there is nothing to save yet"
        );
        run_clip(page, "sentence.flac").await;
        let folder = page.downloads().await;
        let said = committed(page).await;
        let save = async |item: &str, file: &str| {
            let bytes = page.save("save", item, &folder.join(file)).await;
            String::from_utf8_lossy(&bytes).into_owned()
        };

        let txt = save("save-txt", "sentence.txt").await;
        assert_eq!(txt, format!("{said}\n"));

        let srt = save("save-srt", "sentence.srt").await;
        assert!(srt.starts_with("1\n00:00:0"), "{srt}");
        assert_eq!(spoken(&srt, |line| line.parse::<u32>().is_ok()), said);

        let vtt = save("save-vtt", "sentence.vtt").await;
        assert!(vtt.starts_with("WEBVTT\n\n00:00:0"), "{vtt}");
        assert_eq!(spoken(&vtt, |line| line == "WEBVTT"), said);

        let words: Value =
            serde_json::from_str(&save("save-words-json", "sentence.words.json").await).unwrap();
        assert_eq!(words["text"], json!(said));
        let mut before = 0.0;
        for word in words["words"].as_array().unwrap() {
            let (start, end) = (word["start_s"].as_f64(), word["end_s"].as_f64());
            assert!(start >= Some(before) && end > start, "{word}");
            assert!(word["confidence"].as_f64() > Some(0.0), "{word}");
            before = start.unwrap();
        }

        let wav = page
            .save("save", "save-wav", &folder.join("sentence.wav"))
            .await;
        let audio = decode_file("sentence.wav", &wav).unwrap();
        assert_eq!((audio.sample_rate_hz, audio.channels), (16_000, 1));
        assert_eq!(
            text_of(&audio.samples, 16_000, &at(Lookahead::default())),
            said
        );

        let figures = save("save-figures-json", "sentence.figures.json").await;
        let figures: Value = serde_json::from_str(&figures).unwrap();
        for (name, testid) in [("wer", "wer"), ("cer", "cer"), ("real_time_factor", "rtf")] {
            let shown: f64 = page
                .attribute(testid, "data-value")
                .await
                .unwrap()
                .parse()
                .unwrap();
            let saved = figures[name].as_f64().unwrap();
            assert!((saved - shown).abs() < 1e-3, "{name}: {saved}, {shown}");
        }
        // Ten words have a median and no 95th percentile.
        let words = said.split_whitespace().count();
        assert!(words < 20, "{said}");
        assert_eq!(figures["perceived_latency_words"], json!(words));
        assert!(figures["perceived_latency_p50_ms"].is_number(), "{figures}");
        assert!(figures["perceived_latency_p95_ms"].is_null(), "{figures}");
        assert!(
            figures["perceived_latency_largest_ms"].is_number(),
            "{figures}"
        );
        let csv = save("save-figures-csv", "sentence.figures.csv").await;
        let rows: Vec<&str> = csv.trim_end().split("\r\n").collect();
        assert_eq!(rows.len(), 2, "{csv}");
        assert!(rows[1].starts_with("sentence.flac,"), "{csv}");
    })
    .await;
}

#[tokio::test]
async fn fillers_that_are_struck_out_are_not_saved() {
    const FILLERS: [&str; 5] = ["er", "ah", "hm", "um", "uh"];
    with_page("export-fillers", quiet("#decoder=beam"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "hall.opus").await;
        // The clips have no filler: boosted hotwords are heard in the echoes of a hall.
        let boosted = "const box = document.querySelector('[data-testid=hotwords]'); \
             const boost = document.querySelector('[data-testid=hotword-boost]'); \
             box.value = 'er, ah, hm, um, uh'; box.dispatchEvent(new Event('change', {bubbles: true})); \
             boost.value = 20; boost.dispatchEvent(new Event('change', {bubbles: true}));";
        page.script(boosted, Vec::new()).await;
        let said = page
            .wait_until("a filler is heard", Duration::from_mins(1), async || {
                let said = committed(page).await;
                let settled = page.state().await.0 == "finished";
                let heard = said.split(' ').any(|word| FILLERS.contains(&word));
                (settled && heard).then_some(said)
            })
            .await;
        let folder = page.downloads().await;
        let save = async |item: &str, file: &str| {
            let bytes = page.save("save", item, &folder.join(file)).await;
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let all = save("save-txt", "hall.txt").await;
        assert_eq!(all.trim(), said);

        // A person clicks what is drawn over the box.
        page.script(
            "document.querySelector('[data-testid=fillers]').click()",
            Vec::new(),
        )
        .await;
        let marked: Vec<&str> = said.split(' ').collect();
        let read: Vec<&str> = marked
            .iter()
            .copied()
            .filter(|word| !FILLERS.contains(word))
            .collect();
        let read = read.join(" ");
        let srt = save("save-srt", "hall.srt").await;
        assert_eq!(spoken(&srt, |line| line.parse::<u32>().is_ok()), read);
        let vtt = save("save-vtt", "hall.vtt").await;
        assert_eq!(spoken(&vtt, |line| line == "WEBVTT"), read);
        let words: Value =
            serde_json::from_str(&save("save-words-json", "hall.words.json").await).unwrap();
        let words = words["words"].as_array().unwrap();
        assert_eq!(words.len(), marked.len(), "all are there");
        for word in words {
            let filler = word["text"].as_str().is_some_and(|text| FILLERS.contains(&text));
            assert_eq!(word["filler"], json!(filler), "{word}");
        }
        // The browser gives a second file of that name another one.
        std::fs::remove_file(folder.join("hall.txt")).unwrap();
        let txt = save("save-txt", "hall.txt").await;
        assert_eq!(txt.trim(), read);
    })
    .await;
}

/// The lines that are neither times nor `other`.
fn spoken(captions: &str, other: impl Fn(&str) -> bool) -> String {
    let lines = captions.lines();
    let words = lines.filter(|line| !line.is_empty() && !line.contains("-->") && !other(line));
    words.collect::<Vec<_>>().join(" ")
}
