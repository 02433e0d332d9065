//! Sites built in different ways, beside each other: what their workers weigh, how long they take to start, and how
//! fast they are then. By turns, each in a worker of its own; the first site is what the others are compared with.

use std::path::{Path, PathBuf};

use asr_playground::decode::DecoderKind;
use asr_playground::model::{Arithmetic, Lookahead};

use super::harness::{Options, Page, worker};
use super::loading;
use super::native::with;
use super::pipeline::{CLIP, TURNS, browser_figures, clip_audio, computed};
use super::report::{self, Row, of_times, spread};

const CASES: [&str; 4] = [
    "starting the worker",
    "loading the model",
    "pipeline, 160 ms, greedy",
    "pipeline, 320 ms, beam+lm",
];

pub async fn run(sites: &[String], as_json: bool) {
    let mut pages = Vec::new();
    for site in sites {
        let options = Options {
            dist: Some(PathBuf::from(site)),
            fragment: "?autorun=off".to_owned(),
            ..Options::default()
        };
        let page = Page::open(options).await;
        page.wait_for_state("ready").await;
        pages.push(page);
    }
    let (bytes, _, _) = clip_audio();
    let mut times = vec![[const { Vec::new() }; CASES.len()]; pages.len()];
    for turn in 0..=TURNS {
        for (page, times) in pages.iter().zip(&mut times) {
            for (times, took) in times.iter_mut().zip(took(page, &bytes).await) {
                // The first turn warms up.
                if turn > 0 {
                    times.push(took);
                }
            }
        }
        eprintln!("turn {turn} of {TURNS}");
    }
    for page in pages {
        page.close().await;
    }
    let rows: Vec<Row> = sites
        .iter()
        .zip(&times)
        .flat_map(|(site, of_site)| {
            let name = name(Path::new(site));
            CASES
                .iter()
                .enumerate()
                .map(move |(index, case)| (index, format!("{name}: {case}"), &of_site[index]))
        })
        .map(|(index, case, of_case)| {
            let by_first = of_case
                .iter()
                .zip(&times[0][index])
                .map(|(ours, first)| ours / first);
            Row {
                by_ours: Some(spread(by_first.collect())),
                ..of_times(&case, "int8", of_case.clone())
            }
        })
        .collect();
    report::print(&rows, as_json);
}

/// A worker's times in milliseconds, in the order of [`CASES`]; of three takes the last, when the browser has
/// compiled what is used for good.
async fn took(page: &Page, bytes: &[u8]) -> [f64; CASES.len()] {
    let started = worker::start(page).await;
    loading::language_model(page).await;
    let mut take = 0;
    let mut last = async |settings| {
        let mut total_ms = 0.0;
        for _ in 0..3 {
            take += 1;
            let figures = browser_figures(page, take, CLIP, bytes, &settings).await;
            total_ms = figures.stages.total_ms();
        }
        total_ms
    };
    let greedy = last(computed(Lookahead::Ms(160), Arithmetic::Int8)).await;
    let beam = last(with(DecoderKind::BeamLm)).await;
    [started.ready_ms, started.model.prepare_ms, greedy, beam]
}

/// The folder's name, and what its worker's module weighs.
fn name(site: &Path) -> String {
    let files = std::fs::read_dir(site).expect("a built site");
    let bytes = files
        .filter_map(Result::ok)
        .filter(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            name.starts_with("worker-") && name.ends_with("_bg.wasm")
        })
        .filter_map(|file| file.metadata().ok())
        .map(|data| data.len())
        .sum::<u64>();
    let folder = site.file_name().unwrap_or_default().to_string_lossy();
    format!("{folder}, {:.2} MB", bytes as f64 / 1e6)
}
