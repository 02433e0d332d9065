//! The bundled clips are all there, decode, and are what their manifest says.

use std::collections::BTreeSet;

use asr_playground::audio::{MODEL_RATE_HZ, Resampler, decode_file};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clip {
    file: String,
    title: String,
    reference: String,
    seconds: f64,
    voice: String,
    note: String,
}

#[test]
fn the_manifest_tells_the_truth() {
    let folder = format!("{}/public/clips", env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read(format!("{folder}/clips.json")).unwrap();
    let clips: Vec<Clip> = serde_json::from_slice(&manifest).unwrap();
    assert!(clips.len() >= 10);
    let mut bytes_in_all = 0;
    for clip in &clips {
        let name = &clip.file;
        let bytes = std::fs::read(format!("{folder}/{name}")).unwrap();
        bytes_in_all += bytes.len();
        let audio = decode_file(name, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let seconds = audio.samples.len() as f64 / f64::from(audio.sample_rate_hz);
        assert!(
            (seconds - clip.seconds).abs() < 0.006,
            "{name}: {seconds} s"
        );
        let peak = audio
            .samples
            .iter()
            .fold(0.0_f32, |peak, s| peak.max(s.abs()));
        assert!(peak < 1.0, "{name} clips");
        let words = clip.reference.split(' ');
        let is_word = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '\'');
        assert!(words.clone().all(is_word), "{name}: {}", clip.reference);
        assert_eq!(clip.reference.is_empty(), name == "silence.flac");
        assert!(
            ![&clip.title, &clip.voice, &clip.note]
                .iter()
                .any(|s| s.is_empty())
        );
        let mut at_16k = Vec::new();
        let mut resampler = Resampler::new(audio.sample_rate_hz).unwrap();
        resampler.push(&audio.samples, &mut at_16k).unwrap();
        resampler.finish(&mut at_16k).unwrap();
        assert!((at_16k.len() as f64 / f64::from(MODEL_RATE_HZ) - seconds).abs() < 1e-3);
    }
    assert!(bytes_in_all < 1_500_000, "{bytes_in_all} bytes");
    let names: BTreeSet<&String> = clips.iter().map(|clip| &clip.file).collect();
    assert_eq!(names.len(), clips.len());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_clip = name
            .rsplit('.')
            .next()
            .is_some_and(|ext| ["flac", "opus", "wav"].contains(&ext));
        assert!(
            !is_clip || names.contains(&name),
            "{name} is in no manifest"
        );
    }
}
