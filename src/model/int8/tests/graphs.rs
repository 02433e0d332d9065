//! Small graphs, and how they run.

use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType, tensor_proto,
    tensor_shape_proto, type_proto,
};
use tract_onnx::prelude::*;

use super::ours;
use crate::model::int8::model;

fn tensor(name: &str, kind: tensor_proto::DataType, dims: &[usize], bytes: Vec<u8>) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.iter().map(|extent| *extent as i64).collect(),
        data_type: kind as i32,
        raw_data: bytes,
        ..TensorProto::default()
    }
}

pub fn floats(name: &str, dims: &[usize], values: &[f32]) -> TensorProto {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    tensor(name, tensor_proto::DataType::Float, dims, bytes.collect())
}

pub fn int8(name: &str, dims: &[usize], values: &[i8]) -> TensorProto {
    let bytes = values.iter().map(|value| value.cast_unsigned());
    tensor(name, tensor_proto::DataType::Int8, dims, bytes.collect())
}

pub fn int64(name: &str, values: &[i64]) -> TensorProto {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    let kind = tensor_proto::DataType::Int64;
    tensor(name, kind, &[values.len()], bytes.collect())
}

pub fn node(kind: &str, input: &[&str], output: &[&str]) -> NodeProto {
    NodeProto {
        op_type: kind.to_owned(),
        name: format!("n_{}", output[0]),
        input: input.iter().map(|name| (*name).to_owned()).collect(),
        output: output.iter().map(|name| (*name).to_owned()).collect(),
        ..NodeProto::default()
    }
}

/// The node with an attribute more, an integer.
pub fn with(mut node: NodeProto, name: &str, value: i64) -> NodeProto {
    node.attribute.push(AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..AttributeProto::default()
    });
    node
}

/// The node with an attribute more, integers.
pub fn with_all(mut node: NodeProto, name: &str, values: &[i64]) -> NodeProto {
    node.attribute.push(AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..AttributeProto::default()
    });
    node
}

pub fn value(name: &str, dims: &[usize]) -> ValueInfoProto {
    let dims: Vec<Option<usize>> = dims.iter().copied().map(Some).collect();
    value_of(name, &dims)
}

/// [`value`] with the symbol T wherever an extent is `None`.
pub fn value_of(name: &str, dims: &[Option<usize>]) -> ValueInfoProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let dimension = |extent: &Option<usize>| Dimension {
        value: Some(match extent {
            Some(extent) => Value::DimValue(*extent as i64),
            None => Value::DimParam("T".to_owned()),
        }),
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

pub const INPUTS: usize = 33;
pub const OUTPUTS: usize = 14;

pub fn weights() -> Vec<i8> {
    (0..INPUTS * OUTPUTS)
        .map(|at| ((at * 89 + 7) % 255) as u8 as i8)
        .map(|w| w.max(-127))
        .collect()
}

/// The same `[OUTPUTS, INPUTS]`.
pub fn weights_across() -> Vec<i8> {
    (0..INPUTS * OUTPUTS)
        .map(|at| weights()[at % INPUTS * OUTPUTS + at / INPUTS])
        .collect()
}

pub fn scales() -> Vec<f32> {
    (0..OUTPUTS).map(|n| 0.01 + n as f32 / 1000.0).collect()
}

/// Numbers for a tensor of this shape.
pub fn numbers(shape: &[usize], seed: f32) -> Vec<f32> {
    let count = shape.iter().product();
    (0..count)
        .map(|at: usize| (at as f32 * 1.7 + seed).sin() * 3.0)
        .collect()
}

/// A file with the product of an input `x` and dequantised weights, `product`, then these
/// nodes, the last of which makes the output; with an input more, `r`, if it has a shape.
pub fn file(
    x: &[usize],
    r: &[usize],
    nodes: &[NodeProto],
    constants: &[TensorProto],
) -> ModelProto {
    let dequantise = node("DequantizeLinear", &["q", "scales", "zeros"], &["w"]);
    let mut graph = GraphProto {
        node: vec![
            with(dequantise, "axis", 1),
            node("MatMul", &["x", "w"], &["product"]),
        ],
        initializer: vec![
            int8("q", &[INPUTS, OUTPUTS], &weights()),
            floats("scales", &[OUTPUTS], &scales()),
            int8("zeros", &[OUTPUTS], &[0; OUTPUTS]),
            floats("bias", &[OUTPUTS], &numbers(&[OUTPUTS], 5.0)),
        ],
        input: vec![value("x", x)],
        ..GraphProto::default()
    };
    if !r.is_empty() {
        graph.input.push(value("r", r));
    }
    graph.node.extend_from_slice(nodes);
    graph.initializer.extend_from_slice(constants);
    graph.output.push(ValueInfoProto {
        name: graph.node[graph.node.len() - 1].output[0].clone(),
        ..ValueInfoProto::default()
    });
    file_of(graph)
}

/// A file with a graph.
pub fn file_of(graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            version: 17,
            ..OperatorSetIdProto::default()
        }],
        graph: Some(graph),
        ..ModelProto::default()
    }
}

/// The product and a bias added to it.
pub fn biased() -> ModelProto {
    file(
        &[1, 5, INPUTS],
        &[],
        &[node("Add", &["product", "bias"], &["y"])],
        &[],
    )
}

pub fn outputs(model: InferenceModel) -> (Vec<usize>, Vec<f32>) {
    let model = model.into_typed().unwrap();
    let input = |index: usize| {
        let shape = model
            .input_fact(index)
            .unwrap()
            .shape
            .as_concrete()
            .unwrap()
            .to_vec();
        let values = numbers(&shape, index as f32);
        Tensor::from_shape(&shape, &values).unwrap().into()
    };
    let inputs: TVec<TValue> = (0..model.inputs.len()).map(input).collect();
    let plan = model.into_optimized().unwrap().into_runnable().unwrap();
    let outputs = plan.run(inputs).unwrap();
    let output = outputs[0].try_as_plain_ram().unwrap();
    let values = output.as_slice::<f32>().unwrap().to_vec();
    (outputs[0].shape().to_vec(), values)
}

/// That a file gives what the engine alone makes of it, with so many operations of ours.
#[track_caller]
pub fn assert_fused(file: ModelProto, count: usize) {
    let framework = tract_onnx::onnx();
    let (shape, float) = outputs(framework.model_for_proto_model(&file).unwrap());
    let fused = model(&framework, file).unwrap();
    assert_eq!(ours(&fused), count, "operations of ours");
    let (found, int8) = outputs(fused);
    assert_eq!(found, shape);
    let largest = float
        .iter()
        .fold(0.0_f32, |largest, y| largest.max(y.abs()));
    for (at, (int8, float)) in int8.iter().zip(&float).enumerate() {
        assert!(
            (int8 - float).abs() <= largest * 1e-3,
            "{at}: {int8} and not {float}"
        );
    }
}
