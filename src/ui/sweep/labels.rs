//! Short names for the points of a sweep: what differs, and nothing else. Free of the browser.

use asr_playground::eval::normalise::Normaliser;
use asr_playground::eval::sweep::Setting;

use crate::ui::format::MINUS;

/// A part of a setting's name.
#[derive(Clone, Copy)]
struct Part {
    of: fn(&Setting) -> String,
    /// Greedy has none; that alone makes no difference worth a word.
    of_searches: bool,
}

const fn always(of: fn(&Setting) -> String) -> Part {
    Part {
        of,
        of_searches: false,
    }
}

const fn of_searches(of: fn(&Setting) -> String) -> Part {
    Part {
        of,
        of_searches: true,
    }
}

fn lookahead(setting: &Setting) -> String {
    let ms = setting.lookahead_ms;
    ms.map_or("whole".to_owned(), |ms| format!("{ms} ms"))
}

fn decoder(setting: &Setting) -> String {
    setting.decoder.to_string()
}

fn width(setting: &Setting) -> String {
    setting
        .beam_width
        .map(|width| format!("beam {width}"))
        .unwrap_or_default()
}

fn lm_weight(setting: &Setting) -> String {
    setting
        .lm_weight
        .map(|weight| format!("α {}", signed(weight)))
        .unwrap_or_default()
}

fn word_bonus(setting: &Setting) -> String {
    setting
        .word_bonus
        .map(|bonus| format!("β {}", signed(bonus)))
        .unwrap_or_default()
}

/// As short as it is written, with a real minus sign.
fn signed(value: f64) -> String {
    value.to_string().replace('-', MINUS)
}

fn hotwords(setting: &Setting) -> String {
    match setting.hotwords {
        Some(true) => "hotwords".to_owned(),
        Some(false) => "no hotwords".to_owned(),
        None => String::new(),
    }
}

fn normaliser(setting: &Setting) -> String {
    if setting.normaliser == Normaliser::none() {
        "as written".to_owned()
    } else {
        String::new()
    }
}

const PARTS: [Part; 7] = [
    always(lookahead),
    always(decoder),
    of_searches(width),
    of_searches(lm_weight),
    of_searches(word_bonus),
    of_searches(hotwords),
    always(normaliser),
];

/// One name a setting, of the parts in which they differ; where they do not, lookahead
/// and decoder.
pub fn short(settings: &[&Setting]) -> Vec<String> {
    let differs = |part: &Part| {
        let mut values: Vec<String> = settings.iter().map(|s| (part.of)(s)).collect();
        values.sort_unstable();
        values.dedup();
        if part.of_searches {
            values.retain(|value| !value.is_empty());
        }
        values.len() > 1
    };
    let mut parts: Vec<Part> = PARTS.into_iter().filter(differs).collect();
    if parts.is_empty() {
        parts = vec![always(lookahead), always(decoder)];
    }
    let name = |setting: &&Setting| {
        let parts = parts.iter().map(|part| (part.of)(setting));
        let mut words: Vec<String> = parts.filter(|word| !word.is_empty()).collect();
        // "beam" and "beam 8" say the same.
        if words.iter().any(|word| word.starts_with("beam ")) {
            words.retain(|word| word != "beam");
        }
        words.join(", ")
    };
    settings.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ui::sweep::axes::Axes;

    fn names(axes: &Axes) -> Vec<String> {
        let grid = axes.grid(true, Normaliser::default());
        let points = grid.points().unwrap();
        short(&points.iter().map(|p| &p.setting).collect::<Vec<_>>())
    }

    #[test]
    fn what_all_share_is_left_out() {
        let mut axes = Axes::default();
        axes.lookaheads.truncate(2);
        let expected = [
            "0 ms, greedy",
            "0 ms, beam+lm",
            "320 ms, greedy",
            "320 ms, beam+lm",
        ];
        assert_eq!(names(&axes), expected);
        axes.lookaheads.truncate(1);
        assert_eq!(names(&axes), ["greedy", "beam+lm"]);
        axes.decoders.truncate(1);
        assert_eq!(names(&axes), ["0 ms, greedy"]);
    }

    #[test]
    fn what_differs_is_named() {
        let mut axes = Axes::default();
        axes.lookaheads.truncate(1);
        axes.widths = vec![4, 8];
        axes.normalisers = vec![false, true];
        assert_eq!(
            names(&axes),
            [
                "greedy, as written",
                "greedy",
                "beam+lm, beam 4, as written",
                "beam+lm, beam 4",
                "beam+lm, beam 8, as written",
                "beam+lm, beam 8"
            ]
        );
    }
}
