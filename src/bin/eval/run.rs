//! Recognising the clips, on as many threads as asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use asr_playground::audio::decode_file;
use asr_playground::decode::DecoderKind;
use asr_playground::eval::bootstrap::Bootstrap;
use asr_playground::eval::sweep::{Grid, Latencies, SweepRow};
use asr_playground::eval::wer::ErrorCounts;
use asr_playground::eval::word_table::WordTable;
use asr_playground::model::Lookahead;
use asr_playground::recognizer::{LeftOut, Recognizer, Settings, spell_hotword};
use asr_playground::sweep::{ClipRun, Outcome, Plan, Step, Sweep, change, interval};

use crate::arguments::{Arguments, Report};
use crate::clips::{self, Clip};
use crate::models::Models;

type Error = Box<dyn std::error::Error>;

/// What a set of clips gave at each setting.
pub struct EvaluatedSet {
    /// The corpus, or [`ALL`].
    pub name: String,
    /// One row a setting.
    pub rows: Vec<SweepRow>,
    /// Which words went wrong, row by row; none for the mean.
    pub word_tables: Vec<WordTable>,
    /// Errors in words of each clip, row by row; none for the mean.
    clip_errors: Vec<Vec<ErrorCounts>>,
}

/// What an evaluation gave.
pub struct Evaluation {
    /// The sets of clips: by corpus for `eval`, where there are several with their mean; one of
    /// all for `sweep`.
    pub sets: Vec<EvaluatedSet>,
    /// The clips that could not be recognised, each with why.
    pub left_out: Vec<String>,
}

/// The name of the set of all clips.
pub const ALL: &str = "all";

/// That of the plain mean over the corpora.
const MEAN: &str = "mean";

/// Runs the evaluation.
pub fn evaluate(arguments: &Arguments) -> Result<Evaluation, Error> {
    let clips = clips::read(arguments)?;
    let models = Models::read(arguments)?;
    if arguments.grid.decoders.contains(&DecoderKind::BeamLm) && !models.has_language_model() {
        return Err("there is no language model: give one with --lm PATH".into());
    }
    let plan = Plan::new(&grid(arguments, &models), &base(arguments, &models)?)?;
    check_lookaheads(&plan, &models)?;
    // What cannot be written is best said before the work.
    let hypotheses = arguments.hypotheses.as_deref().map(create).transpose()?;
    let (outcomes, left_out) = recognise_all(arguments, &models, &clips, &plan)?;
    if outcomes.is_empty() {
        return Err(format!("no clip could be recognised\n{}", left_out.join("\n")).into());
    }
    if let Some(mut file) = hypotheses {
        file.write_all(hypotheses_text(&outcomes, &clips, &plan).as_bytes())?;
    }
    let mut sets = BTreeMap::<&str, Sweep<'_>>::new();
    for (clip, outcome) in &outcomes {
        let clip = &clips[*clip];
        let set = match arguments.report {
            Report::Eval => clip.corpus.as_str(),
            Report::Sweep => ALL,
        };
        let sweep = sets
            .entry(set)
            .or_insert_with(|| Sweep::new(&plan, arguments.fillers));
        sweep.add(outcome, &clip.reference);
    }
    let sets = sets.into_iter().map(|(set, sweep)| EvaluatedSet {
        name: set.to_owned(),
        rows: sweep.rows(&arguments.bootstrap),
        word_tables: sweep.word_tables().cloned().collect(),
        clip_errors: sweep.clip_errors().map(<[_]>::to_vec).collect(),
    });
    let mut sets: Vec<EvaluatedSet> = sets.collect();
    if sets.len() > 1 {
        sets.push(mean(&sets, &arguments.bootstrap));
    }
    Ok(Evaluation { sets, left_out })
}

/// The plain mean of the sets' rates, setting by setting; clips and words are added up, and what
/// is no rate is left out.
fn mean(sets: &[EvaluatedSet], bootstrap: &Bootstrap) -> EvaluatedSet {
    let errors = |setting: usize| -> Vec<&[ErrorCounts]> {
        let of_sets = sets.iter().map(|set| set.clip_errors[setting].as_slice());
        of_sets.collect()
    };
    let settings = sets.first().map_or(0, |first| first.rows.len());
    let row = |index: usize| {
        let rows: Vec<&SweepRow> = sets.iter().map(|set| &set.rows[index]).collect();
        let mean = |rate: fn(&SweepRow) -> Option<f64>| {
            let rates: Option<Vec<f64>> = rows.iter().map(|row| rate(row)).collect();
            rates.map(|rates| rates.iter().sum::<f64>() / rates.len() as f64)
        };
        let change = || change(&errors(0), &errors(index), bootstrap);
        SweepRow {
            id: rows[0].id,
            setting: rows[0].setting.clone(),
            clips: rows.iter().map(|row| row.clips).sum(),
            words: rows.iter().map(|row| row.words).sum(),
            wer: mean(|row| row.wer),
            wer_interval: interval(&errors(index), bootstrap),
            wer_change: (index > 0).then(change).flatten(),
            cer: mean(|row| row.cer),
            mer: mean(|row| row.mer),
            wip: mean(|row| row.wip),
            wil: mean(|row| row.wil),
            oracle_wer: mean(|row| row.oracle_wer),
            latencies: Latencies::default(),
            compute_ms_per_s: None,
            real_time_factor: None,
            upwr: None,
            upsr: None,
            flickers_per_minute: None,
        }
    };
    EvaluatedSet {
        name: MEAN.to_owned(),
        rows: (0..settings).map(row).collect(),
        word_tables: Vec::new(),
        clip_errors: Vec::new(),
    }
}

/// What all points share, the hotwords as the model writes them.
fn base(arguments: &Arguments, models: &Models) -> Result<Settings, LeftOut> {
    let mut base = arguments.base.clone();
    for hotword in &mut base.decoder.beam.hotwords {
        hotword.phrase = spell_hotword(&models.tokens, &hotword.phrase)?;
    }
    Ok(base)
}

/// The grid, with the model's lookaheads where none was asked for.
fn grid(arguments: &Arguments, models: &Models) -> Grid {
    let mut grid = arguments.grid.clone();
    if grid.lookaheads_ms.is_empty() {
        let lookaheads = models.spec.lookaheads().into_iter();
        grid.lookaheads_ms = lookaheads
            .map(|lookahead| match lookahead {
                Lookahead::Ms(ms) => Some(ms),
                Lookahead::WholeTake => None,
            })
            .collect();
    }
    grid
}

/// What the clips gave, and which gave nothing and why.
type Recognised = (Vec<(usize, Outcome)>, Vec<String>);

/// What every clip gave, in the clips' order.
fn recognise_all(
    arguments: &Arguments,
    models: &Models,
    clips: &[Clip],
    plan: &Plan,
) -> Result<Recognised, Error> {
    let next_clip = AtomicUsize::new(0);
    let results: Vec<Result<Vec<ClipResult>, String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.jobs.get())
            .map(|_| scope.spawn(|| work(models, clips, plan, &next_clip)))
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
    for result in results {
        all.extend(result?);
    }
    all.sort_by_key(|(clip, _)| *clip);
    let (mut outcomes, mut left_out) = (Vec::new(), Vec::new());
    for (clip, result) in all {
        match result {
            Ok(gave) => outcomes.extend(gave.into_iter().map(|outcome| (clip, outcome))),
            Err(reason) => left_out.push(format!("{}: {reason}", clips[clip].path.display())),
        }
    }
    Ok((outcomes, left_out))
}

/// A clip's number, and what it gave at every setting or why it gave nothing.
type ClipResult = (usize, Result<Vec<Outcome>, String>);

/// One thread: takes clips off the common list until there are none left.
fn work(
    models: &Models,
    clips: &[Clip],
    plan: &Plan,
    next_clip: &AtomicUsize,
) -> Result<Vec<ClipResult>, String> {
    let mut recognizer = models.recognizer().map_err(|error| error.to_string())?;
    let mut results = Vec::new();
    loop {
        let index = next_clip.fetch_add(1, Ordering::Relaxed);
        let Some(clip) = clips.get(index) else {
            return Ok(results);
        };
        if index.is_multiple_of(50) {
            eprintln!("clip {} of {}", index + 1, clips.len());
        }
        let gave = recognise(&mut recognizer, clip, plan).map_err(|error| error.to_string());
        results.push((index, gave));
    }
}

/// One clip at every setting.
fn recognise(recognizer: &mut Recognizer, clip: &Clip, plan: &Plan) -> Result<Vec<Outcome>, Error> {
    let bytes = std::fs::read(&clip.path)?;
    let audio = decode_file(&clip.path.to_string_lossy(), &bytes)?;
    let clock = Instant::now();
    let now = || clock.elapsed().as_secs_f64() * 1000.0;
    let mut run = ClipRun::start(plan, recognizer, &audio.samples, audio.sample_rate_hz)?;
    let mut outcomes = Vec::new();
    loop {
        match run.step(recognizer, &now)? {
            Step::Worked => {}
            Step::Outcome(outcome) => outcomes.push(*outcome),
            Step::Done => return Ok(outcomes),
        }
    }
}

fn create(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// That the model has every lookahead asked for.
fn check_lookaheads(plan: &Plan, models: &Models) -> Result<(), String> {
    let offered = models.spec.lookaheads();
    let wanted = plan.runs().iter().map(|run| run.settings.lookahead);
    match wanted
        .into_iter()
        .find(|lookahead| !offered.contains(lookahead))
    {
        None => Ok(()),
        Some(lookahead) => {
            let offered: Vec<String> = offered.iter().map(ToString::to_string).collect();
            let offered = offered.join(", ");
            Err(format!(
                "the model has no lookahead of {lookahead}; it has {offered}"
            ))
        }
    }
}

fn hypotheses_text(outcomes: &[(usize, Outcome)], clips: &[Clip], plan: &Plan) -> String {
    let mut text = String::from("corpus\tpath\tsetting\treference\thypothesis\n");
    for (clip, outcome) in outcomes {
        let clip = &clips[*clip];
        let points = &plan.points()[plan.runs()[outcome.run].points.clone()];
        let setting = points.first().map(|point| point.setting.to_string());
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}",
            clip.corpus,
            clip.path.display(),
            setting.unwrap_or_default(),
            clip.reference,
            outcome.transcript.text()
        );
    }
    text
}
