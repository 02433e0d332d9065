//! The inspector's numbers and reasons in words. Free of the browser.

use asr_playground::decode::beam::{Fate, InspectedCandidate, Term, TermKind, TokenFate};
use asr_playground::decode::{BeamConfig, DecoderKind, RowInspection};
use asr_playground::recognizer::{Stretch, StretchBegins};

use super::super::format::{NEVER, nats};
use super::super::glossary::{self, score};

/// The same, or −∞.
pub fn nats_or_never(value: Option<f64>) -> String {
    value.map_or_else(|| NEVER.to_owned(), nats)
}

/// A probability of which this is the logarithm, in percent.
pub fn percent(ln_prob: f64) -> String {
    let percent = ln_prob.exp() * 100.0;
    if percent < 0.1 {
        "< 0.1%".to_owned()
    } else if percent < 9.95 || (99.0..99.95).contains(&percent) {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

/// A token as a mark: the blank and the space have one of their own.
pub fn token_mark(token: usize, tokens: &[String]) -> String {
    glossary::token_mark(tokens.get(token).map_or("", String::as_str)).to_owned()
}

/// A token in words.
pub fn token_words(token: usize, tokens: &[String]) -> String {
    glossary::token_name(tokens.get(token).map_or("", String::as_str)).to_owned()
}

/// A text with its spaces marked; nothing is said to be so.
pub fn text_mark(text: &str) -> String {
    if text.is_empty() {
        "(nothing)".to_owned()
    } else {
        glossary::spaces_marked(text)
    }
}

/// The last `most` characters of a text.
pub fn tail(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length - most + 1).collect();
    format!("…{kept}")
}

/// "1st", "2nd", "3rd", "11th".
pub fn place(rank: usize) -> String {
    let place = rank + 1;
    let end = match (place % 10, place % 100) {
        (1, other) if other != 11 => "st",
        (2, other) if other != 12 => "nd",
        (3, other) if other != 13 => "rd",
        _ => "th",
    };
    format!("{place}{end}")
}

/// What became of a candidate, and why.
pub fn fate(fate: Fate, beam: &BeamConfig) -> String {
    match fate {
        Fate::Kept { rank } => format!("kept, {} of the beam", place(rank)),
        Fate::Impossible => "impossible: no path spells it".to_owned(),
        Fate::ScoreBeam { below_best } => format!(
            "pruned: {} nats below the best, and {} are allowed",
            nats(below_best),
            nats(f64::from(beam.beam_ln))
        ),
        Fate::Width => format!("pruned: {} others are better", beam.width),
        Fate::Commit => format!(
            "dropped: it disagrees with what is decided after {} rows",
            beam.commit_rows
        ),
        Fate::Ended { rank } => format!(
            "goes on, {} of the beam, with its word ended: nothing was added to it for {} rows",
            place(rank),
            beam.commit_rows
        ),
    }
}

/// What became of a candidate, in a word.
pub fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept { .. } => "kept",
        Fate::Impossible => "impossible",
        Fate::ScoreBeam { .. } => "score",
        Fate::Width => "width",
        Fate::Commit => "decided",
        Fate::Ended { .. } => "ended",
    }
}

/// How a term came about.
pub fn way(term: &Term, row: &RowInspection, tokens: &[String]) -> String {
    let from = row.before.get(term.from).map_or("", |h| h.text.as_str());
    let from = text_mark(&tail(from, 16));
    let token = token_mark(term.token, tokens);
    match term.kind {
        TermKind::Blank => format!("{from}, then a blank"),
        TermKind::Repeat => format!("{from}, its {token} held"),
        TermKind::Extension => format!("{from} and then {token}"),
    }
}

/// The two sums of a candidate after the row, blank and non-blank: those of the
/// hypothesis it has become, or what its terms come to.
pub fn sums(candidate: &InspectedCandidate) -> (Option<f64>, Option<f64>) {
    let of = |blank: bool| {
        let terms = candidate.terms.iter();
        let sums = terms.filter(|t| (t.kind == TermKind::Blank) == blank);
        log_sum(sums.map(|t| t.sum))
    };
    (of(true), of(false))
}

/// ln Σ eˣ.
fn log_sum(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest
        .is_finite()
        .then(|| largest + values.map(|v| (v - largest).exp()).sum::<f64>().ln())
}

/// The share of a hypothesis' probability in the paths that end in the blank.
pub fn blank_share(blank: Option<f64>, non_blank: Option<f64>) -> f64 {
    match (blank, non_blank) {
        (Some(blank), Some(non_blank)) => 1.0 / (1.0 + (non_blank - blank).exp()),
        (Some(_), None) => 1.0,
        (None, _) => 0.0,
    }
}

/// The parts of a total but the acoustic one: name, value.
pub fn parts(candidate: &InspectedCandidate) -> [(&'static str, f64); 4] {
    [
        ("Language model", candidate.lm),
        (score::LM_LOOK_AHEAD, candidate.look_ahead),
        (score::BONUS, candidate.bonus),
        (score::HOTWORDS, candidate.hotword),
    ]
}

/// Where the search of a row began, if that is not where the take did.
pub fn search_begins(stretch: &Stretch) -> Option<String> {
    let row = stretch.first_row + 1;
    match stretch.begins {
        StretchBegins::Take => None,
        StretchBegins::Endpoint => Some(format!(
            "The utterance before has ended; this search began at row {row}, after the words committed by then."
        )),
        StretchBegins::Settings => Some(format!(
            "Settings were changed while the take went on; from row {row}, after the words committed by then, \
             the search is the one that was set then."
        )),
        StretchBegins::Gone => Some(
            "Not what the transcript is from: lookahead, arithmetic or model were changed while the take \
             went on, and what the model had said of these rows is gone. Shown is what the later settings make of \
             them; the words committed before the change stayed."
                .to_owned(),
        ),
    }
}

/// That the search ends after a row, before the `next` one or with the take.
pub fn search_ends(
    kind: DecoderKind,
    next: Option<StretchBegins>,
    last: bool,
) -> Option<&'static str> {
    match next {
        _ if kind == DecoderKind::Greedy => None,
        Some(StretchBegins::Endpoint) => Some(
            "The utterance ends after this row: open words end, the sentence's end is scored, which can change the \
             order below once more, and the best text is committed.",
        ),
        Some(_) => Some("Settings were changed: what is open here is searched anew."),
        None if last => Some(
            "The take ends after this row: open words end, the sentence's end is scored, which can change the order \
             below once more, and the best text is committed.",
        ),
        None => None,
    }
}

/// How many tokens of a row are left out, and why.
pub fn left_out(row: &RowInspection, beam: &BeamConfig) -> String {
    let count = |fate: TokenFate| row.tokens.iter().filter(|t| t.fate == fate).count();
    let (rare, many) = (count(TokenFate::LogProb), count(TokenFate::Count));
    let mut reasons = Vec::new();
    if rare > 0 {
        let floor = nats(f64::from(beam.token_min_ln));
        reasons.push(format!("{rare} with ln p below {floor}"));
    }
    if many > 0 {
        let most = beam.tokens_per_row;
        reasons.push(format!("{many} beyond the {most} most probable"));
    }
    if reasons.is_empty() {
        "None is left out.".to_owned()
    } else {
        format!("Left out: {}.", reasons.join(", "))
    }
}

/// How many candidates a row makes of how many hypotheses, and what becomes of them.
pub fn summary(row: &RowInspection) -> String {
    let fates = row.candidates.iter().map(|c| fate_word(c.fate));
    let count = |word: &str| fates.clone().filter(|w| *w == word).count();
    let mut parts = vec![
        format!("{} before", row.before.len()),
        format!("{} candidates", row.candidates.len() - count("impossible")),
        format!("{} kept", row.after.len()),
    ];
    for (word, reason) in [
        ("width", "pruned by the width"),
        ("score", "pruned by score"),
        ("decided", "dropped by what is decided"),
    ] {
        let pruned = count(word);
        if pruned > 0 {
            parts.push(format!("{pruned} {reason}"));
        }
    }
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(nats(-3.214), "−3.21");
        assert_eq!(nats(-0.001), "0.00");
        assert_eq!(nats(2.0), "2.00");
        assert_eq!(nats_or_never(None), NEVER);
        assert_eq!(percent(0.0), "100%");
        assert_eq!(percent(0.05_f64.ln()), "5.0%");
        assert_eq!(percent(-12.0), "< 0.1%");
        assert_eq!(
            [0, 1, 2, 3, 10, 20].map(place),
            ["1st", "2nd", "3rd", "4th", "11th", "21st"]
        );
    }

    #[test]
    fn texts_are_cut_on_the_left_and_show_their_spaces() {
        assert_eq!(tail("abcdef", 4), "…def");
        assert_eq!(tail("abcd", 4), "abcd");
        assert_eq!(text_mark("a b "), "a␣b␣");
        assert_eq!(text_mark(""), "(nothing)");
        let tokens = ["", " ", "x"].map(str::to_owned);
        assert_eq!([0, 1, 2].map(|t| token_mark(t, &tokens)), ["_", "␣", "x"]);
        assert_eq!(token_words(7, &tokens), "blank");
    }

    #[test]
    fn shares_add_up() {
        assert!((blank_share(Some(-1.0), Some(-1.0)) - 0.5).abs() < 1e-12);
        assert!((blank_share(Some(-1.0), None) - 1.0).abs() < 1e-12);
        assert!(blank_share(None, Some(-1.0)).abs() < 1e-12);
        let sum = log_sum([0.25_f64.ln(), 0.5_f64.ln()].into_iter());
        assert!((sum.unwrap() - 0.75_f64.ln()).abs() < 1e-12);
        assert_eq!(log_sum([].into_iter()), None);
    }
}
