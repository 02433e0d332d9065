//! The word being spelled: how tokens and their rows become a [`Word`].

use super::{RowClock, Word};

/// The word being spelled.
#[derive(Clone, Debug)]
pub(super) struct OpenWord {
    text: String,
    first_row: i64,
    last_row: i64,
    /// Of the tokens before the last one, the sum of each one's largest probability.
    earlier_tokens: f64,
    /// Largest probability of the last token so far.
    last_token: f64,
    /// Tokens, the last one included.
    tokens: u32,
}

impl OpenWord {
    pub fn new(row: i64) -> Self {
        Self {
            text: String::new(),
            first_row: row,
            last_row: row,
            earlier_tokens: 0.0,
            last_token: 0.0,
            tokens: 0,
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The last row of the last token.
    pub fn last_row(&self) -> i64 {
        self.last_row
    }

    /// The next token begins in `row`.
    pub fn write(&mut self, text: &str, row: i64, probability: f64) {
        self.text.push_str(text);
        self.last_row = row;
        self.earlier_tokens += self.last_token;
        self.last_token = probability;
        self.tokens += 1;
    }

    /// The last token goes on in `row`.
    pub fn hold(&mut self, row: i64, probability: f64) {
        self.last_row = row;
        self.last_token = self.last_token.max(probability);
    }

    pub fn word(&self, clock: RowClock) -> Word {
        let total = self.earlier_tokens + self.last_token;
        Word {
            text: self.text.clone(),
            start_sample: clock.start_sample(self.first_row),
            end_sample: clock.end_sample(self.last_row),
            rows: self.first_row..self.last_row.saturating_add(1),
            confidence: (total / f64::from(self.tokens)) as f32,
        }
    }
}
