//! The two convolutions at the model's beginning.

use std::sync::Arc;

use tract_onnx::pb::NodeProto;

use super::linear::of_kind;
use super::view::{View, both, integer, integers, values};
use super::{Found, Fused};
use crate::model::int8::ops::{STRIDE, Subsampling, TAPS};
use crate::model::int8::product::PackedWeights;

/// `Reshape(Transpose(SiLU(Conv(SiLU(Conv(Reshape(x)))))))`.
pub fn subsampling(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (across, shape) = both(of_kind(node, "Reshape")?)?;
    let &[1, -1, _] = &view.integers(shape)?[..] else {
        return None;
    };
    let across = view.node(across, "Transpose")?;
    let second = convolution(view, silu(view, &across.input[0])?)?;
    let first = convolution(view, silu(view, second.x)?)?;
    let (x, shape) = both(view.node(first.x, "Reshape")?)?;
    let &[1, 1, -1, _] = &view.integers(shape)?[..] else {
        return None;
    };
    let first_taps = view.constant(first.weights)?;
    let taps = [TAPS, TAPS];
    if integers(across, "perm") != Some(&[0, 2, 1, 3])
        || first_taps.rank() != 4
        || first_taps.shape()[1..] != [1, TAPS, TAPS]
    {
        return None;
    }
    let dequantise = view.node(second.weights, "DequantizeLinear")?;
    let [weights, scales, zeros] = &dequantise.input[..] else {
        return None;
    };
    let symmetric = values::<i8>(&view.constant(zeros)?)?;
    let weights = view.constant(weights)?;
    if weights.rank() != 4
        || weights.shape()[2..] != taps
        || integer(dequantise, "axis") != Some(0)
        || symmetric.iter().any(|zero| *zero != 0)
    {
        return None;
    }
    let second_taps = by_tap(&values::<i8>(&weights)?, weights.shape());
    let subsampling = Subsampling::new(
        &by_tap(&values::<f32>(&first_taps)?, first_taps.shape()),
        &view.floats(first.bias)?,
        PackedWeights::pack(&second_taps, &view.floats(scales)?)?,
        view.floats(second.bias)?,
    )?;
    let fused = Fused::Subsampling(Arc::new(subsampling));
    Some((fused, vec![x.to_owned()]))
}

/// What a convolution is made of.
struct Convolution<'a> {
    x: &'a str,
    weights: &'a str,
    bias: &'a str,
}

/// A convolution as [`Subsampling`] has two of.
fn convolution<'a>(view: &View<'a>, value: &str) -> Option<Convolution<'a>> {
    let node = view.node(value, "Conv")?;
    let [x, weights, bias] = &node.input[..] else {
        return None;
    };
    let stride = STRIDE as i64;
    let known = node.attribute.iter().all(|it| match &it.name[..] {
        "kernel_shape" => it.ints == [TAPS as i64; 2],
        "strides" => it.ints == [stride; 2],
        "pads" => it.ints == [0, 1, 0, 1],
        _ => false,
    });
    let fits = known && node.attribute.len() == 3;
    fits.then_some(Convolution { x, weights, bias })
}

/// `Mul(y, Sigmoid(y))`: y.
fn silu<'a>(view: &View<'a>, value: &str) -> Option<&'a str> {
    let (y, sigmoid) = both(view.node(value, "Mul")?)?;
    (view.node(sigmoid, "Sigmoid")?.input[0] == y).then_some(y)
}

/// From `[outputs, inputs, 3, 3]` to `[3, 3, inputs, outputs]`.
fn by_tap<T: Copy>(weights: &[T], shape: &[usize]) -> Vec<T> {
    let (outputs, inputs, taps) = (shape[0], shape[1], shape[2] * shape[3]);
    let places = (0..taps).flat_map(|tap| (0..inputs).map(move |input| (tap, input)));
    places
        .flat_map(|(tap, input)| {
            (0..outputs).map(move |output| (output * inputs + input) * taps + tap)
        })
        .map(|at| weights[at])
        .collect()
}
