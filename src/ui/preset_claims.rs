//! Each preset, run with the shipped model.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use asr_playground::audio::decode_file;
use asr_playground::decode::LanguageModel;
use asr_playground::eval::latency::Clock;
use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::word_errors;
use asr_playground::model::{Manifest, Session, Tokens};
use asr_playground::recognizer::{Recognizer, Settings};

use super::{Claim, PRESETS};
use crate::ui::clips;
use crate::ui::state::PageSettings;

#[test]
fn every_preset_holds_on_its_clip() {
    let list = std::fs::read_to_string(repository("public/clips/clips.json")).unwrap();
    let clips = clips::parse(&list).unwrap();
    let mut recognizer = recognizer();
    let mut broken = Vec::new();
    for preset in PRESETS {
        let clip = clips.iter().find(|clip| clip.file == preset.clip).unwrap();
        let reference = normalise(&clip.reference);
        let mut run = |hash: &str| {
            let settings = PageSettings::from_hash(hash).recognizer;
            let text = text_of(&mut recognizer, preset.clip, &settings);
            (word_errors(&reference, &normalise(&text)).errors(), text)
        };
        let (before, before_text) = run(preset.before);
        let (after, after_text) = run(preset.after);
        let holds = match preset.claim {
            Claim::FewerErrors(fewer) => after + fewer <= before,
            Claim::SameErrors => after == before,
        };
        if !holds {
            broken.push(format!(
                "“{}” no longer holds on {} ({:?}): {before} words wrong with {} ({before_text:?}), \
                 {after} with {} ({after_text:?}), of {reference:?}. Choose another clip or other \
                 settings in src/ui/preset_list.rs.",
                preset.title, preset.clip, preset.claim, preset.before, preset.after
            ));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn recognizer() -> Recognizer {
    let models = repository("models");
    let read = |file: &str| std::fs::read(models.join(file)).unwrap();
    let text = |file: &str| String::from_utf8(read(file)).unwrap();
    let manifest = Manifest::parse(&text("manifest.toml")).unwrap();
    let spec = manifest.model(None).unwrap();
    let session = Session::load(spec, &read(&spec.file)).unwrap();
    let mut recognizer = Recognizer::new(session, Tokens::parse(&text(&spec.tokens)).unwrap());
    let spec = manifest.language_model(spec).unwrap();
    let language_model = LanguageModel::from_bytes(&read(&spec.file)).unwrap();
    recognizer
        .set_language_model(Some(Arc::new(language_model)))
        .unwrap();
    recognizer
}

fn text_of(recognizer: &mut Recognizer, clip: &str, settings: &Settings) -> String {
    let file = repository("public/clips").join(clip);
    let audio = decode_file(clip, &std::fs::read(file).unwrap()).unwrap();
    let now = || 0.0;
    recognizer
        .start(audio.sample_rate_hz, settings, Clock::Simulated)
        .unwrap();
    recognizer.accept(&audio.samples, 0.0, &now).unwrap();
    recognizer.finish(&now).unwrap();
    while recognizer.advance(&now).unwrap() {}
    recognizer.transcript().text()
}
