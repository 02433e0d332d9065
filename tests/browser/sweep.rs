//! A sweep over bundled clips: progress, plots, table, files, cancelling, and that nothing
//! of it disturbs the take in view.

mod beside;

use std::time::Duration;

use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::{ErrorCounts, word_errors};
use asr_playground::model::Lookahead;
use serde_json::{Value, json};

use super::harness::{Page, temporary, with_page};
use super::native::{at, clip, text_of_file};
use super::recognition::{committed, quiet, run_clip};

/// Loading a second recogniser, on a machine with other things to do.
const PATIENCE: Duration = Duration::from_mins(2);

/// Three lookaheads, greedy: three settings.
const THREE: &str = "#view=sweep&sweep=0,320,1280;greedy;8;0.5;1;on;on";

const CLIPS: [(&str, &str); 2] = [
    ("digits.flac", "enter four five eight"),
    (
        "sentence.flac",
        "the house stood on a hill and the door was open",
    ),
];

/// What the sweep's part of the page does.
struct SweepPage<'a>(&'a Page);

impl SweepPage<'_> {
    /// Chooses these bundled clips and no others.
    async fn choose_clips(&self, files: &[&str]) {
        self.0.find("sweep-clips").await;
        self.0
            .wait_until("the clips are listed", PATIENCE, async || {
                let listed = self
                    .0
                    .script(
                        "return document.querySelectorAll('[data-testid=sweep-clips] input').length",
                        Vec::new(),
                    )
                    .await;
                (listed.as_u64() > Some(5)).then_some(())
            })
            .await;
        self.0.click("sweep-no-clips").await;
        for file in files {
            self.0.choose("sweep-clips", file).await;
        }
    }

    async fn state(&self) -> String {
        self.0
            .attribute("sweep-state", "data-value")
            .await
            .unwrap_or_default()
    }

    async fn wait_for(&self, wanted: &str) {
        self.0
            .wait_until(&format!("the sweep is {wanted}"), PATIENCE, async || {
                (self.state().await == wanted).then_some(())
            })
            .await;
    }

    /// Runs to the end; gives every share that the progress showed.
    async fn run(&self) -> Vec<f64> {
        self.0
            .script(
                "window.shares = []; \
                 const bar = document.querySelector('[data-testid=sweep-progress]'); \
                 new MutationObserver(() => shares.push(bar.dataset.value)) \
                   .observe(bar, {attributes: true, attributeFilter: ['data-value']})",
                Vec::new(),
            )
            .await;
        self.0.click("sweep-run").await;
        self.wait_for("idle").await;
        let shares = self.0.script("return shares", Vec::new()).await;
        let shares = shares.as_array().cloned().unwrap_or_default();
        shares
            .iter()
            .filter_map(|share| share.as_str()?.parse().ok())
            .collect()
    }

    /// Values of a column as the document has them, from top to bottom of the table.
    async fn cells(&self, name: &str) -> Vec<String> {
        let values = self
            .0
            .script(
                "return [...document.querySelectorAll(`[data-testid=sweep-row] [data-column='${arguments[0]}']`)] \
                 .map(cell => cell.dataset.value)",
                vec![json!(name)],
            )
            .await;
        serde_json::from_value(values).expect("words")
    }

    /// The same as numbers.
    async fn column(&self, name: &str) -> Vec<f64> {
        let cells = self.cells(name).await;
        let numbers = cells.iter().map(|cell| cell.parse().expect("a number"));
        numbers.collect()
    }

    /// The attributes of a plot's points, left to right.
    async fn points(&self, cost: &str) -> Vec<(u64, bool, bool)> {
        let points = self
            .0
            .script(
                "return [...document.querySelectorAll(`[data-testid='sweep-plot-${arguments[0]}'] [data-testid=sweep-point]`)] \
                 .map(p => [Number(p.dataset.value), p.dataset.front === 'true', p.dataset.current === 'true'])",
                vec![json!(cost)],
            )
            .await;
        serde_json::from_value(points).expect("points")
    }

    /// Remembers the files that the page saves, instead of saving them.
    async fn catch_files(&self) {
        self.0
            .script(
                "window.saved = {}; const blobs = new Map(); \
                 const make = URL.createObjectURL; \
                 URL.createObjectURL = blob => { const url = make.call(URL, blob); blobs.set(url, blob); return url }; \
                 HTMLAnchorElement.prototype.click = function () { saved[this.download] = blobs.get(this.href) }",
                Vec::new(),
            )
            .await;
    }

    /// A saved file's text, or for a picture its first bytes.
    async fn saved(&self, name: &str) -> String {
        let text = self
            .0
            .wait_until(&format!("{name} is saved"), PATIENCE, async || {
                let text = self
                    .0
                    .script_async(
                        "const blob = saved[arguments[0]]; return blob ? await blob.text() : null",
                        vec![json!(name)],
                    )
                    .await;
                text.as_str().map(str::to_owned)
            })
            .await;
        assert!(!text.is_empty(), "{name} is empty");
        text
    }
}

/// The error rate that the native library gives over [`CLIPS`].
fn native_wer(lookahead: Lookahead) -> f64 {
    let errors = CLIPS.iter().map(|(file, reference)| {
        let text = text_of_file(&clip(file), &at(lookahead));
        word_errors(&normalise(reference), &normalise(&text))
    });
    errors.sum::<ErrorCounts>().rate().expect("words")
}

#[tokio::test]
async fn a_sweep_gives_the_native_rates_and_leaves_the_take_alone() {
    with_page("sweep", quiet(THREE), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "telephone.flac").await;
        let (_, take) = page.state().await;
        page.click("view-listen").await;
        let before = committed(page).await;
        page.click("view-sweep").await;

        let sweep = SweepPage(page);
        sweep.choose_clips(&CLIPS.map(|(file, _)| file)).await;
        let sum = page.text("sweep-sum").await;
        assert!(sum.contains("3 settings × 2 clips"), "{sum}");
        let shares = sweep.run().await;
        assert!(shares.is_sorted(), "{shares:?}");
        assert!(shares.iter().any(|share| *share > 0.0 && *share < 1.0), "{shares:?}");
        assert!(!page.has("sweep-failed").await);
        assert!(!page.has("sweep-left-out").await);

        // Figures as the native library has them.
        let expected = [0, 320, 1280].map(|ms| native_wer(Lookahead::Ms(ms)));
        assert_eq!(sweep.column("wer").await, expected);
        let latencies = sweep.column("perceived_p95_ms").await;
        assert!(latencies.is_sorted() && latencies[0] > 0.0, "{latencies:?}");

        // A point a setting in both plots, and somebody on each front.
        for cost in ["latency", "compute"] {
            let points = sweep.points(cost).await;
            let mut rows: Vec<u64> = points.iter().map(|(row, ..)| *row).collect();
            rows.sort_unstable();
            assert_eq!(rows, [0, 1, 2], "{cost}");
            assert!(points.iter().any(|(_, front, _)| *front), "{cost}");
            let now: Vec<u64> = points.iter().filter(|p| p.2).map(|p| p.0).collect();
            assert_eq!(now, [1], "320 ms and greedy is what is set");
        }

        // The take in view is as it was.
        assert_eq!(page.state().await, ("finished".to_owned(), take));
        page.click("view-listen").await;
        assert_eq!(committed(page).await, before);
        page.click("view-sweep").await;
        assert_eq!(sweep.column("wer").await, expected, "kept while away");

        // A click loads the setting; the take is recognised with it.
        page.script(
            "document.querySelector(\"[data-testid='sweep-plot-latency'] [data-testid=sweep-point][data-value='2']\") \
             .dispatchEvent(new MouseEvent('click', {bubbles: true}))",
            Vec::new(),
        )
        .await;
        let hash = page.script("return location.hash", Vec::new()).await;
        assert!(hash.as_str().unwrap().contains("&lookahead=1280"), "{hash}");
        page.wait_for_state("finished").await;
        let points = sweep.points("latency").await;
        assert!(points.iter().all(|(row, _, now)| *now == (*row == 2)));
        page.click("view-listen").await;
        let text = text_of_file(&clip("telephone.flac"), &at(Lookahead::Ms(1280)));
        assert_eq!(committed(page).await, text);
    })
    .await;
}

#[tokio::test]
async fn the_files_say_what_the_table_says() {
    with_page("sweep-files", quiet(THREE), async |page| {
        page.wait_for_state("ready").await;
        let sweep = SweepPage(page);
        sweep.choose_clips(&CLIPS.map(|(file, _)| file)).await;
        sweep.run().await;
        sweep.catch_files().await;

        page.click("sweep-csv").await;
        let csv = sweep.saved("sweep.csv").await;
        let mut lines = csv.lines();
        let heads: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), 3);
        let of_csv = |name: &str| -> Vec<String> {
            let at = heads.iter().position(|head| *head == name).unwrap();
            rows.iter().map(|row| row[at].to_owned()).collect()
        };
        for name in [
            "wer",
            "cer",
            "oracle_wer",
            "perceived_p50_ms",
            "perceived_p95_ms",
            "compute_ms_per_s",
            "flickers_per_minute",
        ] {
            let shown = sweep.cells(name).await;
            assert_eq!(of_csv(name), shown, "{name}");
        }
        let front: Vec<bool> = {
            let mut points = sweep.points("latency").await;
            points.sort_unstable();
            points.iter().map(|(_, front, _)| *front).collect()
        };
        let written: Vec<bool> = of_csv("pareto_latency")
            .iter()
            .map(|w| w == "true")
            .collect();
        assert_eq!(written, front);

        page.click("sweep-json").await;
        let json: Value = serde_json::from_str(&sweep.saved("sweep.json").await).unwrap();
        assert_eq!(json[2]["setting"]["lookahead_ms"], 1280);
        let wer = json[0]["wer"].as_f64().unwrap();
        assert!((wer - sweep.column("wer").await[0]).abs() < 1e-12, "{wer}");

        page.click("sweep-svg").await;
        let svg = sweep.saved("sweep-latency.svg").await;
        assert!(svg.contains("320 ms") && svg.contains("2 clips"), "{svg}");
        page.click("sweep-png").await;
        assert!(sweep.saved("sweep-compute.png").await.contains("PNG"));

        // The table sorts both ways, and says so.
        page.click("sweep-sort-perceived_p95_ms").await;
        assert!(sweep.column("perceived_p95_ms").await.is_sorted());
        page.click("sweep-sort-perceived_p95_ms").await;
        assert!(
            sweep
                .column("perceived_p95_ms")
                .await
                .iter()
                .rev()
                .is_sorted()
        );
    })
    .await;
}

#[tokio::test]
async fn files_with_transcripts_are_swept_and_bad_ones_named() {
    with_page("sweep-own", quiet(THREE), async |page| {
        page.wait_for_state("ready").await;
        let sweep = SweepPage(page);
        sweep.choose_clips(&[]).await;
        assert!(
            page.text("sweep-refused")
                .await
                .contains("at least one clip")
        );

        let folder = temporary("own");
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str| folder.join(name);
        std::fs::copy(clip("digits.flac"), file("one.flac")).unwrap();
        std::fs::write(file("two.wav"), "minutes of a meeting").unwrap();
        std::fs::write(
            file("all.tsv"),
            "one.flac\tenter four five eight\ntwo.wav\tnothing\n",
        )
        .unwrap();
        for name in ["one.flac", "two.wav", "all.tsv"] {
            page.choose_file("sweep-files", &file(name)).await;
        }
        page.wait_until("both can be judged", PATIENCE, async || {
            let sum = page.text("sweep-sum").await;
            sum.contains("3 settings × 2 clips").then_some(())
        })
        .await;
        sweep.run().await;
        let left_out = page.text("sweep-left-out").await;
        assert!(
            left_out.contains("two.wav") && left_out.contains("not audio"),
            "{left_out}"
        );
        assert_eq!(sweep.column("wer").await.len(), 3);
        assert!(page.text("sweep-summary").await.contains("1 clip, 4 words"));
    })
    .await;
}

#[tokio::test]
async fn a_sweep_is_cancelled_and_a_crash_is_mended() {
    with_page("sweep-cancel", quiet(""), async |page| {
        page.cdp(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": "const Plain = Worker; window.workers = []; \
                window.Worker = function (...args) { const w = new Plain(...args); workers.push(w); return w; }"}),
        )
        .await;
        page.go("?autorun=off&pace=fast#view=sweep&sweep=0,320;beam;64,128;0.5;1;on;on").await;
        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        let sweep = SweepPage(page);
        sweep.choose_clips(&["digits.flac", "story.opus", "commands.opus", "hall.opus"]).await;
        page.click("sweep-run").await;
        sweep.wait_for("running").await;
        page.wait_until("the first clip is done", PATIENCE, async || {
            page.has("sweep-row").await.then_some(())
        })
        .await;
        page.click("sweep-cancel").await;
        sweep.wait_for("idle").await;
        let summary = page.text("sweep-summary").await;
        assert!(summary.contains("So far: ") && summary.contains("of 4 clips"), "{summary}");

        // The same worker runs the next one; the page has two.
        page.click("sweep-run").await;
        sweep.wait_for("running").await;
        assert_eq!(page.script("return workers.length", Vec::new()).await, json!(2));
        page.script(
            "workers[1].dispatchEvent(new ErrorEvent('error', {message: 'unreachable executed'}))",
            Vec::new(),
        )
        .await;
        sweep.wait_for("failed").await;
        let words = page.text("sweep-failed").await;
        assert!(words.contains("unreachable executed"), "{words}");
        assert_eq!(page.state().await.0, "ready", "the page's own worker is well");
        sweep.choose_clips(&["digits.flac"]).await;
        page.click("sweep-run").await;
        sweep.wait_for("running").await;
        sweep.wait_for("idle").await;
        assert!(page.text("sweep-summary").await.contains("4 settings over 1 clip"));
        assert_eq!(page.script("return workers.length", Vec::new()).await, json!(3));
    })
    .await;
}
