//! What the same library says natively, for the same file and settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use asr_playground::audio::decode_file;
use asr_playground::decode::{DecoderKind, DecoderSettings, Hotword, LanguageModel};
use asr_playground::eval::latency::Clock;
use asr_playground::model::{Lookahead, Manifest, Session, Tokens};
use asr_playground::recognizer::{Recognizer, Settings};
use sha2::{Digest, Sha256};

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

/// A beam search without language model that listens for two words which the sound of
/// `sentence.flac` is near to, with a boost large enough to find them; and what a person types
/// to have it.
pub fn hotwords() -> (Settings, &'static str, f32) {
    const BOOST: f32 = 20.0;
    let mut settings = with(DecoderKind::Beam);
    settings.decoder.beam.hotwords = ["stood", "door"]
        .map(|phrase| Hotword {
            phrase: phrase.to_owned(),
            boost: BOOST,
        })
        .to_vec();
    (settings, "stood, DOOR!", BOOST)
}

/// A file of the bundled models.
pub fn model_file(file: &str) -> Vec<u8> {
    std::fs::read(repository().join("models").join(file)).expect("a bundled model")
}

fn model_text(file: &str) -> String {
    String::from_utf8(model_file(file)).expect("text")
}

/// The bundled manifest with two models more, of the default one's file: `twin` is it by
/// another name, `deaf` hears no more than 2 kHz, and so other words.
pub fn three_models() -> String {
    let manifest = model_text("manifest.toml");
    let start = manifest.find("[[model]]").expect("a model");
    let end = manifest.find("[[language_model]]").expect("one after it");
    let (models, after) = manifest[start..].split_at(end - start);
    let one = models.split("[[model]]").nth(1).expect("the first");
    let named = |name: &str| {
        let mut lines: Vec<&str> = one.lines().collect();
        lines.retain(|line| !line.starts_with("name = ") || line.contains("cache"));
        let [name, title] = [format!("name = \"{name}\""), format!("title = \"{name}\"")];
        let line = |line: &&str| {
            if line.starts_with("title = ") {
                format!("{title}\n{name}")
            } else {
                (*line).to_owned()
            }
        };
        let lines: Vec<String> = lines.iter().map(line).collect();
        format!("[[model]]\n{}\n", lines.join("\n"))
    };
    let deaf = named("deaf").replace("f_max_hz = 7600.0", "f_max_hz = 2000.0");
    assert!(
        deaf.contains("f_max_hz = 2000.0"),
        "the front end is another"
    );
    format!(
        "{}{models}{}{deaf}{after}",
        &manifest[..start],
        named("twin")
    )
}

/// [`three_models`] with `twin` of another file.
pub fn other_twin(file: &str, onnx: &[u8]) -> String {
    let manifest = three_models();
    let start = manifest.find("name = \"twin\"").expect("the twin");
    let (before, twin) = manifest.split_at(start);
    let parsed = Manifest::parse(&manifest).expect("a good manifest");
    let bundled = parsed.model(Some("twin")).expect("the twin");
    let digest = Sha256::digest(onnx);
    let digits: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let twin = twin
        .replacen(&bundled.file, file, 1)
        .replacen(&bundled.sha256, &digits.concat(), 1)
        .replacen(
            &format!("bytes = {}", bundled.bytes),
            &format!("bytes = {}", onnx.len()),
            1,
        );
    format!("{before}{twin}")
}

/// One of the models of a manifest of bundled files.
pub fn model_of(manifest: &str, name: Option<&str>) -> (Session, Tokens) {
    let manifest = Manifest::parse(manifest).expect("a good manifest");
    let spec = manifest.model(name).expect("a model of that name");
    let session = Session::load(spec, &model_file(&spec.file)).expect("a good model");
    let tokens = Tokens::parse(&model_text(&spec.tokens)).expect("good tokens");
    (session, tokens)
}

/// A recogniser over the bundled models.
pub fn recognizer() -> Recognizer {
    let text = model_text("manifest.toml");
    let (session, tokens) = model_of(&text, None);
    let mut recognizer = Recognizer::new(session, tokens);
    let manifest = Manifest::parse(&text).expect("a good manifest");
    let spec = manifest.model(None).expect("a default model");
    let spec = manifest.language_model(spec).expect("a language model");
    let bytes = model_file(&spec.file);
    spec.verify(&bytes).expect("the file of the manifest");
    let language_model = LanguageModel::from_bytes(&bytes).expect("a good language model");
    recognizer
        .set_language_model(Some(Arc::new(language_model)))
        .expect("no take has begun");
    recognizer
}

/// The text of samples at a rate.
pub fn text_of(samples: &[f32], sample_rate_hz: u32, settings: &Settings) -> String {
    text_by(&mut recognizer(), samples, sample_rate_hz, settings)
}

/// What a recogniser makes of samples at a rate.
pub fn text_by(
    recognizer: &mut Recognizer,
    samples: &[f32],
    sample_rate_hz: u32,
    settings: &Settings,
) -> String {
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

/// The log-probs of a file, row-major, and how many there are in a row.
pub fn log_probs_of(file: &Path, settings: &Settings) -> (Vec<f32>, usize) {
    let bytes = std::fs::read(file).expect("a file");
    let audio = decode_file(&file.to_string_lossy(), &bytes).expect("audio");
    let mut recognizer = recognizer();
    text_by(
        &mut recognizer,
        &audio.samples,
        audio.sample_rate_hz,
        settings,
    );
    (recognizer.log_probs().to_vec(), recognizer.tokens().len())
}
