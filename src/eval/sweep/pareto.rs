//! The Pareto front of two costs.

/// The points that no other point beats: no other is at least as low in both costs
/// and lower in one. Points that are equal in both stay together. A point with a cost
/// that is missing or NaN is not on the front and beats nobody.
///
/// Returns indices by rising first cost, then by index. O(n log n).
#[must_use]
pub fn pareto_front(points: &[(Option<f64>, Option<f64>)]) -> Vec<usize> {
    let mut known: Vec<(f64, f64, usize)> = points
        .iter()
        .enumerate()
        .filter_map(|(index, (first, second))| {
            // 0.0 + makes −0 and 0 the same to total_cmp.
            Some((0.0 + (*first)?, 0.0 + (*second)?, index))
        })
        .filter(|(first, second, _)| !first.is_nan() && !second.is_nan())
        .collect();
    known.sort_unstable_by(|a, b| {
        let costs = a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
        costs.then(a.2.cmp(&b.2))
    });
    let mut front = Vec::new();
    // The last one kept: nothing so far is lower in the second cost.
    let mut best: Option<(f64, f64)> = None;
    for (first, second, index) in known {
        let beaten = best.is_some_and(|best| second >= best.1 && (first, second) != best);
        if !beaten {
            best = Some((first, second));
            front.push(index);
        }
    }
    front
}
