//! Streaming CTC prefix beam search with a word language model and hotwords.
//!
//! A *prefix* is a sequence of tokens, blanks and repeats collapsed (a second space
//! after a space is one of these). For each of the best prefixes the search keeps
//! two sums over all paths that spell it: ln p of those that end in the blank, and
//! of those that end in the prefix's last token (Graves 2012, Hannun et al. 2014).
//! With a row's ln p of the blank `y(_)`, of the last token `y(ℓ)` and of another
//! token `y(c)`, and `b`, `n` the two sums before it, `b ⊕ n` being ln(eᵇ + eⁿ):
//!
//! ```text
//! the prefix itself     b' = (b ⊕ n) + y(_)      n' = n + y(ℓ)
//! the prefix + c        n' = (b ⊕ n) + y(c)      the prefix + ℓ    n' = b + y(ℓ)
//! ```
//!
//! What spells the same prefix is added up; since further spaces write nothing, that is more
//! than the sum over the paths of exactly this text ([`super::ctc::forward_score`]). Prefixes are ranked by `b ⊕ n` plus what
//! the text is worth to the language model and the hotwords (the formula is in
//! `fusion.rs`); the best ones are kept.
//!
//! *Commit rule.* After each row, words that all hypotheses have in common and that
//! have ended in all of them are committed. A token of the best hypothesis that
//! began [`BeamConfig::commit_rows`] rows ago is decided: hypotheses that do not
//! begin like it, up to this token, are dropped, and a word whose last token ended
//! so long ago is ended. Committed words are plain text by then, so no setting can
//! change them.
//!
//! Invariants: rows may be pushed in any portions, the result is the same bit for
//! bit; equal scores are ranked by fixed rules; committed words are only ever
//! appended; a push that fails changes nothing; memory is bounded by `width` ×
//! `commit_rows` and does not grow with the take, the committed words excepted.

mod commit;
mod config;
mod fusion;
mod hotwords;
mod inspect;
mod n_best;
mod paths;
mod row;
mod step;
mod trie;

use std::sync::Arc;

use super::lm::LanguageModel;
use super::piece::Piece;
use super::{DecodeError, RowClock, Transcript, Word, rows};
use crate::model::Tokens;

pub use config::{BeamConfig, BeamConfigError, Hotword};
pub use inspect::{
    BestText, Fate, InspectedCandidate, InspectedHypothesis, InspectedToken, RowInspection, Term,
    TermKind, TokenFate,
};
pub use n_best::Hypothesis;

use commit::Speller;
use fusion::Scorer;
use inspect::Inspector;
use paths::{Path, Paths};
use step::Work;
use trie::Trie;

/// A streaming prefix beam search for one take. A clone goes on independently.
#[derive(Clone, Debug)]
pub struct PrefixBeam {
    /// By token; the blank's stands for a boundary that no row has written, where
    /// the tokens have no boundary of their own.
    pieces: Arc<[Piece]>,
    blank: usize,
    /// A token that only ends a word; the blank where there is none.
    boundary: u32,
    config: BeamConfig,
    scorer: Scorer,
    /// The row of the take that this decoder was given first.
    first_row: i64,
    /// Rows decoded by this decoder.
    rows: u32,
    trie: Trie,
    paths: Paths,
    /// The hypotheses, best first; never empty.
    active: Vec<Active>,
    committed: Vec<Word>,
    /// The row with which what follows the committed words begins.
    commit_row: i64,
    /// The word that the tokens above the trie's top have begun.
    speller: Speller,
    /// Depth above which the paths have been cut off.
    cut_depth: u32,
    /// The hypotheses of the finished take, best first.
    finished: Option<Vec<Hypothesis>>,
    work: Work,
}

/// A hypothesis: a prefix and the sums over its paths.
#[derive(Clone, Copy, Debug)]
struct Active {
    node: u32,
    /// ln of the sum over the paths that end in the blank.
    blank: f64,
    /// ln of the sum over the paths that end in the last token.
    non_blank: f64,
    /// ln of the sum of both.
    acoustic: f64,
    /// `acoustic` and the prefix's bias.
    score: f64,
    /// The best single paths: one that ends in the blank, one that does not.
    paths: [Path; 2],
}

impl Active {
    /// Which of `paths` is the better one.
    fn better_path(&self) -> usize {
        usize::from(self.paths[1].score >= self.paths[0].score)
    }

    fn best_path(&self) -> &Path {
        &self.paths[self.better_path()]
    }
}

impl PrefixBeam {
    /// A decoder at the start of a take, for rows of `tokens.len()` columns that lie
    /// `samples_per_row` 16 kHz samples apart.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(
        tokens: &Tokens,
        samples_per_row: i64,
        config: BeamConfig,
        lm: Option<Arc<LanguageModel>>,
    ) -> Result<Self, BeamConfigError> {
        Self::resume(tokens, samples_per_row, config, lm, Vec::new(), 0)
    }

    /// A decoder that goes on in the middle of a take: `committed` are the words so
    /// far, `row` is the first that it will be given. With another decoder's commit
    /// point, the text of the take stays append-only. The words count as context
    /// for the language model and the hotwords; the scores begin at zero.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn resume(
        tokens: &Tokens,
        samples_per_row: i64,
        config: BeamConfig,
        lm: Option<Arc<LanguageModel>>,
        committed: Vec<Word>,
        row: i64,
    ) -> Result<Self, BeamConfigError> {
        config.validate()?;
        let scorer = Scorer::new(&config, lm);
        let mut pieces = Piece::all(tokens);
        let blank = tokens.blank();
        pieces[blank].ends_word = true;
        let boundary = pieces.iter().rposition(Piece::is_boundary).unwrap_or(blank) as u32;
        let fusion = scorer.replay(&committed, "", None);
        let clock = RowClock { samples_per_row };
        let mut trie = Trie::new(boundary, fusion);
        trie.node_mut(trie.top()).hypothesis = 0;
        let nothing_said = Active {
            node: trie.top(),
            blank: 0.0,
            non_blank: f64::NEG_INFINITY,
            acoustic: 0.0,
            score: fusion.bias,
            paths: [
                Path {
                    score: 0.0,
                    ..Path::NO_PATH
                },
                Path::NO_PATH,
            ],
        };
        Ok(Self {
            pieces: pieces.into(),
            blank,
            boundary,
            scorer,
            first_row: row,
            rows: 0,
            trie,
            paths: Paths::default(),
            active: vec![nothing_said],
            speller: Speller::after(&committed, clock, row),
            committed,
            commit_row: row,
            cut_depth: 0,
            finished: None,
            work: Work::default(),
            config,
        })
    }

    /// Decodes more rows: `rows` is row-major `[k, V]`, any k.
    ///
    /// The values are natural logarithms; each row may lack a common constant
    /// (logits do as well), and may hold −∞. A row of nothing but −∞ is a blank.
    ///
    /// # Errors
    /// When the take is finished, the length is no multiple of V, or a value is
    /// NaN or +∞. Nothing is decoded then.
    pub fn push(&mut self, rows: &[f32]) -> Result<(), DecodeError> {
        let columns = self.check(rows)?;
        let mut nobody = Inspector::default();
        for row in rows.chunks_exact(columns) {
            self.step::<false>(row, &mut nobody);
        }
        Ok(())
    }

    /// Decodes one row as [`PrefixBeam::push`] does, and tells all that happens.
    ///
    /// # Errors
    /// Those of `push`; also when `row` is not one row.
    pub fn push_inspected(&mut self, row: &[f32]) -> Result<RowInspection, DecodeError> {
        let columns = self.check(row)?;
        if row.len() != columns {
            let values = row.len();
            return Err(DecodeError::PartialRow { values, columns });
        }
        let mut inspector = Inspector::default();
        self.step::<true>(row, &mut inspector);
        Ok(inspector.inspection)
    }

    fn check(&self, rows: &[f32]) -> Result<usize, DecodeError> {
        if self.finished.is_some() {
            return Err(DecodeError::Finished);
        }
        let columns = self.pieces.len();
        rows::check(rows, columns, self.rows())?;
        Ok(columns)
    }

    /// The take is over: open words end, sentences end, and the words of the best
    /// hypothesis are committed. A second call does nothing.
    pub fn finish(&mut self) {
        if self.finished.is_some() {
            return;
        }
        let hypotheses = self.hypotheses(true, usize::MAX);
        if let Some(best) = hypotheses.first() {
            self.committed.extend(best.words.iter().cloned());
        }
        self.commit_row = self.rows();
        self.finished = Some(hypotheses);
    }

    /// Rows of the take decoded so far, those before [`PrefixBeam::resume`]'s `row`
    /// included.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.first_row.saturating_add(i64::from(self.rows))
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &BeamConfig {
        &self.config
    }

    /// Applies other settings from the next row on. What is committed stays; scores
    /// of what is not are computed anew.
    ///
    /// # Errors
    /// When a setting is out of its range. Nothing changes then.
    pub fn set_config(&mut self, config: BeamConfig) -> Result<(), BeamConfigError> {
        config.validate()?;
        let lm = self.scorer.language_model();
        self.config = config;
        self.rescore(lm);
        Ok(())
    }

    /// Applies another language model, or none, from the next row on, as
    /// [`PrefixBeam::set_config`] applies settings. What the one before made of the
    /// committed words stays in the scores.
    pub fn set_language_model(&mut self, lm: Option<Arc<LanguageModel>>) {
        self.rescore(lm);
    }

    fn rescore(&mut self, lm: Option<Arc<LanguageModel>>) {
        if self.finished.is_some() {
            return;
        }
        self.scorer = Scorer::new(&self.config, lm);
        let top = self.trie.node(self.trie.top());
        let piece = &self.pieces[top.token as usize];
        let spelling = format!("{}{}", self.speller.spelling(), piece.text);
        let fusion = self
            .scorer
            .replay(&self.committed, &spelling, Some(&top.fusion));
        self.trie.rescore(fusion, &self.pieces, &self.scorer);
        for active in &mut self.active {
            active.score = active.acoustic + self.trie.node(active.node).fusion.bias;
        }
        self.rank();
        self.commit();
    }

    /// Puts the hypotheses in order; among equals, the order stays.
    fn rank(&mut self) {
        self.active.sort_by(|a, b| b.score.total_cmp(&a.score));
        for (rank, active) in self.active.iter().enumerate() {
            self.trie.node_mut(active.node).hypothesis = rank as u32;
        }
    }

    /// The committed words, and the row with which what follows them begins: all
    /// that the rows before it say is in these words.
    #[must_use]
    pub fn commit_point(&self) -> (&[Word], i64) {
        (&self.committed, self.commit_row)
    }

    /// The words so far: the committed ones, then those of the best hypothesis. The
    /// revision is 0: the caller knows how often the take was recognised anew.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let mut words = self.committed.clone();
        if self.finished.is_none() {
            let best = self.hypotheses(false, 1).into_iter().next();
            words.extend(best.map(|best| best.words).unwrap_or_default());
        }
        Transcript {
            words,
            committed: self.committed.len(),
            revision: 0,
            finished: self.finished.is_some(),
        }
    }

    /// The best hypotheses, at most [`BeamConfig::n_best`], best first; no two of
    /// them have the same words. Before the end of the take the scores are those
    /// that the search ranks by, with what the word being spelled promises.
    #[must_use]
    pub fn n_best(&self) -> Vec<Hypothesis> {
        match &self.finished {
            Some(hypotheses) => hypotheses
                .iter()
                .take(self.config.n_best)
                .cloned()
                .collect(),
            None => self.hypotheses(false, self.config.n_best),
        }
    }

    /// Places in use: nodes of the prefix trie, and tokens of the paths through it.
    #[must_use]
    pub fn places_in_use(&self) -> (usize, usize) {
        (self.trie.len(), self.paths.len())
    }
}
