//! Connectionist temporal classification over log-probs and a text that is given:
//! how probable it is, where its characters lie, where its words begin and end,
//! and where in a stream a phrase was said (Graves et al. 2006).
//!
//! ```text
//! Tokens + text ─ Spelling::new ──▶ Spelling ──┐
//! [rows, V] ───── LogProbs::new ──▶ LogProbs ──┼─▶ forward_score   ln P(text | rows)
//!                                              ├─▶ occupancy       P(state at row | text, rows)
//!                                              └─▶ align           the most probable path, words in samples
//! rows, as they come ──────────────────────────── Keyword::push    a score a row, detections
//! ```
//!
//! **Paths and the trellis.** A path takes one token a row; it reads as a text when
//! its repeats are collapsed and then its blanks dropped. For a text of L tokens the
//! paths that read as it go through 2L + 1 *states*: blank, token 1, blank, …, token L,
//! blank. A path begins in one of the first two states, ends in one of the last two,
//! and from row to row stays, goes on by one, or, between two different tokens, by two
//! (over the blank). So a text needs L rows and one more for each token that equals
//! the one before it.
//!
//! **Rows are normalised inside**, as all decoders do. A row may lack a common constant
//! (logits do as well): its log-sum-exp is taken off first, so every score is the logarithm of a
//! probability. −∞ is a token that cannot be; a row of nothing but −∞ is a certain blank.
//! NaN and +∞ are refused.
//!
//! **Spaces count as typed**: one between two words, none at the ends. The beam search
//! ([`super::beam`]) also adds up paths that read as the text with more spaces, before, after and
//! between words, so its acoustic score of a text is the larger one.
//!
//! Invariants: sums and maxima are accumulated in f64 and given as f32; the same
//! input gives the same bits; nothing here allocates more than its stated cap.

mod align;
mod error;
mod keyword;
mod log_probs;
mod spelling;
mod sum;
mod trellis;
mod viterbi;

pub use align::{AlignedToken, AlignedWord, Aligning, Alignment, align};
pub use error::CtcError;
pub use keyword::{Detection, Keyword, KeywordConfig, KeywordPaths, KeywordRows};
pub use log_probs::LogProbs;
pub use spelling::{SpelledWord, Spelling};
pub use sum::{MAX_FORWARD_CELLS, MAX_OCCUPANCY_CELLS, Occupancy, forward_score, occupancy};
pub use viterbi::MAX_ALIGN_CELLS;
