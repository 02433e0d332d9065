use asr_playground::decode::ctc::{CtcError, Spelling};

use super::{english, spell, tokens};

fn error(list: &[&str], text: &str) -> CtcError {
    Spelling::new(&tokens(list), text).unwrap_err()
}

#[test]
fn characters() {
    let spelling = spell(&english(), " don't\t go ");
    let texts: Vec<String> = spelling
        .tokens()
        .iter()
        .map(|t| english().text(*t).to_owned())
        .collect();
    assert_eq!(texts.concat(), "don't go");
    let words: Vec<_> = spelling
        .words()
        .iter()
        .map(|w| (w.text.as_str(), w.tokens.clone()))
        .collect();
    assert_eq!(words, [("don't", 0..5), ("go", 6..8)]);
    assert_eq!(
        spelling.states().collect::<Vec<_>>()[..4],
        [0, spelling.tokens()[0], 0, spelling.tokens()[1]]
    );
    assert_eq!(spelling.states().count(), 17);
    assert_eq!(spelling.rows_needed(), 8);
    assert_eq!(spell(&english(), "aab bb").rows_needed(), 8);
}

#[test]
fn word_pieces_fewest_then_longest_first() {
    let list = [
        "<blank>", "▁", "▁the", "▁th", "e", "re", "n", "er", "▁s", "o", "on",
    ];
    let indices = |text: &str| spell(&tokens(&list), text).tokens().to_vec();
    assert_eq!(indices("the"), [2]);
    // ▁the+re, not ▁th+e+re
    assert_eq!(indices("there"), [2, 5]);
    // two pieces are fewer than three
    assert_eq!(indices("ther"), [3, 7]);
    assert_eq!(indices("then the"), [2, 6, 2]);
    // no piece ▁n: a lone ▁
    assert_eq!(indices("no"), [1, 6, 9]);
    let spelling = spell(&tokens(&list), "soon the");
    assert_eq!(spelling.tokens(), [8, 9, 10, 2]);
    assert_eq!(spelling.words()[1].tokens, 3..4);
    // ab+c and a+bc are equal in number: the longer first
    assert_eq!(
        spell(&tokens(&["<blank>", "a", "ab", "bc", "c"]), "abc").tokens(),
        [2, 4]
    );
}

#[test]
fn what_cannot_be_spelled_is_named() {
    let unspellable = |character, word: &str| CtcError::Unspellable {
        character,
        word: word.to_owned(),
    };
    let letters = ["<blank>", "<space>", "a", "b"];
    assert_eq!(error(&letters, "ab bac"), unspellable('c', "bac"));
    assert_eq!(error(&letters, "Ab"), unspellable('A', "Ab"));
    assert_eq!(error(&letters, "é"), unspellable('é', "é"));
    assert_eq!(error(&letters, " \n"), CtcError::EmptyText);
    assert_eq!(error(&letters, ""), CtcError::EmptyText);
    // nothing to part words with
    assert_eq!(error(&["<blank>", "a"], "a a"), unspellable(' ', "a a"));
    let pieces = ["<blank>", "▁the", "▁s", "o", "on"];
    assert_eq!(error(&pieces, "sox"), unspellable('x', "sox"));
    // ▁n is no piece and there is no lone ▁
    assert_eq!(error(&pieces, "no"), unspellable('n', "no"));
    assert_eq!(
        error(&letters, "bac").to_string(),
        "\"bac\" cannot be spelled: the model does not write 'c'"
    );
}
