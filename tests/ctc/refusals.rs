use asr_playground::decode::ctc::{
    CtcError, LogProbs, MAX_ALIGN_CELLS, MAX_FORWARD_CELLS, MAX_OCCUPANCY_CELLS, align,
    forward_score, occupancy,
};
use asr_playground::decode::{DecodeError, RowClock};

use super::{spell, tokens};

const CLOCK: RowClock = RowClock {
    samples_per_row: 320,
};

#[test]
fn what_is_no_log_prob() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut values = [0.0; 12];
        values[7] = bad;
        match LogProbs::new(&values, 4).unwrap_err() {
            CtcError::LogProbs(DecodeError::NotALogProb { row, token, value }) => {
                assert_eq!((row, token, value.to_bits()), (1, 3, bad.to_bits()));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(LogProbs::new(&[], 4).unwrap_err(), CtcError::NoRows);
    let partial = |values, columns| CtcError::LogProbs(DecodeError::PartialRow { values, columns });
    assert_eq!(LogProbs::new(&[0.0; 5], 4).unwrap_err(), partial(5, 4));
    assert_eq!(LogProbs::new(&[0.0; 5], 0).unwrap_err(), partial(5, 0));
}

#[test]
fn too_few_rows_for_the_text() {
    let tokens = tokens(&["<blank>", "a", "b"]);
    let spelling = spell(&tokens, "aaba");
    let values = [0.0; 5 * 3];
    let rows = |rows: usize| LogProbs::new(&values[..rows * 3], 3).unwrap();
    let refused = CtcError::TooFewRows { needed: 5, rows: 4 };
    assert_eq!(forward_score(rows(4), &spelling), Err(refused.clone()));
    assert_eq!(occupancy(rows(4), &spelling), Err(refused.clone()));
    assert_eq!(align(rows(4), &spelling, CLOCK), Err(refused));
    // With just enough there is one path: uniform rows give 5 ln 1/3.
    let score = forward_score(rows(5), &spelling).unwrap();
    assert!((score - 5.0 * (1.0_f32 / 3.0).ln()).abs() < 1e-5);
    let aligned = align(rows(5), &spelling, CLOCK).unwrap();
    assert_eq!(
        aligned
            .tokens
            .iter()
            .map(|t| t.first_row)
            .collect::<Vec<_>>(),
        [0, 2, 3, 4]
    );
}

#[test]
fn tokens_of_another_model() {
    let spelling = spell(&tokens(&["<blank>", "a", "b"]), "ab");
    let values = [0.0; 8];
    let refused = CtcError::OtherTokens {
        spelled: 3,
        columns: 2,
    };
    let log_probs = LogProbs::new(&values, 2).unwrap();
    assert_eq!(forward_score(log_probs, &spelling), Err(refused.clone()));
    assert_eq!(align(log_probs, &spelling, CLOCK), Err(refused));
}

#[test]
fn trellises_beyond_the_caps() {
    let tokens = tokens(&["<blank>", "a", "b"]);
    let values = vec![0.0; 90_000 * 3];
    let log_probs = LogProbs::new(&values, 3).unwrap();
    let refused = |cells: u64, found: Result<(), CtcError>| match found.unwrap_err() {
        CtcError::TooLarge {
            rows: 90_000,
            states,
            limit,
        } => {
            assert_eq!(limit, cells);
            assert!(states as u64 * 90_000 > limit);
        }
        other => panic!("{other}"),
    };
    let text = |letters: usize| spell(&tokens, &"ab".repeat(letters / 2));
    refused(
        MAX_OCCUPANCY_CELLS,
        occupancy(log_probs, &text(100)).map(drop),
    );
    refused(
        MAX_FORWARD_CELLS,
        forward_score(log_probs, &text(1500)).map(drop),
    );
    refused(
        MAX_ALIGN_CELLS,
        align(log_probs, &text(44_500), CLOCK).map(drop),
    );
}
