//! What is kept of a take, beside its audio. Free of the browser.

use asr_playground::decode::Word;
use serde::{Deserialize, Serialize};

/// Bytes a sample takes.
const SAMPLE_BYTES: f64 = 2.0;
/// Most characters of a title made from what was said.
const TITLE_CHARS: usize = 48;
/// Most characters of a title that a person types.
pub const LONGEST_TITLE: usize = 120;

/// A kept take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptTake {
    /// Sorts by age, oldest first.
    pub id: String,
    /// The person's own title.
    pub title: Option<String>,
    /// The file's name; `None` for the microphone.
    pub file: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: f64,
    /// Its length at 16 kHz.
    pub samples: i64,
    /// CRC-32 of its audio, once finished: the same take is kept once.
    pub checksum: u32,
    /// The take has ended; an unfinished one is being recorded by `session`, or was
    /// interrupted.
    pub finished: bool,
    /// It ended with the page, not with the stop button.
    pub interrupted: bool,
    /// The page that recorded it.
    pub session: String,
    /// What was recognised.
    pub words: Vec<Word>,
    /// What was really said, as the person typed it.
    pub reference: String,
    /// The settings it was recognised with, as in the address.
    pub settings_hash: String,
}

impl KeptTake {
    /// Reads what [`KeptTake::to_json`] wrote, of this version or another.
    pub fn from_json(json: &str) -> Option<Self> {
        let take: Self = serde_json::from_str(json).ok()?;
        (!take.id.is_empty() && take.samples >= 0).then_some(take)
    }

    /// As text, for the database.
    pub fn to_json(&self) -> String {
        // A take always has a text.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The person's title, else the file's name, else the first words.
    pub fn name(&self) -> String {
        let given = self.title.as_ref().or(self.file.as_ref());
        given
            .cloned()
            .or_else(|| beginning(&self.text()))
            .unwrap_or_else(|| "Recording without words".to_owned())
    }

    /// What was recognised.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// What its audio takes.
    pub fn bytes(&self) -> f64 {
        self.samples as f64 * SAMPLE_BYTES
    }

    /// Gives it a title; an empty one gives back the automatic one.
    pub fn rename(&mut self, title: &str) {
        let title: String = title.trim().chars().take(LONGEST_TITLE).collect();
        self.title = (!title.is_empty()).then_some(title);
    }
}

/// As many first words as fit.
fn beginning(text: &str) -> Option<String> {
    let mut title = String::new();
    for word in text.split_whitespace() {
        if title.chars().count() + 1 + word.chars().count() > TITLE_CHARS {
            title.push('…');
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    }
    (!title.is_empty()).then_some(title)
}

/// The CRC-32 of samples, a part at a time.
#[derive(Clone, Debug, Default)]
pub struct Checksum(crc32fast::Hasher);

impl Checksum {
    /// Takes in the next samples.
    pub fn update(&mut self, samples: &[i16]) {
        for sample in samples.chunks(4096) {
            let bytes: Vec<u8> = sample.iter().flat_map(|s| s.to_le_bytes()).collect();
            self.0.update(&bytes);
        }
    }

    /// The sum of all so far.
    pub fn value(&self) -> u32 {
        self.0.clone().finalize()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn take(words: &[&str]) -> KeptTake {
        let word = |text: &&str| Word {
            text: (*text).to_owned(),
            start_sample: 0,
            end_sample: 320,
            rows: 0..1,
            confidence: 1.0,
        };
        KeptTake {
            id: "1".to_owned(),
            words: words.iter().map(word).collect(),
            ..KeptTake::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let kept = KeptTake {
            samples: 16_000,
            reference: "é \"quoted\"".to_owned(),
            ..take(&["one", "two"])
        };
        assert_eq!(KeptTake::from_json(&kept.to_json()), Some(kept));
    }

    #[test]
    fn other_versions_are_read_and_nonsense_is_not() {
        let older = KeptTake::from_json(r#"{"id":"7","samples":320,"unknown":[1]}"#).unwrap();
        assert_eq!((older.id.as_str(), older.samples), ("7", 320));
        for json in ["", "[]", "{}", r#"{"id":"7","samples":-1}"#, r#"{"id":7}"#] {
            assert_eq!(KeptTake::from_json(json), None, "{json}");
        }
    }

    #[test]
    fn a_take_is_called_by_its_title_its_file_or_its_words() {
        let mut kept = take(&["one", "two"]);
        assert_eq!(kept.name(), "one two");
        kept.file = Some("talk.wav".to_owned());
        assert_eq!(kept.name(), "talk.wav");
        kept.rename("  My talk ");
        assert_eq!(kept.name(), "My talk");
        kept.rename(" ");
        assert_eq!(kept.name(), "talk.wav");
        kept.rename(&"x".repeat(500));
        assert_eq!(kept.name().len(), LONGEST_TITLE);
        assert_eq!(take(&[]).name(), "Recording without words");
        let long = take(&["wonderful"; 9]).name();
        assert_eq!(long, "wonderful wonderful wonderful wonderful…");
    }

    #[test]
    fn the_checksum_is_that_of_the_bytes_however_they_are_cut() {
        let samples: Vec<i16> = (0..10_000).map(|n| (n * 7) as i16).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut cut = Checksum::default();
        cut.update(&samples[..4_097]);
        cut.update(&samples[4_097..]);
        assert_eq!(cut.value(), crc32fast::hash(&bytes));
        // "ab", little-endian; crc32 of "ab" as Python's zlib has it.
        let mut known = Checksum::default();
        known.update(&[i16::from_le_bytes(*b"ab")]);
        assert_eq!(known.value(), 0x9E83_486D);
    }
}
