//! The sources as numbers: sentences of word ids over one vocabulary.

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use asr_playground::decode::lm::WordId;

use crate::text;

/// Every source, and the words they are made of.
pub struct Corpora {
    /// The words from [`WordId::FIRST`] on.
    pub words: Vec<String>,
    pub sources: Vec<Corpus>,
}

/// One source.
pub struct Corpus {
    pub path: PathBuf,
    /// The sentences one after another, each with `</s>` behind.
    pub sentences: Vec<WordId>,
    /// The lines kept apart, in words.
    pub held_out: Vec<String>,
}

/// Reads the sources. Words seen fewer than `min_count` times in all of them
/// together, or spelled otherwise than in a–z and apostrophes, are `<unk>`.
pub fn read(
    paths: &[PathBuf],
    min_count: usize,
    hold_out: bool,
) -> Result<Corpora, Box<dyn Error>> {
    // Numbered as they come; the vocabulary is chosen when all have been counted.
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut counts = Vec::new();
    let mut sources = Vec::new();
    for path in paths {
        let mut source = Corpus {
            path: path.clone(),
            sentences: Vec::new(),
            held_out: Vec::new(),
        };
        for line in text::read(path, text::TRAINING_SPLIT)? {
            if hold_out && text::is_held_out(&line) {
                source.held_out.push(line);
                continue;
            }
            for word in line.split(' ') {
                let number = *numbers.entry(word.to_owned()).or_insert_with(|| {
                    counts.push(0_usize);
                    counts.len() as u32 - 1
                });
                counts[number as usize] += 1;
                source.sentences.push(WordId(WordId::FIRST.0 + number));
            }
            source.sentences.push(WordId::END);
        }
        sources.push(source);
    }

    let spelled = |word: &str| {
        word.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'\'')
    };
    let mut kept: Vec<(String, u32)> = numbers
        .into_iter()
        .filter(|(word, number)| counts[*number as usize] >= min_count && spelled(word))
        .collect();
    kept.sort_unstable();
    let mut ids = vec![WordId::UNKNOWN; counts.len()];
    for (index, (_, number)) in kept.iter().enumerate() {
        ids[*number as usize] = WordId(WordId::FIRST.0 + index as u32);
    }
    for word in sources.iter_mut().flat_map(|source| &mut source.sentences) {
        if let Some(number) = word.0.checked_sub(WordId::FIRST.0) {
            *word = ids[number as usize];
        }
    }
    let words = kept.into_iter().map(|(word, _)| word).collect();
    Ok(Corpora { words, sources })
}

/// A source's name, for reports: its file's, without endings.
pub fn name(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.split('.').next().unwrap_or_default().to_owned()
}
