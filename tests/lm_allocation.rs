//! Queries of the language model allocate nothing: scores, ends, spelling a word, and
//! going down the lexicon.
//!
//! Alone in its file because the counting allocator is the whole process's.
#![cfg(not(target_arch = "wasm32"))]
// Counting allocations takes a global allocator, and implementing one is unsafe;
// both calls go to the system's unchanged.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)]

use asr_playground::decode::lm::{LanguageModel, WordId};

mod counting;
mod random;

#[test]
fn queries_do_not_allocate() {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/english.lm")).unwrap();
    let model = LanguageModel::from_bytes(&bytes).unwrap();
    let words = model.word_count();
    let lexicon = model.lexicon();
    let (mut state, mut sum, mut known) = (model.start(), 0.0, 0);
    let mut random = random::Random(1);
    let before = counting::allocations();
    for query in 0..200_000_u32 {
        // Frequent words have small ids; some are of no word, some beyond the last.
        let id = random.below(words + 10) as u32 >> (query % 12);
        let word = Some(WordId(id)).filter(|_| query % 7 > 0);
        let (ln_prob, next) = model.score(state, word);
        sum += f64::from(ln_prob + model.end(next));
        state = if query % 50 == 0 { model.start() } else { next };
        let spelling = ["the", "recognise", "qwertyuiop", "don't", ""][query as usize % 5];
        known += usize::from(model.word(spelling).is_some());
        let mut node = Some(lexicon.root());
        for character in spelling.chars() {
            node = node.and_then(|node| lexicon.child(node, character));
            sum += node.map_or(0.0, |node| f64::from(lexicon.best(node)));
            known += usize::from(node.and_then(|node| lexicon.word(node)).is_some());
        }
        known += usize::from(model.text(WordId(id)).is_some());
    }
    assert_eq!(counting::allocations(), before);
    // It was counted, and the queries were some.
    assert!(
        before > 0 && known > 200_000 && sum < -1e5,
        "{before} {known} {sum}"
    );
}
