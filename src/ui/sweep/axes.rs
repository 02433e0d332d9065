//! Which values a sweep takes on each axis. Free of the browser.

use asr_playground::decode::{BeamConfig, DecoderKind};
use asr_playground::eval::normalise::Normaliser;
use asr_playground::eval::sweep::{Grid, Setting};
use asr_playground::model::Lookahead;
use asr_playground::recognizer::Settings;
use asr_playground::sweep::settings_at;

use crate::ui::state::LOOKAHEADS;

/// Beam widths on offer.
pub const WIDTHS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// Weights of the language model on offer, α.
pub const LM_WEIGHTS: [f64; 6] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5];
/// Word bonuses on offer, β.
pub const WORD_BONUSES: [f64; 5] = [-1.0, 0.0, 1.0, 2.0, 3.0];
/// Most values of an axis that an address can give.
const MOST_VALUES: usize = 12;

/// The values chosen, each axis in rising order.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// Lookaheads.
    pub lookaheads: Vec<Lookahead>,
    /// Decoders.
    pub decoders: Vec<DecoderKind>,
    /// Beam widths.
    pub widths: Vec<u32>,
    /// Weights of the language model, α.
    pub lm_weights: Vec<f64>,
    /// Bonuses for each word, β.
    pub word_bonuses: Vec<f64>,
    /// Without and with the settings' hotwords.
    pub hotwords: Vec<bool>,
    /// Without and with the settings' text normaliser.
    pub normalisers: Vec<bool>,
}

impl Default for Axes {
    fn default() -> Self {
        let beam = BeamConfig::default();
        Self {
            lookaheads: vec![Lookahead::Ms(0), Lookahead::Ms(320), Lookahead::Ms(1280)],
            decoders: vec![DecoderKind::Greedy, DecoderKind::BeamLm],
            widths: vec![beam.width as u32],
            lm_weights: vec![shown(beam.lm_weight)],
            word_bonuses: vec![shown(beam.word_bonus)],
            hotwords: vec![true],
            normalisers: vec![true],
        }
    }
}

impl Axes {
    /// The grid. `hotwords`: whether the settings have any; without, that axis has one
    /// value. `normaliser` is the settings' own.
    pub fn grid(&self, hotwords: bool, normaliser: Normaliser) -> Grid {
        let milliseconds = |lookahead: &Lookahead| match lookahead {
            Lookahead::Ms(ms) => Some(*ms),
            Lookahead::WholeTake => None,
        };
        let normaliser_of = |on: &bool| if *on { normaliser } else { Normaliser::none() };
        Grid {
            lookaheads_ms: self.lookaheads.iter().map(milliseconds).collect(),
            decoders: self.decoders.clone(),
            beam_widths: self.widths.clone(),
            lm_weights: self.lm_weights.clone(),
            word_bonuses: self.word_bonuses.clone(),
            hotwords: if hotwords {
                self.hotwords.clone()
            } else {
                vec![false]
            },
            normalisers: self.normalisers.iter().map(normaliser_of).collect(),
        }
    }

    /// Whether any decoder searches.
    pub fn searches(&self) -> bool {
        self.decoders
            .iter()
            .any(|kind| *kind != DecoderKind::Greedy)
    }

    /// Whether any decoder uses the language model.
    pub fn fuses(&self) -> bool {
        self.decoders.contains(&DecoderKind::BeamLm)
    }

    /// The word for it in an address: axes apart by `;`, values by `,`.
    pub fn name(&self) -> String {
        fn list<T>(values: &[T], name: impl Fn(&T) -> String) -> String {
            values.iter().map(name).collect::<Vec<_>>().join(",")
        }
        let switch = |on: &bool| if *on { "on" } else { "off" }.to_owned();
        [
            list(&self.lookaheads, |l| crate::ui::state::lookahead_name(*l)),
            list(&self.decoders, |kind| kind.name().to_owned()),
            list(&self.widths, u32::to_string),
            list(&self.lm_weights, f64::to_string),
            list(&self.word_bonuses, f64::to_string),
            list(&self.hotwords, switch),
            list(&self.normalisers, switch),
        ]
        .join(";")
    }

    /// Reads [`Self::name`]'s word. A value that is none, or out of its range, is left out.
    pub fn parse(name: &str) -> Option<Self> {
        fn list<T: PartialEq + PartialOrd>(text: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
            let mut values = Vec::new();
            for value in text.split(',').take(MOST_VALUES).filter_map(read) {
                toggle(&mut values, value, true);
            }
            values
        }
        let axes: Vec<&str> = name.split(';').collect();
        let [
            lookaheads,
            decoders,
            widths,
            weights,
            bonuses,
            hotwords,
            normalisers,
        ] = axes[..]
        else {
            return None;
        };
        let switch = |word: &str| match word {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        };
        let number = |range: &std::ops::RangeInclusive<f32>, word: &str| {
            let value: f64 = word.parse().ok()?;
            range.contains(&(value as f32)).then_some(value)
        };
        let lookahead = |word: &str| {
            let known = LOOKAHEADS.into_iter();
            known
                .into_iter()
                .find(|l| crate::ui::state::lookahead_name(*l) == word)
        };
        let mut read = Self {
            lookaheads: Vec::new(),
            decoders: Vec::new(),
            widths: list(widths, |w| w.parse().ok().filter(|w| WIDTHS.contains(w))),
            lm_weights: list(weights, |w| number(&BeamConfig::LM_WEIGHT, w)),
            word_bonuses: list(bonuses, |w| number(&BeamConfig::WORD_BONUS, w)),
            hotwords: list(hotwords, switch),
            normalisers: list(normalisers, switch),
        };
        for l in lookaheads.split(',').filter_map(lookahead) {
            toggle_in(&mut read.lookaheads, &LOOKAHEADS, l, true);
        }
        for kind in decoders.split(',').filter_map(DecoderKind::of_name) {
            toggle_in(&mut read.decoders, &DecoderKind::ALL, kind, true);
        }
        Some(read)
    }
}

/// Puts a value into a rising list, or takes it out.
pub fn toggle<T: PartialOrd>(values: &mut Vec<T>, value: T, on: bool) {
    values.retain(|other| *other != value);
    if on {
        let place = values.partition_point(|other| *other < value);
        values.insert(place, value);
    }
}

/// The same for values that have an order of their own.
pub fn toggle_in<T: PartialEq + Copy>(values: &mut Vec<T>, order: &[T], value: T, on: bool) {
    let kept = |other: &T| {
        if *other == value {
            on
        } else {
            values.contains(other)
        }
    };
    let next: Vec<T> = order.iter().copied().filter(kept).collect();
    *values = next;
}

/// The values on offer and, where it is another, the settings' own.
pub fn offered<T: PartialOrd + Copy>(usual: &[T], chosen: &[T], own: T) -> Vec<T> {
    let mut values = usual.to_vec();
    for value in chosen.iter().copied().chain([own]) {
        toggle(&mut values, value, true);
    }
    values
}

/// The number that a person would write for it: 0.6, not 0.6000000238418579.
pub fn shown(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// Whether a point is what is set: settings that its decoder has not do not count.
pub fn is_set(setting: &Setting, settings: &Settings, normaliser: Normaliser) -> bool {
    let beam = &settings.decoder.beam;
    let at = settings_at(setting, settings);
    at.lookahead == settings.lookahead
        && setting.decoder == settings.decoder.kind
        && setting.normaliser == normaliser
        && setting
            .beam_width
            .is_none_or(|width| width as usize == beam.width)
        && setting
            .lm_weight
            .is_none_or(|weight| (weight as f32).to_bits() == beam.lm_weight.to_bits())
        && setting
            .word_bonus
            .is_none_or(|bonus| (bonus as f32).to_bits() == beam.word_bonus.to_bits())
        && setting
            .hotwords
            .is_none_or(|on| on != beam.hotwords.is_empty())
}

/// The page's settings when a point is loaded: the point's, over what the sweep's other
/// settings were; what the point's decoder has not stays as it is `now`.
pub fn loaded(setting: &Setting, base: &Settings, now: &Settings) -> Settings {
    let mut settings = settings_at(setting, base);
    let (beam, kept) = (&mut settings.decoder.beam, &now.decoder.beam);
    if setting.beam_width.is_none() {
        beam.width = kept.width;
    }
    if setting.lm_weight.is_none() {
        beam.lm_weight = kept.lm_weight;
    }
    if setting.word_bonus.is_none() {
        beam.word_bonus = kept.word_bonus;
    }
    if setting.hotwords.is_none() {
        beam.hotwords.clone_from(&kept.hotwords);
    }
    settings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use asr_playground::decode::Hotword;

    #[test]
    fn an_address_keeps_the_axes_and_drops_nonsense() {
        let axes = Axes::default();
        assert_eq!(axes.name(), "0,320,1280;greedy,beam+lm;8;0.5;1;on;on");
        let mut other = axes.clone();
        other.lookaheads = vec![Lookahead::Ms(160), Lookahead::WholeTake];
        other.word_bonuses = vec![-1.0, 0.35];
        other.hotwords = vec![false, true];
        other.widths.clear();
        for axes in [axes.clone(), other] {
            assert_eq!(Axes::parse(&axes.name()), Some(axes));
        }
        let wild = "320,7,0,0;beam,none;9999,8,8;nan,-3,0.5;1e9,1;maybe,off;on,off";
        let read = Axes::parse(wild).unwrap();
        assert_eq!(read.name(), "0,320;beam;8;0.5;1;off;off,on");
        assert_eq!(Axes::parse("0;greedy"), None);
        assert!(Axes::parse(&",".repeat(9999)).is_none());
    }

    #[test]
    fn values_go_in_and_out_in_order_and_the_own_one_is_on_offer() {
        let mut values = vec![1, 8];
        toggle(&mut values, 4, true);
        toggle(&mut values, 1, false);
        toggle(&mut values, 8, true);
        assert_eq!(values, [4, 8]);
        assert_eq!(
            offered(&[0.25, 0.5], &[0.5, 0.75], 0.6),
            [0.25, 0.5, 0.6, 0.75]
        );
        let mut decoders = vec![DecoderKind::BeamLm];
        toggle_in(&mut decoders, &DecoderKind::ALL, DecoderKind::Greedy, true);
        assert_eq!(decoders, [DecoderKind::Greedy, DecoderKind::BeamLm]);
    }

    #[test]
    fn without_hotwords_there_is_nothing_to_switch() {
        let axes = Axes {
            hotwords: vec![false, true],
            ..Axes::default()
        };
        assert_eq!(axes.grid(false, Normaliser::default()).hotwords, [false]);
        assert_eq!(
            axes.grid(true, Normaliser::default()).hotwords,
            [false, true]
        );
    }

    #[test]
    fn a_point_is_found_again_after_it_was_loaded() {
        let mut base = Settings::default();
        base.decoder.beam.hotwords = vec![Hotword {
            phrase: "hill".to_owned(),
            boost: 5.0,
        }];
        let axes = Axes {
            decoders: DecoderKind::ALL.to_vec(),
            widths: vec![4, 16],
            lm_weights: vec![0.25, 0.6],
            hotwords: vec![false, true],
            normalisers: vec![false, true],
            ..Axes::default()
        };
        let normaliser = Normaliser::default();
        let points = axes.grid(true, normaliser).points().unwrap();
        let mut now = Settings::default();
        for point in &points {
            now = loaded(&point.setting, &base, &now);
            let set: Vec<usize> = points
                .iter()
                .filter(|p| is_set(&p.setting, &now, point.setting.normaliser))
                .map(|p| p.id)
                .collect();
            assert_eq!(set, [point.id], "{}", point.setting);
        }
        // Greedy has no hotwords: those set stay.
        let greedy = points.first().unwrap();
        assert_eq!(
            loaded(&greedy.setting, &base, &base).decoder.beam,
            base.decoder.beam
        );
    }
}
