//! The text normaliser: what counts as the same text when errors are counted.
//!
//! Reference and hypothesis both go through [`normalise`] before [`super::wer`]
//! compares them. It is [`NORMALISER_STEPS`] one after another, and the table is what the page
//! shows, so what is said of the normaliser and what it does are one thing. Error
//! rates are only comparable at the same [`NORMALISER_VERSION`], and with the same
//! steps: a [`Normaliser`] has each of them on a switch, and says which are off.
//!
//! The model writes words, never digits, so numbers typed as digits are spelled
//! out, in English, as they would be counted and without "and" (`1984` is "one
//! thousand nine hundred eighty four"). Left as they are typed, and so to be
//! written in words in a reference that should be fair: years spoken in pairs,
//! ordinals (`2nd`), decimals (`3.5` becomes "three five"), symbols (`%` and `$`
//! are dropped). Nor are abbreviations expanded or spellings unified.

mod switches;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub use switches::{Normaliser, UnknownStep};

/// Grows whenever [`normalise`] gives another result for any text.
pub const NORMALISER_VERSION: u32 = 1;

/// One step of the normaliser, with an example: [`NormaliserStep::apply`] turns
/// `before` into `after`.
#[derive(Clone, Copy, Debug)]
pub struct NormaliserStep {
    /// A name for settings and files; it never changes.
    pub id: &'static str,
    /// A name for people.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub what: &'static str,
    /// A text.
    pub before: &'static str,
    /// The same text after this step alone.
    pub after: &'static str,
    apply: fn(&str) -> String,
}

impl NormaliserStep {
    /// The text after this step alone.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        (self.apply)(text)
    }
}

/// The steps of [`normalise`], in order.
pub const NORMALISER_STEPS: &[NormaliserStep] = &[
    NormaliserStep {
        id: "apostrophes",
        name: "Apostrophes",
        what: "Typographic apostrophes, single quotation marks, accents standing alone and primes become '.",
        before: "don’t, donʼt, don`t",
        after: "don't, don't, don't",
        apply: straighten_apostrophes,
    },
    NormaliserStep {
        id: "invisible",
        name: "Invisible characters",
        what: "Soft hyphens, joiners, direction marks and variation selectors are removed.",
        before: "co\u{AD}operate \u{200E}now",
        after: "cooperate now",
        apply: drop_invisible,
    },
    NormaliserStep {
        id: "nfkc",
        name: "Compatible forms",
        what: "Unicode NFKC: ligatures, raised figures, wide letters and the like become plain ones, accents are composed.",
        before: "ﬁne 10 m² cafe\u{301}",
        after: "fine 10 m2 café",
        apply: |text| text.nfkc().collect(),
    },
    NormaliserStep {
        id: "lower-case",
        name: "Lower case",
        what: "Every letter becomes lower case.",
        before: "The END",
        after: "the end",
        // Lower-casing can leave an accent that composes.
        apply: |text| text.to_lowercase().nfkc().collect(),
    },
    NormaliserStep {
        id: "digit-groups",
        name: "Digit groups",
        what: "Commas between groups of three digits are removed.",
        before: "1,250 of 3, 4",
        after: "1250 of 3, 4",
        apply: join_digit_groups,
    },
    NormaliserStep {
        id: "punctuation",
        name: "Punctuation",
        what: "Everything but letters, digits, the marks on them and apostrophes becomes a space.",
        before: "well-known, yes!",
        after: "well known  yes ",
        apply: drop_punctuation,
    },
    NormaliserStep {
        id: "quotation-marks",
        name: "Quotation marks",
        what: "Apostrophes that are not inside a word become spaces.",
        before: "'it's' the dogs'",
        after: " it's  the dogs ",
        apply: drop_outer_apostrophes,
    },
    NormaliserStep {
        id: "spaces",
        name: "Spaces",
        what: "Words are separated by single spaces.",
        before: "  two\n words ",
        after: "two words",
        apply: |text| text.split_whitespace().collect::<Vec<_>>().join(" "),
    },
    NormaliserStep {
        id: "numbers",
        name: "Numbers",
        what: "Words of digits only are spelled out in English; digit by digit if they begin with 0 or have more than six.",
        before: "42 b2b 007",
        after: "forty two b2b zero zero seven",
        apply: spell_numbers,
    },
];

/// The text as it is compared: every one of [`NORMALISER_STEPS`], in order.
///
/// Normalising again changes nothing. The result has no white space but single
/// spaces between words.
#[must_use]
pub fn normalise(text: &str) -> String {
    Normaliser::default().apply(text)
}

fn straighten_apostrophes(text: &str) -> String {
    // Left and right single quotation marks and the reversed one, the letter
    // apostrophe, prime, acute and grave accents standing alone.
    let straight = |c| match c {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{2032}' | '\u{00B4}' | '`' => '\'',
        other => other,
    };
    text.chars().map(straight).collect()
}

fn drop_invisible(text: &str) -> String {
    let invisible = |c: char| {
        matches!(c,
            // soft hyphen; joiners and direction marks; word joiner and direction
            // isolates; byte order mark
            '\u{00AD}' | '\u{200C}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            // variation selectors; enclosing keycap
            | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{20E3}')
    };
    text.chars().filter(|c| !invisible(*c)).collect()
}

fn join_digit_groups(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    // No more than four are looked at, so that this stays linear.
    let digits = |chars: &mut dyn Iterator<Item = &char>| {
        chars.take(4).take_while(|c| c.is_ascii_digit()).count()
    };
    let separates_groups = |index: usize| {
        (1..=3).contains(&digits(&mut chars[..index].iter().rev()))
            && digits(&mut chars[index + 1..].iter()) == 3
    };
    let kept = chars
        .iter()
        .enumerate()
        .filter(|(index, c)| **c != ',' || !separates_groups(*index));
    kept.map(|(_, c)| *c).collect()
}

fn drop_punctuation(text: &str) -> String {
    let mut in_word = false;
    let kept = text.chars().map(|c| {
        // A mark belongs to what it stands on, and goes with it.
        in_word = c.is_alphanumeric() || in_word && is_combining_mark(c);
        if in_word || c == '\'' { c } else { ' ' }
    });
    kept.collect()
}

fn drop_outer_apostrophes(text: &str) -> String {
    let in_word = |c: Option<char>| c.is_some_and(|c| c != '\'' && !c.is_whitespace());
    let mut kept = String::with_capacity(text.len());
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let outer = c == '\'' && !(in_word(before) && in_word(chars.peek().copied()));
        kept.push(if outer { ' ' } else { c });
        before = Some(c);
    }
    kept
}

fn spell_numbers(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    for word in text.split(' ') {
        if !spelled.is_empty() {
            spelled.push(' ');
        }
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
            spelled.push_str(word);
        } else if word.len() > 6 || (word.len() > 1 && word.starts_with('0')) {
            let digits = word
                .bytes()
                .map(|digit| BELOW_TWENTY[usize::from(digit - b'0')]);
            spelled.push_str(&digits.collect::<Vec<_>>().join(" "));
        } else {
            spell(word.parse().unwrap_or(0), &mut spelled);
        }
    }
    spelled
}

const BELOW_TWENTY: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// Spells a number below a million, without "and".
fn spell(number: usize, out: &mut String) {
    let (head, unit, rest) = match number {
        0..20 => return out.push_str(BELOW_TWENTY[number]),
        20..100 => {
            out.push_str(TENS[number / 10]);
            (0, "", number % 10)
        }
        100..1000 => (number / 100, " hundred", number % 100),
        _ => (number / 1000, " thousand", number % 1000),
    };
    if head > 0 {
        spell(head, out);
        out.push_str(unit);
    }
    if rest > 0 {
        out.push(' ');
        spell(rest, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_does_what_its_example_says() {
        for step in NORMALISER_STEPS {
            assert_eq!(step.apply(step.before), step.after, "{}", step.name);
        }
    }
}
