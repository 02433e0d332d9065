//! Text as the recogniser would write it: lower-case words of a–z and apostrophes.

use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use asr_playground::eval::normalise::normalise;

/// Which split of a manifest of recordings a model may be built from.
pub const TRAINING_SPLIT: &str = "train";

/// One line in this many is held out.
const HELD_OUT: u64 = 50;

/// The normalised lines of a source that are not empty. Of a manifest, the lines of
/// one split, each text once, however many people read it.
pub fn read(path: &Path, split: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let trouble = |error: &dyn Error| format!("{} cannot be read: {error}", path.display());
    let file = File::open(path).map_err(|error| trouble(&error))?;
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "xz") {
        lzma_rust2::XzReader::new(BufReader::new(file), true).read_to_string(&mut text)
    } else {
        BufReader::new(file).read_to_string(&mut text)
    }
    .map_err(|error| trouble(&error))?;
    let lines = if path.extension().is_some_and(|extension| extension == "tsv") {
        manifest_texts(&text, split).map_err(|reason| trouble(&*reason))?
    } else {
        text.as_bytes()
            .lines()
            .map_while(Result::ok)
            .map(|line| normalise(&expand(&line)))
            .collect()
    };
    Ok(lines.into_iter().filter(|line| !line.is_empty()).collect())
}

fn manifest_texts(table: &str, split: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut rows = table.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let header = rows.next().unwrap_or_default();
    let column = |name: &str| {
        let place = header.iter().position(|title| *title == name);
        place.ok_or_else(|| format!("there is no column {name}"))
    };
    let (text, split_column) = (column("text")?, column("split")?);
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for row in rows.filter(|row| row.get(split_column) == Some(&split)) {
        let line = normalise(row.get(text).unwrap_or(&""));
        if seen.insert(line.clone()) {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// Whether a line is held out: by its words, so that a line that is there several
/// times, in whichever source, is all on one side.
pub fn is_held_out(line: &str) -> bool {
    // FNV-1a, for which see http://www.isthe.com/chongo/tech/comp/fnv.
    let hash = line.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32).is_multiple_of(HELD_OUT)
}

/// Writes out what is said otherwise than it is written and what the normaliser,
/// which must be true to any text, leaves alone: titles, ordinals and a few
/// symbols. Endings that a corpus set apart ("it 's", "do n't") are put back.
fn expand(line: &str) -> String {
    let mut expanded = String::with_capacity(line.len() + 16);
    for word in line.split_whitespace() {
        if !matches!(
            word,
            "'s" | "'d" | "'ll" | "'ve" | "'re" | "'m" | "'t" | "n't"
        ) {
            expanded.push(' ');
        }
        let bare = word.trim_end_matches(['.', ',', '?', '!', ';', ':', '"', ')']);
        let spoken = match bare {
            "Mr" => Some("mister".to_owned()),
            "Mrs" => Some("missus".to_owned()),
            "Dr" => Some("doctor".to_owned()),
            "&" => Some("and".to_owned()),
            "%" => Some("percent".to_owned()),
            _ => ordinal(bare).or_else(|| percentage(bare)),
        };
        expanded.push_str(spoken.as_deref().unwrap_or(word));
    }
    expanded
}

/// `21st` as "twenty first".
fn ordinal(word: &str) -> Option<String> {
    let digits = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let cardinal = normalise(digits);
    let (head, last) = cardinal.rsplit_once(' ').unwrap_or(("", &cardinal));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        regular => match regular.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{regular}th"),
        },
    };
    Some(format!("{head} {last}").trim_start().to_owned())
}

/// `35%` as "35 percent".
fn percentage(word: &str) -> Option<String> {
    let number = word.strip_suffix('%')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{number} percent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_written_out() {
        assert_eq!(
            expand("I do n't know Mr. Bell"),
            " I don't know mister Bell"
        );
        let normal = |text| normalise(&expand(text));
        assert_eq!(
            normal("March 21st, 35%"),
            "march twenty first thirty five percent"
        );
        assert_eq!(
            normal("the 20th or 103rd"),
            "the twentieth or one hundred third"
        );
        assert_eq!(normal("1st west"), "first west");
    }
}
