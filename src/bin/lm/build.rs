//! `cargo xtask lm build`.

use std::error::Error;
use std::fs::OpenOptions;
use std::path::Path;

use asr_playground::decode::lm::{LanguageModel, LmError, WordId};

use crate::arguments::Build;
use crate::corpus::{Corpora, Corpus};
use crate::counts::SourceCounts;
use crate::perplexity::{Measure, TITLES, row};
use crate::structure::Structure;
use crate::{arpa, corpus, kneser_ney, mixture, prune, quantise};

/// Builds the model and writes it.
pub fn build(arguments: &Build) -> Result<(), Box<dyn Error>> {
    // Found out before an hour of counting, not after.
    writable(&arguments.out)?;
    if let Some(path) = &arguments.arpa {
        writable(path)?;
    }
    eprintln!("reading the text …");
    let corpora = corpus::read(&arguments.sources, arguments.min_count, arguments.hold_out)?;
    eprintln!("{} words; counting …", corpora.words.len());
    let counts: Vec<SourceCounts> = corpora
        .sources
        .iter()
        .map(|source| SourceCounts::new(&source.sentences, arguments.order))
        .collect();
    let builder = Builder {
        arguments,
        corpora: &corpora,
        counts: &counts,
    };
    let ids = WordId::FIRST.0 as usize + corpora.words.len();
    let structure = Structure::of_sources(&counts, ids, arguments.min_ngram);
    let mut estimate = builder.estimate(&structure)?;
    builder.report("all n-grams", &estimate.model);
    if arguments.threshold > 0.0 {
        let contexts = builder.context_probabilities(&structure, &estimate.weights);
        let structure = prune::prune(
            &structure,
            &estimate.probabilities,
            &contexts,
            arguments.threshold,
        );
        estimate = builder.estimate(&structure)?;
        builder.report("pruned", &estimate.model);
    }
    let mut model = estimate.model;
    if let Some(path) = &arguments.arpa {
        std::fs::write(path, arpa::write(&model)?)?;
    }
    if arguments.bits > 0 {
        model = quantise::quantise(&model, arguments.bits)?;
        builder.report("quantised", &model);
    }
    let bytes = model.to_bytes();
    std::fs::write(&arguments.out, &bytes)?;
    eprintln!("{}: {} bytes", arguments.out.display(), bytes.len());
    Ok(())
}

/// Whether a file can be written there. A file that is there keeps what it holds.
fn writable(path: &Path) -> Result<(), Box<dyn Error>> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    let problem = |error| format!("{} cannot be written: {error}", path.display());
    opened.map(drop).map_err(|error| problem(error).into())
}

struct Builder<'a> {
    arguments: &'a Build,
    corpora: &'a Corpora,
    counts: &'a [SourceCounts],
}

/// A mixture of all sources.
struct Estimate {
    weights: Vec<f64>,
    probabilities: Vec<Vec<f32>>,
    model: LanguageModel,
}

impl Builder<'_> {
    /// Estimates each source's model of this structure and mixes them.
    fn estimate(&self, structure: &Structure) -> Result<Estimate, LmError> {
        let words = &self.corpora.words;
        let mut estimates = Vec::new();
        let mut events: Vec<(f64, Vec<f64>)> = Vec::new();
        for counts in self.counts {
            let estimate = kneser_ney::estimate(counts, structure);
            let model = mixture::model(words, structure, &estimate)?;
            let mut place = 0;
            for source in self.tuned() {
                let probabilities = mixture::event_probabilities(&model, &source.held_out);
                // Each source weighs the same, however many lines it has.
                let weight = 1.0 / probabilities.len() as f64;
                for probability in probabilities {
                    if place == events.len() {
                        events.push((weight, Vec::new()));
                    }
                    events[place].1.push(probability);
                    place += 1;
                }
            }
            estimates.push(estimate);
        }
        let weights = mixture::tune(&events, self.counts.len());
        for (source, weight) in self.corpora.sources.iter().zip(&weights) {
            eprintln!("weight of {}: {weight:.4}", corpus::name(&source.path));
        }
        let probabilities = mixture::mix(&weights, &estimates);
        let model = mixture::model(words, structure, &probabilities)?;
        Ok(Estimate {
            weights,
            probabilities,
            model,
        })
    }

    /// The sources that the mixture is tuned for.
    fn tuned(&self) -> impl Iterator<Item = &Corpus> {
        let tune = &self.arguments.tune;
        let sources = self.corpora.sources.iter();
        sources.filter(move |source| tune.is_empty() || tune.contains(&source.path))
    }

    /// How often an n-gram is met as a context, in the mixture of the texts.
    fn context_probabilities(&self, structure: &Structure, weights: &[f64]) -> Vec<Vec<f64>> {
        let contexts = &structure.levels[..structure.levels.len() - 1];
        let levels = contexts.iter().enumerate().map(|(below, level)| {
            let probability = |gram| {
                let shares = self.counts.iter().zip(weights).map(|(counts, weight)| {
                    let occurrences = f64::from(counts.levels[below].get(gram));
                    weight * occurrences / counts.tokens.max(1) as f64
                });
                shares.sum()
            };
            level.grams.iter().copied().map(probability).collect()
        });
        levels.collect()
    }

    fn report(&self, what: &str, model: &LanguageModel) {
        eprintln!("\n{what}: {:?} n-grams\n{TITLES}", model.ngram_counts());
        for source in &self.corpora.sources {
            if !source.held_out.is_empty() {
                let measure = Measure::of(model, &source.held_out);
                eprintln!("{}", row(&corpus::name(&source.path), &measure));
            }
        }
    }
}
