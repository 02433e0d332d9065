//! How well a model foretells text.

use std::error::Error;
use std::path::Path;

use asr_playground::decode::lm::LanguageModel;

use crate::arguments::Perplexity;
use crate::{corpus, text};

/// What a model says of some lines.
#[derive(Default)]
pub struct Measure {
    lines: usize,
    words: usize,
    unknown: usize,
    ln_prob: f64,
    /// Without the unknown words.
    ln_prob_known: f64,
}

impl Measure {
    pub fn of(model: &LanguageModel, lines: &[String]) -> Self {
        let mut measure = Self::default();
        for line in lines {
            measure.lines += 1;
            let mut state = model.start();
            for word in line.split(' ') {
                let id = model.word(word);
                let (ln_prob, next) = model.score(state, id);
                measure.add(ln_prob, id.is_some());
                measure.words += 1;
                measure.unknown += usize::from(id.is_none());
                state = next;
            }
            measure.add(model.end(state), true);
        }
        measure
    }

    fn add(&mut self, ln_prob: f32, known: bool) {
        self.ln_prob += f64::from(ln_prob);
        if known {
            self.ln_prob_known += f64::from(ln_prob);
        }
    }

    /// As SRILM has it: the words, but not the unknown ones, and the ends of the lines.
    pub fn perplexity(&self) -> f64 {
        let events = self.words - self.unknown + self.lines;
        (-self.ln_prob_known / events as f64).exp()
    }

    /// With the unknown words as `<unk>`.
    pub fn perplexity_with_unknown(&self) -> f64 {
        (-self.ln_prob / (self.words + self.lines) as f64).exp()
    }
}

pub const TITLES: &str = "| text | lines | words | unknown | perplexity | with `<unk>` |\n|---|---:|---:|---:|---:|---:|";

/// A row under [`TITLES`].
pub fn row(name: &str, measure: &Measure) -> String {
    if measure.words == 0 {
        return format!("| {name} | {} | 0 | – | – | – |", measure.lines);
    }
    format!(
        "| {name} | {} | {} | {:.2}% | {:.1} | {:.1} |",
        measure.lines,
        measure.words,
        100.0 * measure.unknown as f64 / measure.words as f64,
        measure.perplexity(),
        measure.perplexity_with_unknown(),
    )
}

/// Reads a model in either format.
pub fn read_model(path: &Path) -> Result<LanguageModel, Box<dyn Error>> {
    Ok(LanguageModel::from_file(&std::fs::read(path)?)?)
}

/// `cargo xtask lm perplexity`.
pub fn report(arguments: &Perplexity) -> Result<(), Box<dyn Error>> {
    let model = read_model(&arguments.model)?;
    println!("{TITLES}");
    for source in &arguments.sources {
        let mut lines = text::read(source, &arguments.split)?;
        if arguments.held_out {
            lines.retain(|line| text::is_held_out(line));
        }
        println!(
            "{}",
            row(&corpus::name(source), &Measure::of(&model, &lines))
        );
    }
    Ok(())
}
