//! Writing the compact file.

use super::bits::{BitWriter, golomb_bits, width};
use super::{CHECKSUM, Exponents, MAGIC, VERSION};
use crate::decode::lm::{LanguageModel, NGram, WordId};

/// The file of a model.
pub(in crate::decode::lm) fn write(model: &LanguageModel) -> Vec<u8> {
    let levels = model.levels();
    let order = levels.len();
    let children: Vec<Vec<u32>> = levels
        .windows(2)
        .map(|pair| child_counts(&pair[0], &pair[1]))
        .collect();
    let exponents = Exponents {
        gap: best_exponent(levels[1..].iter().flat_map(|level| gaps(level))),
        children: best_exponent(
            children
                .iter()
                .flatten()
                .copied()
                .filter(|count| *count > 0),
        ),
    };
    let ln_probs: Vec<Table> = levels
        .iter()
        .map(|level| Table::new(level.iter().map(|ngram| ngram.ln_prob)))
        .collect();
    let ln_backoffs: Vec<Table> = levels
        .iter()
        .zip(&children)
        .map(|(level, children)| {
            let contexts = level.iter().zip(children).filter(is_context);
            Table::new(contexts.map(|(ngram, _)| ngram.ln_backoff))
        })
        .collect();

    let mut bytes = MAGIC.to_vec();
    bytes.extend([
        VERSION,
        order as u8,
        exponents.gap as u8,
        exponents.children as u8,
    ]);
    bytes.extend([0; CHECKSUM.end - CHECKSUM.start]);
    for level in &levels {
        bytes.extend((level.len() as u32).to_le_bytes());
    }
    for table in ln_probs.iter().chain(&ln_backoffs) {
        table.write(&mut bytes);
    }
    let alphabetical = write_words(model, &mut bytes);
    let mut bits = BitWriter::new(bytes);
    for id in alphabetical {
        ln_probs[0].code(levels[0][id.0 as usize].ln_prob, &mut bits);
    }
    for (below, level) in levels.iter().enumerate() {
        let mut gaps = gaps(level);
        for (index, ngram) in level.iter().enumerate() {
            if below > 0 {
                bits.golomb(gaps.next().unwrap_or_default(), exponents.gap);
                ln_probs[below].code(ngram.ln_prob, &mut bits);
            }
            if let Some(children) = children.get(below) {
                let item = (ngram, &children[index]);
                bits.number(u32::from(is_context(&item)), 1);
                if is_context(&item) {
                    ln_backoffs[below].code(ngram.ln_backoff, &mut bits);
                    bits.golomb(children[index], exponents.children);
                }
            }
        }
    }
    let mut bytes = bits.finish();
    let checksum = crc32fast::hash(&bytes[CHECKSUM.end..]);
    bytes[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn is_context((ngram, children): &(&NGram, &u32)) -> bool {
    **children > 0 || ngram.ln_backoff != 0.0
}

/// By n-gram of a level, how many there are of it in the level above.
fn child_counts(level: &[NGram], above: &[NGram]) -> Vec<u32> {
    let mut rest = above;
    let mut counts = Vec::with_capacity(level.len());
    for ngram in level {
        let family = rest
            .iter()
            .take_while(|child| child.gram.context() == ngram.gram);
        let count = family.count();
        counts.push(count as u32);
        rest = &rest[count..];
    }
    counts
}

/// By n-gram: how far its last word's id is from its elder sibling's.
fn gaps(level: &[NGram]) -> impl Iterator<Item = u32> {
    let families = level.chunk_by(|a, b| a.gram.context() == b.gram.context());
    families.flat_map(|family| {
        let mut next = 0;
        family.iter().map(move |ngram| {
            let id = ngram.gram.last().0;
            let gap = id - next;
            next = id + 1;
            gap
        })
    })
}

/// The exponent that makes the values shortest.
fn best_exponent(values: impl Iterator<Item = u32>) -> u32 {
    let values: Vec<u32> = values.collect();
    let bits = |exponent: &u32| -> u64 {
        let each = values.iter().map(|value| golomb_bits(*value, *exponent));
        each.map(u64::from).sum()
    };
    (0..16).min_by_key(bits).unwrap_or(0)
}

/// Writes the spellings. The ids in the order in which their ln p follow.
fn write_words(model: &LanguageModel, bytes: &mut Vec<u8>) -> Vec<WordId> {
    let mut words: Vec<(&str, u32)> = model.words().zip(WordId::FIRST.0..).collect();
    words.sort_unstable();
    let mut before = "";
    let mut ids: Vec<WordId> = (0..WordId::FIRST.0).map(WordId).collect();
    for (word, id) in words {
        let pairs = before.bytes().zip(word.bytes());
        let shared = pairs.take(255).take_while(|(a, b)| a == b).count();
        let rest = &word.as_bytes()[shared..];
        bytes.extend([shared as u8, rest.len() as u8]);
        bytes.extend(rest);
        before = word;
        ids.push(WordId(id));
    }
    ids
}

/// Different values, rising.
struct Table(Vec<f32>);

impl Table {
    fn new(values: impl Iterator<Item = f32>) -> Self {
        let mut values: Vec<f32> = values.collect();
        values.sort_unstable_by(f32::total_cmp);
        values.dedup();
        if values.is_empty() {
            values.push(0.0);
        }
        Self(values)
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend((self.0.len() as u32).to_le_bytes());
        bytes.extend(self.0.iter().flat_map(|value| value.to_le_bytes()));
    }

    /// The place of one of its values.
    fn code(&self, value: f32, bits: &mut BitWriter) {
        let place = self.0.partition_point(|other| *other < value);
        bits.number(place as u32, width(self.0.len()));
    }
}
