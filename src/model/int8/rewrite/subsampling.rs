//! The two convolutions at the model's beginning.

use std::sync::Arc;

use tract_onnx::pb::NodeProto;

use super::linear::{dequantised, of_kind, outputs_last};
use super::view::{View, both, either, integers, values};
use super::{Found, Fused};
use crate::model::int8::ops::{STRIDE, Subsampling, TAPS};
use crate::model::int8::product::PackedWeights;

/// `Reshape(Transpose(SiLU(Conv(SiLU(Conv(Reshape(x)))))))`.
pub fn subsampling(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (across, shape) = both(of_kind(node, "Reshape")?)?;
    let &[1, -1, width] = &view.integers(shape)?[..] else {
        return None;
    };
    let across = view.node(across, "Transpose")?;
    let second = convolution(view, silu(view, &across.input[0])?)?;
    let first = convolution(view, silu(view, second.x)?)?;
    let (x, shape) = both(view.node(first.x, "Reshape")?)?;
    let &[1, 1, -1, bands] = &view.integers(shape)?[..] else {
        return None;
    };
    let first_taps = view.constant(first.weights)?;
    let &[channels, 1, TAPS, TAPS] = first_taps.shape() else {
        return None;
    };
    let first_taps = outputs_last(&values::<f32>(&first_taps)?, [channels, 1, TAPS * TAPS]);
    let (weights, shape, scales) = dequantised(view, second.weights, 0)?;
    let [outputs, inputs, TAPS, TAPS] = shape else {
        return None;
    };
    let second_taps = outputs_last(&weights, [outputs, inputs, TAPS * TAPS]);
    let subsampling = Subsampling::new(
        usize::try_from(bands).ok()?,
        &first_taps,
        &view.row(first.bias)?,
        PackedWeights::pack(&second_taps, &scales)?,
        view.row(second.bias)?,
    )?;
    let fits =
        integers(across, "perm") == Some(&[0, 2, 1, 3]) && width == subsampling.width() as i64;
    let fused = Fused::Subsampling(Arc::new(subsampling));
    fits.then(|| (fused, vec![x.to_owned()]))
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

/// `Mul(y, Sigmoid(y))`: y; the sigmoid may come first.
fn silu<'a>(view: &View<'a>, value: &str) -> Option<&'a str> {
    let mut orders = either(view.node(value, "Mul")?)?.into_iter();
    let fits = |(y, sigmoid): &(&str, &str)| {
        let sigmoid = view.node(sigmoid, "Sigmoid");
        sigmoid.is_some_and(|sigmoid| sigmoid.input[0] == *y)
    };
    orders.find(fits).map(|(y, _)| y)
}
