//! Reading the compact file. Whatever the bytes are, what is built from them is a
//! sound trie, or nothing; and no more memory is taken than a fixed multiple of
//! their number.

use super::bits::{BitReader, width};
use super::{CHECKSUM, Exponents, MAGIC, VERSION};
use crate::decode::lm::trie::{Parts, Trie};
use crate::decode::lm::vocabulary::Vocabulary;
use crate::decode::lm::{LEAST_LN, LmError, MAX_ORDER, MOST_LN_BACKOFF, WordId};

/// What is worked off between two pauses: bytes, words or n-grams.
const STRIDE_BYTES: usize = 1 << 18;
const STRIDE_WORDS: usize = 1 << 12;
const STRIDE_NGRAMS: usize = 1 << 13;

/// Reads a file; awaits `pause` a millisecond or so of work after another.
pub(in crate::decode::lm) async fn read(
    bytes: &[u8],
    pause: &impl AsyncFn(),
) -> Result<(Vocabulary, Trie), LmError> {
    let mut header = Bytes(bytes);
    if header.array()? != MAGIC {
        return Err(LmError::Foreign);
    }
    let [version, order, gap, children] = header.array()?;
    if version != VERSION {
        return Err(LmError::Version { version });
    }
    let order = usize::from(order);
    if !(1..=MAX_ORDER).contains(&order) {
        return Err(LmError::Order { order });
    }
    if u32::from_le_bytes(header.array()?) != checksum(&bytes[CHECKSUM.end..], pause).await {
        return Err(LmError::Checksum);
    }
    let exponents = Exponents {
        gap: u32::from(gap),
        children: u32::from(children),
    };
    let sizes = (0..order)
        .map(|_| header.size())
        .collect::<Result<Vec<_>, _>>()?;
    let ln_probs = (0..order)
        .map(|_| header.table(0.0))
        .collect::<Result<Vec<_>, _>>()?;
    let ln_backoffs = (1..order)
        .map(|_| header.table(MOST_LN_BACKOFF))
        .collect::<Result<Vec<_>, _>>()?;
    let words = header.words(sizes[0], pause).await?;
    let mut body = Body {
        bits: BitReader::new(header.0),
        exponents,
        ln_probs: &ln_probs,
        ln_backoffs: &ln_backoffs,
    };
    let (vocabulary, unigrams) = body.vocabulary(&words)?;
    pause().await;
    let mut parts = Parts::with_root();
    parts.open_family();
    let mut families = body.unigrams(&mut parts, &unigrams)?;
    for (below, size) in sizes.iter().enumerate().skip(1) {
        let level = (below, *size, unigrams.len());
        families = body.level(&mut parts, level, &families, pause).await?;
    }
    if !body.bits.is_at_end() {
        return Err(LmError::Damaged("there is more than it says, or less"));
    }
    Ok((vocabulary, parts.link(pause).await))
}

async fn checksum(bytes: &[u8], pause: &impl AsyncFn()) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for piece in bytes.chunks(STRIDE_BYTES) {
        hasher.update(piece);
        pause().await;
    }
    hasher.finalize()
}

/// What is left of the bytes.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], LmError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(LmError::CutOff)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LmError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(LmError::CutOff)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// A number of things each of which takes at least a bit.
    fn size(&mut self) -> Result<usize, LmError> {
        let size = u32::from_le_bytes(self.array()?) as usize;
        if size / 8 > self.0.len() {
            return Err(LmError::CutOff);
        }
        Ok(size)
    }

    /// Values of which none is above `most`.
    fn table(&mut self, most: f32) -> Result<Vec<f32>, LmError> {
        let size = self.size()?;
        let values = self.take(size.saturating_mul(4))?;
        let (values, _) = values.as_chunks();
        let values: Vec<f32> = values
            .iter()
            .map(|value| f32::from_le_bytes(*value))
            .collect();
        let rising = values.windows(2).all(|pair| pair[0] < pair[1]);
        let all_sound = values.iter().all(|value| (LEAST_LN..=most).contains(value));
        if values.is_empty() || !rising || !all_sound {
            return Err(LmError::Damaged("a table has a value that cannot be"));
        }
        Ok(values)
    }

    /// The words, of which there are `ids` with the special ones.
    async fn words(&mut self, ids: usize, pause: &impl AsyncFn()) -> Result<Vec<String>, LmError> {
        let count = ids.checked_sub(WordId::FIRST.0 as usize);
        let count = count.ok_or(LmError::NoUnigrams)?;
        let mut words: Vec<String> = Vec::new();
        for _ in 0..count {
            let [shared, length] = self.array()?;
            let before = words.last().map_or("", String::as_str).as_bytes();
            let mut word = before
                .get(..usize::from(shared))
                .unwrap_or_default()
                .to_vec();
            word.extend(self.take(usize::from(length))?);
            let word =
                String::from_utf8(word).map_err(|_| LmError::Damaged("a word is not UTF-8"))?;
            if word.as_bytes() <= before {
                return Err(LmError::Damaged("the words are not in order"));
            }
            words.push(word);
            if words.len().is_multiple_of(STRIDE_WORDS) {
                pause().await;
            }
        }
        Ok(words)
    }
}

/// The stream of bits, and what its codes stand for.
struct Body<'a> {
    bits: BitReader<'a>,
    exponents: Exponents,
    ln_probs: &'a [Vec<f32>],
    ln_backoffs: &'a [Vec<f32>],
}

impl Body<'_> {
    /// The words by id, and ln p by id.
    fn vocabulary(&mut self, words: &[String]) -> Result<(Vocabulary, Vec<f32>), LmError> {
        let mut ln_probs = Vec::with_capacity(WordId::FIRST.0 as usize + words.len());
        for _ in 0..WordId::FIRST.0 {
            ln_probs.push(self.value(&self.ln_probs[0])?);
        }
        let mut ranked = Vec::with_capacity(words.len());
        for word in words {
            ranked.push((self.value(&self.ln_probs[0])?, word.as_str()));
        }
        // Stable, so that the words of equal ln p stay in order.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ln_probs.extend(ranked.iter().map(|(ln_prob, _)| ln_prob));
        let vocabulary = Vocabulary::new(ranked.iter().map(|(_, word)| *word))?;
        Ok((vocabulary, ln_probs))
    }

    /// Adds the unigrams. How many children each has.
    fn unigrams(&mut self, parts: &mut Parts, ln_probs: &[f32]) -> Result<Vec<u32>, LmError> {
        let mut families = Vec::with_capacity(ln_probs.len());
        for (id, ln_prob) in ln_probs.iter().enumerate() {
            let (ln_backoff, children) = self.context(0)?;
            parts.push(WordId(id as u32), *ln_prob, ln_backoff);
            families.push(children);
        }
        parts.close_level();
        Ok(families)
    }

    /// Adds the children of the nodes of the level below, of which each has as many
    /// as `families` says. How many children each of them has. A level is the order below
    /// it, its n-grams and the ids there are.
    async fn level(
        &mut self,
        parts: &mut Parts,
        (below, size, ids): (usize, usize, usize),
        families: &[u32],
        pause: &impl AsyncFn(),
    ) -> Result<Vec<u32>, LmError> {
        if families.iter().map(|count| u64::from(*count)).sum::<u64>() != size as u64 {
            return Err(LmError::Damaged("the n-grams are not as many as it says"));
        }
        let mut above = Vec::with_capacity(size);
        let mut since_pause = 0;
        for count in families {
            parts.open_family();
            since_pause += 1 + *count as usize;
            if since_pause >= STRIDE_NGRAMS {
                since_pause = 0;
                pause().await;
            }
            let mut next = 0;
            for _ in 0..*count {
                let gap = self.bits.golomb(self.exponents.gap);
                let word = next + gap.ok_or(LmError::Damaged("a code does not exist"))?;
                if word as usize >= ids {
                    return Err(LmError::UnknownId(WordId(word)));
                }
                next = word + 1;
                let ln_prob = self.value(&self.ln_probs[below])?;
                let (ln_backoff, children) = self.context(below)?;
                parts.push(WordId(word), ln_prob, ln_backoff);
                above.push(children);
            }
        }
        parts.close_level();
        Ok(above)
    }

    /// ln of the back-off weight, and the number of children.
    fn context(&mut self, below: usize) -> Result<(f32, u32), LmError> {
        let Some(table) = self.ln_backoffs.get(below) else {
            return Ok((0.0, 0));
        };
        if self.bits.number(1) == 0 {
            return Ok((0.0, 0));
        }
        let ln_backoff = self.value(table)?;
        let children = self.bits.golomb(self.exponents.children);
        Ok((
            ln_backoff,
            children.ok_or(LmError::Damaged("a code does not exist"))?,
        ))
    }

    fn value(&mut self, table: &[f32]) -> Result<f32, LmError> {
        let place = self.bits.number(width(table.len())) as usize;
        if self.bits.is_over() {
            return Err(LmError::CutOff);
        }
        let value = table.get(place).copied();
        value.ok_or(LmError::Damaged("a code does not exist"))
    }
}
