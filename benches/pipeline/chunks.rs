//! The chunks that runtimes are compared on.

use asr_playground::audio::decode_file;
use asr_playground::eval::latency::Clock;
use asr_playground::features::log_mel;
use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::recognizer::Recognizer;

use super::harness::wav;
use super::operations::{self, Kind};
use super::pipeline::{CLIP, clip_audio, computed};

/// The longest chunk measured: nearly 10 s of audio, which with the silence after it are 256
/// encoder frames, 10.24 s.
const LONG_SECONDS: f64 = 9.5;

/// One chunk length over one piece of audio.
pub struct Case {
    pub lookahead: Lookahead,
    pub chunk_ms: u32,
    /// The file our worker is given.
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub seconds: f64,
    /// Feature frames of a chunk, and chunks of the take.
    pub chunk_frames: usize,
    pub chunks: usize,
    /// What the library says natively: log-mel frames and log-probs.
    pub features: Vec<f32>,
    pub log_probs: Vec<f32>,
    pub operations: Vec<(Kind, f64)>,
}

impl Case {
    /// The name under which other runtimes find the features.
    pub fn features_file(&self) -> String {
        format!("features-{}.f32", self.chunk_ms)
    }
}

/// All of them. `float` is the graph with f32 weights.
pub fn cases(native: &mut Recognizer, float: &[u8]) -> Vec<Case> {
    let (bytes, audio, seconds) = clip_audio();
    let long = (LONG_SECONDS * f64::from(audio.sample_rate_hz)) as usize;
    let long = wav::bytes(audio.samples[..long].iter().copied(), audio.sample_rate_hz);
    vec![
        case(
            native,
            float,
            Lookahead::Ms(160),
            CLIP,
            bytes.clone(),
            seconds,
        ),
        case(native, float, Lookahead::Ms(640), CLIP, bytes, seconds),
        case(
            native,
            float,
            Lookahead::WholeTake,
            "long.wav",
            long,
            LONG_SECONDS,
        ),
    ]
}

fn case(
    native: &mut Recognizer,
    float: &[u8],
    lookahead: Lookahead,
    name: &'static str,
    bytes: Vec<u8>,
    seconds: f64,
) -> Case {
    let audio = decode_file(name, &bytes).unwrap();
    let now = || 0.0;
    native
        .start(
            audio.sample_rate_hz,
            &computed(lookahead, Arithmetic::Float),
            Clock::Simulated,
        )
        .unwrap();
    native.accept(&audio.samples, 0.0, &now).unwrap();
    native.finish(&now).unwrap();
    while native.advance(&now).unwrap() {}
    let spec = native.spec();
    let mut features = native.features().to_vec();
    let n_mels = spec.front_end.n_mels;
    let left = (features.len() / n_mels).div_ceil(spec.subsampling);
    let chunk_frames = spec.chunk_frames(lookahead, Some(left)).unwrap() * spec.subsampling;
    // The recogniser fills the last chunk with silence.
    let silence = vec![0.0; spec.front_end.window_samples];
    let silence = log_mel(&spec.front_end, &silence).unwrap();
    while !features.len().is_multiple_of(chunk_frames * n_mels) {
        features.extend(silence.iter().flatten());
    }
    let hop_ms = 1000 * spec.front_end.hop_samples / spec.front_end.sample_rate_hz as usize;
    let chunk_ms = (chunk_frames * hop_ms) as u32;
    let operations: Vec<_> = operations::of_chunk(float, chunk_frames)
        .into_iter()
        .collect();
    for (kind, number) in &operations {
        eprintln!(
            "{chunk_ms} ms, {kind:?}: {:.1} million operations",
            number / 1e6
        );
    }
    Case {
        lookahead,
        chunk_ms,
        name,
        bytes,
        seconds,
        chunk_frames,
        chunks: features.len() / n_mels / chunk_frames,
        log_probs: native.log_probs().to_vec(),
        operations,
        features,
    }
}
