//! Convolutions of kernel 1, whose columns lie on the second axis: fused, and the values are the engine's.

use std::collections::HashMap;

use tract_onnx::pb::{ModelProto, NodeProto, TensorProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{Approximation, TDim};

use super::graphs::{
    INPUTS, OUTPUTS, assert_fused, file, floats, int8, int64, node, numbers, value_of,
    weights_across, with, with_all,
};
use crate::model::int8::model;
use crate::model::int8::rewrite::{Extent, rewrite};
use crate::model::operators;

/// A file with the convolution of an input `x` and dequantised weights, `product`, then these
/// nodes; the kernel has an axis for each of x's but two, of so many places.
fn convolved(
    x: &[usize],
    r: &[usize],
    places: usize,
    change: impl Fn(NodeProto) -> NodeProto,
    nodes: &[NodeProto],
    constants: &[TensorProto],
) -> ModelProto {
    let mut file = file(x, r, nodes, constants);
    let graph = file.graph.as_mut().unwrap();
    let kernel = vec![places; x.len() - 2];
    let shape = [&[OUTPUTS, INPUTS], &kernel[..]].concat();
    let all: usize = kernel.iter().product();
    let weights = weights_across();
    let weights: Vec<i8> = weights.iter().flat_map(|w| vec![*w; all]).collect();
    graph.initializer[0] = int8("q", &shape, &weights);
    graph.node[0].attribute[0].i = 0;
    graph.node[1] = change(node("Conv", &["x", "w", "bias"], &["product"]));
    file
}

const X: [usize; 3] = [2, INPUTS, 5];

/// With these nodes after it: so many operations of ours.
#[track_caller]
fn assert_followed(r: &[usize], nodes: &[NodeProto], constants: &[TensorProto], count: usize) {
    assert_fused(convolved(&X, r, 1, |it| it, nodes, constants), count);
}

#[test]
fn over_one_axis_and_over_two() {
    let shapes: [&[usize]; 4] = [&X, &[1, INPUTS, 1], &[2, INPUTS, 3, 5], &[1, INPUTS, 1, 1]];
    for x in shapes {
        assert_fused(convolved(x, &[], 1, |it| it, &[], &[]), 1);
        let unbiased = |mut it: NodeProto| {
            it.input.pop();
            it
        };
        assert_fused(convolved(x, &[], 1, unbiased, &[], &[]), 1);
    }
}

#[test]
fn attributes_that_say_what_is_so_anyway() {
    let told = |it| {
        let it = with_all(it, "kernel_shape", &[1]);
        let it = with_all(it, "strides", &[1]);
        let it = with_all(it, "dilations", &[1]);
        with(with_all(it, "pads", &[0, 0]), "group", 1)
    };
    assert_fused(convolved(&X, &[], 1, told, &[], &[]), 1);
}

#[test]
fn other_convolutions_are_the_engines() {
    assert_fused(convolved(&X, &[], 3, |it| it, &[], &[]), 0);
    let strides = |it| with_all(it, "strides", &[2]);
    assert_fused(convolved(&X, &[], 1, strides, &[], &[]), 0);
    let pads = |it| with_all(it, "pads", &[1, 1]);
    assert_fused(convolved(&X, &[], 1, pads, &[], &[]), 0);
    // Each group's outputs see half of the inputs.
    let groups = |it| with(it, "group", 2);
    assert_fused(convolved(&[2, 2 * INPUTS, 5], &[], 1, groups, &[], &[]), 0);
}

#[test]
fn what_follows_is_fused_too() {
    let silu = [
        node("Sigmoid", &["product"], &["s"]),
        node("Mul", &["product", "s"], &["y"]),
    ];
    assert_followed(&[], &silu, &[], 1);
    let add = node("Add", &["r", "product"], &["y"]);
    assert_followed(&[2, OUTPUTS, 5], std::slice::from_ref(&add), &[], 1);
    let half = node("Mul", &["product", "half"], &["y"]);
    let constant = floats("half", &[1], &[0.5]);
    assert_followed(&[], &[half], &[constant], 1);
}

/// Halves of the columns, which are the second axis, however that is told; halves of the
/// places are the engine's.
#[test]
fn gates_are_of_the_second_axis() {
    let gated = |axis: i64| {
        let half = OUTPUTS as i64 / 2;
        let split = node("Split", &["product", "halves"], &["a", "b"]);
        let nodes = [
            with(split, "axis", axis),
            node("Sigmoid", &["b"], &["s"]),
            node("Mul", &["a", "s"], &["y"]),
        ];
        let constants = [int64("halves", &[half, half])];
        let x = [2, INPUTS, OUTPUTS];
        let mut file = convolved(&x, &[], 1, |it| it, &nodes, &constants);
        assert_fused(file.clone(), 1);
        let graph = file.graph.as_mut().unwrap();
        rewrite(&tract_onnx::onnx(), graph, Extent::All);
        graph.node.len()
    };
    for axis in [1, -2] {
        assert_eq!(gated(axis), 1, "the gate of axis {axis} is fused");
    }
    for axis in [2, -1] {
        assert_eq!(gated(axis), 4, "axis {axis}: the places are split");
    }
}

/// A bias that is added: a number for each output, spread over the places.
#[test]
fn a_bias_apart() {
    let shapes: [&[usize]; 3] = [&[OUTPUTS, 1], &[1, OUTPUTS, 1], &[OUTPUTS, 5]];
    for (shape, count) in shapes.into_iter().zip([1, 1, 4]) {
        let column = floats("column", shape, &numbers(shape, 2.0));
        let nodes = [
            node("Add", &["column", "product"], &["biased"]),
            node("Sigmoid", &["biased"], &["s"]),
            node("Mul", &["biased", "s"], &["y"]),
        ];
        let mut file = convolved(&X, &[], 1, |it| it, &nodes, &[column]);
        let graph = file.graph.as_mut().unwrap();
        graph.node[1].input.pop();
        assert_fused(file.clone(), 1);
        let graph = file.graph.as_mut().unwrap();
        rewrite(&tract_onnx::onnx(), graph, Extent::All);
        assert_eq!(graph.node.len(), count, "a bias of shape {shape:?}");
    }
}

/// As it runs on the page: the length is a symbol when the file is read, and a number in a plan.
#[test]
fn lengths_may_be_symbols() {
    let mut file = convolved(&X, &[], 1, |it| it, &[], &[]);
    let graph = file.graph.as_mut().unwrap();
    graph.input[0] = value_of("x", &[Some(2), Some(INPUTS), None]);
    let framework = operators::framework();
    let typed = |model: InferenceModel| model.into_typed().unwrap();
    let float = typed(framework.model_for_proto_model(&file).unwrap());
    let fused = typed(model(&framework, file).unwrap());
    let symbol = fused.symbols.get("T").unwrap();
    for length in [0, 1, 5, 33] {
        let run = |model: &TypedModel| {
            let symbols = HashMap::from([(symbol.clone(), TDim::from(length as i64))]);
            let plan = model.set_symbols(&symbols).unwrap();
            let plan = plan.into_optimized().unwrap().into_runnable().unwrap();
            let shape = [2, INPUTS, length];
            let x = Tensor::from_shape(&shape, &numbers(&shape, 0.0)).unwrap();
            (*plan.run(tvec![x.into()]).unwrap()[0]).clone()
        };
        let (float, fused) = (run(&float), run(&fused));
        let near = Approximation::Custom(1e-2, 1e-3, 0.0);
        fused.close_enough(&float, near).unwrap();
    }
}

/// A kernel of no places, which no convolution has.
#[test]
fn an_empty_kernel_is_left_alone() {
    let mut file = convolved(&X, &[], 1, |it| it, &[], &[]);
    let graph = file.graph.as_mut().unwrap();
    graph.initializer[0] = int8("q", &[OUTPUTS, INPUTS, 0], &[]);
    assert!(rewrite(&tract_onnx::onnx(), graph, Extent::All).is_empty());
}

/// A row of as many numbers as there are both outputs and places is spread along the places.
#[test]
fn a_row_that_is_added_is_no_bias() {
    let row = floats("row", &[OUTPUTS], &numbers(&[OUTPUTS], 2.0));
    let mut unbiased = convolved(
        &[1, INPUTS, OUTPUTS],
        &[],
        1,
        |it| it,
        &[node("Add", &["product", "row"], &["y"])],
        &[row],
    );
    unbiased.graph.as_mut().unwrap().node[1].input.pop();
    assert_fused(unbiased, 1);
}
