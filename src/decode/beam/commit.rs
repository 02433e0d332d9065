//! The commit rule, and how a path's tokens become words.

use super::paths::{Path, Span};
use super::trie::NONE;
use super::{Active, PrefixBeam};
use crate::decode::log_add::log_add;
use crate::decode::open_word::OpenWord;
use crate::decode::piece::Piece;
use crate::decode::{RowClock, Word};

/// Levels of the trie that go before the paths above them are cut off. Cutting walks
/// all paths, so it is not done at each token; what it leaves is this many places
/// a path at the most.
const CUT_LEVELS: u32 = 32;

/// What age did to the best hypothesis: its open word was ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// The hypothesis whose word was open.
    pub from: u32,
    /// The one with a space after it, which took its paths.
    pub to: u32,
    /// The latter was a hypothesis before.
    pub joined: bool,
}

/// A token on the best path of a hypothesis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    node: u32,
    pub token: u32,
    pub span: Span,
}

/// Spells words from tokens and their rows.
#[derive(Clone, Debug)]
pub(super) struct Speller {
    clock: RowClock,
    /// The row of the take that spans count from.
    first_row: i64,
    open: Option<OpenWord>,
    /// The row after the last word. Where hypotheses disagree in time about what they
    /// share, what follows begins here at the earliest.
    free_row: i64,
}

impl Speller {
    /// Goes on after these words, with spans that count from `first_row`.
    pub fn after(words: &[Word], clock: RowClock, first_row: i64) -> Self {
        let end_sample = words.last().map_or(i64::MIN, |word| word.end_sample);
        Self {
            clock,
            first_row,
            open: None,
            free_row: match clock.samples_per_row {
                0 => i64::MIN,
                samples_per_row => end_sample.div_euclid(samples_per_row),
            },
        }
    }

    /// The characters of the open word.
    pub fn spelling(&self) -> &str {
        self.open.as_ref().map_or("", OpenWord::text)
    }

    /// A token that ends words ends the open one.
    pub fn end(&mut self, piece: &Piece) -> Option<Word> {
        let open = self.open.take_if(|_| piece.ends_word)?;
        Some(self.word(&open))
    }

    /// The word being spelled, as if it ended here.
    pub fn last(&mut self) -> Option<Word> {
        let open = self.open.take()?;
        Some(self.word(&open))
    }

    fn word(&mut self, open: &OpenWord) -> Word {
        self.free_row = open.last_row().saturating_add(1);
        open.word(self.clock)
    }

    /// Writes what a token writes.
    pub fn write(&mut self, piece: &Piece, span: Span) {
        if piece.text.is_empty() {
            return;
        }
        let row = |row: u32| self.first_row.saturating_add(row.into());
        let begun = self.open.as_ref().map_or(i64::MIN, OpenWord::last_row);
        let first = row(span.first).max(self.free_row).max(begun);
        let last = row(span.last).max(first);
        let open = self.open.get_or_insert_with(|| OpenWord::new(first));
        open.write(&piece.text, first, span.peak.into());
        open.hold(last, span.peak.into());
    }
}

impl PrefixBeam {
    /// Commits what is decided.
    pub(super) fn commit(&mut self) {
        let mut steps = std::mem::take(&mut self.work.steps);
        self.work.ended = if self.drop_what_disagrees(&mut steps) {
            self.end_old_word()
        } else {
            None
        };
        self.descend(&mut steps);
        self.work.steps = steps;
    }

    /// The tokens on the best path of a hypothesis from the trie's top on.
    pub(super) fn steps(&self, active: &Active, steps: &mut Vec<Step>) {
        steps.clear();
        let path = active.best_path();
        let (mut node, mut span, mut before) = (active.node, path.span, path.before);
        loop {
            let at = self.trie.node(node);
            steps.push(Step {
                node,
                token: at.token,
                span,
            });
            if node == self.trie.top() || before == NONE {
                break;
            }
            node = at.parent;
            span = self.paths.span(before);
            before = self.paths.before(before);
        }
        steps.reverse();
    }

    /// Drops the hypotheses that do not share the tokens which the best one has had
    /// for `commit_rows`. Says whether it has such tokens.
    fn drop_what_disagrees(&mut self, steps: &mut Vec<Step>) -> bool {
        let Some(best) = self.active.first() else {
            return false;
        };
        self.steps(best, steps);
        let old = |step: &&Step| self.is_old(step.span.first);
        let Some(decided) = steps.iter().rev().find(old).map(|step| step.node) else {
            return false;
        };
        if decided != self.trie.top() {
            self.keep_below(decided);
        }
        true
    }

    /// `commit_rows` have gone by since the row.
    fn is_old(&self, row: u32) -> bool {
        row.saturating_add(self.config.commit_rows) <= self.rows
    }

    /// Drops the hypotheses that do not begin with a node's prefix.
    fn keep_below(&mut self, decided: u32) {
        let depth = self.trie.node(decided).depth;
        let mut kept = 0;
        for rank in 0..self.active.len() {
            let active = self.active[rank];
            if self.trie.ancestor(active.node, depth) == decided {
                self.active[kept] = active;
                self.trie.node_mut(active.node).hypothesis = kept as u32;
                kept += 1;
            } else {
                self.trie.node_mut(active.node).hypothesis = NONE;
                self.trie.release(active.node);
                for path in &active.paths {
                    self.paths.release(path.before);
                }
            }
        }
        self.active.truncate(kept);
    }

    /// Ends the best hypothesis' open word when its last token ended `commit_rows`
    /// ago, as if a space had followed.
    fn end_old_word(&mut self) -> Option<Ended> {
        let best = self.active.first().copied()?;
        let node = self.trie.node(best.node);
        if !node.fusion.open || !self.is_old(best.best_path().span.last) {
            return None;
        }
        let depth = node.depth;
        let piece = &self.pieces[self.boundary as usize];
        let ended = self
            .trie
            .child_or_new(best.node, self.boundary, piece, &self.scorer);
        let path = best.best_path();
        let before = self.paths.add(path.span, path.before, depth);
        let here = Span {
            first: self.rows,
            last: self.rows,
            peak: 0.0,
        };
        let moved = Path {
            score: path.score,
            span: here,
            before,
        };
        self.paths.retain(before);
        let joined = self.trie.node(ended).hypothesis != NONE;
        self.move_into(ended, best.acoustic, moved);
        self.keep_below(ended);
        self.rank();
        Some(Ended {
            from: best.node,
            to: ended,
            joined,
        })
    }

    /// Gives a node the paths that ended, in the blank, at the first hypothesis,
    /// which is dropped with the next call of `keep_below`.
    fn move_into(&mut self, node: u32, acoustic: f64, path: Path) {
        let bias = self.trie.node(node).fusion.bias;
        let rank = self.trie.node(node).hypothesis;
        if rank == NONE {
            self.trie.node_mut(node).hypothesis = self.active.len() as u32;
            self.active.push(Active {
                node,
                blank: acoustic,
                non_blank: f64::NEG_INFINITY,
                acoustic,
                score: acoustic + bias,
                paths: [path, Path::NO_PATH],
            });
            return;
        }
        let there = &mut self.active[rank as usize];
        there.blank = log_add(there.blank, acoustic);
        there.acoustic = log_add(there.acoustic, acoustic);
        there.score = there.acoustic + bias;
        let other = if path.score > there.paths[0].score {
            std::mem::replace(&mut there.paths[0], path)
        } else {
            path
        };
        self.paths.release(other.before);
    }

    /// Moves the trie's top down to the longest prefix that all hypotheses have in
    /// common, committing the words on the way.
    fn descend(&mut self, steps: &mut Vec<Step>) {
        let (Some(_), Some(best)) = (self.trie.next_top(), self.active.first()) else {
            return;
        };
        self.steps(best, steps);
        for pair in steps.windows(2) {
            let Some(next) = self.trie.next_top() else {
                break;
            };
            let (step, following) = (pair[0], pair[1]);
            self.speller
                .write(&self.pieces[step.token as usize], step.span);
            if let Some(word) = self.speller.end(&self.pieces[following.token as usize]) {
                self.committed.push(word);
                let row = self.first_row.saturating_add(following.span.first.into());
                let row = row.max(self.speller.free_row).min(self.rows());
                self.commit_row = self.commit_row.max(row);
            }
            self.trie.descend(next);
        }
        let depth = self.trie.node(self.trie.top()).depth;
        if depth - self.cut_depth >= CUT_LEVELS {
            self.cut_depth = depth;
            self.cut_paths(depth);
        }
    }

    /// Lets go of what the paths passed above the node at `depth`, the top.
    fn cut_paths(&mut self, depth: u32) {
        for active in &mut self.active {
            let at_top = self.trie.node(active.node).depth == depth;
            for path in &mut active.paths {
                if at_top {
                    let before = std::mem::replace(&mut path.before, NONE);
                    self.paths.release(before);
                } else {
                    self.paths.cut(path.before, depth);
                }
            }
        }
    }
}
