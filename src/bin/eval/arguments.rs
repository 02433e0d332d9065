//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use asr_playground::decode::fillers::FillerConfig;
use asr_playground::decode::{DecoderKind, EndpointConfig, Hotword};
use asr_playground::eval::bootstrap::{Bootstrap, MAX_RESAMPLES};
use asr_playground::eval::normalise::Normaliser;
use asr_playground::eval::sweep::Grid;
use asr_playground::model::Arithmetic;
use asr_playground::recognizer::Settings;
use lexopt::prelude::*;

pub const HELP: &str = "\
cargo xtask eval --manifest PATH [options]
cargo xtask sweep --manifest PATH [options]

Recognises every clip of a manifest at every combination of the settings given. `eval`
prints a row per corpus and combination, and the mean over the corpora; `sweep` a row per
combination over all clips, with latencies, and what is on the Pareto fronts. Error rates
come with a bootstrap's confidence interval, those of all combinations but the first also
with their difference from it, on the same clips. A clip that cannot be recognised is left
out at all of them and named at the end; the exit code says failure when none could be.

  --manifest PATH     tab-separated, with a header naming at least the columns
                      corpus, path and text (and split, for --split)
  --audio-root DIR    what the paths are relative to   [the manifest's folder]
  --split NAME        only clips of this split
  --corpus NAME       only clips of this corpus; may be repeated
  --limit N           at most N clips of each corpus
  --model PATH        the model's manifest             [models/manifest.toml]
  --model-name NAME   which of its models              [its default]
  --lm PATH           a language model, ours or ARPA   [the manifest's]

Settings; each may be given several times, and every combination is run:
  --lookahead MS      0, 160, 320, 640, 1280 or whole  [eval: all; sweep: 320]
  --decoder NAME      greedy, beam or beam+lm          [greedy]
  --beam N            beam width, 1 to 1024            [8]
  --alpha X           weight of the language model     [as on the page]
  --beta X            bonus for each word              [as on the page]
  --hotwords          without and with the hotwords
  --without STEP      also with this step of the text normaliser left out

For all of them:
  --arithmetic NAME   the model in int8 or float       [int8]
  --unknown X         penalty of a word that the language model does not know
  --hotword P=BOOST   a phrase and its boost, in nats; may be repeated. It is spelled as
                      transcripts are (jean-luc: jean luc, 66: sixty six); one that the
                      model cannot write is refused
  --tokens N          tokens of a row that are used, the most probable [64]
  --token-min X       ln p below which a token is not used [-6]
  --beam-min X        hypotheses this much below the best are dropped, in nats [12]
  --commit-rows N     rows after which a token is decided [250, 5 s]; n-best and oracle are
                      of what is not: 3000, the most, makes them of whole clips up to a minute
  --no-look-ahead     the language model judges words at their end only
  --nbest N           hypotheses of which the oracle picks the best [5]
  --endpoints         begin anew after each utterance
  --no-gate           keep words that are no speech
  --fillers           filler words (um, uh, …) do not count, on either side
  --discourse-fillers \"like\" and \"you know\" neither
  --words N           the N words most often wrong, by kind of error
                      (eval; 0 for none)               [10]
  --metrics NAME      columns of the table: usual, or all, which has MER, WIL and WIP, and
                      for sweep more latencies and UPSR [usual]
  --level X           part of the bootstrap's outcomes in the interval [0.95]
  --resamples N       outcomes of the bootstrap        [10000]
  --seed N            where its random numbers begin   [1]
  --jobs N            clips recognised at a time; more than one makes the
                      times less exact                 [1]
  --hypotheses PATH   also write every clip's text there, tab-separated
  --json              print JSON; rates are fractions
  --csv               print comma-separated values (sweep)
";

/// What to do.
pub enum Command {
    /// Print the help.
    Help,
    /// Evaluate.
    Run(Box<Arguments>),
}

/// How the rows are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// By corpus.
    Eval,
    /// Over all clips.
    Sweep,
}

/// In what form they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Table,
    Json,
    Csv,
}

/// Which figures a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metrics {
    Usual,
    All,
}

/// The options of an evaluation.
pub struct Arguments {
    pub report: Report,
    pub form: Form,
    pub manifest: PathBuf,
    pub audio_root: PathBuf,
    pub model: PathBuf,
    pub model_name: Option<String>,
    pub language_model: Option<PathBuf>,
    /// The combinations to run; no lookahead stands for all of the model's.
    pub grid: Grid,
    /// What all of them share.
    pub base: Settings,
    pub fillers: Option<FillerConfig>,
    pub split: Option<String>,
    pub corpora: Vec<String>,
    pub limit: Option<usize>,
    /// Rows of the tables of word errors.
    pub words: usize,
    pub metrics: Metrics,
    pub bootstrap: Bootstrap,
    pub jobs: NonZeroUsize,
    pub hypotheses: Option<PathBuf>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            report: Report::Eval,
            form: Form::Table,
            manifest: PathBuf::new(),
            audio_root: PathBuf::new(),
            model: PathBuf::from("models/manifest.toml"),
            model_name: None,
            language_model: None,
            grid: Grid {
                lookaheads_ms: Vec::new(),
                decoders: Vec::new(),
                beam_widths: Vec::new(),
                lm_weights: Vec::new(),
                word_bonuses: Vec::new(),
                hotwords: Vec::new(),
                normalisers: Vec::new(),
            },
            base: Settings::default(),
            fillers: None,
            split: None,
            corpora: Vec::new(),
            limit: None,
            words: 10,
            metrics: Metrics::Usual,
            bootstrap: Bootstrap::default(),
            jobs: NonZeroUsize::MIN,
            hypotheses: None,
        }
    }
}

/// Reads the command line, the task's name first.
pub fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut arguments = Arguments::default();
    let mut audio_root = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(task) if task == "sweep" => arguments.report = Report::Sweep,
            Value(task) if task == "eval" => arguments.report = Report::Eval,
            Long("manifest") => arguments.manifest = parser.value()?.into(),
            Long("audio-root") => audio_root = Some(PathBuf::from(parser.value()?)),
            Long("model") => arguments.model = parser.value()?.into(),
            Long("model-name") => arguments.model_name = Some(parser.value()?.string()?),
            Long("lm") => arguments.language_model = Some(parser.value()?.into()),
            Long("split") => arguments.split = Some(parser.value()?.string()?),
            Long("corpus") => arguments.corpora.push(parser.value()?.string()?),
            Long("limit") => arguments.limit = Some(parser.value()?.parse()?),
            Long("jobs") => arguments.jobs = parser.value()?.parse()?,
            Long("hypotheses") => arguments.hypotheses = Some(parser.value()?.into()),
            Long("json") => arguments.form = Form::Json,
            Long("csv") => arguments.form = Form::Csv,
            Long("fillers") => arguments.filler().hesitations = true,
            Long("discourse-fillers") => arguments.filler().discourse = true,
            Short('h') | Long("help") => return Ok(Command::Help),
            Long(name) => {
                let name = name.to_owned();
                arguments.set(&name, &mut parser)?;
            }
            other => return Err(other.unexpected()),
        }
    }
    if arguments.manifest.as_os_str().is_empty() {
        return Err("--manifest PATH is needed; --help lists the options".into());
    }
    if arguments.form == Form::Csv && arguments.report == Report::Eval {
        return Err("--csv belongs to sweep; eval prints a table, or JSON with --json".into());
    }
    if arguments.grid.hotwords.len() == 2 && arguments.base.decoder.beam.hotwords.is_empty() {
        return Err("--hotwords compares without and with: give a --hotword 'phrase=boost'".into());
    }
    let beside = arguments.manifest.parent().map(PathBuf::from);
    arguments.audio_root = audio_root.or(beside).unwrap_or_else(|| PathBuf::from("."));
    arguments.fill_axes();
    Ok(Command::Run(Box::new(arguments)))
}

impl Arguments {
    fn filler(&mut self) -> &mut FillerConfig {
        self.fillers.get_or_insert_default()
    }

    /// An option that sets an axis of the grid, or what all points share.
    fn set(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<(), lexopt::Error> {
        let (grid, beam) = (&mut self.grid, &mut self.base.decoder.beam);
        match name {
            "lookahead" => grid
                .lookaheads_ms
                .push(parser.value()?.parse_with(lookahead)?),
            "decoder" => grid.decoders.push(parser.value()?.parse_with(decoder)?),
            "beam" => grid.beam_widths.push(parser.value()?.parse()?),
            "alpha" => grid.lm_weights.push(parser.value()?.parse()?),
            "beta" => grid.word_bonuses.push(parser.value()?.parse()?),
            "hotwords" => grid.hotwords = vec![false, true],
            "without" => {
                let step = parser.value()?.string()?;
                let normaliser = Normaliser::default().with(&step, false);
                grid.normalisers
                    .push(normaliser.map_err(|error| error.to_string())?);
            }
            "arithmetic" => self.base.arithmetic = parser.value()?.parse_with(arithmetic)?,
            "unknown" => beam.unknown_word_penalty = parser.value()?.parse()?,
            "hotword" => beam.hotwords.push(parser.value()?.parse_with(hotword)?),
            "tokens" => beam.tokens_per_row = parser.value()?.parse()?,
            "commit-rows" => beam.commit_rows = parser.value()?.parse()?,
            "token-min" => beam.token_min_ln = parser.value()?.parse()?,
            "beam-min" => beam.beam_ln = parser.value()?.parse()?,
            "no-look-ahead" => beam.look_ahead = false,
            "nbest" => beam.n_best = parser.value()?.parse()?,
            "endpoints" => self.base.endpoint = Some(EndpointConfig::default()),
            "no-gate" => self.base.gate = None,
            _ => return self.set_report(name, parser),
        }
        Ok(())
    }

    /// An option of what is told of the outcomes.
    fn set_report(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<(), lexopt::Error> {
        match name {
            "words" => self.words = parser.value()?.parse()?,
            "metrics" => self.metrics = parser.value()?.parse_with(metrics)?,
            "level" => self.bootstrap.level = parser.value()?.parse_with(level)?,
            "resamples" => self.bootstrap.resamples = parser.value()?.parse_with(resamples)?,
            "seed" => self.bootstrap.seed = parser.value()?.parse()?,
            _ => return Err(Long(name).unexpected()),
        }
        Ok(())
    }

    /// An axis that was not given has the usual value.
    fn fill_axes(&mut self) {
        fn or<T>(axis: &mut Vec<T>, usual: T) {
            if axis.is_empty() {
                axis.push(usual);
            }
        }
        let (grid, beam) = (&mut self.grid, &self.base.decoder.beam);
        or(&mut grid.decoders, DecoderKind::Greedy);
        or(&mut grid.beam_widths, beam.width as u32);
        or(&mut grid.lm_weights, shown(beam.lm_weight));
        or(&mut grid.word_bonuses, shown(beam.word_bonus));
        or(&mut grid.hotwords, !beam.hotwords.is_empty());
        // With --without, all steps come first, to compare with.
        grid.normalisers.insert(0, Normaliser::default());
        if self.report == Report::Sweep {
            or(&mut grid.lookaheads_ms, Some(320));
        }
    }
}

/// The number that a person would write for it: 0.6, not 0.6000000238418579.
fn shown(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

fn lookahead(text: &str) -> Result<Option<u32>, String> {
    if text == "whole" {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| format!("'{text}' is no lookahead: give milliseconds, or whole"))
}

fn metrics(text: &str) -> Result<Metrics, String> {
    match text {
        "usual" => Ok(Metrics::Usual),
        "all" => Ok(Metrics::All),
        _ => Err(format!(
            "there are no metrics '{text}'; there are usual and all"
        )),
    }
}

fn level(text: &str) -> Result<f64, String> {
    let level = text
        .parse()
        .ok()
        .filter(|level| *level > 0.0 && *level < 1.0);
    level.ok_or_else(|| format!("'{text}' is no level: give a number between 0 and 1, like 0.95"))
}

fn resamples(text: &str) -> Result<usize, String> {
    let count = text.parse().ok();
    let count = count.filter(|count| (1..=MAX_RESAMPLES).contains(count));
    count.ok_or_else(|| format!("'{text}' resamples are not possible: 1 to {MAX_RESAMPLES} are"))
}

fn arithmetic(text: &str) -> Result<Arithmetic, String> {
    Arithmetic::of_name(text)
        .ok_or_else(|| format!("there is no arithmetic '{text}'; there are int8 and float"))
}

fn decoder(text: &str) -> Result<DecoderKind, String> {
    let names = DecoderKind::ALL.map(DecoderKind::name).join(", ");
    DecoderKind::of_name(text)
        .ok_or_else(|| format!("there is no decoder '{text}'; there are {names}"))
}

fn hotword(text: &str) -> Result<Hotword, String> {
    let form =
        || format!("'{text}' is no hotword: write it as 'phrase=boost', like 'ada lovelace=5'");
    let (phrase, boost) = text.rsplit_once('=').ok_or_else(form)?;
    Ok(Hotword {
        phrase: phrase.to_owned(),
        boost: boost.parse().map_err(|_| form())?,
    })
}
