//! The beam inspector and the matrix of costs, on a bundled clip.

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use serde_json::{Value, json};

use super::harness::{Page, with_page};
use super::looks::FITS;
use super::native::{clip, text_of_file, with};
use super::recognition::{committed, quiet, run_clip};

const CLIP: &str = "sentence.flac";
/// Numbers are shown to two places; what is added up of them may be off by half of the
/// last one each.
const HALF_OF_LAST: f64 = 0.005;

/// The view with the clip's rows in it.
async fn open(page: &Page) {
    page.wait_for_state("ready").await;
    run_clip(page, CLIP).await;
    page.find("inspector-row").await;
    page.wait_until("a row is here", Duration::from_secs(30), async || {
        page.has("hypothesis").await.then_some(())
    })
    .await;
}

/// The row in view, once what is shown is of this row.
async fn row(page: &Page) -> u32 {
    let value = page.attribute("inspector-row", "data-value").await;
    value.and_then(|value| value.parse().ok()).expect("a row")
}

/// Goes to a row by the slider, and waits until its hypotheses are here.
async fn go(page: &Page, wanted: u32) {
    page.slide("inspector-row", wanted).await;
    page.wait_for_value("inspector-row", &wanted.to_string())
        .await;
    page.wait_until("the row is here", Duration::from_secs(30), async || {
        let here = page.attribute("beam-tree", "data-row").await;
        (here == Some(wanted.to_string())).then_some(())
    })
    .await;
}

/// What the elements of a kind say, as a person reads it.
async fn all(page: &Page, testid: &str) -> Vec<String> {
    let texts = page
        .script(
            "return [...document.querySelectorAll(`[data-testid='${arguments[0]}']`)].map(e => e.textContent.trim())",
            vec![json!(testid)],
        )
        .await;
    strings(&texts)
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().expect("a list");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    list.iter().map(text).collect()
}

/// Texts and fates of the lines.
async fn hypotheses(page: &Page) -> Vec<(String, String)> {
    let lines = page
        .script(
            "return [...document.querySelectorAll('[data-testid=hypothesis]')].map(e => [e.dataset.value, e.dataset.fate])",
            Vec::new(),
        )
        .await;
    let lines = lines.as_array().expect("a list").iter().map(strings);
    lines.map(|l| (l[0].clone(), l[1].clone())).collect()
}

/// A number with the page's minus sign.
fn number(text: &str) -> f64 {
    if text == "−∞" {
        return f64::NEG_INFINITY;
    }
    let text = text.replace('−', "-").replace(' ', "");
    text.trim_start_matches('+')
        .parse()
        .unwrap_or_else(|_| panic!("“{text}” is no number"))
}

fn log_sum(values: impl Iterator<Item = f64>) -> f64 {
    values.map(f64::exp).sum::<f64>().ln()
}

fn near(shown: f64, computed: f64, rounded: usize, what: &str) {
    let slack = HALF_OF_LAST * (rounded as f64 + 1.0) + 1e-9;
    assert!(
        shown.total_cmp(&computed).is_eq() || (shown - computed).abs() <= slack,
        "{what}: {shown} is shown, {computed} comes out"
    );
}

/// Adds up what the account shows; says how many terms it had, and whether one of them
/// joined two sums.
async fn account_adds_up(page: &Page) -> (usize, bool) {
    let (from, ln, value) = (
        all(page, "term-from").await,
        all(page, "term-ln").await,
        all(page, "term-value").await,
    );
    assert_eq!((from.len(), ln.len()), (value.len(), value.len()));
    let mut joined = false;
    for ((from, ln), value) in from.iter().zip(&ln).zip(&value) {
        let sums: Vec<f64> = from
            .trim_matches(['(', ')'])
            .split('⊕')
            .map(|sum| number(sum.trim()))
            .collect();
        joined |= sums.len() == 2;
        let computed = log_sum(sums.into_iter()) + number(ln);
        near(number(value), computed, 3, &format!("{from} + {ln}"));
    }
    let acoustic = number(&page.text("acoustic").await);
    let terms = value.iter().map(|value| number(value));
    near(acoustic, log_sum(terms), 1, "the acoustic score");
    let parts: f64 = all(page, "part").await.iter().map(|p| number(p)).sum();
    let total = number(&page.text("total").await);
    near(total, acoustic + parts, 5, "the total");
    (value.len(), joined)
}

#[tokio::test]
async fn the_rows_are_stepped_through_and_add_up() {
    with_page(
        "inspector",
        quiet("#view=beam&decoder=beam+lm"),
        async |page| {
            page.wait_for_state("ready").await;
            page.wait_for_value("language-model", "ready").await;
            open(page).await;
            // The view opens where something is said; steps and jumps change what is there.
            let start = row(page).await;
            assert!(start > 0);
            go(page, start).await;
            let (mut seen, mut most, mut joined) = (Vec::new(), 0, false);
            for _ in 0..12 {
                page.click("row-next").await;
                let at = row(page).await;
                go(page, at).await;
                seen.push(hypotheses(page).await);
                let (terms, two) = account_adds_up(page).await;
                (most, joined) = (most.max(terms), joined || two);
            }
            assert_eq!(row(page).await, start + 12);
            seen.dedup();
            assert!(seen.len() > 6, "stepping changes the hypotheses: {seen:?}");
            assert!(most > 1, "a hypothesis is reached in several ways");
            assert!(joined, "both sums go on");
            // A pruned candidate adds up as well, and says why it was pruned. Rows in which all
            // is certain prune nothing.
            while hypotheses(page)
                .await
                .iter()
                .all(|(_, fate)| fate == "kept")
            {
                page.click("next-letter").await;
                let at = row(page).await;
                go(page, at).await;
            }
            page.script(
                "document.querySelector('[data-testid=hypothesis]:not([data-fate=kept])').click()",
                Vec::new(),
            )
            .await;
            account_adds_up(page).await;
            let fate = page.text("account-fate").await;
            assert!(fate.starts_with("pruned:"), "{fate}");
            let parts = all(page, "part").await;
            assert!(parts.iter().any(|part| number(part) != 0.0), "{parts:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn rows_are_scrubbed_by_keyboard_with_the_playhead() {
    with_page("inspector-keys", quiet("#view=beam&decoder=beam"), async |page| {
        open(page).await;
        go(page, 78).await;
        let slider = page.find("inspector-row").await;
        slider.send_keys("\u{e014}\u{e014}").await.unwrap(); // right
        page.wait_for_value("inspector-row", "80").await;
        slider.send_keys("\u{e012}").await.unwrap(); // left
        page.wait_for_value("inspector-row", "79").await;
        // In the tree, down chooses and right steps.
        let tree = page.find("beam-tree").await;
        let before = page.attribute("account-text", "data-value").await;
        tree.send_keys("\u{e015}").await.unwrap();
        page.wait_until("another is chosen", Duration::from_secs(5), async || {
            let now = page.attribute("account-text", "data-value").await;
            (now != before).then_some(())
        })
        .await;
        tree.send_keys("\u{e014}").await.unwrap();
        page.wait_for_value("inspector-row", "80").await;
        // The jump goes to a row after which the best is another.
        let best = |page: &Page| {
            let script = "return document.querySelector('[data-testid=hypothesis][data-rank=\"0\"]').dataset.value";
            let page = page.client.clone();
            async move { page.execute(script, Vec::new()).await.unwrap() }
        };
        page.click("next-change").await;
        let at = row(page).await;
        assert!(at > 80);
        go(page, at - 1).await;
        let earlier = best(page).await;
        go(page, at).await;
        assert_ne!(best(page).await, earlier);
        // The playhead of the other views is the row's: 20 ms a row, and its middle.
        page.click("view-listen").await;
        let seconds = page
            .script("return document.querySelector('[data-testid=spectrogram]').getAttribute('aria-valuenow')", Vec::new())
            .await;
        let expected = format!("{:.1}", f64::from(at * 320 + 160) / 16_000.0);
        assert_eq!(seconds, json!(expected));
        page.script(
            "document.querySelector('[data-testid=spectrogram]').dispatchEvent(new KeyboardEvent('keydown', {key: 'Home', bubbles: true}))",
            Vec::new(),
        )
        .await;
        page.click("view-beam").await;
        page.wait_for_value("inspector-row", "0").await;
    })
    .await;
}

#[tokio::test]
async fn the_last_row_says_what_the_transcript_says() {
    with_page("inspector-end", quiet("#view=beam&decoder=beam"), async |page| {
        open(page).await;
        let last = page.property("inspector-row", "max").await.unwrap();
        go(page, last.parse().unwrap()).await;
        let spoken = page.attribute("inspector-row", "aria-valuetext").await.unwrap();
        let committed_words = page.text("committed-words").await;
        let best = page
            .script(
                "return document.querySelector('[data-testid=hypothesis][data-rank=\"0\"]').dataset.value",
                Vec::new(),
            )
            .await;
        let best = best.as_str().unwrap();
        let words = committed_words.strip_prefix("Committed before this row: ").unwrap();
        let words = if words == "nothing yet." { "" } else { words };
        let text = format!("{words} {best}");
        let collapsed = page.attribute("collapsed", "data-value").await.unwrap();
        page.click("view-listen").await;
        // The gate leaves out words that are not speech; in this clip there are none.
        let transcript = committed(page).await;
        assert_eq!(text.trim(), transcript);
        assert!(spoken.ends_with(&transcript[transcript.len() - 20..]), "{spoken}");
        assert_eq!(transcript, text_of_file(&clip(CLIP), &with(DecoderKind::Beam)));
        // The likeliest path is greedy's.
        let greedy = text_of_file(&clip(CLIP), &with(DecoderKind::Greedy));
        assert_eq!(collapsed.trim(), greedy);
    })
    .await;
}

#[tokio::test]
async fn settings_change_what_is_inspected() {
    with_page(
        "inspector-settings",
        quiet("#view=beam&decoder=beam"),
        async |page| {
            open(page).await;
            go(page, 80).await;
            let kept = async || {
                let lines = hypotheses(page).await;
                lines.iter().filter(|(_, fate)| fate == "kept").count()
            };
            assert_eq!(kept().await, 8);
            // 2 hypotheses.
            page.slide("beam-width", 1).await;
            page.wait_for_state("finished").await;
            page.wait_until("two are kept", Duration::from_secs(10), async || {
                (kept().await == 2).then_some(())
            })
            .await;
            assert_eq!(row(page).await, 80);
            // 128, of which a few are shown, and as many as wanted.
            page.slide("beam-width", 7).await;
            page.wait_for_state("finished").await;
            let hidden = page
                .wait_until("some are hidden", Duration::from_secs(10), async || {
                    let words = page.text("tree-hidden").await;
                    let (_, rest) = words.split_once("Not shown: ")?;
                    let (kept, _) = rest.split_once(" more kept")?;
                    kept.parse::<usize>().ok()
                })
                .await;
            assert_eq!(kept().await, 8);
            page.select("shown", "128").await;
            page.wait_until("all are shown", Duration::from_secs(10), async || {
                (kept().await == 8 + hidden).then_some(())
            })
            .await;
            for width in [360, 768, 1440] {
                page.resize(width, 900).await;
                assert_eq!(
                    page.script(FITS, Vec::new()).await,
                    json!(true),
                    "at {width} px"
                );
            }
            // Greedy has no beam, and the page says whose it shows.
            page.choose("decoder", "greedy").await;
            page.wait_for_state("finished").await;
            assert!(page.text("inspector").await.contains("set to greedy"));
        },
    )
    .await;
}

#[tokio::test]
async fn the_matrix_ends_in_the_errors_of_the_rate() {
    with_page("matrix", quiet("#decoder=beam"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, CLIP).await;
        page.script(
            "document.querySelector('[data-testid=matrix] > summary').click()",
            Vec::new(),
        )
        .await;
        let cells = page.find("matrix-cells").await;
        let size = async |name: &str| -> usize {
            let value = page.attribute("matrix-cells", name).await;
            value.and_then(|v| v.parse().ok()).expect("a size")
        };
        let (rows, columns) = (size("data-rows").await, size("data-columns").await);
        let reference = page.property("reference", "value").await.unwrap();
        assert_eq!(rows, reference.split_whitespace().count() + 1);
        assert_eq!(columns, committed(page).await.split_whitespace().count() + 1);
        // (S 6 + D 0 + I 1) ÷ N 11
        let formula = page
            .script(
                "return document.querySelector('[data-testid=wer]').parentElement.querySelector('.rate-formula').textContent",
                Vec::new(),
            )
            .await;
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let counts: Vec<usize> = formula
            .as_str()
            .unwrap()
            .split(['+', '÷'])
            .map(|part| digits(part).parse().unwrap())
            .collect();
        assert_eq!(counts.len(), 4, "{formula}");
        let cell = async |row: usize, column: usize| {
            let script = "const cell = document.getElementById(`cost-${arguments[0]}-${arguments[1]}`); \
                return [cell.firstChild.textContent, cell.dataset.edit ?? '']";
            strings(&page.script(script, vec![json!(row), json!(column)]).await)
        };
        let last = cell(rows - 1, columns - 1).await;
        let errors = counts[0] + counts[1] + counts[2];
        assert_eq!(last[0], errors.to_string());
        assert!(errors > 0);
        // The path has the rate's letters.
        let letters = page
            .script(
                "return [...document.querySelectorAll('[data-testid=matrix-cells] td[data-edit]')].map(e => e.dataset.edit)",
                Vec::new(),
            )
            .await;
        let letters = strings(&letters);
        for (letter, count) in ["S", "D", "I"].into_iter().zip(&counts) {
            let found = letters.iter().filter(|l| *l == letter).count();
            assert_eq!(found, *count, "{letter}");
        }
        // By keyboard: to the corner, one back, and the cell explains itself.
        cells.send_keys("\u{e010}\u{e012}").await.unwrap(); // end, left
        let beside = cell(rows - 1, columns - 2).await;
        page.wait_until("the cell explains itself", Duration::from_secs(5), async || {
            let words = page.text("matrix-words").await;
            (words.contains("min(") && words.contains(&format!("= {}", beside[0]))).then_some(())
        })
        .await;
        for width in [360, 1440] {
            page.resize(width, 900).await;
            assert_eq!(page.script(FITS, Vec::new()).await, json!(true), "at {width} px");
        }
        // Too much for a matrix is said in a sentence.
        page.fill("reference", &"word ".repeat(1500)).await;
        page.wait_until("it says that it is too large", Duration::from_secs(10), async || {
            let hint = page.has("matrix-hint").await;
            (hint && page.text("matrix-hint").await.contains("1501 ×")).then_some(())
        })
        .await;
    })
    .await;
}
