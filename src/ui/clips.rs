//! The list of bundled clips, `clips/clips.json`. Free of the browser.

use serde::Deserialize;

/// Where the clips lie, relative to the page.
pub const CLIPS_DIR: &str = "clips";

/// One bundled clip.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Clip {
    /// File name inside [`CLIPS_DIR`].
    pub file: String,
    /// A few words for the list.
    pub title: String,
    /// What is said in it; empty for silence.
    pub reference: String,
    /// Its length.
    #[serde(default)]
    pub seconds: f64,
    /// Who or what speaks.
    #[serde(default)]
    pub voice: String,
    /// What is particular about it.
    #[serde(default)]
    pub note: String,
}

impl Clip {
    /// Address relative to the page.
    pub fn url(&self) -> String {
        format!("{CLIPS_DIR}/{}", self.file)
    }

    /// The line in the list: "Digits, 4 s".
    pub fn label(&self) -> String {
        if self.seconds > 0.0 {
            format!("{} · {:.0} s", self.title, self.seconds.max(1.0))
        } else {
            self.title.clone()
        }
    }
}

/// Reads `clips.json`.
///
/// # Errors
/// When it is not an array of clips.
pub fn parse(json: &str) -> Result<Vec<Clip>, serde_json::Error> {
    serde_json::from_str(json)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_list_is_read_and_optional_fields_may_be_absent() {
        let clips = parse(
            r#"[{"file":"a.wav","title":"Digits","reference":"one two","seconds":3.6,"voice":"x","note":"y"},
                {"file":"b.flac","title":"Silence","reference":""}]"#,
        )
        .unwrap();
        assert_eq!(clips[0].url(), "clips/a.wav");
        assert_eq!(clips[0].label(), "Digits · 4 s");
        assert_eq!(clips[1].label(), "Silence");
        assert!(parse("{}").is_err());
    }
}
