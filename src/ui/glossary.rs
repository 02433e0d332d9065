//! One word and one mark for each thing that several views name. Free of the browser.

use asr_playground::decode::DecoderKind;
use asr_playground::model::Lookahead;

/// How the blank is written. It can be typed, as the lesson on CTC asks.
pub const BLANK_MARK: &str = "_";
/// How a space is written where one must be seen.
pub const SPACE_MARK: &str = "␣";

/// Word error rate.
pub const WER: &str = "Word error rate";
/// From the end of a word to the word shown for good.
pub const PERCEIVED: &str = "User-perceived latency";
/// From the end of the first word to any text.
pub const FIRST_PARTIAL: &str = "First partial";
/// From the end of the first word to that word, while the take goes on.
pub const FIRST_WORD: &str = "First word";
/// From the last sample of the take to its final text.
pub const FINISHING: &str = "Finishing";
/// Processing ÷ audio.
pub const REAL_TIME_FACTOR: &str = "Real-time factor";
/// Work for a second of audio.
pub const COMPUTE: &str = "Compute";
/// Times that words already shown changed or went.
pub const FLICKER: &str = "Flicker a minute";

/// What the score of a hypothesis is made of, and their sum.
pub mod score {
    /// Over all paths that spell it.
    pub const SOUND: &str = "Sound";
    /// α times the language model's.
    pub const LANGUAGE_MODEL: &str = "LM";
    /// What the word being spelled can become is worth.
    pub const LM_LOOK_AHEAD: &str = "LM look-ahead";
    /// β a word, less the penalties.
    pub const BONUS: &str = "Word bonus";
    /// Boosts.
    pub const HOTWORDS: &str = "Hotwords";
    /// All of these.
    pub const TOTAL: &str = "Total";
}

/// A token's text as a mark: the blank and the space have one of their own.
pub fn token_mark(text: &str) -> &str {
    match text {
        "" => BLANK_MARK,
        " " => SPACE_MARK,
        text => text,
    }
}

/// A token's text in words.
pub fn token_name(text: &str) -> &str {
    match text {
        "" => "blank",
        " " => "space",
        text => text,
    }
}

/// A text with its spaces marked.
pub fn spaces_marked(text: &str) -> String {
    text.replace(' ', SPACE_MARK)
}

/// A decoder's name.
pub fn decoder_name(kind: DecoderKind) -> &'static str {
    match kind {
        DecoderKind::Greedy => "Greedy",
        DecoderKind::Beam => "Beam",
        DecoderKind::BeamLm => "Beam + LM",
    }
}

/// A lookahead without its unit, which stands beside it.
pub fn lookahead_number(lookahead: Lookahead) -> String {
    match lookahead {
        Lookahead::Ms(ms) => ms.to_string(),
        Lookahead::WholeTake => lookahead.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_for_what_cannot_be_seen() {
        let texts = ["", " ", "x"];
        assert_eq!(texts.map(token_mark), ["_", "␣", "x"]);
        assert_eq!(texts.map(token_name), ["blank", "space", "x"]);
        assert_eq!(spaces_marked("a b "), "a␣b␣");
    }
}
