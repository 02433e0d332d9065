//! The lessons open and teach from live numbers.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use serde_json::json;

use super::harness::site::Fault;
use super::harness::{Microphone, Options, Page, wav, with_page};
use super::looks::FITS;
use super::native::{clip, log_probs_of, with};
use super::recognition::{QUIET, quiet, run_clip};

/// Slugs in the list's order.
const LESSONS: [&str; 11] = [
    "ctc-collapse",
    "sum-over-paths",
    "beam-width",
    "language-model",
    "error-rates",
    "mel-spectrogram",
    "streaming",
    "flicker",
    "other-models",
    "whiteboard",
    "design",
];

const PATIENCE: Duration = Duration::from_mins(2);

impl Page {
    async fn open_lesson(&self, slug: &str) {
        self.click(&format!("lesson-{slug}")).await;
        self.wait_for_value("lesson", slug).await;
    }

    /// Waits until an element's value is something else than `old`, and takes it.
    async fn other_value(&self, testid: &str, old: &str) -> String {
        self.wait_until(&format!("{testid} is not {old}"), PATIENCE, async || {
            let value = self.attribute(testid, "data-value").await;
            value.filter(|value| value != old)
        })
        .await
    }

    async fn wait_for_outcomes(&self, testid: &str, wanted: usize) {
        let wanted = wanted.to_string();
        self.wait_until(&format!("{testid} has {wanted}"), PATIENCE, async || {
            let value = self.attribute(testid, "data-value").await;
            (value.as_deref() == Some(&wanted)).then_some(())
        })
        .await;
    }

    /// What the picture shows, as a number that differs for other pictures.
    async fn pixels(&self, testid: &str) -> serde_json::Value {
        self.script(
            "const canvas = document.querySelector(`[data-testid='${arguments[0]}']`); \
             const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data; \
             let sum = canvas.width * 65537 + canvas.height; \
             for (const value of data) sum = (sum * 31 + value) % 1000000007; \
             return sum",
            vec![json!(testid)],
        )
        .await
    }
}

#[tokio::test]
async fn every_lesson_opens_with_its_answers_folded() {
    with_page("lessons-open", quiet("#view=lessons"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "quiet.flac").await;
        for slug in LESSONS {
            page.open_lesson(slug).await;
            let folded = page
                .script(
                    "const all = [...document.querySelectorAll('[data-testid=lesson-question]')]; \
                     return [all.length, all.filter(q => q.open).length, \
                             all.every(q => q.querySelector('p').textContent.length > 60)]",
                    Vec::new(),
                )
                .await;
            assert!(folded[0].as_u64() >= Some(2), "{slug}: {folded}");
            assert_eq!(
                (&folded[1], &folded[2]),
                (&json!(0), &json!(true)),
                "{slug}"
            );
            let hash = page.script("return location.hash", Vec::new()).await;
            assert!(
                hash.as_str().unwrap().contains(&format!("lesson={slug}")),
                "{hash}"
            );
        }
        assert!(!page.has("error").await);

        // A link opens the lesson it names, an unknown one the first.
        page.go(&format!("{QUIET}#view=lessons&lesson=flicker"))
            .await;
        page.wait_for_value("lesson", "flicker").await;
        page.click("lesson-next").await;
        page.wait_for_value("lesson", "other-models").await;
        page.click("lesson-previous").await;
        page.wait_for_value("lesson", "flicker").await;
        page.go(&format!("{QUIET}&x#view=lessons&lesson=nonsense"))
            .await;
        page.wait_for_value("lesson", "ctc-collapse").await;
    })
    .await;
}

#[tokio::test]
async fn the_collapse_works_without_a_worker() {
    let dist = std::path::PathBuf::from(std::env::var_os("ASR_DIST").unwrap());
    let files = std::fs::read_dir(dist).unwrap().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let workers: Vec<(&'static str, Fault)> = names
        .filter(|name| name.starts_with("worker-"))
        .map(|name| (&*name.leak(), Fault::Status(404)))
        .collect();
    assert_eq!(workers.len(), 3, "{workers:?}");
    let options = Options {
        fragment: format!("{QUIET}#view=lessons&lesson=ctc-collapse"),
        faults: workers,
        console_errors_expected: true,
        ..Options::default()
    };
    with_page("collapse", options, async |page| {
        page.wait_for_value("collapse-text", "hello").await;
        for (path, text) in [
            ("bb_oo_o_k", "book"),
            ("book", "bok"),
            ("a__a b", "aa b"),
            ("___", ""),
        ] {
            page.fill("collapse-path", path).await;
            page.wait_for_value("collapse-text", text).await;
        }
        page.fill("collapse-path", "aab").await;
        assert!(
            page.text("collapse-count")
                .await
                .contains("5 paths read as “ab”")
        );
        page.slide("collapse-rows", 2).await;
        page.wait_for_value("collapse-text", "a").await;
        // These need no worker either.
        page.open_lesson("sum-over-paths").await;
        assert!(page.text("toy-verdict").await.starts_with("They disagree"));
        page.slide("toy-probability", 15).await;
        assert!(
            page.text("toy-verdict")
                .await
                .contains("and so does the sum")
        );
        page.open_lesson("error-rates").await;
        page.wait_for_value("dp-wer", "66.7%").await;
    })
    .await;
}

#[tokio::test]
async fn the_error_rate_is_the_hand_computed_one() {
    with_page(
        "wer-by-hand",
        quiet("#view=lessons&lesson=error-rates"),
        async |page| {
            // Against "one two three four": "one tow three for five" has two substitutions and one
            // insertion; of 18 characters, wo→ow is two substitutions, "u" is deleted, " five" inserted.
            page.fill("dp-said", "One two three, four.").await;
            page.fill("dp-heard", "one tow three for five").await;
            page.wait_for_value("dp-wer", "75.0%").await;
            page.wait_for_value("dp-counts", "(2 + 0 + 1) ÷ 4").await;
            page.wait_for_value("dp-cer", "44.4%").await;
            // Row 1, column 2 of the matrix: "one" against "tow" is cell 6 + 3.
            page.slide("dp-step", 9).await;
            page.wait_until("the cell is explained", PATIENCE, async || {
                let words = page.text("dp-words").await;
                words
                    .contains("“one” ≠ “tow”: min of corner 1 + 1, above 2 + 1, left 0 + 1 = 1.")
                    .then_some(())
            })
            .await;
            page.fill("dp-said", "...").await;
            page.wait_for_value("dp-wer", "undefined").await;
        },
    )
    .await;
}

#[tokio::test]
async fn the_mel_sliders_change_the_picture() {
    with_page(
        "mel",
        quiet("#view=lessons&lesson=mel-spectrogram"),
        async |page| {
            page.wait_for_state("ready").await;
            page.click("lesson-run-clip").await;
            page.wait_for_state("finished").await;
            // 3.31 s: 1 + (n − 400) / 160 frames.
            let mut seen = vec![page.other_value("mel-picture", "").await];
            page.wait_until("all of it is drawn", PATIENCE, async || {
                let value = page.attribute("mel-picture", "data-value").await?;
                let frames: usize = value.split(' ').next()?.parse().ok()?;
                (value.ends_with(" x 80") && (325..332).contains(&frames)).then_some(())
            })
            .await;
            let mut pictures = vec![page.pixels("mel-picture").await];
            for (slider, position) in [
                ("mel-n-mels", 1),
                ("mel-hop", 0),
                ("mel-window", 6),
                ("mel-n-fft", 4),
            ] {
                page.slide(slider, position).await;
                let last = pictures.last().unwrap().clone();
                let other = page
                    .wait_until(
                        &format!("{slider} changes the picture"),
                        PATIENCE,
                        async || {
                            let pixels = page.pixels("mel-picture").await;
                            (pixels != last).then_some(pixels)
                        },
                    )
                    .await;
                pictures.push(other);
                seen.push(page.attribute("mel-picture", "data-value").await.unwrap());
            }
            page.wait_for_value("mel-bands", "16").await;
            page.wait_for_value("mel-window-ms", "128.0 ms").await;
        },
    )
    .await;
}

#[tokio::test]
async fn lessons_measure_the_take() {
    with_page(
        "lessons-measure",
        quiet("#view=lessons&lesson=sum-over-paths"),
        async |page| {
            page.wait_for_state("ready").await;
            run_clip(page, "digits.flac").await;
            let number = async |testid: &str| -> f64 {
                let shown = page.attribute(testid, "data-value").await.unwrap();
                shown.replace('−', "-").parse().unwrap()
            };
            page.find("trellis").await;
            let (sum, best) = (number("trellis-sum").await, number("trellis-best").await);
            assert!(best < sum && sum < 0.0, "{best} of {sum}");
            // Another text in these rows is less likely.
            page.fill("trellis-text", "queue").await;
            page.wait_for_value("trellis", "queue").await;
            assert!(number("trellis-sum").await < sum);

            page.open_lesson("beam-width").await;
            page.wait_for_outcomes("widths", 9).await;

            page.open_lesson("whiteboard").await;
            for function in [
                "compute_wer",
                "greedy_ctc_decode",
                "extract_mel_spectrogram",
                "prefix_beam_search",
            ] {
                page.click(&format!("board-choose-{function}")).await;
                page.wait_for_value(&format!("board-{function}"), "same")
                    .await;
            }

            page.open_lesson("design").await;
            page.fill("keyword-phrase", "four").await;
            page.wait_until("four is found", PATIENCE, async || {
                page.text("keyword-words")
                    .await
                    .starts_with("Found at 0:0")
                    .then_some(())
            })
            .await;
            page.fill("keyword-phrase", "january").await;
            page.wait_until("january is not", PATIENCE, async || {
                page.text("keyword-words")
                    .await
                    .starts_with("Not found")
                    .then_some(())
            })
            .await;
            let listeners = number("cost-listeners").await;
            page.slide("cost-cores", 3).await;
            page.wait_until("eight cores serve more", PATIENCE, async || {
                (number("cost-listeners").await >= 8.0 * listeners).then_some(())
            })
            .await;
        },
    )
    .await;
}

/// The score of a word is of its own rows: there the best path of what greedy decoding wrote
/// is the path of the likeliest tokens, and no neighbour's letter is called a blank.
#[tokio::test]
async fn a_word_is_summed_over_its_own_rows() {
    let fragment = "#view=lessons&lesson=sum-over-paths";
    with_page("lessons-rows", quiet(fragment), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let (log_probs, columns) = log_probs_of(&clip("sentence.flac"), &with(DecoderKind::Greedy));
        let best_of_row: Vec<f64> = log_probs
            .chunks_exact(columns)
            .map(|row| f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max)))
            .collect();
        let words = page
            .script(
                "return [...document.querySelectorAll('[aria-label=\"Word of the take\"] button')].map(b => b.textContent)",
                Vec::new(),
            )
            .await;
        let words: Vec<String> = serde_json::from_value(words).unwrap();
        assert!(words.len() >= 4, "{words:?}");
        let mut last_end = 0;
        for (index, word) in words.iter().enumerate() {
            page.script(
                "document.querySelectorAll('[aria-label=\"Word of the take\"] button')[arguments[0]].click()",
                vec![json!(index)],
            )
            .await;
            let rows = async |name: &str| -> Option<usize> {
                page.attribute("trellis", name).await?.parse().ok()
            };
            let (first, count) = page
                .wait_until(word, PATIENCE, async || {
                    let shown = page.attribute("trellis", "data-value").await?;
                    let rows = (rows("data-first-row").await?, rows("data-rows").await?);
                    (shown == *word && rows.0 >= last_end).then_some(rows)
                })
                .await;
            last_end = first + count;
            let shown = page.attribute("trellis-best", "data-value").await.unwrap();
            let shown: f64 = shown.replace('−', "-").parse().unwrap();
            let best: f64 = best_of_row[first..last_end].iter().sum();
            assert!((shown - best).abs() < 0.05, "{word}: {shown}, and {best} of rows {first} to {last_end}");
        }
    })
    .await;
}

#[tokio::test]
async fn trials_compare_settings_and_put_them_back() {
    with_page(
        "lessons-trials",
        quiet("#view=lessons&lesson=language-model"),
        async |page| {
            page.wait_for_state("ready").await;
            run_clip(page, "telephone.flac").await;
            let hash = page.script("return location.hash", Vec::new()).await;
            for (slug, button, table, outcomes) in [
                ("language-model", "lm-run", "lm-outcomes", 3),
                ("streaming", "streaming-run", "streaming-outcomes", 3),
                ("flicker", "flicker-run", "flicker-outcomes", 4),
            ] {
                page.open_lesson(slug).await;
                page.wait_until("trials can start", PATIENCE, async || {
                    page.find(button)
                        .await
                        .is_enabled()
                        .await
                        .unwrap()
                        .then_some(())
                })
                .await;
                page.click(button).await;
                page.wait_for_outcomes(table, outcomes).await;
                page.wait_for_state("finished").await;
                page.screenshot(&format!("lesson-{slug}-measured"), 1440)
                    .await;
                let numbers = page.text(table).await;
                assert!(
                    numbers.matches(char::is_numeric).count() > 2 * outcomes,
                    "{numbers}"
                );
            }
            page.open_lesson("language-model").await;
            page.wait_until("the settings of before are back", PATIENCE, async || {
                (page.script("return location.hash", Vec::new()).await == hash).then_some(())
            })
            .await;
            assert_eq!(
                page.attribute("lm-nbest", "data-value").await.as_deref(),
                Some("0")
            );
            page.click("lm-choose-beam+lm").await;
            page.wait_for_state("finished").await;
            page.other_value("lm-nbest", "0").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_lesson_hears_a_voice() {
    let bytes = std::fs::read(clip("digits.flac")).unwrap();
    let audio = asr_playground::audio::decode_file("digits.flac", &bytes).unwrap();
    let recording = wav::write(
        "lesson-voice.wav",
        audio.samples.iter().copied(),
        audio.sample_rate_hz,
    );
    let options = Options {
        microphone: Microphone::Hears(recording),
        ..quiet("#view=lessons&lesson=flicker")
    };
    with_page("lesson-voice", options, async |page| {
        page.wait_for_state("ready").await;
        page.click("lesson-record").await;
        page.wait_for_state("recording").await;
        page.other_value("flicker-log", "0").await;
        page.click("lesson-record").await;
        page.wait_for_state("finished").await;
        assert!(page.text("lesson-sound").await.contains("your voice"));
    })
    .await;
}

#[tokio::test]
async fn lessons_fit_every_width() {
    with_page("lessons-looks", quiet("#view=lessons"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "quiet.flac").await;
        for slug in LESSONS {
            page.open_lesson(slug).await;
            for (width, dark) in [(360, false), (768, true), (1440, false)] {
                page.prefer_dark(dark).await;
                page.resize(width, 900).await;
                let fits = page.script(FITS, Vec::new()).await;
                assert_eq!(fits, json!(true), "{slug} at {width} px");
                page.screenshot(&format!("lesson-{slug}-{width}"), width)
                    .await;
            }
        }
        page.click("presets").await;
        page.screenshot("presets-1440", 1440).await;
        page.screenshot("presets-360", 360).await;
        assert_eq!(page.script(FITS, Vec::new()).await, json!(true), "the menu");
    })
    .await;
}
