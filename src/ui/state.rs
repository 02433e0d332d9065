//! Everything a person can set, as one struct that lives in the URL's hash.
//!
//! Free of the browser. What is read from an address is never trusted: unknown
//! keys are ignored, unknown or out-of-range values fall back to the default
//! (`hash` does both directions).

mod hash;

use std::collections::BTreeSet;

use asr_playground::eval::normalise::Normaliser;
use asr_playground::model::Lookahead;
use asr_playground::protocol::Pace;
use asr_playground::recognizer::Settings;

#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(
        unused_imports,
        reason = "the controls are built for the browser alone"
    )
)]
pub use hash::{lookahead_name, pace_name, parse_lookahead};
use hash::{pairs, parse_pace, parse_switch};

use super::sweep::axes::Axes;

/// The lookaheads a person can choose from, unless the model says otherwise.
pub const LOOKAHEADS: [Lookahead; 6] = [
    Lookahead::Ms(0),
    Lookahead::Ms(160),
    Lookahead::Ms(320),
    Lookahead::Ms(640),
    Lookahead::Ms(1280),
    Lookahead::WholeTake,
];

/// The beam widths that controls offer.
pub const BEAM_WIDTHS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// The widest beam a person can choose; more costs and gains nothing.
pub const WIDEST_BEAM: usize = 128;

/// Most hypotheses a person can ask for.
pub const MOST_HYPOTHESES: usize = 20;

/// Parts of the page that a link can leave out: their names in `?hide=`, and for people.
/// Views are parts as well.
pub const PARTS: [(&str, &str); 19] = [
    ("source", "Source"),
    ("nav", "Row of views"),
    ("spectrogram", "Spectrogram"),
    ("transcript", "Transcript"),
    ("reference", "Reference"),
    ("takes", "Takes"),
    ("lookahead", "Lookahead"),
    ("decoder", "Decoder"),
    ("options", "Words"),
    ("model", "Model"),
    ("figures", "Speed"),
    ("inside", "View: look inside"),
    ("beam", "View: beam search"),
    ("latency", "View: latency"),
    ("compare", "View: compare"),
    ("sweep", "View: sweep"),
    ("lessons", "View: lessons"),
    ("header", "Head of the page"),
    ("footer", "Foot of the page"),
];

/// What a person can set.
#[derive(Clone, Debug, PartialEq)]
pub struct PageSettings {
    /// How audio becomes text.
    pub recognizer: Settings,
    /// The second column's settings, where two are compared.
    pub other: Settings,
    /// The view that is open.
    pub view: View,
    /// Name of the lesson that is open in [`View::Lessons`].
    pub lesson: Option<String>,
    /// What a sweep tries.
    pub sweep: Axes,
    /// Fillers are struck out, and do not count as said.
    pub fillers: bool,
    /// What is done to reference and transcript before they are compared.
    pub normaliser: Normaliser,
    /// Name of the acoustic model; `None` for the manifest's default.
    pub model: Option<String>,
    /// File name of the bundled clip chosen, if one was.
    pub clip: Option<String>,
    /// How fast clips and files are fed.
    pub pace: Pace,
    /// What is asked of the browser's microphone processing.
    pub microphone: MicrophoneWishes,
    /// Light, dark, or as the system says.
    pub theme: Theme,
}

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            recognizer: Settings::default(),
            other: Settings::default(),
            view: View::default(),
            lesson: None,
            sweep: Axes::default(),
            fillers: false,
            normaliser: Normaliser::default(),
            model: None,
            clip: None,
            pace: Pace::RealTime,
            microphone: MicrophoneWishes::default(),
            theme: Theme::System,
        }
    }
}

/// The page's views, one at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Transcript and reference.
    #[default]
    Listen,
    /// Waveform, log-mel, posteriors and tokens on one time axis.
    Inside,
    /// The beam search, row by row.
    Beam,
    /// Where each millisecond goes.
    Latency,
    /// Two settings side by side.
    Compare,
    /// Many settings over many clips.
    Sweep,
    /// What there is to learn.
    Lessons,
}

impl View {
    /// All, in the order of the page.
    pub const ALL: [Self; 7] = [
        Self::Listen,
        Self::Inside,
        Self::Beam,
        Self::Latency,
        Self::Compare,
        Self::Sweep,
        Self::Lessons,
    ];

    /// The word for it in the hash.
    pub fn name(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Inside => "inside",
            Self::Beam => "beam",
            Self::Latency => "latency",
            Self::Compare => "compare",
            Self::Sweep => "sweep",
            Self::Lessons => "lessons",
        }
    }

    /// Reads [`View::name`]'s word.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// The browser's own processing of the microphone; all off by default, so that
/// the model hears what the microphone heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MicrophoneWishes {
    /// Remove what the loudspeakers play.
    pub echo_cancellation: bool,
    /// Remove steady noise.
    pub noise_suppression: bool,
    /// Keep the level even.
    pub auto_gain: bool,
}

/// Colours of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Dark ink on light paper.
    Light,
    /// Light ink on dark paper.
    Dark,
}

impl Theme {
    /// The word for it in the hash and in the root's `data-theme`.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The next one of the toggle's round.
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// What the address's query asks for; meant for tests and links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whether the first clip runs by itself.
    pub autorun: bool,
    /// A pace that wins over the hash.
    pub pace: Option<Pace>,
    /// Parts of the page that are left out, by their names in [`PARTS`].
    pub hide: BTreeSet<String>,
}

impl Query {
    /// Reads `?autorun=off&pace=fast&hide=nav,figures`, with or without the question mark.
    pub fn parse(query: &str) -> Self {
        let mut read = Self {
            autorun: true,
            pace: None,
            hide: BTreeSet::new(),
        };
        for (key, value) in pairs(query.trim_start_matches('?')) {
            match &*key {
                "autorun" => read.autorun = parse_switch(&value).unwrap_or(true),
                "pace" => read.pace = parse_pace(&value),
                "hide" => {
                    let known = |name: &&str| PARTS.iter().any(|(part, _)| part == name);
                    read.hide = value.split(',').filter(known).map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        read
    }
}

#[cfg(test)]
mod tests;
