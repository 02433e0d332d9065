//! The ARPA text format (Doug Paul's; described in SRILM's ngram-format(5)):
//!
//! ```text
//! \data\
//! ngram 1=4
//! ngram 2=2
//!
//! \1-grams:
//! -1.2  word  -0.3
//! …
//! \2-grams:
//! -0.7  two words
//! …
//! \end\
//! ```
//!
//! Each line has log₁₀ p, the n words, and log₁₀ of the back-off weight unless that
//! is 1. What stands before `\data\` and after `\end\` is of no account.
//!
//! Words are read in lower case, as the model's tokens write them. Two unigrams that
//! differ in case alone are refused: their probabilities could be added, but n-grams
//! after the one and after the other have no common back-off weight.
//!
//! A log₁₀ p of −99 stands for "never" in this format; what is below
//! [`super::LEAST_LN`] is read as that. So no sum of a query leaves the range of f32.

use std::collections::HashMap;

use super::{Gram, LEAST_LN, LmError, MAX_ORDER, MOST_LN_BACKOFF, NGram, WordId};

/// The line with which the format begins.
pub(super) const BEGIN: &str = "\\data\\";

/// Words from [`WordId::FIRST`] on, and the n-grams by order.
type Contents = (Vec<String>, Vec<Vec<NGram>>);

/// Reads an ARPA file.
pub(super) fn read(text: &str) -> Result<Contents, LmError> {
    let mut lines = Lines {
        lines: text.lines(),
        line: 0,
    };
    let sizes = header(&mut lines)?;
    let mut words = Words::default();
    let mut levels = Vec::new();
    for (below, size) in sizes.iter().enumerate() {
        levels.push(section(
            &mut lines,
            &mut words,
            below + 1,
            sizes.len(),
            *size,
        )?);
    }
    match lines.next() {
        Some("\\end\\") => {}
        _ => return Err(lines.error("\\end\\ is expected here.")),
    }
    if let Some(unigrams) = levels.first_mut() {
        let unknown = Gram::EMPTY.then(WordId::UNKNOWN);
        if !unigrams.iter().any(|ngram: &NGram| ngram.gram == unknown) {
            unigrams.push(NGram {
                gram: unknown,
                ln_prob: LEAST_LN,
                ln_backoff: 0.0,
            });
        }
    }
    Ok((words.spellings, levels))
}

/// The lines that are not empty, trimmed and counted.
struct Lines<'a> {
    lines: std::str::Lines<'a>,
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.line += 1;
            let line = self.lines.next()?.trim();
            if !line.is_empty() {
                return Some(line);
            }
        }
    }

    fn error(&self, reason: impl Into<String>) -> LmError {
        LmError::Arpa {
            line: self.line,
            reason: reason.into(),
        }
    }
}

/// Reads up to and with `\1-grams:`. How many n-grams there are, by order.
fn header(lines: &mut Lines<'_>) -> Result<Vec<usize>, LmError> {
    while lines
        .next()
        .ok_or_else(|| lines.error("the file has no \\data\\ section."))?
        != BEGIN
    {}
    let mut sizes = Vec::new();
    loop {
        let line = lines.next().unwrap_or_default();
        if line == "\\1-grams:" && !sizes.is_empty() {
            return Ok(sizes);
        }
        let size = line
            .strip_prefix("ngram")
            .and_then(|rest| rest.split_once('='))
            .filter(|(order, _)| order.trim().parse() == Ok(sizes.len() + 1))
            .and_then(|(_, size)| size.trim().parse().ok())
            .ok_or_else(|| {
                let next = sizes.len() + 1;
                lines.error(format!("\"ngram {next}=\" and a number are expected here."))
            })?;
        sizes.push(size);
        if sizes.len() > MAX_ORDER {
            return Err(LmError::Order { order: sizes.len() });
        }
    }
}

/// Reads the n-grams of an order, and the title of the next.
fn section(
    lines: &mut Lines<'_>,
    words: &mut Words,
    order: usize,
    highest: usize,
    size: usize,
) -> Result<Vec<NGram>, LmError> {
    if order > 1 && lines.next() != Some(format!("\\{order}-grams:").as_str()) {
        return Err(lines.error(format!("\\{order}-grams: is expected here.")));
    }
    let mut level = Vec::new();
    for index in 0..size {
        let line = lines.next().unwrap_or_default();
        if line.starts_with('\\') || line.is_empty() {
            return Err(lines.error(format!(
                "the header says {size} n-grams of order {order}, but there are {index}."
            )));
        }
        level.push(
            words
                .ngram(line, order, highest)
                .map_err(|reason| lines.error(reason))?,
        );
    }
    Ok(level)
}

/// The words seen as unigrams.
#[derive(Default)]
struct Words {
    ids: HashMap<String, WordId>,
    /// In lower case.
    spellings: Vec<String>,
    /// As the file has them.
    written: Vec<String>,
}

impl Words {
    fn ngram(&mut self, line: &str, order: usize, highest: usize) -> Result<NGram, String> {
        let mut fields = line.split_ascii_whitespace();
        let ln_prob = number(fields.next().unwrap_or_default())?;
        if ln_prob > 0.0 {
            return Err("the log-probability is above 0.".to_owned());
        }
        let mut gram = Gram::EMPTY;
        for _ in 0..order {
            let word = fields
                .next()
                .ok_or_else(|| format!("an n-gram of order {order} has {order} words."))?;
            gram = gram.then(self.id(word, order)?);
        }
        let ln_backoff = match fields.next() {
            Some(field) if order < highest => backoff(field)?,
            Some(_) => return Err(format!("there is more than {order} words.")),
            None => 0.0,
        };
        if fields.next().is_some() {
            return Err("there is more than a back-off weight after the words.".to_owned());
        }
        Ok(NGram {
            gram,
            ln_prob,
            ln_backoff,
        })
    }

    fn id(&mut self, word: &str, order: usize) -> Result<WordId, String> {
        match word {
            "<unk>" | "<UNK>" => return Ok(WordId::UNKNOWN),
            "<s>" => return Ok(WordId::START),
            "</s>" => return Ok(WordId::END),
            _ => {}
        }
        let lower = word.to_lowercase();
        if let Some(id) = self.ids.get(&lower) {
            let index = (id.0 - WordId::FIRST.0) as usize;
            return match self.written.get(index).filter(|first| *first != word) {
                Some(first) if order == 1 => Err(format!(
                    "'{first}' and '{word}' are the same word in lower case, as all are read here: give it one unigram."
                )),
                _ => Ok(*id),
            };
        }
        if order > 1 {
            return Err(format!("'{word}' is not among the unigrams."));
        }
        let id = WordId(WordId::FIRST.0 + self.spellings.len() as u32);
        self.ids.insert(lower.clone(), id);
        self.spellings.push(lower);
        self.written.push(word.to_owned());
        Ok(id)
    }
}

fn backoff(field: &str) -> Result<f32, String> {
    let ln_backoff = number(field)?;
    if ln_backoff > MOST_LN_BACKOFF {
        let most = MOST_LN_BACKOFF / std::f32::consts::LN_10;
        return Err(format!(
            "'{field}' is too large for a back-off weight's logarithm; {most:.0} is the most."
        ));
    }
    Ok(ln_backoff)
}

/// A log₁₀ as a natural logarithm, at least [`LEAST_LN`].
fn number(field: &str) -> Result<f32, String> {
    match field.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            Ok(((value * std::f64::consts::LN_10) as f32).max(LEAST_LN))
        }
        _ => Err(format!("'{field}' is not a finite number.")),
    }
}
