//! Longer and longer audio, one clip over and over: does time grow as the audio does, and memory not at all?
//!
//! In the page's worker a take keeps its audio, features and log-probs on purpose, up to its bound of half
//! an hour. Natively the stages alone run, front end to search, and keep nothing: what grows there leaks.

use std::time::Instant;

use asr_playground::audio::{MAX_TAKE_SECONDS, Resampler};
use asr_playground::decode::{DecoderKind, DecoderParts, DecoderSettings};
use asr_playground::features::LogMel;
use asr_playground::model::{Arithmetic, Lookahead, Manifest, Session, Tokens};
use asr_playground::protocol::{FromWorker, Pace, ToWorker, decode, encode};
use serde_json::{Value, json};

use super::harness::site::built_site;
use super::harness::{Options, Page, wav, with_page, worker};
use super::native::{repository, with};
use super::pipeline::clip_audio;
use super::report::{Row, print, summary};
use super::soak::{largest_renderer_mb, resident_mb};

const LOOKAHEAD: Lookahead = Lookahead::Ms(320);
/// The page's default, as the lookahead is.
const ARITHMETIC: Arithmetic = Arithmetic::Int8;
const SECONDS: [u32; 4] = [10, 60, 600, 3600];
const RATE_HZ: u32 = 16_000;
/// Their spread is shown; the longest takes minutes.
const TURNS: u32 = 3;

pub async fn run(as_json: bool) {
    let clip = clip();
    let mut rows = Vec::new();
    let mut stages = Stages::new();
    for seconds in SECONDS {
        let runs = (0..TURNS).map(|_| {
            let before = resident_mb("self").unwrap_or_default();
            let ms = stages.run(&clip, seconds);
            (ms, resident_mb("self").unwrap_or_default() - before)
        });
        rows.push(growth("native stages", seconds, &runs.collect::<Vec<_>>()));
    }
    let options = Options {
        fragment: "?autorun=off".to_owned(),
        ..Options::default()
    };
    with_page("bench-growth", options, async |page| {
        page.wait_for_state("ready").await;
        worker::start(page).await;
        for seconds in SECONDS.map(|seconds| seconds.min(MAX_TAKE_SECONDS)) {
            let mut runs = Vec::new();
            for turn in 0..TURNS {
                runs.push(in_browser(page, 10 * seconds + turn, &clip, seconds).await);
            }
            rows.push(growth("Chromium worker", seconds, &runs));
        }
    })
    .await;
    print(&rows, as_json);
}

/// A row of runs over so much audio: what each took, and by how many MB memory was more after it.
fn growth(place: &str, seconds: u32, runs: &[(f64, f64)]) -> Row {
    let times = runs.iter().map(|(ms, _)| *ms).collect();
    let each: Vec<String> = runs.iter().map(|(_, mb)| format!("{mb:+.1}")).collect();
    let memory_mb = runs.iter().map(|(_, mb)| *mb).fold(f64::MIN, f64::max);
    let settings = with(DecoderKind::Beam);
    let case = format!("growth, {seconds} s, {place}");
    let row = summary(&case, &settings, times, f64::from(seconds));
    eprintln!("{case}: {:.0} ms, {} MB", row.median_ms, each.join(", "));
    Row {
        memory_mb: Some(memory_mb),
        ..row
    }
}

/// The clip at the model's rate.
fn clip() -> Vec<f32> {
    let (_, audio, _) = clip_audio();
    let mut resampler = Resampler::new(audio.sample_rate_hz).unwrap();
    let mut samples = Vec::new();
    resampler.push(&audio.samples, &mut samples).unwrap();
    resampler.finish(&mut samples).unwrap();
    samples
}

/// Front end, model and search, fed with one chunk after another.
struct Stages {
    session: Session,
    parts: DecoderParts,
}

impl Stages {
    fn new() -> Self {
        let models = repository().join("models");
        let text = |file: &str| std::fs::read_to_string(models.join(file)).unwrap();
        let manifest = Manifest::parse(&text("manifest.toml")).unwrap();
        let spec = manifest.model(None).unwrap();
        let onnx = std::fs::read(models.join(&spec.file)).unwrap();
        let mut session = Session::load(spec, &onnx).unwrap();
        let frames = session.chunk_frames(LOOKAHEAD, None).unwrap();
        session.prepare(ARITHMETIC, frames).unwrap();
        Self {
            parts: DecoderParts {
                tokens: Tokens::parse(&text(&spec.tokens)).unwrap(),
                samples_per_row: spec.row_samples(),
                language_model: None,
            },
            session,
        }
    }

    /// Milliseconds for so many seconds of `clip`, over and over.
    fn run(&mut self, clip: &[f32], seconds: u32) -> f64 {
        let spec = self.session.spec().clone();
        let chunk_frames = self.session.chunk_frames(LOOKAHEAD, None).unwrap() * spec.subsampling;
        let chunk = chunk_frames * spec.front_end.n_mels;
        let settings = DecoderSettings {
            kind: DecoderKind::Beam,
            ..DecoderSettings::default()
        };
        let started = Instant::now();
        let mut front_end = LogMel::new(spec.front_end.clone()).unwrap();
        let mut state = self.session.start(ARITHMETIC);
        let mut decoder = self.parts.resume(&settings, Vec::new(), 0).unwrap();
        let (mut features, mut log_probs) = (Vec::new(), Vec::new());
        let mut left = (seconds * RATE_HZ) as usize;
        while left > 0 {
            let samples = &clip[..clip.len().min(left)];
            left -= samples.len();
            for batch in samples.chunks(512) {
                front_end.accept_waveform(batch).unwrap();
                front_end.take_frames(&mut features);
                if features.len() < chunk {
                    continue;
                }
                self.session
                    .run(&mut state, &features[..chunk], &mut log_probs)
                    .unwrap();
                features.drain(..chunk);
                decoder.push(&log_probs).unwrap();
                log_probs.clear();
            }
        }
        decoder.finish();
        std::hint::black_box(decoder.transcript());
        started.elapsed().as_secs_f64() * 1e3
    }
}

/// The same in the page's worker, as a file; its own meter's time.
async fn in_browser(page: &Page, take: u32, clip: &[f32], seconds: u32) -> (f64, f64) {
    let samples = clip.iter().copied().cycle();
    let samples = samples.take((seconds * RATE_HZ) as usize);
    let run = ToWorker::RunFile {
        take,
        name: "long.wav".to_owned(),
        bytes: wav::bytes(samples, RATE_HZ),
        settings: with(DecoderKind::Beam),
        pace: Pace::Fast,
    };
    // Too long for a script's argument.
    std::fs::write(built_site().join("long-take"), encode(&run).unwrap()).unwrap();
    let before = largest_renderer_mb().unwrap_or_default();
    let message: Value = page
        .script_async(
            "talk.send(await (await fetch('long-take', {cache: 'no-store'})).arrayBuffer()); \
             return await talk.until(talk.kinds.finished, talk.kinds.figures)",
            vec![json!(null)],
        )
        .await;
    let message: Vec<u8> = serde_json::from_value(message).unwrap();
    let FromWorker::Figures { figures, .. } = decode(&message).unwrap() else {
        panic!("figures were asked for");
    };
    let after = largest_renderer_mb().unwrap_or_default();
    (figures.stages.total_ms(), after - before)
}
