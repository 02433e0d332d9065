//! Which file holds what is said in which other one. Free of the browser.
//!
//! A text file belongs to the audio file of its name ("a.wav", "a.txt"). A table names audio
//! files in its first column, what is said in its second: `.tsv` separates by tabs, `.csv` by
//! commas, with quotation marks where needed (RFC 4180, but for line breaks in fields).

/// The part of a name before its last dot, without folders, in lower case.
fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    stem.to_lowercase()
}

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is said in one file.
    Text,
    /// What is said in several.
    Table {
        /// Between the columns.
        separator: char,
    },
    /// Anything else is taken for audio.
    Audio,
}

/// What a file is.
pub fn kind(name: &str) -> Kind {
    let name = name.to_lowercase();
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("txt") => Kind::Text,
        Some("tsv") => Kind::Table { separator: '\t' },
        Some("csv") => Kind::Table { separator: ',' },
        _ => Kind::Audio,
    }
}

/// Transcripts by the stem of their audio file's name.
#[derive(Clone, Debug, Default)]
pub struct Transcripts(Vec<(String, String)>);

impl Transcripts {
    /// Reads a text file or a table.
    pub fn add(&mut self, name: &str, content: &str) {
        let content = content.trim_start_matches('\u{feff}');
        match kind(name) {
            Kind::Table { separator } => {
                let rows = content.lines().filter_map(|line| row(line, separator));
                self.0.extend(rows.map(|(file, text)| (stem(&file), text)));
            }
            Kind::Text | Kind::Audio => {
                let words: Vec<&str> = content.split_whitespace().collect();
                self.0.push((stem(name), words.join(" ")));
            }
        }
    }

    /// What is said in an audio file; of several, the last one read.
    pub fn of(&self, audio: &str) -> Option<&str> {
        let wanted = stem(audio);
        let found = self.0.iter().rev().find(|(stem, _)| *stem == wanted);
        found.map(|(_, text)| text.as_str())
    }
}

/// The first field and the rest of a line.
fn row(line: &str, separator: char) -> Option<(String, String)> {
    let (file, text) = if separator == ',' && line.starts_with('"') {
        let (file, rest) = quoted(line)?;
        (file, rest.strip_prefix(',')?.to_owned())
    } else {
        let (file, text) = line.split_once(separator)?;
        (file.trim().to_owned(), text.to_owned())
    };
    let text = text.trim();
    let text = match quoted(text) {
        Some((inner, "")) if separator == ',' => inner,
        // Further columns of a tab-separated table are not what is said.
        _ if separator == '\t' => text.split('\t').next().unwrap_or_default().to_owned(),
        _ => text.to_owned(),
    };
    Some((file, text.trim().to_owned()))
}

/// The field in quotation marks that a line begins with, and what follows it.
fn quoted(line: &str) -> Option<(String, &str)> {
    let mut rest = line.strip_prefix('"')?;
    let mut field = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_belongs_to_the_audio_of_its_name() {
        let mut transcripts = Transcripts::default();
        transcripts.add("Letter 1.TXT", "\u{feff}Dear\r\n  Sir\n");
        assert_eq!(transcripts.of("letter 1.wav"), Some("Dear Sir"));
        assert_eq!(transcripts.of("letter 2.wav"), None);
    }

    #[test]
    fn tables_name_their_files() {
        let mut transcripts = Transcripts::default();
        transcripts.add(
            "all.tsv",
            "file\ttext\na.wav\tone two\tspeaker\nsub/b.flac\t three \n",
        );
        transcripts.add(
            "all.csv",
            "c.wav,\"say \"\"yes\"\", now\"\n\"d,e.wav\",four, five\n",
        );
        for (file, text) in [
            ("a.wav", Some("one two")),
            ("b.mp3", Some("three")),
            ("c.wav", Some("say \"yes\", now")),
            ("d,e.wav", Some("four, five")),
            ("f.wav", None),
        ] {
            assert_eq!(transcripts.of(file), text, "{file}");
        }
        // A later one wins.
        transcripts.add("a.txt", "corrected");
        assert_eq!(transcripts.of("a.wav"), Some("corrected"));
    }

    #[test]
    fn kinds_go_by_the_name() {
        assert_eq!(kind("a.TXT"), Kind::Text);
        assert_eq!(kind("a.csv"), Kind::Table { separator: ',' });
        assert_eq!(kind("a.txt.wav"), Kind::Audio);
        assert_eq!(kind("noname"), Kind::Audio);
    }
}
