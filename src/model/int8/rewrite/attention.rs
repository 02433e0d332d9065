//! Attention with rotary positions over cached keys and values.

use tract_onnx::pb::NodeProto;

use super::caches::{Cached, cached};
use super::linear::of_kind;
use super::view::{View, both, integer, integers};
use super::{Found, Fused};
use crate::model::int8::ops::Attention;

/// `Reshape(Transpose(MatMul(Softmax(Add(MatMul(q, k), bias)), v)))`; see the parts below.
pub fn attention(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (mixed, shape) = both(of_kind(node, "Reshape")?)?;
    let &[1, -1, width] = &view.integers(shape)?[..] else {
        return None;
    };
    let mixed = &transposed(view, mixed, &[0, 2, 1, 3])?.input[0];
    let (weights, values) = both(view.node(mixed, "MatMul")?)?;
    let softmax = view.node(weights, "Softmax")?;
    let (scores, bias) = both(view.node(&softmax.input[0], "Add")?)?;
    let (queries, keys) = both(view.node(scores, "MatMul")?)?;

    let (values, heads, head_width) = heads(view, values)?;
    let values = cached(view, values)?;
    let half = head_width as i64 / 2;
    let keys = &transposed(view, keys, &[0, 1, 3, 2])?.input[0];
    let (keys, key_table) = rotated(view, keys, half)?;
    let (keys, ..) = same_heads(view, keys, heads, head_width)?;
    let keys = cached(view, keys)?;
    let (queries, query_table) = rotated(view, queries, half)?;
    let (queries, scale) = both(view.node(queries, "Mul")?)?;
    let (queries, ..) = same_heads(view, queries, heads, head_width)?;

    let cache = view.shape(&keys.cache)?;
    let &[blocks, 1, frames, columns] = &cache[..] else {
        return None;
    };
    let fits = integer(softmax, "axis") == Some(-1)
        && width == columns as i64
        && heads.checked_mul(head_width) == Some(columns)
        && columns > 0
        && frames > 0
        && head_width % 8 == 0
        && keys.block == values.block
        && keys.block < blocks
        && view.shape(&values.cache)? == cache
        && key_table.first == 0
        && query_table.first == frames
        && key_table.same_values(&query_table);
    if !fits {
        return None;
    }
    let attention = Attention {
        heads,
        head_width,
        cached: frames,
        block: keys.block,
        scale: view.number(scale)?,
        rotary: view.rotary(key_table.cos, key_table.sin, head_width / 2)?,
    };
    Some((
        Fused::Attention(attention),
        inputs(queries, keys, values, bias),
    ))
}

fn inputs(queries: &str, keys: Cached, values: Cached, bias: &str) -> Vec<String> {
    let (queries, bias) = (queries.to_owned(), bias.to_owned());
    vec![
        queries,
        keys.new,
        values.new,
        keys.cache,
        values.cache,
        bias,
    ]
}

/// The transposition by this permutation that makes a value.
fn transposed<'a>(view: &View<'a>, value: &str, by: &[i64]) -> Option<&'a NodeProto> {
    let node = view.node(value, "Transpose")?;
    (integers(node, "perm") == Some(by)).then_some(node)
}

/// `Transpose(Reshape(x, [1, −1, heads, head_width]))`: x, heads, their width.
fn heads<'a>(view: &View<'a>, value: &str) -> Option<(&'a str, usize, usize)> {
    let split = transposed(view, value, &[0, 2, 1, 3])?;
    let (x, shape) = both(view.node(&split.input[0], "Reshape")?)?;
    match view.integers(shape)?[..] {
        [1, -1, heads, width] => Some((x, heads.try_into().ok()?, width.try_into().ok()?)),
        _ => None,
    }
}

fn same_heads<'a>(
    view: &View<'a>,
    value: &str,
    heads: usize,
    width: usize,
) -> Option<(&'a str, usize, usize)> {
    self::heads(view, value).filter(|found| (found.1, found.2) == (heads, width))
}

/// A part of the tables of cosines and sines, `[positions, half]`.
struct Table<'a> {
    cos: &'a str,
    sin: &'a str,
    end: &'a str,
    /// The first position.
    first: usize,
}

/// `Concat(a cos − z sin, z cos + a sin)` where `a, z = Split(x)` in halves: x and the table.
fn rotated<'a>(view: &View<'a>, value: &str, half: i64) -> Option<(&'a str, Table<'a>)> {
    let concat = view.node(value, "Concat")?;
    let (first, second) = both(concat)?;
    let product = |value: &str| both(view.node(value, "Mul")?);
    let (a_cos, z_sin) = both(view.node(first, "Sub")?)?;
    let (z_cos, a_sin) = both(view.node(second, "Add")?)?;
    let ((a, cos), (z, sin)) = (product(a_cos)?, product(z_sin)?);
    let split = view.node(a, "Split")?;
    let fits = product(z_cos)? == (z, cos)
        && product(a_sin)? == (a, sin)
        && split.output == [a, z]
        && view.integers(split.input.get(1)?)? == [half, half]
        && integer(split, "axis") == Some(3)
        && integer(concat, "axis") == Some(3);
    let (cos, sin) = (part(view, cos)?, part(view, sin)?);
    (fits && (cos.1, cos.2) == (sin.1, sin.2)).then_some(())?;
    let table = Table {
        cos: cos.0,
        sin: sin.0,
        first: cos.1,
        end: cos.2,
    };
    Some((&split.input[0], table))
}

/// `Slice(table, first, end, axis 0)`: the table, the first position, the end's name.
fn part<'a>(view: &View<'a>, value: &str) -> Option<(&'a str, usize, &'a str)> {
    let [table, first, end, axis] = &view.node(value, "Slice")?.input[..] else {
        return None;
    };
    match (&view.integers(first)?[..], &view.integers(axis)?[..]) {
        ([first], [0]) => Some((table, (*first).try_into().ok()?, end)),
        _ => None,
    }
}

impl Table<'_> {
    fn same_values(&self, other: &Self) -> bool {
        (self.cos, self.sin, self.end) == (other.cos, other.sin, other.end)
    }
}
