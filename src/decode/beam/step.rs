//! One row: extend, add up, prune.

use crate::decode::log_add::log_add;
use std::cmp::Ordering;

use super::commit::{Ended, Step};
use super::inspect::Inspector;
use super::paths::{Path, Span};
use super::row::Row;
use super::trie::NONE;
use super::{Active, PrefixBeam};

/// Index in [`Active::paths`] of the path that ends in the blank.
pub(super) const BLANK: usize = 0;
/// Index of the path that ends in the last token.
pub(super) const NON_BLANK: usize = 1;

/// Buffers that one row leaves to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub row: Row,
    /// By rank: the hypothesis itself after the row.
    next: Vec<Next>,
    pub candidates: Vec<Candidate>,
    adopted: Vec<Active>,
    pub steps: Vec<Step>,
    /// What the last row's commit rule ended.
    pub ended: Option<Ended>,
    /// By rank and path: the place where that path's last token was put as passed.
    passed: Vec<[u32; 2]>,
    /// By token: `turn` where the hypothesis at hand has an active child.
    taken: Vec<u64>,
    turn: u64,
}

/// A hypothesis after the row, not extended.
#[derive(Clone, Copy, Debug)]
struct Next {
    blank: f64,
    non_blank: f64,
    paths: [NextPath; 2],
}

#[derive(Clone, Copy, Debug)]
struct NextPath {
    score: f64,
    span: Span,
    before: Before,
}

/// What a path came through before its last token.
#[derive(Clone, Copy, Debug)]
enum Before {
    /// The same as until now.
    Same(u32),
    /// One of the paths of the hypothesis at this rank.
    Of { rank: u32, path: usize },
}

/// A hypothesis that may be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub score: f64,
    pub acoustic: f64,
    /// The hypothesis it comes from.
    pub rank: u32,
    /// The token it is extended with; [`NONE`] if not extended.
    pub token: u32,
    /// Position among all candidates: the lower one wins a tie.
    pub order: u32,
}

impl Candidate {
    fn compare(&self, other: &Self) -> Ordering {
        let by_score = other.score.total_cmp(&self.score);
        by_score.then(self.order.cmp(&other.order))
    }
}

impl PrefixBeam {
    pub(super) fn step<const INSPECT: bool>(&mut self, values: &[f32], inspector: &mut Inspector) {
        let mut work = std::mem::take(&mut self.work);
        let config = &self.config;
        let min_ln = f64::from(config.token_min_ln);
        work.row
            .read(values, self.blank, min_ln, config.tokens_per_row);
        if INSPECT {
            inspector.begin(self, &work.row);
        }
        work.candidates.clear();
        self.stay::<INSPECT>(&mut work, inspector);
        self.extend::<INSPECT>(&mut work, inspector);
        self.offer_stays(&mut work);
        if INSPECT {
            inspector.candidates(self, &work.candidates);
        }
        self.select(&mut work);
        if INSPECT {
            inspector.selected(&work.candidates, self.config.beam_ln.into());
        }
        self.adopt(&mut work);
        self.work = work;
        self.rows = self.rows.saturating_add(1);
        if INSPECT {
            inspector.adopted(&self.active);
        }
        self.commit();
        if INSPECT {
            inspector.end(self);
        }
    }

    /// Each hypothesis goes on with the blank or its last token.
    fn stay<const INSPECT: bool>(&self, work: &mut Work, inspector: &mut Inspector) {
        let row = &work.row;
        let blank_ln = row.used[self.blank];
        work.next.clear();
        for (rank, active) in self.active.iter().enumerate() {
            let token = self.trie.node(active.node).token as usize;
            let boundary = self.pieces[token].is_boundary();
            // Where no token wrote the boundary, none goes on with it.
            let held_ln = if token == self.blank {
                f64::NEG_INFINITY
            } else {
                row.used[token]
            };
            // A space after a space, with or without a blank between, is the same one.
            let (held, held_path) = if boundary {
                (active.acoustic, active.best_path())
            } else {
                (active.non_blank, &active.paths[NON_BLANK])
            };
            let resting = active.best_path();
            let peak = held_path.span.peak.max(held_ln.exp() as f32);
            work.next.push(Next {
                blank: active.acoustic + blank_ln,
                non_blank: held + held_ln,
                paths: [
                    NextPath {
                        score: resting.score + blank_ln,
                        span: resting.span,
                        before: Before::Same(resting.before),
                    },
                    NextPath {
                        score: held_path.score + held_ln,
                        span: Span {
                            last: self.rows,
                            peak,
                            ..held_path.span
                        },
                        before: Before::Same(held_path.before),
                    },
                ],
            });
            if INSPECT {
                inspector.stay(self, (rank, active), (blank_ln, held_ln), boundary);
            }
        }
    }

    /// Each hypothesis is extended: into one that is there, or a candidate.
    fn extend<const INSPECT: bool>(&mut self, work: &mut Work, inspector: &mut Inspector) {
        work.taken.resize(self.pieces.len(), 0);
        let first_order = self.active.len() as u32;
        for rank in 0..self.active.len() {
            let active = self.active[rank];
            let own = self.trie.node(active.node).token;
            work.turn += 1;
            for child in self.trie.children(active.node) {
                let node = self.trie.node(child);
                let ln = work.row.used[node.token as usize];
                if node.hypothesis == NONE || node.token as usize == self.blank {
                    continue;
                }
                work.taken[node.token as usize] = work.turn;
                let (sum, path) = source(&active, own, node.token);
                if sum + ln == f64::NEG_INFINITY {
                    continue;
                }
                let next = &mut work.next[node.hypothesis as usize];
                next.non_blank = log_add(next.non_blank, sum + ln);
                let score = active.paths[path].score + ln;
                if score > next.paths[NON_BLANK].score {
                    next.paths[NON_BLANK] = arrival(rank, path, score, self.rows, ln);
                }
                if INSPECT {
                    let order = node.hypothesis;
                    inspector.extension((rank, &active), (own, node.token), ln, order);
                }
            }
            if self.is_too_deep(active.node) {
                continue;
            }
            for index in 0..work.row.extensions.len() {
                let token = work.row.extensions[index];
                let piece = &self.pieces[token as usize];
                let same_boundary = token == own && piece.is_boundary();
                let (sum, _) = source(&active, own, token);
                if work.taken[token as usize] == work.turn
                    || same_boundary
                    || sum == f64::NEG_INFINITY
                {
                    continue;
                }
                let ln = work.row.used[token as usize];
                let acoustic = sum + ln;
                let bias = self.trie.extended(active.node, piece, &self.scorer).bias;
                let order = first_order + work.candidates.len() as u32;
                work.candidates.push(Candidate {
                    score: acoustic + bias,
                    acoustic,
                    rank: rank as u32,
                    token,
                    order,
                });
                if INSPECT {
                    inspector.extension((rank, &active), (own, token), ln, order);
                }
            }
        }
    }

    /// Whether a prefix is as far below the top as any can be. The best one never
    /// is: the commit rule leaves it one token a row of the last `commit_rows`.
    fn is_too_deep(&self, node: u32) -> bool {
        let below_top = self.trie.node(node).depth - self.trie.node(self.trie.top()).depth;
        below_top >= 2 * self.config.commit_rows + 2
    }

    /// The hypotheses that stay what they are join the candidates.
    fn offer_stays(&self, work: &mut Work) {
        for (rank, (active, next)) in self.active.iter().zip(&work.next).enumerate() {
            let acoustic = log_add(next.blank, next.non_blank);
            let bias = self.trie.node(active.node).fusion.bias;
            work.candidates.push(Candidate {
                score: acoustic + bias,
                acoustic,
                rank: rank as u32,
                token: NONE,
                order: rank as u32,
            });
        }
    }

    /// Leaves the candidates that are kept, best first.
    fn select(&self, work: &mut Work) {
        let candidates = &mut work.candidates;
        let best = candidates
            .iter()
            .map(|candidate| candidate.score)
            .fold(f64::NEG_INFINITY, f64::max);
        let floor = best - f64::from(self.config.beam_ln);
        candidates.retain(|c| c.score >= floor && c.score > f64::NEG_INFINITY);
        let width = self.config.width;
        if candidates.len() > width {
            candidates.select_nth_unstable_by(width - 1, Candidate::compare);
            candidates.truncate(width);
        }
        candidates.sort_unstable_by(Candidate::compare);
    }

    /// Makes hypotheses of the candidates that are left.
    fn adopt(&mut self, work: &mut Work) {
        work.passed.clear();
        work.passed.resize(self.active.len(), [NONE; 2]);
        work.adopted.clear();
        for active in &self.active {
            self.trie.node_mut(active.node).hypothesis = NONE;
        }
        for index in 0..work.candidates.len() {
            let candidate = work.candidates[index];
            let adopted = if candidate.token == NONE {
                self.adopt_stay(candidate, work)
            } else {
                self.adopt_extension(candidate, work)
            };
            self.trie.node_mut(adopted.node).hypothesis = index as u32;
            work.adopted.push(adopted);
        }
        for active in &self.active {
            for path in &active.paths {
                self.paths.release(path.before);
            }
            self.trie.release(active.node);
        }
        std::mem::swap(&mut self.active, &mut work.adopted);
    }

    fn adopt_stay(&mut self, candidate: Candidate, work: &mut Work) -> Active {
        let next = work.next[candidate.rank as usize];
        Active {
            node: self.active[candidate.rank as usize].node,
            blank: next.blank,
            non_blank: next.non_blank,
            acoustic: candidate.acoustic,
            score: candidate.score,
            paths: next.paths.map(|path| self.adopt_path(path, work)),
        }
    }

    fn adopt_extension(&mut self, candidate: Candidate, work: &mut Work) -> Active {
        let from = self.active[candidate.rank as usize];
        let own = self.trie.node(from.node).token;
        let token = candidate.token as usize;
        let (_, path) = source(&from, own, candidate.token);
        let ln = work.row.used[token];
        let score = from.paths[path].score + ln;
        let arrival = arrival(candidate.rank as usize, path, score, self.rows, ln);
        let node = self.trie.child_or_new(
            from.node,
            candidate.token,
            &self.pieces[token],
            &self.scorer,
        );
        Active {
            node,
            blank: f64::NEG_INFINITY,
            non_blank: candidate.acoustic,
            acoustic: candidate.acoustic,
            score: candidate.score,
            paths: [Path::NO_PATH, self.adopt_path(arrival, work)],
        }
    }

    fn adopt_path(&mut self, path: NextPath, work: &mut Work) -> Path {
        let before = match path.before {
            _ if path.score == f64::NEG_INFINITY => NONE,
            Before::Same(before) => before,
            Before::Of { rank, path } => {
                let passed = &mut work.passed[rank as usize][path];
                if *passed == NONE {
                    let from = &self.active[rank as usize];
                    let depth = self.trie.node(from.node).depth;
                    let path = &from.paths[path];
                    *passed = self.paths.add(path.span, path.before, depth);
                }
                *passed
            }
        };
        self.paths.retain(before);
        Path {
            score: path.score,
            span: path.span,
            before,
        }
    }
}

/// What goes on when a hypothesis whose last token is `own` is extended with
/// `token`: the sum over its paths, and the best one of them. The same token again
/// needs a blank between.
fn source(active: &Active, own: u32, token: u32) -> (f64, usize) {
    if token == own {
        (active.blank, BLANK)
    } else {
        (active.acoustic, active.better_path())
    }
}

/// A path that has just come to a token of probability `ln`.
fn arrival(rank: usize, path: usize, score: f64, row: u32, ln: f64) -> NextPath {
    NextPath {
        score,
        span: Span {
            first: row,
            last: row,
            peak: ln.exp() as f32,
        },
        before: Before::Of {
            rank: rank as u32,
            path,
        },
    }
}
