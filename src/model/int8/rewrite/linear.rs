//! Products with int8 weights and what follows them; layer normalisation.

use tract_onnx::pb::NodeProto;

use super::view::{View, both, integer, values};
use super::{Found, Fused};
use crate::model::int8::ops::{Linear, Norm, Then};
use crate::model::int8::product::PackedWeights;

/// `MatMul(x, DequantizeLinear(weights, scales, zeros))`.
pub fn product(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (x, weights) = both(of_kind(node, "MatMul")?)?;
    let dequantise = view.node(weights, "DequantizeLinear")?;
    let [weights, scales, zeros] = &dequantise.input[..] else {
        return None;
    };
    let by_output = matches!(integer(dequantise, "axis"), Some(1 | -1));
    let symmetric = values::<i8>(&view.constant(zeros)?)?;
    let weights = view.constant(weights)?;
    if !by_output || weights.rank() != 2 || symmetric.iter().any(|zero| *zero != 0) {
        return None;
    }
    let scales = view.floats(scales)?;
    if weights.shape()[1] != scales.len() {
        return None;
    }
    let weights = PackedWeights::pack(&values::<i8>(&weights)?, &scales)?;
    Some((Fused::Linear(Linear::new(weights)), vec![x.to_owned()]))
}

/// `Add(product, bias)`.
pub fn bias(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (y, bias) = both(of_kind(node, "Add")?)?;
    let linear = linear(view, y, 1)?.with_bias(view.floats(bias)?)?;
    Some((Fused::Linear(linear), view.inputs(y)?.to_vec()))
}

/// `LayerNormalization(x, scale, bias)` over the last axis.
pub fn norm(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let [x, scale, bias] = &of_kind(node, "LayerNormalization")?.input[..] else {
        return None;
    };
    let last = integer(node, "axis").is_none_or(|axis| axis == -1);
    let epsilon = node.attribute.iter().find(|it| it.name == "epsilon");
    let norm = Norm {
        scale: view.floats(scale)?,
        bias: view.floats(bias)?,
        epsilon: epsilon.map_or(1e-5, |epsilon| epsilon.f),
        silu: false,
    };
    let fits = last && norm.scale.len() == norm.bias.len();
    fits.then(|| (Fused::Norm(norm), vec![x.clone()]))
}

/// `Mul(y, Sigmoid(y))`, and `Mul(a, Sigmoid(b))` where `a, b = Split(y)` in halves.
pub fn activation(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (value, sigmoid) = both(of_kind(node, "Mul")?)?;
    let gate = &view.node(sigmoid, "Sigmoid")?.input[0];
    if value == gate && view.is_read(value, 2) && view.is_read(sigmoid, 1) {
        let fused = match view.fused(value)? {
            Fused::Linear(linear) => Fused::Linear(linear.then(Then::Silu)?),
            Fused::Norm(norm) if !norm.silu => Fused::Norm(Norm {
                silu: true,
                ..norm.clone()
            }),
            _ => return None,
        };
        return Some((fused, view.inputs(value)?.to_vec()));
    }
    let split = view.node(value, "Split")?;
    let halves = split.output.len() == 2 && split.output[0] == value && split.output[1] == *gate;
    let both = linear(view, &split.input[0], 1)?;
    let half = both.weights.outputs() as i64 / 2;
    let even = view.integers(split.input.get(1)?)? == [half, half];
    // Of a product's three axes [1, frames, columns] the last.
    let last = matches!(integer(split, "axis"), Some(2 | -1));
    let unread = view.is_read(value, 1) && view.is_read(gate, 1) && view.is_read(sigmoid, 1);
    if !(halves && even && last && unread) {
        return None;
    }
    let fused = Fused::Linear(both.then(Then::Glu)?);
    Some((fused, view.inputs(&split.input[0])?.to_vec()))
}

/// `Mul(product, number)`.
pub fn factor(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (y, factor) = both(of_kind(node, "Mul")?)?;
    let linear = linear(view, y, 1)?.with_factor(view.number(factor)?)?;
    Some((Fused::Linear(linear), view.inputs(y)?.to_vec()))
}

/// `Add(x, product)`.
pub fn residual(view: &View<'_>, node: &NodeProto) -> Option<Found> {
    let (x, y) = both(of_kind(node, "Add")?)?;
    let linear = linear(view, y, 1)?.then(Then::Residual)?;
    let mut inputs = view.inputs(y)?.to_vec();
    inputs.push(x.to_owned());
    Some((Fused::Linear(linear), inputs))
}

/// The product that makes a value which is read so many times.
fn linear<'a>(view: &View<'a>, value: &str, times: usize) -> Option<&'a Linear> {
    match view.fused(value)? {
        Fused::Linear(linear) if view.is_read(value, times) => Some(linear),
        _ => None,
    }
}

/// The node, if it is of this kind and has an input, as it must.
pub fn of_kind<'a>(node: &'a NodeProto, kind: &str) -> Option<&'a NodeProto> {
    (node.op_type == kind && !node.input.is_empty()).then_some(node)
}
