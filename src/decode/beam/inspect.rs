//! What a row did to the beam, as plain data: what the page steps through.
//!
//! Every sum can be recomputed from it: a candidate's acoustic score is the
//! ln-sum-exp of its terms, a term is the ln-sum-exp of what it takes from a
//! hypothesis plus the token's ln p, and a total is the sum of its parts. The search
//! collects nothing of this unless it is asked to.

use crate::decode::log_add::log_add;
use serde::{Deserialize, Serialize};

use super::fusion::Parts;
use super::row::Row;
use super::step::Candidate;
use super::trie::NONE;
use super::{Active, PrefixBeam};
use crate::decode::piece::Piece;
use crate::decode::{DecodeError, Word};

/// One row. Where a logarithm can be −∞ it is `None` then.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowInspection {
    /// The row, counted from the take's first.
    pub row: i64,
    /// Every token with a probability, by index.
    pub tokens: Vec<InspectedToken>,
    /// The hypotheses before the row, best first.
    pub before: Vec<InspectedHypothesis>,
    /// All that the row could make of them: first each of them as it stays (at the
    /// same place), then the new prefixes.
    pub candidates: Vec<InspectedCandidate>,
    /// The hypotheses after the row, best first.
    pub after: Vec<InspectedHypothesis>,
    /// The words that the row committed.
    pub committed: Vec<Word>,
}

/// A token of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedToken {
    /// Its index.
    pub token: usize,
    /// Its ln p.
    pub ln_prob: f64,
    /// Whether it is used.
    pub fate: TokenFate,
}

/// Whether a token is used, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenFate {
    /// It is used.
    Used,
    /// Its ln p is below `token_min_ln`.
    LogProb,
    /// `tokens_per_row` others are more probable.
    Count,
}

/// A hypothesis and its scores, in nats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedHypothesis {
    /// Its text after the committed words; a space at the end where a word has ended.
    pub text: String,
    /// ln of the sum over the paths that end in the blank.
    pub blank: Option<f64>,
    /// ln of the sum over the paths that end in the last token.
    pub non_blank: Option<f64>,
    /// ln of both.
    pub acoustic: f64,
    /// α·ln p of the words that have ended.
    pub lm: f64,
    /// α times what the open word promises.
    pub look_ahead: f64,
    /// β a word, less the penalties.
    pub bonus: f64,
    /// Hotwords, complete and begun.
    pub hotword: f64,
    /// The sum of the last five: the ranking.
    pub total: f64,
}

/// A hypothesis that the row could make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InspectedCandidate {
    /// Its text after the committed words.
    pub text: String,
    /// What its acoustic score is made of.
    pub terms: Vec<Term>,
    /// The ln-sum-exp of the terms.
    pub acoustic: Option<f64>,
    /// As in [`InspectedHypothesis`].
    pub lm: f64,
    /// As in [`InspectedHypothesis`].
    pub look_ahead: f64,
    /// As in [`InspectedHypothesis`].
    pub bonus: f64,
    /// As in [`InspectedHypothesis`].
    pub hotword: f64,
    /// The sum of the last five; `None` without paths.
    pub total: Option<f64>,
    /// What became of it.
    pub fate: Fate,
}

/// A hypothesis' paths going on with a token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The hypothesis' place in [`RowInspection::before`].
    pub from: usize,
    /// How it goes on.
    pub kind: TermKind,
    /// The token's index.
    pub token: usize,
    /// The hypothesis' `blank`, if its paths that end in the blank go on so.
    pub blank: Option<f64>,
    /// Its `non_blank`, if those that end in its last token do.
    pub non_blank: Option<f64>,
    /// The token's ln p.
    pub ln_prob: f64,
    /// ln(e^blank + e^non-blank) + `ln_prob`.
    pub sum: f64,
}

/// How a hypothesis goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermKind {
    /// With the blank.
    Blank,
    /// With its last token, held or (a space) repeated.
    Repeat,
    /// With one more token.
    Extension,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is a hypothesis now, at this place of [`RowInspection::after`].
    Kept {
        /// The place, from 0.
        rank: usize,
    },
    /// No path spells it.
    Impossible,
    /// It is more than `beam_ln` below the best candidate.
    ScoreBeam {
        /// How far it is below.
        below_best: f64,
    },
    /// `width` others are better.
    Width,
    /// It disagrees with what was decided `commit_rows` after the fact.
    Commit,
    /// The last token of its open word is `commit_rows` old: it goes on with that word ended
    /// (and joins whatever had it ended before), at this place of [`RowInspection::after`].
    Ended {
        /// The place, from 0.
        rank: usize,
    },
}

impl Fate {
    /// The place of [`RowInspection::after`] where the candidate's paths go on.
    #[must_use]
    pub fn rank(self) -> Option<usize> {
        match self {
            Self::Kept { rank } | Self::Ended { rank } => Some(rank),
            _ => None,
        }
    }
}

/// What the best hypothesis writes from a row on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BestText {
    /// The row after which it writes this, counted from the take's first.
    pub row: i64,
    /// Its text after the committed words, as in [`InspectedHypothesis::text`].
    pub text: String,
    /// The words that this row committed.
    pub committed: Vec<String>,
}

/// Collects a [`RowInspection`].
#[derive(Debug, Default)]
pub(super) struct Inspector {
    pub inspection: RowInspection,
    /// By the candidates' order: their terms.
    terms: Vec<Vec<Term>>,
    /// By rank after the selection: the candidate, and its node once it has one.
    kept: Vec<(usize, u32)>,
    committed_before: usize,
}

impl Inspector {
    /// Before the row.
    pub fn begin(&mut self, beam: &PrefixBeam, row: &Row) {
        let fate = |index: usize| {
            if row.used[index] > f64::NEG_INFINITY {
                TokenFate::Used
            } else if row.ln[index] < f64::from(beam.config.token_min_ln) {
                TokenFate::LogProb
            } else {
                TokenFate::Count
            }
        };
        self.inspection.row = beam.rows();
        self.inspection.tokens = (0..row.ln.len())
            .filter(|index| row.ln[*index] > f64::NEG_INFINITY)
            .map(|token| InspectedToken {
                token,
                ln_prob: row.ln[token],
                fate: fate(token),
            })
            .collect();
        self.inspection.before = beam.inspected();
        self.committed_before = beam.committed.len();
        self.terms = vec![Vec::new(); beam.active.len()];
    }

    /// A hypothesis may go on with the blank or with its last token, whose ln p are
    /// `blank_ln` and `held_ln`.
    pub fn stay(
        &mut self,
        beam: &PrefixBeam,
        (rank, active): (usize, &Active),
        (blank_ln, held_ln): (f64, f64),
        boundary: bool,
    ) {
        let token = beam.trie.node(active.node).token as usize;
        let both = (active.blank, active.non_blank);
        let held = (
            if boundary {
                active.blank
            } else {
                f64::NEG_INFINITY
            },
            active.non_blank,
        );
        self.terms[rank].extend(term(rank, TermKind::Blank, beam.blank, both, blank_ln));
        self.terms[rank].extend(term(rank, TermKind::Repeat, token, held, held_ln));
    }

    /// A hypothesis with the last token `own` may go on with another `token`, which
    /// makes the candidate of this order.
    pub fn extension(
        &mut self,
        (rank, active): (usize, &Active),
        (own, token): (u32, u32),
        ln: f64,
        order: u32,
    ) {
        let non_blank = if own == token {
            f64::NEG_INFINITY
        } else {
            active.non_blank
        };
        let (order, sums) = (order as usize, (active.blank, non_blank));
        if self.terms.len() <= order {
            self.terms.resize(order + 1, Vec::new());
        }
        let term = term(rank, TermKind::Extension, token as usize, sums, ln);
        self.terms[order].extend(term);
    }

    /// All candidates, before any is left out.
    pub fn candidates(&mut self, beam: &PrefixBeam, candidates: &[Candidate]) {
        let mut candidates = candidates.to_vec();
        candidates.sort_unstable_by_key(|candidate| candidate.order);
        let terms = std::mem::take(&mut self.terms);
        self.inspection.candidates = candidates
            .iter()
            .zip(terms)
            .map(|(candidate, terms)| beam.inspected_candidate(candidate, terms))
            .collect();
    }

    /// The candidates that are kept, best first.
    pub fn selected(&mut self, kept: &[Candidate], beam_ln: f64) {
        let totals = self.inspection.candidates.iter().map(|c| c.total);
        let best = totals.flatten().fold(f64::NEG_INFINITY, f64::max);
        for candidate in &mut self.inspection.candidates {
            candidate.fate = match candidate.total {
                None => Fate::Impossible,
                Some(total) if total < best - beam_ln => Fate::ScoreBeam {
                    below_best: best - total,
                },
                Some(_) => Fate::Width,
            };
        }
        let orders = kept.iter().map(|candidate| candidate.order as usize);
        self.kept = orders.map(|order| (order, NONE)).collect();
    }

    /// The hypotheses made of them.
    pub fn adopted(&mut self, active: &[Active]) {
        for (kept, active) in self.kept.iter_mut().zip(active) {
            kept.1 = active.node;
        }
    }

    /// After the row and the commit rule.
    pub fn end(&mut self, beam: &PrefixBeam) {
        let place = |node: u32| beam.active.iter().position(|active| active.node == node);
        for (candidate, node) in &self.kept {
            let fate = match beam.work.ended {
                Some(ended) if ended.from == *node => {
                    place(ended.to).map(|rank| Fate::Ended { rank })
                }
                // A node made for the ended word may have the number of one just dropped.
                Some(ended) if ended.to == *node && !ended.joined => None,
                _ => place(*node).map(|rank| Fate::Kept { rank }),
            };
            self.inspection.candidates[*candidate].fate = fate.unwrap_or(Fate::Commit);
        }
        self.inspection.after = beam.inspected();
        self.inspection.committed = beam.committed[self.committed_before..].to_vec();
    }
}

impl PrefixBeam {
    /// Decodes rows as [`PrefixBeam::push`] does, and tells what the best hypothesis
    /// writes: one entry for each row after which its text is another or words have
    /// been committed.
    ///
    /// # Errors
    /// Those of `push`; nothing is decoded then.
    pub fn push_best_texts(&mut self, rows: &[f32]) -> Result<Vec<BestText>, DecodeError> {
        let columns = self.check(rows)?;
        let mut changes: Vec<BestText> = Vec::new();
        let mut last = self.best_text();
        for row in rows.chunks_exact(columns) {
            let (at, committed) = (self.rows(), self.committed.len());
            self.push(row)?;
            let (text, words) = (self.best_text(), &self.committed[committed..]);
            if text != last || !words.is_empty() {
                changes.push(BestText {
                    row: at,
                    text: text.clone(),
                    committed: words.iter().map(|word| word.text.clone()).collect(),
                });
            }
            last = text;
        }
        Ok(changes)
    }

    fn best_text(&self) -> String {
        let best = self.active.first();
        best.map_or_else(String::new, |best| self.tentative_text(best.node, None))
    }

    fn inspected(&self) -> Vec<InspectedHypothesis> {
        let view = |active: &Active| {
            let parts = self.scorer.parts(&self.trie.node(active.node).fusion);
            InspectedHypothesis {
                text: self.tentative_text(active.node, None),
                blank: finite(active.blank),
                non_blank: finite(active.non_blank),
                acoustic: active.acoustic,
                lm: parts.lm,
                look_ahead: parts.look_ahead,
                bonus: parts.bonus,
                hotword: parts.hotword,
                total: active.score,
            }
        };
        self.active.iter().map(view).collect()
    }

    fn inspected_candidate(&self, candidate: &Candidate, terms: Vec<Term>) -> InspectedCandidate {
        let node = self.active[candidate.rank as usize].node;
        let fusion = &self.trie.node(node).fusion;
        let (parts, piece): (Parts, _) = if candidate.token == NONE {
            (self.scorer.parts(fusion), None)
        } else {
            let piece = &self.pieces[candidate.token as usize];
            let ends = piece.ends_word && fusion.open;
            let ending = ends.then(|| self.scorer.ending(fusion));
            let extended = self.scorer.extend(fusion, piece, ending);
            (self.scorer.parts(&extended), Some(piece))
        };
        InspectedCandidate {
            text: self.tentative_text(node, piece),
            terms,
            acoustic: finite(candidate.acoustic),
            lm: parts.lm,
            look_ahead: parts.look_ahead,
            bonus: parts.bonus,
            hotword: parts.hotword,
            total: finite(candidate.score),
            fate: Fate::Width,
        }
    }

    /// What a prefix, and then one more piece, write after the committed words.
    fn tentative_text(&self, node: u32, then: Option<&Piece>) -> String {
        let piece = |node: u32| &self.pieces[self.trie.node(node).token as usize];
        let (mut at, mut pieces) = (node, Vec::new());
        pieces.extend(then);
        pieces.push(piece(at));
        while at != self.trie.top() {
            at = self.trie.node(at).parent;
            pieces.push(piece(at));
        }
        let mut text = self.speller.spelling().to_owned();
        for piece in pieces.into_iter().rev() {
            if piece.ends_word && !text.is_empty() && !text.ends_with(' ') {
                text.push(' ');
            }
            text.push_str(&piece.text);
        }
        text
    }
}

fn term(
    from: usize,
    kind: TermKind,
    token: usize,
    (blank, non_blank): (f64, f64),
    ln_prob: f64,
) -> Option<Term> {
    let sum = log_add(blank, non_blank) + ln_prob;
    finite(sum).map(|sum| Term {
        from,
        kind,
        token,
        blank: finite(blank),
        non_blank: finite(non_blank),
        ln_prob,
        sum,
    })
}

fn finite(ln: f64) -> Option<f64> {
    ln.is_finite().then_some(ln)
}
