//! Settings to hash and back.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

use asr_playground::decode::{BeamConfig, DecoderKind, EndpointConfig, Hotword};
use asr_playground::eval::normalise::Normaliser;
use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::protocol::Pace;
use asr_playground::recognizer::Settings;
use percent_encoding::percent_decode_str;

use crate::ui::sweep::axes::Axes;

use super::{LOOKAHEADS, MOST_HYPOTHESES, PageSettings, Theme, View, WIDEST_BEAM};

/// Longest clip, lesson or model name taken from an address.
pub(super) const MAX_NAME: usize = 80;
/// Most hotwords taken from an address.
const MAX_HOTWORDS: usize = 50;
/// Before the keys of the second column's settings.
const OTHER: &str = "b.";

impl PageSettings {
    /// Reads a hash, with or without its `#`. Never fails.
    pub fn from_hash(hash: &str) -> Self {
        let mut settings = Self::default();
        for (key, value) in pairs(hash.trim_start_matches('#')) {
            settings.set(&key, &value);
        }
        settings
    }

    fn set(&mut self, key: &str, value: &str) {
        if let Some(key) = key.strip_prefix(OTHER) {
            return set_recognizer(&mut self.other, key, value);
        }
        let switch = |old: bool| parse_switch(value).unwrap_or(old);
        let microphone = &mut self.microphone;
        match key {
            "view" => self.view = View::of_name(value).unwrap_or(self.view),
            "lesson" => self.lesson = parse_name(value),
            "sweep" => self.sweep = Axes::parse(value).unwrap_or_else(|| self.sweep.clone()),
            "model" => self.model = parse_name(value),
            "fillers" => self.fillers = switch(self.fillers),
            "normaliser" => self.normaliser = parse_normaliser(value).unwrap_or(self.normaliser),
            "clip" => self.clip = parse_name(value),
            "pace" => self.pace = parse_pace(value).unwrap_or(self.pace),
            "echo" => microphone.echo_cancellation = switch(microphone.echo_cancellation),
            "noise" => microphone.noise_suppression = switch(microphone.noise_suppression),
            "gain" => microphone.auto_gain = switch(microphone.auto_gain),
            "theme" => {
                self.theme = match value {
                    "light" => Theme::Light,
                    "dark" => Theme::Dark,
                    _ => Theme::System,
                }
            }
            _ => set_recognizer(&mut self.recognizer, key, value),
        }
    }

    /// The hash without its `#`; what equals the default is left out, so the
    /// default page has none.
    pub fn to_hash(&self) -> String {
        let default = Self::default();
        let mut hash = Hash::default();
        if self.view != default.view {
            hash.put("view", self.view.name());
        }
        if let Some(lesson) = self.lesson.as_deref().and_then(parse_name) {
            hash.put("lesson", &lesson);
        }
        if self.sweep != default.sweep {
            hash.put("sweep", &self.sweep.name());
        }
        put_recognizer(&mut hash, &self.recognizer, "");
        put_recognizer(&mut hash, &self.other, OTHER);
        if self.fillers {
            hash.put("fillers", "on");
        }
        if self.normaliser != default.normaliser {
            hash.put("normaliser", &normaliser_name(self.normaliser));
        }
        if let Some(model) = self.model.as_deref().and_then(parse_name) {
            hash.put("model", &model);
        }
        if let Some(clip) = self.clip.as_deref().and_then(parse_name) {
            hash.put("clip", &clip);
        }
        if self.pace != default.pace {
            hash.put("pace", pace_name(self.pace));
        }
        let mic = self.microphone;
        for (key, on) in [
            ("echo", mic.echo_cancellation),
            ("noise", mic.noise_suppression),
            ("gain", mic.auto_gain),
        ] {
            if on {
                hash.put(key, "on");
            }
        }
        if self.theme != default.theme {
            hash.put("theme", self.theme.name());
        }
        hash.0
    }
}

#[derive(Default)]
struct Hash(String);

impl Hash {
    fn put(&mut self, key: &str, value: &str) {
        let separator = if self.0.is_empty() { "" } else { "&" };
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{separator}{key}={value}");
    }
}

/// Sets what goes to the recogniser.
fn set_recognizer(settings: &mut Settings, key: &str, value: &str) {
    match key {
        "lookahead" => {
            settings.lookahead = parse_lookahead(value).unwrap_or(settings.lookahead);
        }
        "arithmetic" => {
            settings.arithmetic = Arithmetic::of_name(value).unwrap_or(settings.arithmetic);
        }
        "decoder" => {
            let kind = &mut settings.decoder.kind;
            *kind = DecoderKind::of_name(value).unwrap_or(*kind);
        }
        "beam" => set_beam(settings, value, |beam, width: usize| {
            if width <= WIDEST_BEAM {
                beam.width = width;
            }
        }),
        "nbest" => set_beam(settings, value, |beam, n_best: usize| {
            if n_best <= MOST_HYPOTHESES {
                beam.n_best = n_best;
            }
        }),
        "alpha" => set_beam(settings, value, |beam, weight| beam.lm_weight = weight),
        "beta" => set_beam(settings, value, |beam, bonus| beam.word_bonus = bonus),
        "hotwords" => {
            let mut beam = settings.decoder.beam.clone();
            beam.hotwords = parse_hotwords(value);
            if beam.validate().is_ok() {
                settings.decoder.beam = beam;
            }
        }
        "endpoints" => match parse_switch(value) {
            Some(true) => settings.endpoint = Some(EndpointConfig::default()),
            Some(false) => settings.endpoint = None,
            None => {}
        },
        _ => {}
    }
}

/// Sets a number of the beam search, if it is one and the search accepts it.
fn set_beam<T: FromStr>(
    settings: &mut Settings,
    value: &str,
    set: impl FnOnce(&mut BeamConfig, T),
) {
    let Ok(value) = value.parse() else { return };
    let mut beam = settings.decoder.beam.clone();
    set(&mut beam, value);
    if beam.validate().is_ok() {
        settings.decoder.beam = beam;
    }
}

fn put_recognizer(hash: &mut Hash, settings: &Settings, prefix: &str) {
    let usual = Settings::default();
    let mut put = |key: &str, value: &str| hash.put(&format!("{prefix}{key}"), value);
    if settings.lookahead != usual.lookahead {
        put("lookahead", &lookahead_name(settings.lookahead));
    }
    if settings.arithmetic != usual.arithmetic {
        put("arithmetic", &settings.arithmetic.to_string());
    }
    if settings.decoder.kind != usual.decoder.kind {
        put("decoder", settings.decoder.kind.name());
    }
    let (beam, usual_beam) = (&settings.decoder.beam, &usual.decoder.beam);
    if beam.width != usual_beam.width {
        put("beam", &beam.width.to_string());
    }
    if beam.n_best != usual_beam.n_best {
        put("nbest", &beam.n_best.to_string());
    }
    for (key, value, usual) in [
        ("alpha", beam.lm_weight, usual_beam.lm_weight),
        ("beta", beam.word_bonus, usual_beam.word_bonus),
    ] {
        if value.to_bits() != usual.to_bits() {
            put(key, &value.to_string());
        }
    }
    if !beam.hotwords.is_empty() {
        put("hotwords", &hotwords_name(&beam.hotwords));
    }
    if settings.endpoint.is_some() {
        put("endpoints", "on");
    }
}

/// `phrase:boost,phrase:boost`, spaces as `+`.
fn hotwords_name(hotwords: &[Hotword]) -> String {
    let name = |word: &Hotword| format!("{}:{}", word.phrase.replace(' ', "+"), word.boost);
    hotwords.iter().map(name).collect::<Vec<_>>().join(",")
}

/// Reads [`hotwords_name`]'s words; what is no phrase of letters with a number is left out.
fn parse_hotwords(value: &str) -> Vec<Hotword> {
    let hotword = |pair: &str| {
        let (phrase, boost) = pair.split_once(':')?;
        let letters = |c: char| c.is_ascii_alphabetic() || matches!(c, '+' | '\'');
        let good = phrase.chars().all(letters) && phrase.chars().any(|c| c.is_ascii_alphabetic());
        let boost = boost.parse::<f32>().ok()?;
        (good && BeamConfig::BOOST.contains(&boost)).then(|| Hotword {
            phrase: phrase.replace('+', " ").trim().to_ascii_lowercase(),
            boost,
        })
    };
    value
        .split(',')
        .take(MAX_HOTWORDS)
        .filter_map(hotword)
        .collect()
}

/// The steps that are on, joined by commas; `none` without any.
fn normaliser_name(normaliser: Normaliser) -> String {
    let on: Vec<&str> = normaliser
        .steps()
        .filter(|(_, on)| *on)
        .map(|(step, _)| step.id)
        .collect();
    if on.is_empty() {
        "none".to_owned()
    } else {
        on.join(",")
    }
}

/// Reads [`normaliser_name`]'s words.
fn parse_normaliser(value: &str) -> Option<Normaliser> {
    let none = Normaliser::none();
    if value == "none" {
        return Some(none);
    }
    let mut steps = value.split(',');
    steps.try_fold(none, |normaliser, id| normaliser.with(id, true).ok())
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
pub(super) fn parse_pace(value: &str) -> Option<Pace> {
    match value {
        "fast" => Some(Pace::Fast),
        "real-time" => Some(Pace::RealTime),
        _ => None,
    }
}

pub(super) fn parse_switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// A name is that of a plain file: no slash, no `..`, nothing to escape.
fn parse_name(value: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let good = !value.is_empty()
        && value.len() <= MAX_NAME
        && !value.starts_with('.')
        && value.chars().all(plain);
    good.then(|| value.to_owned())
}

/// Keys and values, percent-decoded: who passes a link on (a browser, a messenger, a mail
/// program) may have encoded the signs between its words.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let decoded = |part| percent_decode_str(part).decode_utf8_lossy();
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(move |(key, value)| (decoded(key), decoded(value)))
}
