//! Hotwords as they are typed, as the tokens spell them, and heard.
#![allow(clippy::unwrap_used, clippy::panic)]

use asr_playground::decode::{BeamConfig, Hotword, PrefixBeam};
use asr_playground::model::Tokens;
use asr_playground::recognizer::{LeftOut, spell_hotword};

/// The bundled model's: a to z, apostrophe, space.
fn letters() -> Tokens {
    Tokens::parse(include_str!("../models/tokens.txt")).unwrap()
}

#[test]
fn phrases_become_what_transcripts_hold() {
    for (typed, spelled) in [
        ("Ada  Lovelace", "ada lovelace"),
        ("Jean-Luc", "jean luc"),
        ("4 by 4", "four by four"),
        ("Route 66", "route sixty six"),
        ("Agent 007!", "agent zero zero seven"),
        ("don’t", "don't"),
        ("'quoted'", "quoted"),
        ("O'Neill’s", "o'neill's"),
        ("Beyoncé, Zoë", "beyonce zoe"),
        ("ﬁne", "fine"),
    ] {
        assert_eq!(
            spell_hotword(&letters(), typed).unwrap(),
            spelled,
            "{typed}"
        );
    }
    // Where the tokens have the accent, it stays.
    let accents = Tokens::parse("<blank>\n<space>\na\ne\né\nc\nf").unwrap();
    assert_eq!(spell_hotword(&accents, "Café").unwrap(), "café");
    let pieces = Tokens::parse("<blank>\n▁ada\n▁love\nlace\n▁").unwrap();
    assert_eq!(
        spell_hotword(&pieces, "Ada Lovelace").unwrap(),
        "ada lovelace"
    );
}

#[test]
fn phrases_that_no_transcript_can_hold_are_named() {
    for (typed, character) in [
        ("4x4", '4'),
        ("2nd", '2'),
        ("smørrebrød", 'ø'),
        ("日本", '日'),
    ] {
        let refused = spell_hotword(&letters(), typed).unwrap_err();
        let phrase = typed.to_owned();
        assert_eq!(refused, LeftOut::Unspellable { phrase, character });
    }
    for typed in ["", " - ", "'"] {
        let phrase = typed.to_owned();
        assert_eq!(
            spell_hotword(&letters(), typed),
            Err(LeftOut::NoWord { phrase })
        );
    }
    assert_eq!(
        spell_hotword(&letters(), "4x4").unwrap_err().to_string(),
        "\"4x4\" has a '4', which the model never writes: write it as it is spoken"
    );
}

/// Rows in which "jean luc" and "john luck" are equally likely, letter by letter.
fn ambiguous() -> Vec<f32> {
    let letters = letters();
    let column = |text: char| {
        (1..letters.len())
            .find(|index| letters.text(*index) == text.to_string())
            .unwrap()
    };
    let mut rows = Vec::new();
    for (one, other) in "jean luc ".chars().zip("john luk ".chars()) {
        let mut row = vec![-20.0; letters.len()];
        row[column(one)] = -0.75;
        row[column(other)] = -0.7;
        rows.extend(row);
        // A blank between, so that no two letters collapse.
        let mut blank = vec![-20.0; letters.len()];
        blank[letters.blank()] = -0.001;
        rows.extend(blank);
    }
    rows
}

#[test]
fn a_typed_phrase_is_heard_once_it_is_spelled() {
    let heard = |phrase: &str| {
        let hotwords = vec![Hotword {
            phrase: phrase.to_owned(),
            boost: 8.0,
        }];
        let config = BeamConfig {
            hotwords,
            ..BeamConfig::default()
        };
        let mut beam = PrefixBeam::new(&letters(), 320, config, None).unwrap();
        beam.push(&ambiguous()).unwrap();
        beam.finish();
        beam.transcript().text()
    };
    assert_eq!(heard("zebra"), "john luk");
    let spelled = spell_hotword(&letters(), "Jean-Luc").unwrap();
    assert_eq!(heard(&spelled), "jean luc");
    // As it was typed, and with the hyphen taken away, it is in no text.
    assert_eq!(heard("Jean-Luc"), "john luk");
    assert_eq!(heard("jeanluc"), "john luk");
}
