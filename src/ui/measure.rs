//! What a setting did: figures of the take before and after. Free of the browser.

use super::format;
use super::state::PageSettings;

/// What a person turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Knob {
    /// How much audio after a frame is heard.
    Lookahead,
    /// The model in 8-bit integers or in floats.
    Arithmetic,
    /// Greedy or beam, with a language model or without.
    Decoder,
    /// Hypotheses kept.
    Width,
    /// Hypotheses shown.
    NBest,
    /// α.
    LmWeight,
    /// β.
    WordBonus,
    /// Phrases to listen for.
    Hotwords,
    /// Where utterances end.
    Endpoints,
    /// Whether fillers count.
    Fillers,
    /// What is done to the texts before they are compared.
    Normaliser,
    /// The acoustic model.
    Model,
}

/// The figures that are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Word error rate, 0.1 for 10 %.
    pub wer: Option<f64>,
    /// 95th percentile of the user-perceived latency.
    pub p95_ms: Option<f64>,
    /// Compute for each second of audio.
    pub compute_ms_per_s: Option<f64>,
    /// Measured on the simulated clock: not to be compared with what was heard live.
    pub simulated: bool,
}

/// Which way a figure went, for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Fewer errors, less waiting, less work.
    Better,
    /// The contrary.
    Worse,
    /// Too little to matter.
    Same,
}

/// One figure's change in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The figure's short name.
    pub name: &'static str,
    /// With its sign and unit.
    pub words: String,
    /// Which way.
    pub direction: Direction,
}

/// The one knob in which two settings differ; `None` for none and for several.
pub fn knob_between(before: &PageSettings, after: &PageSettings) -> Option<Knob> {
    let (a, b) = (&before.recognizer, &after.recognizer);
    let (beam_a, beam_b) = (&a.decoder.beam, &b.decoder.beam);
    let differs = [
        (Knob::Lookahead, a.lookahead != b.lookahead),
        (Knob::Arithmetic, a.arithmetic != b.arithmetic),
        (Knob::Decoder, a.decoder.kind != b.decoder.kind),
        (Knob::Width, beam_a.width != beam_b.width),
        (Knob::NBest, beam_a.n_best != beam_b.n_best),
        (
            Knob::LmWeight,
            beam_a.lm_weight.to_bits() != beam_b.lm_weight.to_bits(),
        ),
        (
            Knob::WordBonus,
            beam_a.word_bonus.to_bits() != beam_b.word_bonus.to_bits(),
        ),
        (Knob::Hotwords, beam_a.hotwords != beam_b.hotwords),
        (Knob::Endpoints, a.endpoint != b.endpoint),
        (Knob::Fillers, before.fillers != after.fillers),
        (Knob::Normaliser, before.normaliser != after.normaliser),
        (Knob::Model, before.model != after.model),
    ];
    let mut changed = differs.into_iter().filter(|(_, differs)| *differs);
    let first = changed.next().map(|(knob, _)| knob);
    first.filter(|_| changed.next().is_none())
}

/// What changed from one measurement to the next, figure by figure; a figure that
/// either lacks is left out, and so are times by different clocks.
pub fn changes(before: Measured, after: Measured) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut put = |name, old: Option<f64>, new: Option<f64>, unit: &Unit| {
        if let (Some(old), Some(new)) = (old, new) {
            changes.push(unit.change(name, new - old));
        }
    };
    put("WER", before.wer, after.wer, &Unit::Points);
    if before.simulated != after.simulated {
        return changes;
    }
    put(
        "p95 latency",
        before.p95_ms,
        after.p95_ms,
        &Unit::Milliseconds,
    );
    put(
        "compute",
        before.compute_ms_per_s,
        after.compute_ms_per_s,
        &Unit::MillisecondsASecond,
    );
    changes
}

enum Unit {
    Points,
    Milliseconds,
    MillisecondsASecond,
}

impl Unit {
    fn change(&self, name: &'static str, difference: f64) -> Change {
        let (shown, step, unit) = match self {
            Self::Points => (
                format::fixed((difference * 100.0).abs(), 1),
                0.0005,
                " points",
            ),
            Self::Milliseconds => (format::fixed(difference.abs(), 0), 0.5, " ms"),
            Self::MillisecondsASecond => (format::fixed(difference.abs(), 1), 0.05, " ms/s"),
        };
        let direction = match difference {
            d if d.abs() < step => Direction::Same,
            d if d < 0.0 => Direction::Better,
            _ => Direction::Worse,
        };
        let sign = match direction {
            Direction::Same => "±",
            Direction::Better => format::MINUS,
            Direction::Worse => "+",
        };
        let shown = if direction == Direction::Same {
            "0".to_owned()
        } else {
            shown
        };
        Change {
            name,
            words: format!("{sign}{shown}{unit}"),
            direction,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use asr_playground::decode::DecoderKind;

    #[test]
    fn the_knob_is_named_where_one_was_turned() {
        let before = PageSettings::default();
        assert_eq!(knob_between(&before, &before), None);
        let mut after = before.clone();
        after.recognizer.decoder.kind = DecoderKind::Beam;
        assert_eq!(knob_between(&before, &after), Some(Knob::Decoder));
        after.fillers = true;
        assert_eq!(knob_between(&before, &after), None, "two were turned");
    }

    #[test]
    fn changes_say_how_much_and_which_way() {
        let before = Measured {
            wer: Some(0.5),
            p95_ms: Some(400.0),
            compute_ms_per_s: None,
            simulated: true,
        };
        let after = Measured {
            wer: Some(0.375),
            p95_ms: Some(520.4),
            compute_ms_per_s: Some(80.0),
            simulated: true,
        };
        let words: Vec<_> = changes(before, after)
            .into_iter()
            .map(|c| (c.name, c.words, c.direction))
            .collect();
        assert_eq!(
            words,
            [
                ("WER", "\u{2212}12.5 points".to_owned(), Direction::Better),
                ("p95 latency", "+120 ms".to_owned(), Direction::Worse),
            ]
        );
        let live = Measured {
            simulated: false,
            ..after
        };
        let names: Vec<_> = changes(live, before).into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["WER"], "times by two clocks");
        let same = changes(before, before);
        assert!(
            same.iter()
                .all(|c| c.direction == Direction::Same && c.words.starts_with('±'))
        );
    }
}
