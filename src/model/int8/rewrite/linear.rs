//! Products with int8 weights, convolutions of kernel 1 among them, and what follows; layer
//! normalisation.

use tract_onnx::pb::NodeProto;

use super::view::{View, both, either, integer, values};
use super::{Found, Fused};
use crate::model::int8::ops::{Along, Linear, Norm, Then};
use crate::model::int8::product::PackedWeights;

/// `MatMul(x, DequantizeLinear(weights, …))`.
pub fn product(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (x, weights) = both(of_kind(node, "MatMul")?)?;
    let (weights, _, scales) = dequantised::<2>(view, weights, 1)?;
    let linear = Linear::new(PackedWeights::pack(&weights, &scales)?);
    Some((Fused::Linear(linear), vec![x.to_owned()]))
}

/// `Gemm(x, DequantizeLinear(weights, …), bias)`, with or without the bias.
pub fn gemm(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (x, weights, bias) = operands(of_kind(node, "Gemm")?)?;
    let plain = node.attribute.iter().all(|it| match &it.name[..] {
        "alpha" | "beta" => it.f.to_bits() == 1.0_f32.to_bits(),
        "transA" => it.i == 0,
        "transB" => true,
        _ => false,
    });
    let linear = if integer(node, "transB").unwrap_or(0) == 0 {
        let (weights, _, scales) = dequantised::<2>(view, weights, 1)?;
        Linear::new(PackedWeights::pack(&weights, &scales)?)
    } else {
        let (weights, [outputs, inputs], scales) = dequantised(view, weights, 0)?;
        let weights = outputs_last(&weights, [outputs, inputs, 1]);
        Linear::new(PackedWeights::pack(&weights, &scales)?)
    };
    let linear = add(view, linear, bias)?.with_axes(2);
    plain.then(|| (Fused::Linear(linear), vec![x.to_owned()]))
}

/// `Conv(x, DequantizeLinear(weights, …), bias)` of kernel 1, with or without the bias: at
/// every place a product, of the second axis.
pub fn pointwise(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (x, weights, bias) = operands(of_kind(node, "Conv")?)?;
    let plain = node.attribute.iter().all(|it| match &it.name[..] {
        "strides" => it.ints.iter().all(|stride| *stride == 1),
        "pads" => it.ints.iter().all(|pad| *pad == 0),
        "group" => it.i == 1,
        "kernel_shape" => it.ints.iter().all(|extent| *extent == 1),
        // One place is as far from itself as can be.
        "dilations" => true,
        _ => false,
    });
    let over_time = || of_one_place::<3>(view, weights);
    let linear = over_time().or_else(|| of_one_place::<4>(view, weights))?;
    let linear = add(view, linear, bias)?;
    plain.then(|| (Fused::Linear(linear), vec![x.to_owned()]))
}

/// The product that a convolution with `[outputs, inputs, 1…]` weights is.
fn of_one_place<const AXES: usize>(view: &View<'_>, weights: &str) -> Option<Linear> {
    let (weights, shape, scales) = dequantised::<AXES>(view, weights, 0)?;
    let [outputs, inputs, kernel @ ..] = &shape[..] else {
        return None;
    };
    if kernel.iter().any(|extent| *extent != 1) {
        return None;
    }
    let weights = outputs_last(&weights, [*outputs, *inputs, 1]);
    let linear = Linear::new(PackedWeights::pack(&weights, &scales)?);
    Some(linear.along_second(AXES))
}

/// A node's x, weights and, where it has one, bias.
fn operands(node: &NodeProto) -> Option<(&str, &str, Option<&str>)> {
    match &node.input[..] {
        [x, weights] => Some((x, weights, None)),
        [x, weights, bias] => Some((x, weights, Some(bias))),
        _ => None,
    }
}

/// The product with the bias, if there is one.
fn add(view: &View<'_>, linear: Linear, bias: Option<&str>) -> Option<Linear> {
    match bias {
        Some(bias) => linear.with_bias(view.row(bias)?),
        None => Some(linear),
    }
}

/// `DequantizeLinear(weights, scales, zeros)` of int8 constants with a scale for each
/// place along an axis or one for all, and zero points that are 0 or left out: weights, shape,
/// scales along the axis.
pub fn dequantised<const AXES: usize>(
    view: &View<'_>,
    value: &str,
    axis: usize,
) -> Option<(Vec<i8>, [usize; AXES], Vec<f32>)> {
    let node = view.node(value, "DequantizeLinear")?;
    let (weights, scales) = match &node.input[..] {
        [weights, scales] => (weights, scales),
        [weights, scales, zeros] => {
            let zeros = values::<i8>(&view.constant(zeros)?)?;
            zeros
                .iter()
                .all(|zero| *zero == 0)
                .then_some((weights, scales))?
        }
        _ => return None,
    };
    let along = integer(node, "axis").unwrap_or(1);
    let along = if along < 0 {
        along + AXES as i64
    } else {
        along
    };
    let weights = view.constant(weights)?;
    let shape: [usize; AXES] = weights.shape().try_into().ok()?;
    let scales = match view.number(scales) {
        Some(scale) => vec![scale; shape[axis]],
        None => view.row(scales).filter(|_| along == axis as i64)?,
    };
    let fits = shape[axis] == scales.len();
    fits.then_some((values(&weights)?, shape, scales))
}

/// From `[outputs, inputs, taps]` to `[taps, inputs, outputs]`.
pub fn outputs_last<T: Copy>(weights: &[T], [outputs, inputs, taps]: [usize; 3]) -> Vec<T> {
    let places = (0..taps).flat_map(|tap| (0..inputs).map(move |input| (tap, input)));
    places
        .flat_map(|(tap, input)| {
            (0..outputs).map(move |output| (output * inputs + input) * taps + tap)
        })
        .map(|at| weights[at])
        .collect()
}

/// `Add(product, bias)` or `Add(bias, product)`; the bias lies along the product's outputs.
pub fn bias(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let mut orders = either(of_kind(node, "Add")?)?.into_iter();
    let fused = |(y, bias)| {
        let linear = linear(view, y, 1)?;
        let bias = match linear.along {
            Along::Last => view.row(bias)?,
            Along::Second => view.column(bias, linear.axes?)?,
        };
        let fused = Fused::Linear(linear.with_bias(bias)?);
        Some((fused, view.inputs(y)?.to_vec()))
    };
    orders.find_map(fused)
}

/// `LayerNormalization(x, scale, bias)` over the last axis.
pub fn norm(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let [x, scale, bias] = &of_kind(node, "LayerNormalization")?.input[..] else {
        return None;
    };
    let last = integer(node, "axis").is_none_or(|axis| axis == -1);
    let epsilon = node.attribute.iter().find(|it| it.name == "epsilon");
    let norm = Norm {
        scale: view.row(scale)?,
        bias: view.row(bias)?,
        epsilon: epsilon.map_or(1e-5, |epsilon| epsilon.f),
        silu: false,
    };
    let fits = last && norm.scale.len() == norm.bias.len();
    fits.then(|| (Fused::Norm(norm), vec![x.clone()]))
}

/// `Mul(y, Sigmoid(y))`, and `Mul(a, Sigmoid(b))` where `a, b = Split(y)` in halves; the
/// sigmoid may come first.
pub fn activation(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let mut orders = either(of_kind(node, "Mul")?)?.into_iter();
    let gated = |(value, sigmoid)| {
        let gate = &view.node(sigmoid, "Sigmoid")?.input[0];
        let fused = if value == gate { silu } else { glu };
        fused(view, value, gate).filter(|_| view.is_read(sigmoid, 1))
    };
    orders.find_map(gated)
}

fn silu(view: &View<'_>, value: &str, _: &str) -> Option<Found> {
    let fused = match view.fused(value)? {
        Fused::Linear(linear) => Fused::Linear(linear.then(Then::Silu)?),
        Fused::Norm(norm) if !norm.silu => Fused::Norm(Norm {
            silu: true,
            ..norm.clone()
        }),
        _ => return None,
    };
    let found = (fused, view.inputs(value)?.to_vec());
    view.is_read(value, 2).then_some(found)
}

fn glu(view: &View<'_>, value: &str, gate: &str) -> Option<Found> {
    let split = view.node(value, "Split")?;
    let axis = integer(split, "axis").unwrap_or(0);
    let linear = linear(view, &split.input[0], 1)?.gated(axis)?;
    let half = linear.weights.outputs() as i64 / 2;
    let fits = split.output == [value, gate]
        && view.integers(split.input.get(1)?)? == [half, half]
        && view.is_read(value, 1)
        && view.is_read(gate, 1);
    let inputs = view.inputs(&split.input[0])?.to_vec();
    fits.then_some((Fused::Linear(linear), inputs))
}

/// `Mul(product, number)` or `Mul(number, product)`.
pub fn factor(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let mut orders = either(of_kind(node, "Mul")?)?.into_iter();
    let fused = |(y, factor)| {
        let linear = linear(view, y, 1)?.with_factor(view.number(factor)?)?;
        Some((Fused::Linear(linear), view.inputs(y)?.to_vec()))
    };
    orders.find_map(fused)
}

/// `Add(x, product)` or `Add(product, x)`. A constant x is no residual but something that
/// is spread over all rows.
pub fn residual(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let mut orders = either(of_kind(node, "Add")?)?.into_iter();
    let fused = |(x, y)| {
        let linear = linear(view, y, 1)?.then(Then::Residual)?;
        let mut inputs = view.inputs(y)?.to_vec();
        inputs.push(String::from(x));
        Some((Fused::Linear(linear), inputs)).filter(|_| !view.is_constant(x))
    };
    orders.find_map(fused)
}

/// The product that makes a value which is read so many times.
fn linear<'a>(view: &View<'a>, value: &str, times: usize) -> Option<&'a Linear> {
    match view.fused(value)? {
        Fused::Linear(linear) if view.is_read(value, times) => Some(linear),
        _ => None,
    }
}

/// The node, if it is of this kind and has an input, as it must, and none that is left out.
pub fn of_kind<'a>(node: &'a NodeProto, kind: &str) -> Option<&'a NodeProto> {
    let whole = !node.input.is_empty() && node.input.iter().all(|name| !name.is_empty());
    (node.op_type == kind && whole).then_some(node)
}
