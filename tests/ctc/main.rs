//! Sums and maxima over CTC paths, keyword search, endpoints, the gate and fillers: against
//! exhaustive enumeration, against torch and torchaudio (`golden/ctc/make.py`), and in
//! closed form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Zero and −∞ are exact where they come out.
#![allow(clippy::float_cmp)]

mod endpoint;
mod enumeration;
mod fillers;
mod gate;
mod golden;
mod keyword;
mod refusals;
mod spelling;

use asr_playground::decode::ctc::Spelling;
use asr_playground::model::Tokens;

fn tokens(list: &[&str]) -> Tokens {
    Tokens::parse(&list.join("\n")).unwrap()
}

/// The shipped model's units.
fn english() -> Tokens {
    Tokens::parse(include_str!("../../models/tokens.txt")).unwrap()
}

fn spell(tokens: &Tokens, text: &str) -> Spelling {
    Spelling::new(tokens, text).unwrap()
}

/// A row of `columns` tokens in which `token` has `probability` and the others share the rest.
fn row(columns: usize, token: usize, probability: f64) -> Vec<f32> {
    let others = (1.0 - probability) / (columns - 1) as f64;
    (0..columns)
        .map(|index| {
            if index == token {
                probability.ln() as f32
            } else {
                others.ln() as f32
            }
        })
        .collect()
}
