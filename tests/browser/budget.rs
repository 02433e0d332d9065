//! How much is fetched, how much work stands before the page is of use, and how long it keeps
//! the page's thread from drawing.
//!
//! Work is held in the processor's time, which a thread spends only while it runs: whatever else
//! the machine does, a second of it is a second of work. It is an upper bound of what a person
//! waits for on a machine that has nothing else to do, since all threads of the page are added
//! up, also where they run side by side. The clock on the wall is printed, not held: on a busy
//! machine it says how busy that is.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::site::built_site;
use super::harness::{Microphone, Options, Page, with_page};
use super::microphone::{padded, wav};

/// Up to the first words of the first clip.
const FIRST_WORDS_BYTES: u64 = 16_000_000;
/// Language model, offline copy and all.
const ALL_BYTES: u64 = 24_000_000;
/// The worker's code.
const WORKER_BYTES: u64 = 3_000_000;
const INTERACTIVE_MS: f64 = 1_000.0;
const FIRST_WORDS_MS: f64 = 3_000.0;
const LONG_TASK_MS: f64 = 50.0;
/// A display that draws 60 times a second waits so long for a frame.
const FRAME_MS: f64 = 1_000.0 / 60.0;
/// Of the frames so many may be late.
const LATE_FRAMES: f64 = 0.01;

/// Remembers when the page could be used, and when its first words were there.
const WATCH: &str = "
window.seen = {};
const look = () => {
  const at = performance.now();
  seen.interactive ??= document.querySelector('[data-testid=source-file]') ? at : undefined;
  const words = document.querySelector('[data-testid=transcript-committed]')?.textContent
    || document.querySelector('[data-testid=transcript-tentative]')?.textContent;
  seen.words ??= words ? at : undefined;
};
new MutationObserver(look).observe(document, {childList: true, subtree: true, characterData: true});
";

async fn watched(page: &Page, fragment: &str) {
    page.client.goto("about:blank").await.unwrap();
    page.cdp(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({"source": WATCH}),
    )
    .await;
    page.go(fragment).await;
}

/// Processor time of the page's process so far, in milliseconds: of its own thread, and of all,
/// the worker's among them.
async fn processor_ms(page: &Page) -> [f64; 2] {
    let told = page.cdp("Performance.getMetrics", json!({})).await;
    ["ThreadTime", "ProcessTime"].map(|name| {
        let metrics = told["metrics"].as_array().unwrap();
        let metric = metrics.iter().find(|metric| metric["name"] == name);
        metric.unwrap()["value"].as_f64().unwrap() * 1e3
    })
}

/// What the answers to these requests are when compressed, as hosts do.
fn gzip_bytes(page: &Page, from: usize, to: usize) -> u64 {
    let mut sizes: HashMap<String, u64> = HashMap::new();
    let requests = page.server.requests();
    let answered = &requests[from..to];
    let mut sum = 0;
    for request in answered.iter().filter(|r| r.status == 200) {
        let path = request.target.split('?').next().unwrap_or_default();
        let file = path.strip_prefix("/some/folder/").unwrap_or_default();
        let file = if file.is_empty() { "index.html" } else { file };
        sum += *sizes.entry(file.to_owned()).or_insert_with(|| gzip(file));
    }
    sum
}

fn gzip(file: &str) -> u64 {
    let path = built_site().join(file);
    let output = Command::new("gzip")
        .args(["-6", "--stdout"])
        .arg(&path)
        .output()
        .expect("gzip is there");
    assert!(output.status.success(), "{}", path.display());
    output.stdout.len() as u64
}

#[test]
fn the_workers_code_keeps_its_budget() {
    let files = std::fs::read_dir(built_site()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let worker = |name: &String| name.starts_with("worker-") && name.ends_with("_bg.wasm");
    let modules: Vec<String> = names.filter(worker).collect();
    assert_eq!(modules.len(), 1, "{modules:?}");
    let bytes = gzip(&modules[0]);
    println!("the worker's code: {bytes} bytes");
    assert!(bytes <= WORKER_BYTES, "the worker's code: {bytes} bytes");
}

#[tokio::test]
async fn a_cold_visit_keeps_the_budget() {
    with_page("budget", Options { fragment: "?autorun=off".to_owned(), ..Options::default() }, async |page| {
        // The visit before this one made a copy of the page, or was about to; away with it.
        page.wait_for_state("ready").await;
        page.script_async("await navigator.serviceWorker.ready; return true", Vec::new())
            .await;
        page.client.goto("about:blank").await.unwrap();
        let origin = page.server.origin("localhost");
        page.cdp("Storage.clearDataForOrigin", json!({"origin": origin, "storageTypes": "all"}))
            .await;
        page.cdp("Network.clearBrowserCache", json!({})).await;
        page.cdp("Performance.enable", json!({})).await;
        let start = page.server.requests().len();
        let before = processor_ms(page).await;
        watched(page, "").await;
        let mut base = None;
        let mut spent = HashMap::new();
        for (what, budget_ms) in [("interactive", INTERACTIVE_MS), ("words", FIRST_WORDS_MS)] {
            let seen = page
                .wait_until(what, Duration::from_mins(2), async || {
                    let seen = page.script("return window.seen", Vec::new()).await;
                    seen[what].as_f64()
                })
                .await;
            let now = processor_ms(page).await;
            // The page may have come into a process of its own.
            let before = *base.get_or_insert(if now[1] < before[1] { [0.0; 2] } else { before });
            let ms = [0, 1].map(|of| now[of] - before[of]);
            println!("budget: {what} after {seen:.0} ms, in which the page's thread worked for {:.0} ms and all its threads for {:.0} ms", ms[0], ms[1]);
            spent.insert(what, (ms[1], budget_ms));
        }
        let first = page.server.requests().len();
        page.wait_for_state("finished").await;
        page.wait_for_value("language-model", "ready").await;
        page.script_async("await navigator.serviceWorker.ready; return true", Vec::new())
            .await;
        let all = page.server.requests().len();
        let (first_bytes, all_bytes) =
            (gzip_bytes(page, start, first), gzip_bytes(page, start, all));
        println!(
            "budget: first words after {:.2} MB, everything {:.2} MB",
            first_bytes as f64 / 1e6,
            all_bytes as f64 / 1e6
        );
        assert!(first_bytes <= FIRST_WORDS_BYTES, "{first_bytes} bytes");
        assert!(all_bytes <= ALL_BYTES, "{all_bytes} bytes");
        for (what, (ms, budget_ms)) in spent {
            assert!(ms <= budget_ms, "{what}: {ms} ms of processor time");
        }
    })
    .await;
}

/// What the page's own thread did between two marks of the trace: milliseconds of processor
/// time of each task, and of each that drew a frame.
#[derive(Debug, Default)]
struct Traced {
    tasks_ms: Vec<f64>,
    frames_ms: Vec<f64>,
}

impl Traced {
    /// Reads the events of the browser's tracing. `ts` is their clock, `dur` what passed on it,
    /// `tdur` the processor time of the thread, all in microseconds.
    fn of(events: &[Value], from: &str, to: &str) -> Self {
        let number = |event: &Value, name: &str| event[name].as_f64().unwrap_or_default();
        let thread = |event: &Value| (event["pid"].as_u64(), event["tid"].as_u64());
        let mark = |name: &str| {
            let named = |event: &&Value| event["args"]["data"]["message"] == name;
            events.iter().find(named)
        };
        let begins = mark(from).unwrap_or_else(|| panic!("no {from} in {} events", events.len()));
        let own = thread(begins);
        let from = number(begins, "ts");
        // Where the trace is full before, it ends there.
        let to = mark(to).map_or(f64::INFINITY, |ends| number(ends, "ts"));
        let between =
            |event: &&Value| thread(event) == own && (from..to).contains(&number(event, "ts"));
        let named = |name: &'static str| {
            let named = events
                .iter()
                .filter(between)
                .filter(move |event| event["name"] == name);
            named.collect::<Vec<_>>()
        };
        let tasks = named("RunTask");
        let draws = named("FireAnimationFrame");
        let drew = |task: &&&Value| {
            let (begin, end) = (number(task, "ts"), number(task, "ts") + number(task, "dur"));
            draws
                .iter()
                .any(|draw| (begin..=end).contains(&number(draw, "ts")))
        };
        let ms = |task: &&Value| {
            let spent = task["tdur"]
                .as_f64()
                .expect("tasks have their thread's time");
            spent / 1e3
        };
        Self {
            tasks_ms: tasks.iter().map(ms).collect(),
            frames_ms: tasks.iter().filter(drew).map(ms).collect(),
        }
    }
}

#[tokio::test]
async fn the_page_stays_quick_while_a_take_is_recorded() {
    let options = Options {
        microphone: Microphone::Hears(wav(
            &[padded("digits.flac"), padded("sentence.flac")].concat()
        )),
        fragment: "?autorun=off".to_owned(),
        traced: true,
        ..Options::default()
    };
    with_page("long-tasks", options, async |page| {
        watched(page, "?autorun=off#decoder=beam+lm").await;
        // Asked rarely: every question fills the trace with what answers it.
        page.script_async(
            "const there = () => document.querySelector('[data-state=ready]') \
                && document.querySelector('[data-testid=language-model]')?.dataset.value === 'ready'; \
             while (!there()) await new Promise(done => setTimeout(done, 500)); \
             return true",
            Vec::new(),
        )
        .await;
        page.click("keep-takes").await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        // Every frame of the display is asked for, whether the page has something to draw or not.
        page.script(
            "window.drawn = 0; \
             const draw = () => { drawn += 1; requestAnimationFrame(draw) }; \
             requestAnimationFrame(draw); console.timeStamp('take begins')",
            Vec::new(),
        )
        .await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        let seen = page
            .script("console.timeStamp('take ends'); return [seen.words, drawn]", Vec::new())
            .await;
        page.click("stop").await;
        page.wait_for_state("finished").await;
        let traced = Traced::of(&page.take_trace().await, "take begins", "take ends");
        let long: Vec<f64> = traced.tasks_ms.iter().copied().filter(|ms| *ms > LONG_TASK_MS).collect();
        let late = traced.frames_ms.iter().filter(|ms| **ms > FRAME_MS).count();
        let (all, drawn) = (traced.frames_ms.len(), seen[1].as_u64().unwrap());
        let largest = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
        println!(
            "budget: ten seconds of a take: {} tasks, the longest {:.1} ms; {drawn} frames, {late} over {FRAME_MS:.1} ms, the longest {:.1} ms, in all {:.0} ms (processor time)",
            traced.tasks_ms.len(),
            largest(&traced.tasks_ms),
            largest(&traced.frames_ms),
            traced.frames_ms.iter().sum::<f64>(),
        );
        assert!(long.is_empty(), "tasks that held the page's thread, in ms: {long:?}");
        // However busy the machine, some frames are drawn, and the trace has seen them.
        assert!(
            all >= 60 && all as u64 <= drawn + 5,
            "{drawn} frames, {all} traced"
        );
        assert!(late as f64 <= LATE_FRAMES * all as f64, "{late} of {all} frames: {:?}", traced.frames_ms);
        assert!(seen[0].is_number(), "it was heard");
    })
    .await;
}
