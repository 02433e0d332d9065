//! Presets that make a point: a bundled clip, settings before, and settings after that
//! change something, or do not. Free of the browser; the tests run each with the shipped
//! model and say which of them no longer holds.

/// What changes in the errors from before to after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// At least this many words wrong fewer.
    FewerErrors(usize),
    /// As many words wrong.
    SameErrors,
}

/// One of the presets.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name in test ids.
    pub slug: &'static str,
    /// Its line in the menu.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub sentence: &'static str,
    /// File of the bundled clip.
    pub clip: &'static str,
    /// Settings to begin with, as in the address.
    pub before: &'static str,
    /// Settings to compare, as in the address.
    pub after: &'static str,
    /// The button that changes from the one to the other.
    pub change: &'static str,
    /// What then is true.
    pub claim: Claim,
}

/// All of them, in the order of the menu.
pub const PRESETS: [Preset; 3] = [
    Preset {
        slug: "lookahead",
        title: "Lookahead fixes this",
        sentence: "A question and its answer, decided from the past alone: spelled as first heard. With 1.28 s of what comes next, most of it comes right.",
        clip: "two-voices.flac",
        before: "lookahead=0",
        after: "lookahead=1280",
        change: "Let it hear 1280 ms ahead",
        claim: Claim::FewerErrors(2),
    },
    Preset {
        slug: "language-model",
        title: "The language model fixes this",
        sentence: "Half a minute in a Scottish voice, spelled by ear; a language model prefers spellings that are words.",
        clip: "story.opus",
        before: "lookahead=320&decoder=greedy",
        after: "lookahead=320&decoder=beam+lm",
        change: "Use the language model",
        claim: Claim::FewerErrors(2),
    },
    Preset {
        slug: "beam",
        title: "Beam changes nothing here",
        sentence: "Sixteen times the default beam, no language model: more work, and not one word fewer wrong.",
        clip: "spelled.opus",
        before: "lookahead=320&decoder=greedy",
        after: "lookahead=320&decoder=beam&beam=128",
        change: "Search 128 prefixes wide",
        claim: Claim::SameErrors,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::PageSettings;

    #[test]
    fn their_settings_are_read_as_they_are_written() {
        for preset in PRESETS {
            for hash in [preset.before, preset.after] {
                let read = PageSettings::from_hash(hash);
                let again = PageSettings::from_hash(&read.to_hash());
                assert_eq!(read.recognizer, again.recognizer, "{hash}");
            }
            let [before, after] = [preset.before, preset.after].map(PageSettings::from_hash);
            assert_ne!(before.recognizer, after.recognizer, "{}", preset.slug);
        }
    }
}

#[cfg(all(test, feature = "recognizer"))]
#[path = "preset_claims.rs"]
mod claims;
