//! What the same library says natively, for the same file and settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use asr_playground::audio::decode_file;
use asr_playground::decode::{DecoderKind, DecoderSettings, LanguageModel};
use asr_playground::eval::latency::Clock;
use asr_playground::model::{Lookahead, Manifest, Session, Tokens};
use asr_playground::recognizer::{Recognizer, Settings};

/// The repository's folder.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A bundled clip.
pub fn clip(file: &str) -> PathBuf {
    repository().join("public/clips").join(file)
}

/// Settings with this lookahead.
pub fn at(lookahead: Lookahead) -> Settings {
    Settings {
        lookahead,
        ..Settings::default()
    }
}

/// Settings with this decoder, at the default lookahead.
pub fn with(kind: DecoderKind) -> Settings {
    Settings {
        decoder: DecoderSettings {
            kind,
            ..DecoderSettings::default()
        },
        ..Settings::default()
    }
}

/// A recogniser over the bundled models.
pub fn recognizer() -> Recognizer {
    let models = repository().join("models");
    let read = |file: &str| std::fs::read(models.join(file)).expect("a bundled model");
    let text = |file: &str| String::from_utf8(read(file)).expect("text");
    let manifest = Manifest::parse(&text("manifest.toml")).expect("a good manifest");
    let spec = manifest.model(None).expect("a default model");
    let session = Session::load(spec, &read(&spec.file)).expect("a good model");
    let tokens = Tokens::parse(&text(&spec.tokens)).expect("good tokens");
    let mut recognizer = Recognizer::new(session, tokens);
    let spec = manifest.language_model(spec).expect("a language model");
    let bytes = read(&spec.file);
    spec.verify(&bytes).expect("the file of the manifest");
    let language_model = LanguageModel::from_bytes(&bytes).expect("a good language model");
    recognizer
        .set_language_model(Some(Arc::new(language_model)))
        .expect("no take has begun");
    recognizer
}

/// The text of samples at a rate.
pub fn text_of(samples: &[f32], sample_rate_hz: u32, settings: &Settings) -> String {
    let mut recognizer = recognizer();
    let now = || 0.0;
    recognizer
        .start(sample_rate_hz, settings, Clock::Simulated)
        .expect("a take");
    recognizer.accept(samples, 0.0, &now).expect("good audio");
    recognizer.finish(&now).expect("an end");
    while recognizer.advance(&now).expect("a chunk") {}
    recognizer.transcript().text()
}

/// The text of a file.
pub fn text_of_file(file: &Path, settings: &Settings) -> String {
    let bytes = std::fs::read(file).expect("a file");
    let audio = decode_file(&file.to_string_lossy(), &bytes).expect("audio");
    text_of(&audio.samples, audio.sample_rate_hz, settings)
}
