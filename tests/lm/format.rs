//! The compact file: there and back, and whatever else bytes may be.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use asr_playground::decode::lm::{Gram, LanguageModel, LmError, NGram, WordId};
use proptest::prelude::*;

use crate::arpa::SMALL;

fn small() -> Vec<u8> {
    LanguageModel::from_arpa(SMALL).unwrap().to_bytes()
}

/// With the checksum put right.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= 12 {
        let checksum = crc32(&bytes[12..]);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

/// CRC-32 (IEEE 802.3), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Waits once.
#[derive(Default)]
struct OneTurn {
    waited: bool,
}

impl Future for OneTurn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.waited {
            return Poll::Ready(());
        }
        self.waited = true;
        Poll::Pending
    }
}

#[test]
fn reading_gives_way_and_comes_to_the_same() {
    let bytes = std::fs::read("models/english.lm").unwrap();
    let pause = async || OneTurn::default().await;
    let mut reading = pin!(LanguageModel::from_bytes_with_pauses(&bytes, &pause));
    let mut turns = 0;
    let model = loop {
        let mut context = Context::from_waker(Waker::noop());
        match reading.as_mut().poll(&mut context) {
            Poll::Ready(model) => break model.unwrap(),
            Poll::Pending => turns += 1,
        }
    };
    assert!(turns > 100, "{turns} turns only");
    assert!(model.to_bytes() == bytes, "another model");
}

#[test]
fn the_bytes_are_as_documented() {
    // One word, "a", and the bigrams "<s> a" and "a </s>", from the description in
    // docs/LANGUAGE_MODEL.md, by hand. ln p: -8 -4 -2 -1 for <unk> <s> </s> a; -0.5 for both
    // bigrams; back-off weights: none for <unk> and </s>, -0.25 for <s> and a.
    let unigram = |id, ln_prob, ln_backoff| NGram {
        gram: Gram::EMPTY.then(WordId(id)),
        ln_prob,
        ln_backoff,
    };
    let bigram = |first, second| NGram {
        gram: Gram::EMPTY.then(WordId(first)).then(WordId(second)),
        ln_prob: -0.5,
        ln_backoff: 0.0,
    };
    let levels = vec![
        vec![
            unigram(0, -8.0, 0.0),
            unigram(1, -4.0, -0.25),
            unigram(2, -2.0, 0.0),
            unigram(3, -1.0, -0.25),
        ],
        vec![bigram(1, 3), bigram(3, 2)],
    ];
    let model = LanguageModel::from_ngrams(&["a".to_owned()], levels).unwrap();
    let mut expected = b"NGLM\x01\x02\x00\x00CRC!".to_vec();
    expected.extend([4, 0, 0, 0, 2, 0, 0, 0]);
    for table in [&[-8.0, -4.0, -2.0, -1.0_f32][..], &[-0.5], &[-0.25]] {
        expected.extend((table.len() as u32).to_le_bytes());
        expected.extend(table.iter().flat_map(|value| value.to_le_bytes()));
    }
    expected.extend([0, 1, b'a']);
    // Gaps 3 and 2 take 5 and 3 bits at exponent 0, 4 and 4 at 1, 3 and 3 at 2; both
    // families have one child, 3 bits at exponent 0, 2 at 1.
    expected[6] = 2;
    expected[7] = 1;
    // Lowest bit first: ln p 0 1 2 3 in two bits each; contexts 0, 1 and one child (y = 3:
    // one, 1), 0, the same; gap 3 (y = 7: one, 3 in two bits), gap 2 (y = 6: one, 2).
    let bits = "00 10 01 11  0 111 0 111  1 11 1 01";
    let bits: Vec<u8> = bits.bytes().filter(|c| *c != b' ').collect();
    for byte in bits.chunks(8) {
        let value = byte
            .iter()
            .rev()
            .fold(0, |value, bit| value << 1 | (bit - b'0'));
        expected.push(value);
    }
    assert_eq!(model.to_bytes(), sealed(expected));
}

#[test]
fn refused_bytes() {
    let read = |bytes: &[u8]| LanguageModel::from_bytes(bytes).unwrap_err();
    let bytes = small();
    assert_eq!(read(b""), LmError::CutOff);
    assert_eq!(read(SMALL.as_bytes()), LmError::Foreign);
    let with = |place: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[place] = value;
        bytes
    };
    assert_eq!(read(&with(4, 2)), LmError::Version { version: 2 });
    assert_eq!(read(&sealed(with(5, 6))), LmError::Order { order: 6 });
    assert_eq!(read(&sealed(with(5, 0))), LmError::Order { order: 0 });
    // A hundred million unigrams in a file of some hundred bytes.
    assert_eq!(read(&sealed(with(15, 6))), LmError::CutOff);
    let damaged = |bytes: &[u8]| read(bytes).to_string();
    assert!(damaged(&sealed(with(20, 2))).contains("the n-grams are not as many as it says"));
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(damaged(&sealed(longer)).contains("more than it says, or less"));
    for length in 0..bytes.len() {
        read(&bytes[..length]);
        read(&sealed(bytes[..length].to_vec()));
    }
    for (place, byte) in bytes.iter().enumerate().skip(12) {
        assert_eq!(read(&with(place, !byte)), LmError::Checksum);
    }
}

#[test]
fn values_that_sums_could_overflow_with_are_refused() {
    let levels = |ln_prob: f32, ln_backoff: f32| {
        let unigram = |id| NGram {
            gram: Gram::EMPTY.then(WordId(id)),
            ln_prob,
            ln_backoff,
        };
        vec![(0..3).map(unigram).collect::<Vec<_>>()]
    };
    for (ln_prob, ln_backoff) in [
        (-3e38, 0.0),
        (f32::NEG_INFINITY, 0.0),
        (1e-6, 0.0),
        (f32::NAN, 0.0),
        (-1.0, -3e38),
        (-1.0, 24.0),
        (-1.0, f32::NAN),
    ] {
        let refused = LanguageModel::from_ngrams(&[], levels(ln_prob, ln_backoff)).unwrap_err();
        assert!(matches!(refused, LmError::Value { .. }), "{refused}");
    }
    // The first table of the file: ln p of the unigrams, after 12 bytes, three numbers of
    // n-grams and the table's own.
    let mut bytes = small();
    bytes[28..32].copy_from_slice(&(-3e38_f32).to_le_bytes());
    let refused = LanguageModel::from_bytes(&sealed(bytes)).unwrap_err();
    assert!(
        refused.to_string().contains("a value that cannot be"),
        "{refused}"
    );
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = LanguageModel::from_bytes(&bytes);
        let mut headed = small()[..12].to_vec();
        headed.extend(bytes);
        let _ = LanguageModel::from_bytes(&sealed(headed));
    }

    /// A model that was damaged and sealed again is refused, or works.
    #[test]
    fn damaged_bytes_do_no_harm(places in prop::collection::vec((4_usize..400, any::<u8>()), 1..4)) {
        let mut bytes = small();
        for (place, value) in places {
            let place = place % bytes.len();
            bytes[place] ^= value;
        }
        if let Ok(model) = LanguageModel::from_bytes(&sealed(bytes)) {
            let ids = 0..model.word_count() as u32 + 4;
            let mut state = model.start();
            for id in ids.clone().flat_map(|a| ids.clone().flat_map(move |b| [a, b])) {
                let (score, next) = model.score(state, Some(WordId(id)));
                prop_assert!(score.is_finite());
                state = next;
            }
        }
    }

    /// Any model comes back from its bytes as it was.
    #[test]
    fn there_and_back(
        words in prop::collection::btree_set("[a-c']{1,4}", 0..12),
        // Which bigrams and trigrams there are, as three ids modulo all, and values.
        chosen in prop::collection::vec((any::<[u8; 3]>(), -20.0_f32..0.0, -3.0_f32..3.0), 0..40),
        unigram in prop::collection::vec((-20.0_f32..0.0, -3.0_f32..3.0), 15),
    ) {
        let words: Vec<String> = words.into_iter().collect();
        let ids = words.len() as u32 + 3;
        let mut levels = vec![Vec::new(), Vec::new(), Vec::new()];
        for (id, (ln_prob, ln_backoff)) in (0..ids).zip(&unigram) {
            let gram = Gram::EMPTY.then(WordId(id));
            levels[0].push(NGram { gram, ln_prob: *ln_prob, ln_backoff: *ln_backoff });
        }
        for (triple, ln_prob, ln_backoff) in chosen {
            let [a, b, c] = triple.map(|id| WordId(u32::from(id) % ids));
            let bigram = Gram::EMPTY.then(a).then(b);
            let trigram = bigram.then(c);
            levels[1].push(NGram { gram: bigram, ln_prob, ln_backoff });
            levels[2].push(NGram { gram: trigram, ln_prob, ln_backoff: 0.0 });
        }
        for level in &mut levels {
            level.sort_by_key(|ngram| ngram.gram);
            level.dedup_by_key(|ngram| ngram.gram);
        }
        let model = LanguageModel::from_ngrams(&words, levels).unwrap();
        let back = LanguageModel::from_bytes(&model.to_bytes()).unwrap();
        prop_assert_eq!(model.levels(), back.levels());
        prop_assert!(model.words().eq(back.words()));
        for word in model.words() {
            prop_assert_eq!(model.word(word), back.word(word));
            prop_assert_eq!(model.word(word).and_then(|id| model.text(id)), Some(word));
        }
    }
}
