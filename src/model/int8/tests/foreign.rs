//! Graphs as other exporters write them: whatever is fused, the values are the engine's.

use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, attribute_proto::AttributeType};
use tract_onnx::prelude::*;

use super::graphs::{
    INPUTS, OUTPUTS, assert_fused, biased, file, floats, int8, int64, node, numbers, outputs,
    scales, value, weights, weights_across, with,
};
use crate::model::int8::model;
use crate::model::int8::rewrite::{self, Extent};
use crate::model::operators;

/// In one order of two inputs and in the other.
fn orders<'a>(first: &'a str, second: &'a str) -> [[&'a str; 2]; 2] {
    [[first, second], [second, first]]
}

#[test]
fn a_product_is_near_the_engines_own() {
    let framework = tract_onnx::onnx();
    let shape = [1, 5, INPUTS];
    let file = biased();
    let float = outputs(framework.model_for_proto_model(&file).unwrap()).1;
    let int8 = outputs(model(&framework, file).unwrap()).1;
    assert_ne!(int8, float, "it was not fused");
    let x = numbers(&shape, 0.0);
    for (at, (int8, float)) in int8.iter().zip(&float).enumerate() {
        let row = &x[at / OUTPUTS * INPUTS..][..INPUTS];
        let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let column = weights().into_iter().skip(at % OUTPUTS).step_by(OUTPUTS);
        let all: f32 = column
            .map(|w| f32::from(w).abs() * scales()[at % OUTPUTS])
            .sum();
        // Each input is off by half of one of 32 767 levels at most; both ways of summing
        // round 33 times.
        let bound = all * largest * (0.51 / 32_767.0 + 2.0 * 33.0 * f32::EPSILON);
        assert!(
            (int8 - float).abs() <= bound,
            "{at}: {int8}, {float}, bound {bound}"
        );
    }
}

#[test]
fn weights_that_are_not_symmetric_are_the_engines() {
    let mut file = file(&[1, 5, INPUTS], &[], &[], &[]);
    file.graph.as_mut().unwrap().initializer[2] = int8("zeros", &[OUTPUTS], &[3; OUTPUTS]);
    assert_fused(file, 0);
}

#[test]
fn one_scale_for_all_outputs() {
    let mut file = file(&[1, 5, INPUTS], &[], &[], &[]);
    let graph = file.graph.as_mut().unwrap();
    graph.initializer[1] = floats("scales", &[], &[0.02]);
    graph.initializer[2] = int8("zeros", &[], &[0]);
    assert_fused(file, 1);
}

#[test]
fn zero_points_may_be_left_out() {
    let mut file = file(&[1, 5, INPUTS], &[], &[], &[]);
    file.graph.as_mut().unwrap().node[0].input.pop();
    assert_fused(file, 1);
}

#[test]
fn a_bias_in_either_order() {
    for frames in [1, 5] {
        for order in orders("product", "bias") {
            let add = node("Add", &order, &["y"]);
            assert_fused(file(&[1, frames, INPUTS], &[], &[add], &[]), 1);
        }
    }
}

/// Any other constant than a value an output, be it an initialiser or a node: the engine adds it.
#[test]
fn other_constants_are_added_as_they_are_shaped() {
    let shapes: [&[usize]; 5] = [
        &[OUTPUTS, 1],
        &[5, OUTPUTS],
        &[1],
        &[1, 1, OUTPUTS],
        &[2, 1, 1, OUTPUTS],
    ];
    for shape in shapes {
        let frames = if shape[0] == OUTPUTS { OUTPUTS } else { 5 };
        let constant = floats("c", shape, &numbers(shape, 2.0));
        for order in orders("product", "c") {
            let x = [1, frames, INPUTS];
            let add = node("Add", &order, &["y"]);
            assert_fused(
                file(
                    &x,
                    &[],
                    std::slice::from_ref(&add),
                    std::slice::from_ref(&constant),
                ),
                1,
            );
            let mut made = node("Constant", &[], &["c"]);
            made.attribute.push(AttributeProto {
                name: "value".to_owned(),
                r#type: AttributeType::Tensor as i32,
                t: Some(constant.clone()),
                ..AttributeProto::default()
            });
            assert_fused(file(&x, &[], &[made, add], &[]), 1);
        }
    }
}

#[test]
fn a_factor_in_either_order_and_of_any_shape() {
    let shapes: [&[usize]; 4] = [&[], &[1], &[1, 1, 1, 1], &[5, 1]];
    for shape in shapes {
        let constant = floats("c", shape, &numbers(shape, 2.0));
        for order in orders("product", "c") {
            let multiply = node("Mul", &order, &["y"]);
            let constants = std::slice::from_ref(&constant);
            assert_fused(file(&[1, 5, INPUTS], &[], &[multiply], constants), 1);
        }
    }
}

#[test]
fn a_residual_in_either_order() {
    for order in orders("r", "product") {
        let add = node("Add", &order, &["y"]);
        assert_fused(file(&[1, 5, INPUTS], &[1, 5, OUTPUTS], &[add], &[]), 1);
    }
}

/// What is spread over the product's rows, or spreads the product, is no residual, which is
/// seen when shapes are known: the product stays ours, and adding is the engine's.
#[test]
fn a_residual_of_another_shape_is_the_engines() {
    let shapes: [&[usize]; 5] = [
        &[OUTPUTS],
        &[1, 1, OUTPUTS],
        &[1, 5, 1],
        &[3, 5, OUTPUTS],
        &[1, 1, 5, OUTPUTS],
    ];
    for r in shapes {
        for order in orders("r", "product") {
            let add = node("Add", &order, &["y"]);
            assert_fused(file(&[1, 5, INPUTS], r, &[add], &[]), 1);
        }
    }
}

#[test]
fn activations_in_either_order() {
    for order in orders("product", "s") {
        let sigmoid = node("Sigmoid", &["product"], &["s"]);
        let multiply = node("Mul", &order, &["y"]);
        assert_fused(file(&[1, 5, INPUTS], &[], &[sigmoid, multiply], &[]), 1);
    }
    for order in orders("a", "s") {
        assert_fused(gated(&[1, 5, INPUTS], 2, &order), 1);
        assert_fused(gated(&[1, 5, INPUTS], -1, &order), 1);
        assert_fused(gated(&[2, 2, 5, INPUTS], 3, &order), 1);
    }
}

/// `a · sigmoid(b)` of the halves of a product along an axis.
fn gated(x: &[usize], axis: i64, order: &[&str; 2]) -> ModelProto {
    let nodes = [
        with(
            node("Split", &["product", "halves"], &["a", "b"]),
            "axis",
            axis,
        ),
        node("Sigmoid", &["b"], &["s"]),
        node("Mul", order, &["y"]),
    ];
    let half = OUTPUTS as i64 / 2;
    file(x, &[], &nodes, &[int64("halves", &[half, half])])
}

#[test]
fn halves_along_another_axis_are_the_engines() {
    // The product is ours all the same.
    assert_fused(gated(&[2, 2, OUTPUTS, INPUTS], 2, &["a", "s"]), 1);
    assert_fused(gated(&[1, OUTPUTS, INPUTS], 1, &["a", "s"]), 1);
}

#[test]
fn general_products() {
    for (across, bias) in [(false, true), (false, false), (true, true), (true, false)] {
        let inputs: &[&str] = if bias {
            &["x", "w", "bias"]
        } else {
            &["x", "w"]
        };
        let gemm = |alpha: f32| {
            let mut file = file(&[5, INPUTS], &[], &[], &[]);
            let graph = file.graph.as_mut().unwrap();
            let mut gemm = with(node("Gemm", inputs, &["product"]), "transB", across.into());
            gemm.attribute.push(AttributeProto {
                name: "alpha".to_owned(),
                r#type: AttributeType::Float as i32,
                f: alpha,
                ..AttributeProto::default()
            });
            graph.node[1] = gemm;
            if across {
                graph.initializer[0] = int8("q", &[OUTPUTS, INPUTS], &weights_across());
                graph.node[0].attribute[0].i = 0;
            }
            file
        };
        assert_fused(gemm(1.0), 1);
        assert_fused(gemm(0.5), 0);
    }
}

/// One sum that is no residual, as it turns out, and the other products are still ours.
#[test]
fn one_misfit_leaves_the_rest() {
    let nodes = [
        node("Add", &["r", "product"], &["spread"]),
        node("MatMul", &["x", "w"], &["other"]),
        node("Add", &["other", "bias"], &["biased"]),
        node("Add", &["spread", "biased"], &["y"]),
    ];
    assert_fused(file(&[1, 5, INPUTS], &[1, 1, OUTPUTS], &nodes, &[]), 2);
}

/// Inputs that are left out where none may be: no panic, and an error where the engine's own has one.
#[test]
fn inputs_without_names() {
    let framework = operators::framework();
    let nodes = [
        node("Add", &["r", "product"], &["sum"]),
        node("LayerNormalization", &["sum", "bias", "bias"], &["y"]),
    ];
    let whole = file(&[1, 5, INPUTS], &[1, 5, OUTPUTS], &nodes, &[]);
    assert_fused(whole.clone(), 2);
    for (node, input) in [(1, 0), (2, 0), (2, 1), (3, 0)] {
        let mut file = whole.clone();
        file.graph.as_mut().unwrap().node[node].input[input].clear();
        let float = framework.model_for_proto_model(&file);
        let float = float.and_then(InferenceModel::into_typed);
        let fused = model(&framework, file).and_then(InferenceModel::into_typed);
        let which = format!("node {node} without its input {input}");
        assert_eq!(fused.is_err(), float.is_err(), "{which}");
    }
}

/// A node that bears the name of a value which another one makes.
#[test]
fn names_of_nodes_may_be_those_of_values() {
    let mut file = biased();
    let graph = file.graph.as_mut().unwrap();
    let mut square = node("Mul", &["x", "x"], &["x2"]);
    square.name = "y".to_owned();
    graph.node.insert(0, square);
    graph.node[2].input[0] = "x2".to_owned();
    assert_fused(file, 1);
}

#[test]
fn graphs_with_graphs_in_them_are_the_engines() {
    let mut file = biased();
    let graph = file.graph.as_mut().unwrap();
    let framework = tract_onnx::onnx();
    assert_eq!(
        rewrite::rewrite(&framework, &mut graph.clone(), Extent::All).len(),
        1
    );
    let inner = GraphProto {
        output: vec![value("product", &[1, 5, OUTPUTS])],
        ..GraphProto::default()
    };
    let mut branch = node("If", &["condition"], &["z"]);
    branch.attribute.push(AttributeProto {
        name: "then_branch".to_owned(),
        r#type: AttributeType::Graph as i32,
        g: Some(inner),
        ..AttributeProto::default()
    });
    graph.node.push(branch);
    let before = graph.node.clone();
    assert!(rewrite::rewrite(&framework, graph, Extent::All).is_empty());
    assert_eq!(graph.node, before);
}

/// A file with a node that lacks what it needs is an error, with our operations as without.
#[test]
fn broken_files_are_errors() {
    let framework = tract_onnx::onnx();
    let nodes = [
        node("Add", &["bias", "product"], &["biased"]),
        node("Sigmoid", &["biased"], &["s"]),
        node("Mul", &["biased", "s"], &["active"]),
        node("Add", &["active", "r"], &["y"]),
    ];
    let whole = file(&[1, 5, INPUTS], &[1, 5, OUTPUTS], &nodes, &[]);
    assert_fused(whole.clone(), 1);
    let count = whole.graph.as_ref().unwrap().node.len();
    let loaded = |file: ModelProto| model(&framework, file).and_then(InferenceModel::into_typed);
    for at in 0..count {
        let mut file = whole.clone();
        file.graph.as_mut().unwrap().node[at].input.clear();
        assert!(loaded(file).is_err(), "node {at} without inputs");
        // The engine panics where the graph's output is made by no node.
        if at + 1 < count {
            let mut file = whole.clone();
            file.graph.as_mut().unwrap().node[at].output.clear();
            assert!(loaded(file).is_err(), "node {at} without outputs");
        }
    }
}
