//! Where the worker's time goes, function by function: Chromium's own sampling profiler over the whole
//! pipeline. Needs Node.js, which talks to the browser (`benches/profile.mjs`), and a worker whose
//! functions have names (`xtask/src/peers.rs`).

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use asr_playground::decode::DecoderKind;
use asr_playground::recognizer::Settings;
use serde::{Deserialize, Serialize};

use super::harness::{Options, Page, with_page, worker};
use super::loading;
use super::native::{repository, with};
use super::pipeline::{CLIP, TURNS, browser_figures, clip_audio};

/// Functions shown.
const SHOWN: usize = 25;

/// A function's own time over all turns, as far as it was called by one of the model's operations.
#[derive(Clone, Deserialize, Serialize)]
pub struct SelfTime {
    pub function: String,
    /// The operation's module in `src/model/int8/ops`; empty outside.
    pub operation: String,
    pub self_ms: f64,
}

pub async fn run(as_json: bool) {
    let (bytes, _, seconds) = clip_audio();
    let settings = with(DecoderKind::BeamLm);
    let options = Options {
        fragment: "?autorun=off".to_owned(),
        ..Options::default()
    };
    let mut functions = Vec::new();
    with_page("bench-profile", options, async |page| {
        page.wait_for_state("ready").await;
        worker::start(page).await;
        loading::language_model(page).await;
        // What is compiled late, and plans.
        takes(page, 0, &bytes, &settings).await;
        let sampler = Sampler::start(page);
        takes(page, 1, &bytes, &settings).await;
        functions = by_name(sampler.stop());
    })
    .await;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&functions).unwrap());
        return;
    }
    let total: f64 = functions.iter().map(|function| function.self_ms).sum();
    println!(
        "{CLIP}, {seconds:.1} s, {TURNS} times, {}, 320 ms: {total:.0} ms",
        settings.decoder.kind
    );
    for SelfTime {
        function, self_ms, ..
    } in functions.iter().take(SHOWN)
    {
        println!("{:5.1} %  {function}", 100.0 * self_ms / total);
    }
}

/// Times of one name together, whoever called it; most first.
fn by_name(rows: Vec<SelfTime>) -> Vec<SelfTime> {
    let mut functions: Vec<SelfTime> = Vec::new();
    for row in rows {
        match functions.iter_mut().find(|it| it.function == row.function) {
            Some(same) => {
                same.self_ms += row.self_ms;
                same.operation.clear();
            }
            None => functions.push(row),
        }
    }
    functions.sort_by(|a, b| b.self_ms.total_cmp(&a.self_ms));
    functions
}

/// The clip over and over.
async fn takes(page: &Page, round: usize, bytes: &[u8], settings: &Settings) {
    for turn in 0..TURNS {
        let take = (round * TURNS + turn + 1) as u32;
        browser_figures(page, take, CLIP, bytes, settings).await;
    }
}

/// The script that asks the browser.
pub struct Sampler {
    script: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Sampler {
    /// Begins to sample.
    pub fn start(page: &Page) -> Self {
        // Chromium writes its port and an address there.
        let file = page.profile.join("DevToolsActivePort");
        let port = std::fs::read_to_string(&file).expect("the browser's debugging port");
        let mut script = Command::new("node")
            .arg("--experimental-websocket")
            .arg(repository().join("benches/profile.mjs"))
            .arg(port.lines().next().expect("a port"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node, which the profile is taken with");
        let mut output = BufReader::new(script.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its output");
        assert_eq!(line.trim(), "sampling", "the script says what it does");
        Self { script, output }
    }

    /// Ends, and says what it found.
    pub fn stop(mut self) -> Vec<SelfTime> {
        drop(self.script.stdin.take());
        let mut found = String::new();
        self.output.read_to_string(&mut found).expect("its output");
        assert!(self.script.wait().expect("it ends").success());
        serde_json::from_str(&found).expect("functions and their times")
    }
}
