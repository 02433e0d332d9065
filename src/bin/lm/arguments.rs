//! The command line.

use std::path::PathBuf;

use asr_playground::decode::lm::MAX_ORDER;
use lexopt::prelude::*;

pub const HELP: &str = "\
cargo xtask lm build --out PATH [options] SOURCE…
cargo xtask lm perplexity --model PATH SOURCE…
cargo xtask lm arpa --model PATH --out PATH

A SOURCE is a file of text, one utterance a line: PATH.txt, or PATH.txt.xz; or a
manifest of recordings, PATH.tsv, with a header naming the columns text and split.

build: a word n-gram model; the lines held out of each source are 1 in 50.
  --out PATH        the model, in the compact format
  --arpa PATH       also write it as ARPA
  --order N         1 to 5                                                [3]
  --min-count N     how often a word must occur, in all sources together  [3]
  --min-ngram N     how often an n-gram of three or more words must occur in
                    some source                                           [2]
  --threshold X     prune n-grams that lower the model's entropy by less
                    nats a word; 0 keeps all                              [1e-8]
  --bits N          bits of a probability in the file; of a back-off weight,
                    one less; 0 keeps all values as they are              [8]
  --tune SOURCE     tune the mixture for the lines held out of this source;
                    may be repeated                                       [all]
  --no-held-out     hold nothing out; the sources weigh the same

perplexity: of a model (ours, or ARPA) on text, which is all used.
  --model PATH      the model
  --split NAME      only this split of a manifest                         [dev]
  --held-out        only the lines that build holds out

arpa: writes a model as ARPA, with the values that it has.
";

/// What to do.
pub enum Command {
    /// Print the help.
    Help,
    /// Build a model.
    Build(Build),
    /// Measure a model.
    Perplexity(Perplexity),
    /// Write a model (the first path) as ARPA (the second).
    Arpa(PathBuf, PathBuf),
}

/// The options of a build.
pub struct Build {
    pub sources: Vec<PathBuf>,
    pub tune: Vec<PathBuf>,
    pub out: PathBuf,
    pub arpa: Option<PathBuf>,
    pub order: usize,
    pub min_count: usize,
    pub min_ngram: u32,
    pub threshold: f64,
    pub bits: u32,
    pub hold_out: bool,
}

/// The options of a measurement.
pub struct Perplexity {
    pub sources: Vec<PathBuf>,
    pub model: PathBuf,
    pub split: String,
    pub held_out: bool,
}

/// Reads the command line.
pub fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let command = match parser.next()? {
        Some(Value(command)) => command.string()?,
        None | Some(Short('h') | Long("help")) => return Ok(Command::Help),
        Some(argument) => return Err(argument.unexpected()),
    };
    match command.as_str() {
        "build" => build(parser),
        "perplexity" => perplexity(parser),
        "arpa" => arpa(parser),
        "help" => Ok(Command::Help),
        _ => Err(format!("there is no '{command}'; there are build, perplexity and arpa").into()),
    }
}

fn build(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut out = None;
    let mut arguments = Build {
        sources: Vec::new(),
        tune: Vec::new(),
        out: PathBuf::new(),
        arpa: None,
        order: 3,
        min_count: 3,
        min_ngram: 2,
        threshold: 1e-8,
        bits: 8,
        hold_out: true,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(source) => arguments.sources.push(source.into()),
            Long("tune") => arguments.tune.push(parser.value()?.into()),
            Long("out") => out = Some(parser.value()?.into()),
            Long("arpa") => arguments.arpa = Some(parser.value()?.into()),
            Long("order") => arguments.order = parser.value()?.parse()?,
            Long("min-count") => arguments.min_count = parser.value()?.parse()?,
            Long("min-ngram") => arguments.min_ngram = parser.value()?.parse()?,
            Long("threshold") => arguments.threshold = parser.value()?.parse()?,
            Long("bits") => arguments.bits = parser.value()?.parse()?,
            Long("no-held-out") => arguments.hold_out = false,
            Short('h') | Long("help") => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    arguments.out = out.ok_or("--out PATH is needed; --help lists the options")?;
    if arguments.sources.is_empty() {
        return Err("a SOURCE is needed; --help says what it can be".into());
    }
    if !(1..=MAX_ORDER).contains(&arguments.order) {
        return Err(format!("--order must be 1 to {MAX_ORDER}").into());
    }
    if !(0.0..=1.0).contains(&arguments.threshold) {
        return Err("--threshold must be 0 to 1".into());
    }
    if arguments.bits > 16 || arguments.bits == 1 {
        return Err("--bits must be 0, or 2 to 16".into());
    }
    if let Some(stranger) = arguments
        .tune
        .iter()
        .find(|path| !arguments.sources.contains(path))
    {
        return Err(format!("--tune {} is none of the sources", stranger.display()).into());
    }
    Ok(Command::Build(arguments))
}

fn arpa(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut model, mut out) = (None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("model") => model = Some(parser.value()?.into()),
            Long("out") => out = Some(parser.value()?.into()),
            Short('h') | Long("help") => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    let needed = "--model PATH and --out PATH are needed; --help lists the options";
    Ok(Command::Arpa(model.ok_or(needed)?, out.ok_or(needed)?))
}

fn perplexity(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut model = None;
    let mut arguments = Perplexity {
        sources: Vec::new(),
        model: PathBuf::new(),
        split: "dev".to_owned(),
        held_out: false,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(source) => arguments.sources.push(source.into()),
            Long("model") => model = Some(parser.value()?.into()),
            Long("split") => arguments.split = parser.value()?.string()?,
            Long("held-out") => arguments.held_out = true,
            Short('h') | Long("help") => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    arguments.model = model.ok_or("--model PATH is needed; --help lists the options")?;
    Ok(Command::Perplexity(arguments))
}
