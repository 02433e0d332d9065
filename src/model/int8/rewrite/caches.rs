//! Caches and what reads them: taken together or not at all.

use tract_onnx::pb::NodeProto;

use super::linear::of_kind;
use super::view::{View, both, integer, integers};
use super::{Found, Fused};
use crate::model::int8::ops::{Attention, Depthwise, Last, Layout};

/// A block's part of a cache with the chunk's frames after it.
pub struct Cached {
    /// The cache's name.
    pub cache: String,
    /// Which part is the block's.
    pub block: usize,
    /// The chunk's frames.
    pub new: String,
}

/// `Concat(Squeeze(Split(cache)[block]), new)` along time.
pub fn cached(view: &View<'_>, value: &str) -> Option<Cached> {
    let concat = view.node(value, "Concat")?;
    let (part, new) = both(concat)?;
    let squeeze = view.node(part, "Squeeze")?;
    let split = view.node(&squeeze.input[0], "Split")?;
    let block = split.output.iter().position(|it| *it == squeeze.input[0])?;
    let even = view.integers(split.input.get(1)?)? == vec![1; split.output.len()];
    let fits = integer(concat, "axis") == Some(1)
        && view.integers(squeeze.input.get(1)?)? == [0]
        && integer(split, "axis").unwrap_or(0) == 0
        && even;
    fits.then(|| Cached {
        cache: split.input[0].clone(),
        block,
        new: new.to_owned(),
    })
}

/// `Transpose(Conv(Transpose(cached frames), taps, bias))`, each column by itself.
pub fn depthwise(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let back = of_kind(node, "Transpose")?;
    let conv = view.node(&back.input[0], "Conv")?;
    let [forth, taps, bias] = &conv.input[..] else {
        return None;
    };
    let forth = view.node(forth, "Transpose")?;
    let cached = cached(view, &forth.input[0])?;
    let (taps, bias) = (view.constant(taps)?, view.row(bias)?);
    let width = bias.len();
    let &[columns, 1, length] = taps.shape() else {
        return None;
    };
    let known = ["group", "kernel_shape"];
    let plain = conv
        .attribute
        .iter()
        .all(|it| known.contains(&&it.name[..]));
    let &[blocks, 1, frames, _] = &view.shape(&cached.cache)?[..] else {
        return None;
    };
    let fits = [back, forth]
        .iter()
        .all(|it| integers(it, "perm") == Some(&[0, 2, 1]))
        && integer(conv, "group") == Some(width as i64)
        && columns == width
        && length == frames + 1
        && frames > 0
        && cached.block < blocks
        && plain;
    if !fits {
        return None;
    }
    let by_column = super::view::values::<f32>(&taps)?;
    let at = |(tap, column): (usize, usize)| by_column[column * length + tap];
    let places = (0..length).flat_map(|tap| (0..width).map(move |column| (tap, column)));
    let depthwise = Depthwise {
        taps: places.map(at).collect(),
        bias,
        block: cached.block,
    };
    Some((Fused::Depthwise(depthwise), vec![cached.cache, cached.new]))
}

/// `Concat(Unsqueeze(last frames of a block's cached ones), …)` over all blocks in order.
pub fn last(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let concat = of_kind(node, "Concat")?;
    let parts = concat.input.iter().map(|part| last_of_block(view, part));
    let parts = parts.collect::<Option<Vec<(Cached, i64)>>>()?;
    let cache = &parts.first()?.0.cache;
    let &[blocks, 1, length, width] = &view.shape(cache)?[..] else {
        return None;
    };
    let in_order = parts.iter().enumerate().all(|(block, (part, kept))| {
        part.cache == *cache && part.block == block && *kept == length as i64
    });
    let all = parts.len() == blocks && length > 0 && width > 0;
    if !in_order || !all || integer(concat, "axis") != Some(0) {
        return None;
    }
    let layout = if view.key_caches().any(|it| it == cache) {
        Layout::Columns
    } else {
        Layout::Frames
    };
    let inputs = std::iter::once(cache.clone()).chain(parts.iter().map(|it| it.0.new.clone()));
    Some((Fused::Last(Last { layout, width }), inputs.collect()))
}

/// `Unsqueeze(Slice(cached frames, −length, …))` along time: the frames and the length.
fn last_of_block(view: &View<'_>, value: &str) -> Option<(Cached, i64)> {
    let unsqueeze = view.node(value, "Unsqueeze")?;
    let [frames, first, end, axis] = &view.node(&unsqueeze.input[0], "Slice")?.input[..] else {
        return None;
    };
    let (first, end) = (view.integers(first)?, view.integers(end)?);
    let to_the_end = matches!(end[..], [end] if end >= i64::from(i32::MAX));
    let fits =
        to_the_end && view.integers(axis)? == [1] && view.integers(unsqueeze.input.get(1)?)? == [0];
    match first[..] {
        [first] if fits => Some((cached(view, frames)?, first.checked_neg()?)),
        _ => None,
    }
}

/// Whether each cache that an attention of ours takes its keys from is read as such and
/// handed on by our kernels alone: they have its frames in an order of their own.
pub fn are_ours(view: &View<'_>) -> bool {
    let of_keys = |node: &NodeProto, fused: &Fused, cache: &str| match fused {
        Fused::Attention(_) => node.input[Attention::KEYS] == cache,
        Fused::Last(last) => last.layout == Layout::Columns && node.input[0] == cache,
        _ => false,
    };
    view.key_caches().all(|cache| {
        let nodes = view
            .all_fused()
            .filter(|(node, fused)| of_keys(node, fused, cache));
        let (mut readers, mut handed_on) = (0, false);
        for (node, fused) in nodes {
            readers += 1;
            let next = &node.output[0];
            let last = matches!(fused, Fused::Last(_));
            handed_on |= last && view.is_output(next) && view.is_read(next, 1);
        }
        handed_on && view.is_read(cache, readers)
    })
}
