//! What a setting did: figures of the take before and after. Free of the browser.

use super::format;
use super::noise::Work;
use super::state::PageSettings;
use super::tail::Tail;

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

impl Knob {
    /// Which figures it can change at all.
    fn reach(self) -> Reach {
        match self {
            Self::NBest => Reach::Nothing,
            Self::Fillers | Self::Normaliser => Reach::Errors,
            _ => Reach::Everything,
        }
    }
}

/// What a knob can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// No figure.
    Nothing,
    /// The errors counted; words and times are what they were.
    Errors,
    /// Errors, waits and compute.
    Everything,
}

/// The figures that are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Word error rate, 0.1 for 10 %.
    pub wer: Option<f64>,
    /// The long end of the user-perceived latency.
    pub tail: Option<Tail>,
    /// Compute for each second of audio.
    pub compute_ms_per_s: Option<f64>,
    /// What it is made of.
    pub work: Work,
    /// Measured on the simulated clock: not to be compared with what was heard live.
    pub simulated: bool,
}

/// Said of times whose difference is noise.
pub const ABOUT_THE_SAME: &str = "≈ same";

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

/// Said instead of changes, where there are none to tell.
pub fn instead_of_changes(knob: Knob, before: &Measured, after: &Measured) -> Option<&'static str> {
    match knob.reach() {
        Reach::Nothing => Some("no change of errors, waits or compute."),
        Reach::Errors if before.wer.is_none() || after.wer.is_none() => {
            Some("without a reference, no errors are counted.")
        }
        Reach::Everything if before.simulated != after.simulated => Some(
            " Waits and compute can be compared from the next change on: before, the sound came in live.",
        ),
        _ => None,
    }
}

/// What a knob changed from one measurement to the next, of the figures that it can change; a
/// figure that either lacks is left out, and so are times by different clocks.
pub fn changes(knob: Knob, before: &Measured, after: &Measured) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut put = |name, old: Option<f64>, new: Option<f64>, unit: &Unit| {
        if let (Some(old), Some(new)) = (old, new) {
            changes.push(unit.change(name, new - old));
        }
    };
    if knob.reach() == Reach::Nothing {
        return changes;
    }
    put("WER", before.wer, after.wer, &Unit::Points);
    if knob.reach() == Reach::Errors || before.simulated != after.simulated {
        return changes;
    }
    if let (Some(old), Some(new)) = (&before.tail, &after.tail) {
        let floor = before.work.wait_floor(&after.work, old.ms, new.ms);
        let name = if old.is_p95 && new.is_p95 {
            "p95 latency"
        } else {
            "longest wait"
        };
        put(
            name,
            Some(old.ms),
            Some(new.ms),
            &Unit::Milliseconds { floor },
        );
    }
    put(
        "compute",
        before.compute_ms_per_s,
        after.compute_ms_per_s,
        &Unit::MillisecondsASecond {
            floor: before.work.compute_floor(&after.work),
        },
    );
    changes
}

/// A unit, and for times the difference up to which they are noise.
enum Unit {
    Points,
    Milliseconds { floor: f64 },
    MillisecondsASecond { floor: f64 },
}

impl Unit {
    fn change(&self, name: &'static str, difference: f64) -> Change {
        let size = difference.abs();
        let (shown, least, unit, same) = match self {
            Self::Points => (
                format::fixed(size * 100.0, 1),
                0.0005,
                " points",
                "±0 points",
            ),
            Self::Milliseconds { floor } => (
                format::fixed(size, 0),
                floor.max(0.5),
                " ms",
                ABOUT_THE_SAME,
            ),
            Self::MillisecondsASecond { floor } => (
                format::fixed(size, 1),
                floor.max(0.05),
                " ms/s",
                ABOUT_THE_SAME,
            ),
        };
        let (sign, direction) = match difference {
            d if d.abs() < least => ("", Direction::Same),
            d if d < 0.0 => (format::MINUS, Direction::Better),
            _ => ("+", Direction::Worse),
        };
        let words = match direction {
            Direction::Same => same.to_owned(),
            _ => format!("{sign}{shown}{unit}"),
        };
        Change {
            name,
            words,
            direction,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use asr_playground::decode::DecoderKind;
    use asr_playground::eval::latency::ChunkTimes;

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

    fn measured(wer: f64, tail_ms: f64, chunk_ms: f64) -> Measured {
        let chunks = [chunk_ms; 6].map(|compute_ms| ChunkTimes {
            compute_ms,
            ..ChunkTimes::default()
        });
        Measured {
            wer: Some(wer),
            tail: Some(Tail {
                ms: tail_ms,
                count: 40,
                is_p95: true,
            }),
            compute_ms_per_s: Some(6.0 * chunk_ms / 2.0),
            work: Work::of(&chunks, 2000.0),
            simulated: true,
        }
    }

    fn told(knob: Knob, before: &Measured, after: &Measured) -> Vec<(&'static str, String)> {
        let changes = changes(knob, before, after).into_iter();
        changes.map(|c| (c.name, c.words)).collect()
    }

    #[test]
    fn changes_say_how_much_and_which_way() {
        let before = measured(0.5, 400.0, 20.0);
        let after = measured(0.375, 520.4, 30.0);
        assert_eq!(
            told(Knob::Decoder, &before, &after),
            [
                ("WER", "\u{2212}12.5 points".to_owned()),
                ("p95 latency", "+120 ms".to_owned()),
                ("compute", "+30.0 ms/s".to_owned()),
            ]
        );
        let directions: Vec<Direction> = changes(Knob::Decoder, &before, &after)
            .into_iter()
            .map(|c| c.direction)
            .collect();
        let expected = [Direction::Better, Direction::Worse, Direction::Worse];
        assert_eq!(directions, expected);
        let few = Measured {
            tail: Some(Tail {
                ms: 400.0,
                count: 6,
                is_p95: false,
            }),
            ..before.clone()
        };
        assert_eq!(told(Knob::Decoder, &few, &after)[1].0, "longest wait");
        let live = Measured {
            simulated: false,
            ..after
        };
        let told = told(Knob::Decoder, &live, &before);
        assert_eq!(told.len(), 1, "times by two clocks: {told:?}");
    }

    #[test]
    fn what_a_knob_cannot_change_is_not_told() {
        let before = measured(0.5, 400.0, 20.0);
        let after = measured(0.25, 900.0, 40.0);
        assert_eq!(told(Knob::NBest, &before, &after), []);
        let instead = instead_of_changes(Knob::NBest, &before, &after);
        assert!(instead.is_some_and(|words| words.starts_with("no change")));
        for knob in [Knob::Fillers, Knob::Normaliser] {
            let errors = ("WER", "\u{2212}25.0 points".to_owned());
            assert_eq!(told(knob, &before, &after), [errors], "{knob:?}");
        }
    }

    #[test]
    fn times_that_differ_by_noise_are_the_same() {
        // Under 2% apart.
        let before = measured(0.5, 400.0, 20.0);
        let after = measured(0.5, 405.0, 20.2);
        let same = ABOUT_THE_SAME.to_owned();
        assert_eq!(
            told(Knob::Decoder, &before, &after),
            [
                ("WER", "±0 points".to_owned()),
                ("p95 latency", same.clone()),
                ("compute", same),
            ]
        );
    }
}
