//! A row's candidates as a prefix trie, laid out line by line. Free of the browser.
//!
//! Each candidate has a line of its own and stands, in characters, where its text
//! leaves that of the line it grows from; a fork at which no candidate stands is drawn
//! on the line of its best branch. What comes after a fork is below it and to its
//! right, so lines never cross.

use asr_playground::decode::RowInspection;

/// The longest stretch without a fork that is written out.
const LONGEST_LABEL: usize = 15;
/// Characters from a fork to what grows out of it.
const ELBOW: usize = 2;

/// A row's candidates, laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// From top to bottom.
    pub lines: Vec<Line>,
    /// Characters that the widest line takes.
    pub columns: usize,
    /// Hypotheses that are kept and not shown.
    pub kept_hidden: usize,
    /// Candidates that are pruned and not shown.
    pub pruned_hidden: usize,
}

/// A candidate's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its place in [`RowInspection::candidates`].
    pub candidate: usize,
    /// Forks on the way from the root to it.
    pub depth: usize,
    /// The line it grows from, and the column of the fork there.
    pub from: Option<(usize, usize)>,
    /// Where its label begins.
    pub column: usize,
    /// What its text adds to that of the line it grows from, perhaps shortened.
    pub label: String,
}

/// The candidates to show, best first: the `kept` best of those that are kept, then
/// the `pruned` best of the others. Impossible ones are never shown.
pub fn shown(row: &RowInspection, kept: usize, pruned: usize) -> Vec<usize> {
    let mut stay: Vec<(usize, usize)> = Vec::new();
    let mut go: Vec<(usize, f64)> = Vec::new();
    for (index, candidate) in row.candidates.iter().enumerate() {
        match (candidate.fate.rank(), candidate.total) {
            (Some(rank), _) => stay.push((index, rank)),
            (_, Some(total)) => go.push((index, total)),
            (_, None) => {}
        }
    }
    stay.sort_by_key(|(_, rank)| *rank);
    go.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let stay = stay.into_iter().take(kept).map(|(index, _)| index);
    let go = go.into_iter().take(pruned).map(|(index, _)| index);
    stay.chain(go).collect()
}

/// Lays out the candidates that [`shown`] chooses.
pub fn tree(row: &RowInspection, kept: usize, pruned: usize) -> Tree {
    let shown = shown(row, kept, pruned);
    let is_kept = |index: &usize| {
        let candidate = row.candidates.get(*index);
        candidate.is_some_and(|c| c.fate.rank().is_some())
    };
    let possible = row.candidates.iter().filter(|c| c.total.is_some()).count();
    let all_kept = row.after.len();
    let kept_shown = shown.iter().filter(|index| is_kept(index)).count();
    let texts: Vec<(usize, Vec<char>)> = shown
        .iter()
        .filter_map(|index| Some((*index, row.candidates.get(*index)?.text.chars().collect())))
        .collect();
    let mut drawing = Tree {
        kept_hidden: all_kept.saturating_sub(kept_shown),
        pruned_hidden: possible
            .saturating_sub(all_kept)
            .saturating_sub(shown.len() - kept_shown),
        ..Tree::default()
    };
    let branches: Vec<Branch<'_>> = texts.iter().map(|(i, t)| (*i, t.as_slice())).collect();
    if !branches.is_empty() {
        drawing.grow(&branches, &Place::default());
    }
    drawing
}

/// A candidate, and what is left of its text.
type Branch<'a> = (usize, &'a [char]);

/// Where a subtree begins.
#[derive(Clone, Debug, Default)]
struct Place {
    depth: usize,
    from: Option<(usize, usize)>,
    column: usize,
    /// Written on the line already, by forks without a candidate.
    label: String,
}

impl Tree {
    /// Draws a subtree; `branches` is not empty.
    fn grow(&mut self, branches: &[Branch<'_>], place: &Place) {
        let common = common_prefix(branches);
        let label = format!(
            "{}{}",
            place.label,
            shortened(branches, common, place.from.is_none())
        );
        let end = place.column + label.chars().count();
        let mut here: Vec<usize> = Vec::new();
        let mut groups: Vec<(char, Vec<Branch<'_>>)> = Vec::new();
        for (index, text) in branches {
            let rest = text.get(common..).unwrap_or_default();
            let Some(first) = rest.first() else {
                here.push(*index);
                continue;
            };
            match groups.iter_mut().find(|(letter, _)| letter == first) {
                Some((_, group)) => group.push((*index, rest)),
                None => groups.push((*first, vec![(*index, rest)])),
            }
        }
        let first_line = self.lines.len();
        for index in &here {
            self.lines.push(Line {
                candidate: *index,
                depth: place.depth,
                from: place.from,
                column: place.column,
                label: label.clone(),
            });
            self.columns = self.columns.max(end);
        }
        let mut groups = groups.into_iter();
        if here.is_empty()
            && let Some((_, best)) = groups.next()
        {
            self.grow(&best, &Place { label, ..*place });
        }
        for (_, group) in groups {
            let below = Place {
                depth: place.depth + 1,
                from: Some((first_line, end)),
                column: end + ELBOW,
                label: String::new(),
            };
            self.grow(&group, &below);
        }
    }
}

/// How many characters all of them begin with.
fn common_prefix(branches: &[Branch<'_>]) -> usize {
    let Some((_, first)) = branches.first() else {
        return 0;
    };
    let same = |text: &[char]| first.iter().zip(text).take_while(|(a, b)| a == b).count();
    branches.iter().map(|(_, t)| same(t)).min().unwrap_or(0)
}

/// The first `common` characters; of a long stretch the end, and of one that grows out
/// of a fork the beginning as well.
fn shortened(branches: &[Branch<'_>], common: usize, root: bool) -> String {
    let text = branches.first().map_or(&[][..], |(_, text)| *text);
    let text = text.get(..common).unwrap_or_default();
    if text.len() <= LONGEST_LABEL {
        return text.iter().collect();
    }
    let head = if root { 0 } else { LONGEST_LABEL / 3 };
    let tail = LONGEST_LABEL - head - 1;
    let (start, end) = (text.get(..head), text.get(text.len() - tail..));
    let (start, end) = (start.unwrap_or_default(), end.unwrap_or_default());
    start.iter().chain(['…'].iter()).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use asr_playground::decode::beam::{Fate, InspectedCandidate, InspectedHypothesis};

    use super::*;

    fn candidate(text: &str, total: f64, fate: Fate) -> InspectedCandidate {
        InspectedCandidate {
            text: text.to_owned(),
            terms: Vec::new(),
            acoustic: Some(total),
            lm: 0.0,
            look_ahead: 0.0,
            bonus: 0.0,
            hotword: 0.0,
            total: Some(total),
            fate,
        }
    }

    fn row(texts: &[(&str, Option<usize>)]) -> RowInspection {
        let candidates: Vec<InspectedCandidate> = texts
            .iter()
            .enumerate()
            .map(|(index, (text, rank))| {
                let fate = rank.map_or(Fate::Width, |rank| Fate::Kept { rank });
                candidate(text, -(index as f64), fate)
            })
            .collect();
        let hypothesis = InspectedHypothesis {
            text: String::new(),
            blank: None,
            non_blank: None,
            acoustic: 0.0,
            lm: 0.0,
            look_ahead: 0.0,
            bonus: 0.0,
            hotword: 0.0,
            total: 0.0,
        };
        let kept = texts.iter().filter(|(_, rank)| rank.is_some()).count();
        RowInspection {
            candidates,
            after: vec![hypothesis; kept],
            ..RowInspection::default()
        }
    }

    /// The lines as they look, without what joins them.
    fn picture(tree: &Tree) -> Vec<String> {
        let line = |line: &Line| format!("{}{}", " ".repeat(line.column), line.label);
        tree.lines.iter().map(line).collect()
    }

    #[test]
    fn a_prefix_is_above_what_grows_from_it() {
        let row = row(&[
            ("the h", Some(0)),
            ("the ho", Some(1)),
            ("the ha", Some(2)),
            ("the hou", None),
        ]);
        let tree = tree(&row, 8, 8);
        assert_eq!(
            picture(&tree),
            ["the h", "       o", "          u", "       a"]
        );
        let from: Vec<_> = tree.lines.iter().map(|line| line.from).collect();
        assert_eq!(from, [None, Some((0, 5)), Some((1, 8)), Some((0, 5))]);
        let depths: Vec<usize> = tree.lines.iter().map(|line| line.depth).collect();
        assert_eq!(depths, [0, 1, 2, 1]);
        assert_eq!(
            (tree.columns, tree.kept_hidden, tree.pruned_hidden),
            (11, 0, 0)
        );
    }

    #[test]
    fn a_fork_without_a_candidate_is_on_the_line_of_its_best_branch() {
        let row = row(&[("abx", Some(1)), ("aby", Some(0))]);
        let tree = tree(&row, 8, 8);
        assert_eq!(picture(&tree), ["aby", "    x"]);
        assert_eq!(tree.lines[1].from, Some((0, 2)));
        assert_eq!(tree.lines[0].candidate, 1);
    }

    #[test]
    fn the_best_are_shown_and_the_others_counted() {
        let row = row(&[
            ("a", Some(1)),
            ("b", Some(0)),
            ("c", Some(2)),
            ("d", None),
            ("e", None),
        ]);
        assert_eq!(shown(&row, 2, 1), [1, 0, 3]);
        let tree = tree(&row, 2, 1);
        assert_eq!((tree.kept_hidden, tree.pruned_hidden), (1, 1));
    }

    #[test]
    fn long_stretches_are_shortened() {
        let long = "abcdefghijklmnopqrstuvwxyz";
        let ends = [format!("{long}1"), format!("{long}2{long}")];
        let row = row(&[(&ends[0], Some(0)), (&ends[1], Some(1))]);
        let tree = tree(&row, 8, 8);
        assert_eq!(tree.lines[0].label, "…mnopqrstuvwxyz1");
        assert_eq!(tree.lines[1].label, "2abcd…rstuvwxyz");
        assert_eq!(super::tree(&RowInspection::default(), 8, 8).lines, []);
    }
}
