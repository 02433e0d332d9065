//! Everything a person can set, as one struct that lives in the URL's hash.
//!
//! Free of the browser. What is read from an address is never trusted: unknown
//! keys are ignored, unknown or out-of-range values fall back to the default.

use std::fmt::Write as _;
use std::str::FromStr;

use asr_playground::decode::{BeamConfig, DecoderKind, DecoderSettings};
use asr_playground::model::Lookahead;
use asr_playground::protocol::Pace;
use asr_playground::recognizer::Settings;

/// The lookaheads a person can choose from, unless the model says otherwise.
pub const LOOKAHEADS: [Lookahead; 6] = [
    Lookahead::Ms(0),
    Lookahead::Ms(160),
    Lookahead::Ms(320),
    Lookahead::Ms(640),
    Lookahead::Ms(1280),
    Lookahead::WholeTake,
];

/// The widest beam a person can choose; more costs and gains nothing.
pub const WIDEST_BEAM: usize = 128;

/// Longest clip name taken from an address.
const MAX_CLIP_NAME: usize = 80;

/// What a person can set.
#[derive(Clone, Debug, PartialEq)]
pub struct PageSettings {
    /// How much audio after a frame the encoder may see.
    pub lookahead: Lookahead,
    /// How log-probs become text.
    pub decoder: DecoderSettings,
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
            lookahead: Lookahead::default(),
            decoder: DecoderSettings::default(),
            clip: None,
            pace: Pace::RealTime,
            microphone: MicrophoneWishes::default(),
            theme: Theme::System,
        }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Whether the first clip runs by itself.
    pub autorun: bool,
    /// A pace that wins over the hash.
    pub pace: Option<Pace>,
}

impl Query {
    /// Reads `?autorun=off&pace=fast`, with or without the question mark.
    pub fn parse(query: &str) -> Self {
        let mut read = Self {
            autorun: true,
            pace: None,
        };
        for (key, value) in pairs(query.trim_start_matches('?')) {
            match key {
                "autorun" => read.autorun = parse_switch(value).unwrap_or(true),
                "pace" => read.pace = parse_pace(value),
                _ => {}
            }
        }
        read
    }
}

impl PageSettings {
    /// Reads a hash, with or without its `#`. Never fails.
    pub fn from_hash(hash: &str) -> Self {
        let mut settings = Self::default();
        for (key, value) in pairs(hash.trim_start_matches('#')) {
            settings.set(key, value);
        }
        settings
    }

    fn set(&mut self, key: &str, value: &str) {
        let switch = |old: bool| parse_switch(value).unwrap_or(old);
        match key {
            "lookahead" => self.lookahead = parse_lookahead(value).unwrap_or(self.lookahead),
            "decoder" => {
                self.decoder.kind = DecoderKind::of_name(value).unwrap_or(self.decoder.kind);
            }
            "beam" => self.set_beam(value, |beam, width: usize| {
                if width <= WIDEST_BEAM {
                    beam.width = width;
                }
            }),
            "alpha" => self.set_beam(value, |beam, weight| beam.lm_weight = weight),
            "beta" => self.set_beam(value, |beam, bonus| beam.word_bonus = bonus),
            "clip" => self.clip = parse_clip(value),
            "pace" => self.pace = parse_pace(value).unwrap_or(self.pace),
            "echo" => self.microphone.echo_cancellation = switch(self.microphone.echo_cancellation),
            "noise" => {
                self.microphone.noise_suppression = switch(self.microphone.noise_suppression);
            }
            "gain" => self.microphone.auto_gain = switch(self.microphone.auto_gain),
            "theme" => {
                self.theme = match value {
                    "light" => Theme::Light,
                    "dark" => Theme::Dark,
                    _ => Theme::System,
                }
            }
            _ => {}
        }
    }

    /// Sets a number of the beam search, if it is one and the search accepts it.
    fn set_beam<T: FromStr>(&mut self, value: &str, set: impl FnOnce(&mut BeamConfig, T)) {
        let Ok(value) = value.parse() else { return };
        let mut beam = self.decoder.beam.clone();
        set(&mut beam, value);
        if beam.validate().is_ok() {
            self.decoder.beam = beam;
        }
    }

    /// The hash without its `#`; what equals the default is left out, so the
    /// default page has none.
    pub fn to_hash(&self) -> String {
        let default = Self::default();
        let mut hash = String::new();
        let mut put = |key: &str, value: &str| {
            let separator = if hash.is_empty() { "" } else { "&" };
            // Writing to a String cannot fail.
            let _ = write!(hash, "{separator}{key}={value}");
        };
        if self.lookahead != default.lookahead {
            put("lookahead", &lookahead_name(self.lookahead));
        }
        if self.decoder.kind != default.decoder.kind {
            put("decoder", self.decoder.kind.name());
        }
        let (beam, usual) = (&self.decoder.beam, &default.decoder.beam);
        if beam.width != usual.width {
            put("beam", &beam.width.to_string());
        }
        for (key, value, usual) in [
            ("alpha", beam.lm_weight, usual.lm_weight),
            ("beta", beam.word_bonus, usual.word_bonus),
        ] {
            if value.to_bits() != usual.to_bits() {
                put(key, &value.to_string());
            }
        }
        if let Some(clip) = self.clip.as_deref().and_then(parse_clip) {
            put("clip", &clip);
        }
        if self.pace != default.pace {
            put("pace", pace_name(self.pace));
        }
        let mic = self.microphone;
        for (key, on) in [
            ("echo", mic.echo_cancellation),
            ("noise", mic.noise_suppression),
            ("gain", mic.auto_gain),
        ] {
            if on {
                put(key, "on");
            }
        }
        if self.theme != default.theme {
            put("theme", self.theme.name());
        }
        hash
    }

    /// What of these goes to the recogniser.
    pub fn recognizer(&self) -> Settings {
        Settings {
            lookahead: self.lookahead,
            decoder: self.decoder.clone(),
            ..Settings::default()
        }
    }
}

/// The word for a lookahead in the hash and in the control's values.
pub fn lookahead_name(lookahead: Lookahead) -> String {
    match lookahead {
        Lookahead::Ms(ms) => ms.to_string(),
        Lookahead::WholeTake => "whole".to_owned(),
    }
}

/// Reads [`lookahead_name`]'s word; only the known choices are accepted.
pub fn parse_lookahead(value: &str) -> Option<Lookahead> {
    let read = if value == "whole" {
        Lookahead::WholeTake
    } else {
        Lookahead::Ms(value.parse().ok()?)
    };
    LOOKAHEADS.contains(&read).then_some(read)
}

/// The word for a pace in the hash and in the control's values.
pub fn pace_name(pace: Pace) -> &'static str {
    match pace {
        Pace::Fast => "fast",
        Pace::RealTime => "real-time",
    }
}

/// Reads [`pace_name`]'s word.
pub fn parse_pace(value: &str) -> Option<Pace> {
    match value {
        "fast" => Some(Pace::Fast),
        "real-time" => Some(Pace::RealTime),
        _ => None,
    }
}

fn parse_switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// A clip is a plain file name: no slash, no `..`, nothing to escape.
fn parse_clip(value: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let good = !value.is_empty()
        && value.len() <= MAX_CLIP_NAME
        && !value.starts_with('.')
        && value.chars().all(plain);
    good.then(|| value.to_owned())
}

fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&').filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_default_page_has_an_empty_hash() {
        assert_eq!(PageSettings::default().to_hash(), "");
        assert_eq!(PageSettings::from_hash(""), PageSettings::default());
        assert_eq!(PageSettings::from_hash("#"), PageSettings::default());
    }

    #[test]
    fn what_is_written_is_read_back() {
        for lookahead in LOOKAHEADS {
            for pace in [Pace::Fast, Pace::RealTime] {
                for bits in 0..8_u8 {
                    for theme in [Theme::System, Theme::Light, Theme::Dark] {
                        let settings = PageSettings {
                            lookahead,
                            decoder: DecoderSettings {
                                kind: DecoderKind::ALL[usize::from(bits) % 3],
                                beam: BeamConfig {
                                    width: 1 << bits.min(7),
                                    lm_weight: f32::from(bits) / 7.0,
                                    ..BeamConfig::default()
                                },
                            },
                            clip: (bits > 3).then(|| "short-digits.wav".to_owned()),
                            pace,
                            microphone: MicrophoneWishes {
                                echo_cancellation: bits & 1 != 0,
                                noise_suppression: bits & 2 != 0,
                                auto_gain: bits & 4 != 0,
                            },
                            theme,
                        };
                        let hash = settings.to_hash();
                        assert_eq!(PageSettings::from_hash(&hash), settings, "{hash}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_example_reads_as_written() {
        let settings = PageSettings::from_hash("#lookahead=whole&clip=a.wav&pace=fast&gain=on");
        assert_eq!(settings.lookahead, Lookahead::WholeTake);
        assert_eq!(settings.clip.as_deref(), Some("a.wav"));
        assert_eq!(settings.pace, Pace::Fast);
        assert!(settings.microphone.auto_gain && !settings.microphone.echo_cancellation);
    }

    #[test]
    fn bad_values_fall_back() {
        for hash in [
            "lookahead=-1",
            "lookahead=161",
            "lookahead=99999999999999999999",
            "lookahead=NaN",
            "lookahead=",
            "lookahead",
            "decoder=magic",
            "beam=0",
            "beam=129",
            "beam=-1",
            "beam=8.5",
            "alpha=NaN",
            "alpha=inf",
            "alpha=-1",
            "beta=1e30",
            "clip=../../etc/passwd",
            "clip=a%2fb",
            "clip=.hidden",
            "pace=ludicrous",
            "echo=1",
            "theme=pink",
            "=",
            "&&&=&",
            "unknown=on",
            "\u{1F984}=\u{1F984}",
        ] {
            assert_eq!(
                PageSettings::from_hash(hash),
                PageSettings::default(),
                "{hash}"
            );
        }
        let long = format!("clip={}", "a".repeat(MAX_CLIP_NAME + 1));
        assert_eq!(PageSettings::from_hash(&long).clip, None);
    }

    #[test]
    fn a_bad_clip_is_never_written() {
        let settings = PageSettings {
            clip: Some("a&pace=fast".to_owned()),
            ..PageSettings::default()
        };
        assert_eq!(settings.to_hash(), "");
    }

    #[test]
    fn the_query_speaks_for_tests() {
        let on = Query {
            autorun: true,
            pace: None,
        };
        assert_eq!(Query::parse(""), on);
        assert_eq!(Query::parse("?autorun=perhaps&pace=1"), on);
        assert_eq!(
            Query::parse("?autorun=off&pace=fast"),
            Query {
                autorun: false,
                pace: Some(Pace::Fast)
            }
        );
    }
}
