//! Graphs with our operations against the same graphs run by the engine's own.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto, tensor_proto, tensor_shape_proto,
    type_proto,
};
use tract_onnx::prelude::*;

use super::{model, rewrite};

/// How many nodes of each kind are in the shipped model's graph after the rewriting.
#[test]
fn the_shipped_graph_is_fused() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/base.int8.onnx");
    let framework = tract_onnx::onnx();
    let mut file = framework.proto_model_for_path(path).unwrap();
    let graph = file.graph.as_mut().unwrap();
    let fusions = rewrite::rewrite(&framework, graph);
    let mut kinds = BTreeMap::new();
    for node in &graph.node {
        let kind = fusions
            .get(&node.output[0])
            .map(|fused| fused.clone().kernel().name());
        *kinds.entry(kind.unwrap_or(&node.op_type)).or_insert(0) += 1;
    }
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    // Eight blocks, each with 2 × 2 products of feed-forward layers, 4 of attention, 2 of
    // convolution; the subsampling's, the middle's two, the head's.
    assert_eq!(count("Linear"), 8 * 10 + 4, "{kinds:?}");
    assert_eq!(count("Norm"), 8 * 6, "{kinds:?}");
    assert_eq!(
        (count("Attention"), count("Depthwise"), count("Last")),
        (8, 8, 3),
        "{kinds:?}"
    );
    assert_eq!(count("Subsampling"), 1, "{kinds:?}");
    for kind in [
        "MatMul",
        "DequantizeLinear",
        "Conv",
        "Sigmoid",
        "LayerNormalization",
    ] {
        assert_eq!(count(kind), 0, "{kinds:?}");
    }
    // The middle's.
    assert_eq!(count("Softmax"), 1, "{kinds:?}");
}

/// The shipped graph with nodes that lack their inputs or their outputs, which only a broken file has.
#[test]
fn broken_nodes_are_left_alone() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/base.int8.onnx");
    let framework = tract_onnx::onnx();
    let file = framework.proto_model_for_path(path).unwrap();
    let whole = file.graph.unwrap();
    let all = rewrite::rewrite(&framework, &mut whole.clone()).len();
    // Prime to the number of nodes in a block, so that each of its places comes up.
    for at in (0..whole.node.len()).step_by(13) {
        let mut graph = whole.clone();
        graph.node[at].input.clear();
        assert!(rewrite::rewrite(&framework, &mut graph).len() <= all);
        let mut graph = whole.clone();
        graph.node[at].output.clear();
        assert!(rewrite::rewrite(&framework, &mut graph).len() <= all);
    }
}

pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: tensor_proto::DataType::Float as i32,
        raw_data: values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        ..TensorProto::default()
    }
}

pub fn integers(name: &str, dims: &[i64], values: &[i8]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: tensor_proto::DataType::Int8 as i32,
        raw_data: values.iter().map(|value| value.cast_unsigned()).collect(),
        ..TensorProto::default()
    }
}

pub fn node(kind: &str, input: &[&str], output: &str) -> NodeProto {
    NodeProto {
        op_type: kind.to_owned(),
        name: format!("n_{output}"),
        input: input.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        ..NodeProto::default()
    }
}

pub fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let dimension = |extent: &i64| Dimension {
        value: Some(Value::DimValue(*extent)),
        ..Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: tensor_proto::DataType::Float as i32,
        shape: Some(TensorShapeProto {
            dim: dims.iter().map(dimension).collect(),
        }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

const INPUTS: usize = 33;
const OUTPUTS: usize = 13;

fn weights() -> Vec<i8> {
    (0..INPUTS * OUTPUTS)
        .map(|at| ((at * 89 + 7) % 255) as u8 as i8)
        .map(|w| w.max(-127))
        .collect()
}

fn scales() -> Vec<f32> {
    (0..OUTPUTS).map(|n| 0.01 + n as f32 / 1000.0).collect()
}

/// `x W + bias` as an exporter writes it, with these zero points.
fn file(zeros: &[i8]) -> ModelProto {
    let mut dequantise = node("DequantizeLinear", &["q", "scales", "zeros"], "w");
    dequantise.attribute.push(AttributeProto {
        name: "axis".to_owned(),
        r#type: attribute_proto::AttributeType::Int as i32,
        i: 1,
        ..AttributeProto::default()
    });
    let (inputs, outputs) = (INPUTS as i64, OUTPUTS as i64);
    let bias: Vec<f32> = (0..OUTPUTS).map(|n| n as f32 - 6.0).collect();
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            version: 17,
            ..OperatorSetIdProto::default()
        }],
        graph: Some(GraphProto {
            node: vec![
                dequantise,
                node("MatMul", &["x", "w"], "product"),
                node("Add", &["product", "bias"], "y"),
            ],
            initializer: vec![
                integers("q", &[inputs, outputs], &weights()),
                floats("scales", &[outputs], &scales()),
                integers("zeros", &[outputs], zeros),
                floats("bias", &[outputs], &bias),
            ],
            input: vec![value("x", &[1, 5, inputs])],
            output: vec![value("y", &[1, 5, outputs])],
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    }
}

fn outputs(model: InferenceModel, x: &Tensor) -> Vec<f32> {
    let plan = model
        .into_typed()
        .unwrap()
        .into_optimized()
        .unwrap()
        .into_runnable()
        .unwrap();
    let outputs = plan.run(tvec!(x.clone().into())).unwrap();
    let plain = outputs[0].try_as_plain_ram().unwrap();
    plain.as_slice::<f32>().unwrap().to_vec()
}

#[test]
fn a_product_is_near_the_engines_own() {
    let framework = tract_onnx::onnx();
    let file = file(&[0; OUTPUTS]);
    let x: Vec<f32> = (0..5 * INPUTS)
        .map(|at| (at as f32 * 1.7).sin() * 3.0)
        .collect();
    let input = Tensor::from_shape(&[1, 5, INPUTS], &x).unwrap();
    let float = outputs(framework.model_for_proto_model(&file).unwrap(), &input);
    let int8 = outputs(model(&framework, file).unwrap(), &input);
    assert_ne!(int8, float, "it was not fused");
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
    let framework = tract_onnx::onnx();
    let file = file(&[3; OUTPUTS]);
    let x = Tensor::from_shape(&[1, 5, INPUTS], &[0.5_f32; 5 * INPUTS]).unwrap();
    let float = outputs(framework.model_for_proto_model(&file).unwrap(), &x);
    assert_eq!(outputs(model(&framework, file).unwrap(), &x), float);
}
