//! Error counts against NIST's sclite, on made-up pairs and on what the model
//! recognised in every dev clip.
//!
//! sclite weighs a substitution 4 and an insertion or a deletion 3, so a substitution
//! is not twice as bad as a deletion: where an insertion and a deletion let one more
//! word match, it takes them instead of two substitutions. The number of errors is
//! mostly the same then, sometimes larger; it can never be smaller than ours, which
//! is the least there is.

use asr_playground::eval::wer::{ErrorCounts, word_errors};
use serde::Deserialize;

use crate::errors::errors;

/// Hits, substitutions, deletions, insertions.
type Counts = [usize; 4];

/// Made by `golden/eval/make_sclite.py`.
#[derive(Deserialize)]
struct Sclite {
    /// Of the pairs in `errors.json`.
    counts: Vec<Counts>,
}

/// Made by `golden/eval/make_sclite.py` too: each clip's reference and what the
/// model of 2026-11-24 recognised greedily in the whole take, words numbered; then
/// jiwer's counts and sclite's.
#[derive(Deserialize)]
struct DevErrors {
    clips: Vec<(Vec<u32>, Vec<u32>, Counts, Counts)>,
}

fn counts([hits, substitutions, deletions, insertions]: Counts) -> ErrorCounts {
    ErrorCounts {
        hits,
        substitutions,
        deletions,
        insertions,
    }
}

/// sclite's cost of an alignment.
fn weight(counts: ErrorCounts) -> usize {
    4 * counts.substitutions + 3 * (counts.deletions + counts.insertions)
}

/// The least that any alignment of two texts weighs.
fn least_weight(reference: &str, hypothesis: &str) -> usize {
    let hypothesis: Vec<&str> = hypothesis.split_whitespace().collect();
    let mut row: Vec<usize> = (0..=hypothesis.len()).map(|h| 3 * h).collect();
    for word in reference.split_whitespace() {
        let mut next = vec![row[0] + 3];
        for (h, other) in hypothesis.iter().enumerate() {
            let diagonal = row[h] + if word == *other { 0 } else { 4 };
            next.push(diagonal.min(row[h + 1] + 3).min(next[h] + 3));
        }
        row = next;
    }
    row[hypothesis.len()]
}

/// Of how many pairs sclite has the same counts, and the same number of errors.
/// Where it has not, its weights must be why.
fn agreement<'a>(pairs: impl Iterator<Item = (&'a str, &'a str, Counts)>) -> (usize, usize) {
    let (mut same_counts, mut same_errors) = (0, 0);
    for (reference, hypothesis, theirs) in pairs {
        let (ours, theirs) = (word_errors(reference, hypothesis), counts(theirs));
        let pair = format!("{reference:?} {hypothesis:?}: {ours:?} {theirs:?}");
        assert_eq!(theirs.reference_len(), ours.reference_len(), "{pair}");
        assert_eq!(theirs.hypothesis_len(), ours.hypothesis_len(), "{pair}");
        assert!(ours.errors() <= theirs.errors(), "{pair}");
        assert_eq!(
            weight(theirs),
            least_weight(reference, hypothesis),
            "{pair}"
        );
        if weight(theirs) == weight(ours) {
            assert_eq!(theirs.errors(), ours.errors(), "{pair}");
        }
        same_counts += usize::from(ours == theirs);
        same_errors += usize::from(ours.errors() == theirs.errors());
    }
    (same_counts, same_errors)
}

/// In one pair sclite has one error more: four insertions and four deletions for
/// seven substitutions.
#[test]
fn made_up_pairs_differ_only_by_the_weights() {
    let golden: Sclite = serde_json::from_str(include_str!("../golden/eval/sclite.json")).unwrap();
    let pairs = errors().pairs;
    assert_eq!(pairs.len(), golden.counts.len());
    let same = agreement(
        pairs
            .iter()
            .zip(golden.counts)
            .map(|(pair, theirs)| (&*pair.reference, &*pair.hypothesis, theirs)),
    );
    assert_eq!((same, pairs.len()), ((306, 355), 356));
}

#[test]
fn on_every_dev_clip_the_number_of_errors_is_the_same() {
    let golden: DevErrors =
        serde_json::from_str(include_str!("../golden/eval/dev_errors.json")).unwrap();
    let text = |words: &[u32]| {
        let words: Vec<String> = words.iter().map(u32::to_string).collect();
        words.join(" ")
    };
    let clips: Vec<(String, String)> = golden
        .clips
        .iter()
        .map(|clip| (text(&clip.0), text(&clip.1)))
        .collect();
    for ((reference, hypothesis), clip) in clips.iter().zip(&golden.clips) {
        assert_eq!(word_errors(reference, hypothesis), counts(clip.2));
    }
    let same = agreement(
        clips
            .iter()
            .zip(&golden.clips)
            .map(|((reference, hypothesis), clip)| (&**reference, &**hypothesis, clip.3)),
    );
    assert_eq!((same, clips.len()), ((617, 635), 635));
}
