//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use asr_playground::model::Lookahead;
use asr_playground::recognizer::DecoderKind;
use lexopt::prelude::*;

pub const HELP: &str = "\
cargo xtask eval --manifest PATH [options]

Recognises every clip of a manifest and prints one row per corpus × lookahead × decoder.

  --manifest PATH     tab-separated, with a header naming at least the columns
                      corpus, path and text (and split, for --split)
  --audio-root DIR    what the paths are relative to   [the manifest's folder]
  --model PATH        the model's manifest             [models/manifest.toml]
  --model-name NAME   which of its models              [its default]
  --lookahead MS      0, 160, 320, 640, 1280 or whole; may be repeated [all of the model's]
  --decoder NAME      greedy; may be repeated          [greedy]
  --split NAME        only clips of this split
  --corpus NAME       only clips of this corpus; may be repeated
  --limit N           at most N clips of each corpus
  --jobs N            clips recognised at a time; more than one makes the
                      real-time factor less exact      [1]
  --hypotheses PATH   also write every clip's text there, tab-separated
  --json              print JSON: {corpus, lookahead_ms (null = whole take), decoder,
                      beam, clips, words, wer, cer, rtf}, rates as fractions
";

/// What to do.
pub enum Command {
    /// Print the help.
    Help,
    /// Evaluate.
    Eval(Box<Arguments>),
}

/// The options of an evaluation.
pub struct Arguments {
    pub manifest: PathBuf,
    pub audio_root: PathBuf,
    pub model: PathBuf,
    pub model_name: Option<String>,
    pub lookaheads: Vec<Lookahead>,
    pub decoders: Vec<DecoderKind>,
    pub split: Option<String>,
    pub corpora: Vec<String>,
    pub limit: Option<usize>,
    pub jobs: NonZeroUsize,
    pub hypotheses: Option<PathBuf>,
    pub json: bool,
}

/// Reads the command line.
pub fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut manifest = None;
    let mut audio_root = None;
    let mut arguments = Arguments {
        manifest: PathBuf::new(),
        audio_root: PathBuf::new(),
        model: PathBuf::from("models/manifest.toml"),
        model_name: None,
        lookaheads: Vec::new(),
        decoders: Vec::new(),
        split: None,
        corpora: Vec::new(),
        limit: None,
        jobs: NonZeroUsize::MIN,
        hypotheses: None,
        json: false,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("manifest") => manifest = Some(PathBuf::from(parser.value()?)),
            Long("audio-root") => audio_root = Some(PathBuf::from(parser.value()?)),
            Long("model") => arguments.model = parser.value()?.into(),
            Long("model-name") => arguments.model_name = Some(parser.value()?.string()?),
            Long("lookahead") => arguments
                .lookaheads
                .push(parser.value()?.parse_with(lookahead)?),
            Long("decoder") => arguments
                .decoders
                .push(parser.value()?.parse_with(decoder)?),
            Long("split") => arguments.split = Some(parser.value()?.string()?),
            Long("corpus") => arguments.corpora.push(parser.value()?.string()?),
            Long("limit") => arguments.limit = Some(parser.value()?.parse()?),
            Long("jobs") => arguments.jobs = parser.value()?.parse()?,
            Long("hypotheses") => arguments.hypotheses = Some(parser.value()?.into()),
            Long("json") => arguments.json = true,
            Short('h') | Long("help") => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    arguments.manifest = manifest.ok_or("--manifest PATH is needed; --help lists the options")?;
    arguments.audio_root = audio_root.unwrap_or_else(|| {
        arguments
            .manifest
            .parent()
            .map_or_else(|| PathBuf::from("."), PathBuf::from)
    });
    if arguments.decoders.is_empty() {
        arguments.decoders.push(DecoderKind::Greedy);
    }
    Ok(Command::Eval(Box::new(arguments)))
}

fn lookahead(text: &str) -> Result<Lookahead, String> {
    if text == "whole" {
        return Ok(Lookahead::WholeTake);
    }
    text.parse()
        .map(Lookahead::Ms)
        .map_err(|_| format!("'{text}' is no lookahead: give milliseconds, or whole"))
}

fn decoder(text: &str) -> Result<DecoderKind, String> {
    match text {
        "greedy" => Ok(DecoderKind::Greedy),
        _ => Err(format!("there is no decoder '{text}'; there is greedy")),
    }
}
