//! Words as subtitles: `SubRip` (.srt) and `WebVTT` (.vtt). Free of the browser.
//!
//! Formats: SRT as `SubRip` itself writes it (number, `00:00:01,000 --> 00:00:02,000`, lines,
//! empty line); VTT after the W3C's *`WebVTT`: The Web Video Text Tracks Format*, section 4.
//! A cue's size follows what subtitlers agree on: two lines of 42 characters, up to 7 s.

use std::fmt::Write as _;

use asr_playground::decode::Word;

/// Samples a millisecond, at 16 kHz.
const SAMPLES_PER_MS: i64 = 16;
/// Most characters a line.
const LINE_CHARS: usize = 42;
/// Most lines a cue.
const CUE_LINES: usize = 2;
/// Longest cue.
const LONGEST_MS: i64 = 7_000;
/// A pause this long begins a new cue.
const PAUSE_MS: i64 = 800;
/// A cue stays at least this long, if the next one leaves it the time.
const SHORTEST_MS: i64 = 1_000;

/// What is shown at once, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// When it appears, from the take's beginning.
    pub start_ms: i64,
    /// When it goes.
    pub end_ms: i64,
    /// One or two.
    pub lines: Vec<String>,
}

/// Words in cues that can be read: none longer than two lines or 7 s, none across a pause.
pub fn cues(words: &[Word]) -> Vec<Cue> {
    let mut groups: Vec<Vec<&Word>> = Vec::new();
    for word in words {
        match groups.last_mut() {
            Some(group) if belongs(group, word) => group.push(word),
            _ => groups.push(vec![word]),
        }
    }
    let mut cues: Vec<Cue> = groups.iter().filter_map(|group| cue(group)).collect();
    let starts: Vec<i64> = cues.iter().skip(1).map(|cue| cue.start_ms).collect();
    for (index, cue) in cues.iter_mut().enumerate() {
        let readable = cue.end_ms.max(cue.start_ms + SHORTEST_MS);
        let next = starts.get(index).copied().unwrap_or(i64::MAX);
        // Cues never overlap, and none is empty of time.
        cue.end_ms = readable.min(next).max(cue.start_ms + 1);
    }
    cues
}

/// Whether a word goes on with the cue.
fn belongs(group: &[&Word], word: &Word) -> bool {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return false;
    };
    let pause_ms = (word.start_sample - last.end_sample) / SAMPLES_PER_MS;
    let length_ms = (word.end_sample - first.start_sample) / SAMPLES_PER_MS;
    let texts: Vec<&str> = group
        .iter()
        .map(|word| word.text.as_str())
        .chain([word.text.as_str()])
        .collect();
    pause_ms < PAUSE_MS && length_ms <= LONGEST_MS && wrap(&texts).len() <= CUE_LINES
}

fn cue(group: &[&Word]) -> Option<Cue> {
    let texts: Vec<&str> = group.iter().map(|word| word.text.as_str()).collect();
    Some(Cue {
        start_ms: group.first()?.start_sample.max(0) / SAMPLES_PER_MS,
        end_ms: group.last()?.end_sample.max(0) / SAMPLES_PER_MS,
        lines: balanced(&texts),
    })
}

/// As many words a line as fit; a longer word has a line of its own.
fn wrap(words: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_CHARS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push((*word).to_owned()),
        }
    }
    lines
}

/// Two lines of like length where one does not do.
fn balanced(words: &[&str]) -> Vec<String> {
    let lines = wrap(words);
    if lines.len() != CUE_LINES {
        return lines;
    }
    (1..words.len())
        .filter_map(|split| {
            let (first, second) = words.split_at_checked(split)?;
            let (first, second) = (first.join(" "), second.join(" "));
            let longest = first.chars().count().max(second.chars().count());
            Some((longest, vec![first, second]))
        })
        .min_by_key(|(longest, _)| *longest)
        .map_or(lines, |(_, lines)| lines)
}

/// The words as a `SubRip` file.
pub fn srt(words: &[Word]) -> String {
    let mut file = String::new();
    for (index, cue) in cues(words).iter().enumerate() {
        let (start, end) = (clock(cue.start_ms, ','), clock(cue.end_ms, ','));
        // Writing to a string cannot fail.
        let _ = write!(
            file,
            "{}\n{start} --> {end}\n{}\n\n",
            index + 1,
            cue.lines.join("\n")
        );
    }
    file
}

/// The words as a `WebVTT` file.
pub fn vtt(words: &[Word]) -> String {
    let mut file = "WEBVTT\n".to_owned();
    for cue in cues(words) {
        let (start, end) = (clock(cue.start_ms, '.'), clock(cue.end_ms, '.'));
        let text = escaped(&cue.lines.join("\n"));
        let _ = write!(file, "\n{start} --> {end}\n{text}\n");
    }
    file
}

/// `01:02:03,004`.
fn clock(ms: i64, point: char) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (seconds, rest) = (ms / 1000 % 60, ms % 1000);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}")
}

/// `WebVTT` cue text: these three have a meaning in it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn word(text: &str, start_ms: i64, end_ms: i64) -> Word {
        Word {
            text: text.to_owned(),
            start_sample: start_ms * 16,
            end_sample: end_ms * 16,
            rows: 0..1,
            confidence: 0.9,
        }
    }

    fn said() -> Vec<Word> {
        vec![
            word("the", 1_000, 1_200),
            word("door", 1_240, 1_700),
            word("was", 1_740, 1_900),
            word("open", 1_920, 2_480),
            // After a pause of more than 0.8 s.
            word("yes", 3_600_500, 3_600_720),
        ]
    }

    #[test]
    fn subrip() {
        let expected = "1\n00:00:01,000 --> 00:00:02,480\nthe door was open\n\n\
                        2\n01:00:00,500 --> 01:00:01,500\nyes\n\n";
        assert_eq!(srt(&said()), expected);
        assert_eq!(srt(&[]), "");
    }

    #[test]
    fn webvtt() {
        let expected = "WEBVTT\n\n00:00:01.000 --> 00:00:02.480\nthe door was open\n\n\
                        01:00:00.500 --> 01:00:01.500\nyes\n";
        assert_eq!(vtt(&said()), expected);
        assert_eq!(vtt(&[]), "WEBVTT\n");
        let marks = [word("a<b&c>d", 0, 2_000)];
        assert!(vtt(&marks).contains("\na&lt;b&amp;c&gt;d\n"));
    }

    #[test]
    fn a_short_cue_stays_until_the_next_at_most() {
        // 0.85 s between the two: the first cannot stay a whole second.
        let words = [word("no", 0, 40), word("yes", 890, 1_000)];
        let cues = cues(&words);
        assert_eq!((cues[0].start_ms, cues[0].end_ms), (0, 890));
        assert_eq!((cues[1].start_ms, cues[1].end_ms), (890, 1_890));
    }

    #[test]
    fn long_speech_is_cut_by_length_and_by_time() {
        // Twenty words of nine letters and a space, each half a second, no pause.
        let words: Vec<Word> = (0..20)
            .map(|n| word("wonderful", n * 500, n * 500 + 500))
            .collect();
        let cues = cues(&words);
        for cue in &cues {
            assert!(cue.end_ms - cue.start_ms <= 7_000);
            assert!(cue.lines.len() <= 2);
            assert!(cue.lines.iter().all(|line| line.chars().count() <= 42));
        }
        // Four words a line, eight a cue: 8 + 8 + 4.
        let counts: Vec<usize> = cues
            .iter()
            .map(|cue| cue.lines.join(" ").split(' ').count())
            .collect();
        assert_eq!(counts, [8, 8, 4]);
        let back: Vec<String> = cues.iter().flat_map(|cue| cue.lines.clone()).collect();
        assert_eq!(back.join(" ").split(' ').count(), 20);

        let slow: Vec<Word> = (0..5)
            .map(|n| word("slow", n * 2_000, n * 2_000 + 1_500))
            .collect();
        assert!(super::cues(&slow).len() > 1, "7 s and no more");
    }

    #[test]
    fn two_lines_are_of_like_length() {
        let texts = ["aaaaaaaaaa"; 5];
        let lines = balanced(&texts);
        assert_eq!(lines.len(), 2);
        // Not four words and one.
        assert_eq!((lines[0].len(), lines[1].len()), (21, 32));
    }
}
