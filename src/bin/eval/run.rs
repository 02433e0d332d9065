//! Recognising the clips and adding up their errors.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use asr_playground::audio::decode_file;
use asr_playground::eval::latency::Clock;
use asr_playground::eval::normalise::normalise;
use asr_playground::eval::wer::{ErrorCounts, char_errors, word_errors};
use asr_playground::model::{Lookahead, Manifest, ModelSpec, Session, Tokens};
use asr_playground::recognizer::{DecoderKind, Recognizer, Settings};

use crate::arguments::Arguments;
use crate::clips::{self, Clip};
use crate::report::Row;

type Error = Box<dyn std::error::Error>;

/// Samples given to the recogniser at a time; the answer does not depend on it.
const BATCH_SAMPLES: usize = 16_000;

/// What one clip gave at one setting.
struct Outcome {
    setting: usize,
    clip: usize,
    text: String,
    audio_ms: f64,
    compute_ms: f64,
}

/// A loaded model's files, from which every thread makes its own session.
struct ModelFiles {
    spec: ModelSpec,
    tokens: Tokens,
    onnx: Vec<u8>,
}

/// Runs the evaluation.
pub fn evaluate(arguments: &Arguments) -> Result<Vec<Row>, Error> {
    let clips = clips::read(arguments)?;
    let model = load(&arguments.model, arguments.model_name.as_deref())?;
    let lookaheads = if arguments.lookaheads.is_empty() {
        model.spec.lookaheads()
    } else {
        arguments.lookaheads.clone()
    };
    let settings: Vec<Settings> = lookaheads
        .iter()
        .flat_map(|lookahead| {
            arguments.decoders.iter().map(|decoder| Settings {
                lookahead: *lookahead,
                decoder: *decoder,
            })
        })
        .collect();

    let next_clip = AtomicUsize::new(0);
    let outcomes: Vec<Result<Vec<Outcome>, String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.jobs.get())
            .map(|_| scope.spawn(|| work(&model, &clips, &settings, &next_clip)))
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|_| Err("a thread of the evaluation crashed".to_owned()))
            })
            .collect()
    });
    let mut all = Vec::new();
    for outcome in outcomes {
        all.extend(outcome?);
    }
    all.sort_by_key(|outcome| (outcome.setting, outcome.clip));
    if let Some(path) = &arguments.hypotheses {
        write_hypotheses(path, &all, &clips, &settings)?;
    }
    Ok(rows(&all, &clips, &settings))
}

fn load(manifest_path: &Path, name: Option<&str>) -> Result<ModelFiles, Error> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let manifest = Manifest::parse(&String::from_utf8(read(manifest_path)?)?)?;
    let spec = manifest.model(name)?.clone();
    let folder = manifest_path.parent().unwrap_or_else(|| Path::new("."));
    let tokens = Tokens::parse(&String::from_utf8(read(&folder.join(&spec.tokens))?)?)?;
    let onnx = read(&folder.join(&spec.file))?;
    Ok(ModelFiles { spec, tokens, onnx })
}

/// One thread: takes clips off the common list until there are none left.
fn work(
    model: &ModelFiles,
    clips: &[Clip],
    settings: &[Settings],
    next_clip: &AtomicUsize,
) -> Result<Vec<Outcome>, String> {
    let session = Session::load(&model.spec, &model.onnx).map_err(|error| error.to_string())?;
    let mut recognizer = Recognizer::new(session, model.tokens.clone());
    let mut outcomes = Vec::new();
    loop {
        let index = next_clip.fetch_add(1, Ordering::Relaxed);
        let Some(clip) = clips.get(index) else {
            return Ok(outcomes);
        };
        if index.is_multiple_of(50) {
            eprintln!("clip {} of {}", index + 1, clips.len());
        }
        recognise(&mut recognizer, clip, index, settings, &mut outcomes)
            .map_err(|error| format!("{}: {error}", clip.path.display()))?;
    }
}

/// One clip at every setting; its features are computed once and kept.
fn recognise(
    recognizer: &mut Recognizer,
    clip: &Clip,
    index: usize,
    settings: &[Settings],
    outcomes: &mut Vec<Outcome>,
) -> Result<(), Error> {
    let Some(first) = settings.first() else {
        return Ok(());
    };
    let bytes = std::fs::read(&clip.path)?;
    let audio = decode_file(&clip.path.to_string_lossy(), &bytes)?;
    let clock = Instant::now();
    let now = || clock.elapsed().as_secs_f64() * 1000.0;
    recognizer.start(audio.sample_rate_hz, first, Clock::Simulated)?;
    for batch in audio.samples.chunks(BATCH_SAMPLES) {
        recognizer.accept(batch, 0.0, &now)?;
    }
    recognizer.finish(&now)?;
    for (setting, wanted) in settings.iter().enumerate() {
        recognizer.set_settings(wanted)?;
        while recognizer.advance(&now)? {}
        let figures = recognizer.figures();
        outcomes.push(Outcome {
            setting,
            clip: index,
            text: recognizer.transcript().text(),
            audio_ms: figures.audio_ms,
            compute_ms: figures.stages.total_ms(),
        });
    }
    Ok(())
}

fn rows(outcomes: &[Outcome], clips: &[Clip], settings: &[Settings]) -> Vec<Row> {
    #[derive(Default)]
    struct Sum {
        clips: usize,
        words: ErrorCounts,
        characters: ErrorCounts,
        audio_ms: f64,
        compute_ms: f64,
    }
    let mut sums = BTreeMap::<(&str, usize), Sum>::new();
    for outcome in outcomes {
        let clip = &clips[outcome.clip];
        let sum = sums.entry((&clip.corpus, outcome.setting)).or_default();
        let reference = normalise(&clip.reference);
        let hypothesis = normalise(&outcome.text);
        sum.clips += 1;
        sum.words += word_errors(&reference, &hypothesis);
        sum.characters += char_errors(&reference, &hypothesis);
        sum.audio_ms += outcome.audio_ms;
        sum.compute_ms += outcome.compute_ms;
    }
    sums.into_iter()
        .map(|((corpus, setting), sum)| Row {
            corpus: corpus.to_owned(),
            lookahead_ms: match settings[setting].lookahead {
                Lookahead::Ms(ms) => Some(ms),
                Lookahead::WholeTake => None,
            },
            decoder: decoder_name(settings[setting].decoder),
            beam: None,
            clips: sum.clips,
            words: sum.words.reference_len(),
            wer: sum.words.rate(),
            cer: sum.characters.rate(),
            rtf: if sum.audio_ms > 0.0 {
                sum.compute_ms / sum.audio_ms
            } else {
                0.0
            },
        })
        .collect()
}

fn decoder_name(decoder: DecoderKind) -> &'static str {
    match decoder {
        DecoderKind::Greedy => "greedy",
    }
}

fn write_hypotheses(
    path: &Path,
    outcomes: &[Outcome],
    clips: &[Clip],
    settings: &[Settings],
) -> Result<(), Error> {
    let mut text = String::from("corpus\tpath\tlookahead\tdecoder\treference\thypothesis\n");
    for outcome in outcomes {
        let (clip, setting) = (&clips[outcome.clip], &settings[outcome.setting]);
        let lookahead = match setting.lookahead {
            Lookahead::Ms(ms) => ms.to_string(),
            Lookahead::WholeTake => "whole".to_owned(),
        };
        let _ = writeln!(
            text,
            "{}\t{}\t{lookahead}\t{}\t{}\t{}",
            clip.corpus,
            clip.path.display(),
            decoder_name(setting.decoder),
            clip.reference,
            outcome.text
        );
    }
    std::fs::write(path, text)?;
    Ok(())
}
