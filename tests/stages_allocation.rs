//! Front end, model and search hold no more the longer they run, but for the words that are written.
//!
//! Alone in its file because the counting allocator is the whole process's.
#![cfg(not(target_arch = "wasm32"))]
// Counting allocations takes a global allocator, and implementing one is unsafe;
// both calls go to the system's unchanged.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)]

use std::path::Path;

use asr_playground::audio::decode_file;
use asr_playground::decode::{DecoderKind, DecoderParts, DecoderSettings, Word};
use asr_playground::features::LogMel;
use asr_playground::model::{Arithmetic, Lookahead, Manifest, Session, Tokens};

mod counting;

const SECONDS: usize = 120;
/// A word, its letters, and the free places of a vector that doubles.
const MOST_A_WORD: usize = 2 * size_of::<Word>() + 64;

#[test]
fn stages_hold_no_more_after_minutes() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read(repository.join(file)).unwrap();
    let text = |file: &str| String::from_utf8(read(&format!("models/{file}"))).unwrap();
    let manifest = Manifest::parse(&text("manifest.toml")).unwrap();
    let spec = manifest.model(None).unwrap();
    let onnx = read(&format!("models/{}", spec.file));
    let clip = decode_file("digits.flac", &read("public/clips/digits.flac")).unwrap();
    assert_eq!(clip.sample_rate_hz, spec.front_end.sample_rate_hz);

    let mut session = Session::load(spec, &onnx).unwrap();
    let frames = session.chunk_frames(Lookahead::Ms(320), None).unwrap();
    session.prepare(Arithmetic::Int8, frames).unwrap();
    let parts = DecoderParts {
        tokens: Tokens::parse(&text(&spec.tokens)).unwrap(),
        samples_per_row: spec.row_samples(),
        language_model: None,
    };
    let settings = DecoderSettings {
        kind: DecoderKind::Beam,
        ..DecoderSettings::default()
    };
    let mut decoder = parts.resume(&settings, Vec::new(), 0).unwrap();
    let mut front_end = LogMel::new(spec.front_end.clone()).unwrap();
    let mut state = session.start(Arithmetic::Int8);
    let chunk = frames * spec.subsampling * spec.front_end.n_mels;
    let (mut features, mut log_probs) = (Vec::new(), Vec::new());
    let mut hear = |seconds: usize| {
        let samples = clip.samples.iter().copied().cycle();
        let samples: Vec<f32> = samples.take(seconds * 16_000).collect();
        for batch in samples.chunks(512) {
            front_end.accept_waveform(batch).unwrap();
            front_end.take_frames(&mut features);
            if features.len() >= chunk {
                session
                    .run(&mut state, &features[..chunk], &mut log_probs)
                    .unwrap();
                features.drain(..chunk);
                decoder.push(&log_probs).unwrap();
                log_probs.clear();
            }
        }
        decoder.transcript().committed
    };
    // Until caches are full and every buffer has been as full as this sound makes it.
    let words = hear(SECONDS);
    let held = counting::held();
    let words = hear(SECONDS) - words;
    let grown = counting::held() - held;
    println!("{words} words and {grown} bytes more after {SECONDS} s more");
    let most = (words * MOST_A_WORD) as i64;
    assert!(
        words > 100 && grown <= most,
        "{grown} bytes for {words} words"
    );
}
