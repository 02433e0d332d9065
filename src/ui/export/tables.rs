//! Words and figures as JSON and CSV. Free of the browser.

use asr_playground::decode::Word;
use asr_playground::eval::latency::Figures;
use asr_playground::eval::percentile::Percentiles;
use asr_playground::eval::wer::ErrorCounts;
use serde_json::{Value, json};

use super::super::format::seconds_of;

/// The words with their times and confidences, as a JSON file; `fillers` says of each whether
/// it is struck out.
pub fn words_json(words: &[Word], fillers: &[bool], settings_hash: &str) -> String {
    let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let rows: Vec<Value> = words
        .iter()
        .zip(fillers.iter().chain(std::iter::repeat(&false)))
        .map(|(word, filler)| {
            json!({
                "text": word.text,
                "start_s": rounded(seconds_of(word.start_sample), 3),
                "end_s": rounded(seconds_of(word.end_sample), 3),
                "confidence": rounded(f64::from(word.confidence), 4),
                "filler": filler,
            })
        })
        .collect();
    let file = json!({"text": text.join(" "), "words": rows, "settings": settings_hash});
    pretty(&file)
}

/// What the figures of a take are made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What the take is called.
    pub title: String,
    /// The settings, as the address has them.
    pub settings_hash: String,
    /// The acoustic model's name.
    pub model: String,
    /// What the normaliser did, by name and version.
    pub normaliser: String,
    /// Errors in words; `None` without a reference.
    pub words: Option<ErrorCounts>,
    /// Errors in characters; `None` without a reference.
    pub chars: Option<ErrorCounts>,
    /// Speed and latency.
    pub figures: Figures,
    /// What a listener waited for each word; `None` without words.
    pub perceived_ms: Option<Percentiles>,
    /// The longest of these waits.
    pub longest_wait_ms: Option<f64>,
    /// Share of the partial words that changed; `None` where not known.
    pub unstable_partial_word_ratio: Option<f64>,
}

impl Report {
    /// Names and values, in order. `null` where there is no value.
    fn rows(&self) -> Vec<(&'static str, Value)> {
        let mut rows = vec![
            ("take", json!(self.title)),
            ("settings", json!(self.settings_hash)),
            ("model", json!(self.model)),
            ("normaliser", json!(self.normaliser)),
        ];
        rows.extend(counts(self.words.as_ref(), WORD_NAMES));
        rows.extend(counts(self.chars.as_ref(), CHAR_NAMES));
        let figures = &self.figures;
        rows.extend([
            ("audio_ms", number(Some(figures.audio_ms))),
            ("real_time_factor", number(figures.real_time_factor)),
            (
                "first_word_latency_ms",
                number(figures.first_word_latency_ms),
            ),
            ("final_latency_ms", number(figures.final_latency_ms)),
            (
                "algorithmic_latency_ms",
                number(figures.algorithmic_latency_ms),
            ),
            ("simulated", json!(figures.simulated)),
        ]);
        // Nothing where so few words carry no such percentile.
        let perceived = |share| number(self.perceived_ms.and_then(|p| p.carried(share)));
        rows.extend([
            (
                "perceived_latency_words",
                json!(self.perceived_ms.map(|p| p.count)),
            ),
            ("perceived_latency_p50_ms", perceived(0.5)),
            ("perceived_latency_p95_ms", perceived(0.95)),
            ("perceived_latency_p99_ms", perceived(0.99)),
            ("perceived_latency_largest_ms", number(self.longest_wait_ms)),
            (
                "unstable_partial_word_ratio",
                number(self.unstable_partial_word_ratio),
            ),
            ("resample_ms", number(Some(figures.stages.resample_ms))),
            ("features_ms", number(Some(figures.stages.features_ms))),
            ("model_ms", number(Some(figures.stages.model_ms))),
            ("decode_ms", number(Some(figures.stages.decode_ms))),
        ]);
        rows
    }

    /// As a JSON object.
    pub fn json(&self) -> String {
        let rows = self.rows().into_iter();
        let object = rows.map(|(name, value)| (name.to_owned(), value)).collect();
        pretty(&Value::Object(object))
    }

    /// As a table of one row, as RFC 4180 has it.
    pub fn csv(&self) -> String {
        let rows = self.rows();
        let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
        let cells: Vec<String> = rows.iter().map(|(_, value)| cell(value)).collect();
        format!("{}\r\n{}\r\n", names.join(","), cells.join(","))
    }
}

/// Names of a rate and of what it is made of.
type Names = [&'static str; 5];
const WORD_NAMES: Names = [
    "wer",
    "word_substitutions",
    "word_deletions",
    "word_insertions",
    "reference_words",
];
const CHAR_NAMES: Names = [
    "cer",
    "char_substitutions",
    "char_deletions",
    "char_insertions",
    "reference_chars",
];

fn counts(counts: Option<&ErrorCounts>, names: Names) -> [(&'static str, Value); 5] {
    let count = |get: fn(&ErrorCounts) -> usize| counts.map_or(Value::Null, |c| get(c).into());
    let [rate, substitutions, deletions, insertions, length] = names;
    [
        (rate, number(counts.and_then(ErrorCounts::rate))),
        (substitutions, count(|c| c.substitutions)),
        (deletions, count(|c| c.deletions)),
        (insertions, count(|c| c.insertions)),
        (length, count(ErrorCounts::reference_len)),
    ]
}

/// A number; what is none, or not finite, is `null`.
fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |value| rounded(value, 4))
}

fn rounded(value: f64, decimals: i32) -> Value {
    let scale = 10_f64.powi(decimals);
    // Not finite: null.
    json!((value * scale).round() / scale)
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn pretty(value: &Value) -> String {
    // Values made here always have a text.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words_keep_times_and_confidence() {
        let words = [Word {
            text: "don't".to_owned(),
            start_sample: 8_000,
            end_sample: 12_321,
            rows: 0..1,
            confidence: 0.5,
        }];
        let read: Value =
            serde_json::from_str(&words_json(&words, &[true], "lookahead=320")).unwrap();
        let expected = json!({
            "text": "don't",
            "settings": "lookahead=320",
            "words": [{"text": "don't", "start_s": 0.5, "end_s": 0.77, "confidence": 0.5, "filler": true}],
        });
        assert_eq!(read, expected);
    }

    #[test]
    fn a_report_reads_the_same_in_both_formats() {
        let report = Report {
            title: "a \"fine\", long take".to_owned(),
            settings_hash: "decoder=beam&beam=8".to_owned(),
            words: Some(ErrorCounts {
                hits: 7,
                substitutions: 1,
                deletions: 0,
                insertions: 1,
            }),
            figures: Figures {
                audio_ms: 3_000.0,
                real_time_factor: Some(0.123_456),
                ..Figures::default()
            },
            ..Report::default()
        };
        let read: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(read["wer"], json!(0.25));
        assert_eq!(read["cer"], Value::Null);
        assert_eq!(read["real_time_factor"], json!(0.1235));
        assert_eq!(read["reference_words"], json!(8));

        // Six words have a longest wait and no 95th percentile.
        let waits = [30.0, 10.0, 60.0, 20.0, 50.0, 40.0];
        let few = Report {
            perceived_ms: Percentiles::of(waits),
            longest_wait_ms: Some(60.0),
            ..report.clone()
        };
        let few: Value = serde_json::from_str(&few.json()).unwrap();
        assert_eq!(few["perceived_latency_words"], json!(6));
        assert_eq!(few["perceived_latency_p50_ms"], json!(35.0));
        assert_eq!(few["perceived_latency_p95_ms"], Value::Null);
        assert_eq!(few["perceived_latency_largest_ms"], json!(60.0));

        let csv = report.csv();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("take,settings,model,normaliser,wer,word_substitutions,"));
        let beginning =
            "\"a \"\"fine\"\", long take\",decoder=beam&beam=8,,,0.25,1,0,1,8,,,,,,3000.0,0.1235,";
        assert!(lines[1].starts_with(beginning), "{}", lines[1]);
        assert_eq!(lines[2], "");
    }
}
