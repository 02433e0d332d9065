//! The shipped graph in the forms that other runtimes take, from the very bytes of the shipped
//! file: its weights are int8 through `DequantizeLinear`, which tract folds and they do not.
//!
//! - [`float`]: the dequantised weights as f32 initialisers, no quantisation node left;
//! - [`dynamic_int8`]: what `onnxruntime.quantization.quantize_dynamic` writes for `MatMul` by
//!   channel: `DynamicQuantizeLinear` over the activations (one scale a tensor), `MatMulInteger`,
//!   `Cast`, `Mul` by both scales. Both peers fuse these. Convolutions stay f32, as its
//!   documentation advises.

use std::collections::{HashMap, HashSet};

use prost::Message as _;

use super::onnx_file::{Attribute, FLOAT, Graph, INT, Model, Node, Tensor};

/// int8 weights with the scale of each slice along `axis`.
#[derive(Clone)]
struct Quantised {
    /// Names of the three initialisers.
    values: String,
    scale: String,
    zero: String,
    axis: usize,
}

/// The graph with f32 weights.
pub fn float(onnx: &[u8]) -> Vec<u8> {
    rewrite(onnx, |_, _| None)
}

/// The graph with int8 matrix products.
pub fn dynamic_int8(onnx: &[u8]) -> Vec<u8> {
    // One quantisation serves all products of one input.
    let mut quantised = HashSet::new();
    rewrite(onnx, move |node, weight| {
        (node.op_type == "MatMul").then(|| integer_product(node, weight, &mut quantised))
    })
}

/// Replaces each node that has quantised weights by what `replace` makes of it, and
/// dequantises the weights of those it leaves alone.
fn rewrite(
    onnx: &[u8],
    mut replace: impl FnMut(&Node, &Quantised) -> Option<Vec<Node>>,
) -> Vec<u8> {
    let mut model = Model::decode(onnx).expect("an ONNX file");
    let graph = model.graph.as_mut().expect("a graph");
    let weights = quantised_weights(graph);
    let mut nodes = Vec::new();
    let mut kept = Vec::new();
    for node in graph.node.drain(..) {
        if weights.contains_key(node.output[0].as_str()) {
            continue;
        }
        let weight = node.input.iter().find_map(|input| weights.get(input));
        if let Some(instead) = weight.and_then(|weight| replace(&node, weight)) {
            nodes.extend(instead);
        } else {
            let quantised = node.input.iter().filter(|name| weights.contains_key(*name));
            kept.extend(quantised.cloned());
            nodes.push(node);
        }
    }
    graph.node = nodes;
    kept.sort_unstable();
    kept.dedup();
    let floats: Vec<Tensor> = kept
        .iter()
        .map(|name| dequantised(graph, name, &weights[name]))
        .collect();
    graph.initializer.extend(floats);
    drop_unused(graph);
    model.encode_to_vec()
}

/// By the name of the f32 weights.
fn quantised_weights(graph: &Graph) -> HashMap<String, Quantised> {
    let dequantisers = graph
        .node
        .iter()
        .filter(|node| node.op_type == "DequantizeLinear");
    dequantisers
        .map(|node| {
            let axis = node
                .attribute
                .iter()
                .find(|attribute| attribute.name == "axis");
            let [values, scale, zero] = node.input.clone().try_into().expect("three inputs");
            let axis = axis.map_or(1, |axis| axis.i.unwrap_or_default() as usize);
            (
                node.output[0].clone(),
                Quantised {
                    values,
                    scale,
                    zero,
                    axis,
                },
            )
        })
        .collect()
}

/// `x · W` in integers. W has a scale a column; its zero points are all zero, and are named
/// because rten fuses no product without them.
fn integer_product(node: &Node, weight: &Quantised, quantised: &mut HashSet<String>) -> Vec<Node> {
    let (x, y) = (&node.input[0], &node.output[0]);
    let part = |name: &str| format!("{x}.{name}");
    let (values, scale, zero) = (part("quantised"), part("scale"), part("zero"));
    let mut nodes = Vec::new();
    if quantised.insert(x.clone()) {
        nodes.push(operator(
            "DynamicQuantizeLinear",
            &[x],
            &[&values, &scale, &zero],
        ));
    }
    let [sums, floats, scales] = ["sums", "floats", "scales"].map(|part| format!("{y}.{part}"));
    let mut cast = operator("Cast", &[&sums], &[&floats]);
    cast.attribute.push(Attribute {
        name: "to".to_owned(),
        kind: INT,
        i: Some(i64::from(FLOAT)),
        ..Attribute::default()
    });
    nodes.extend([
        operator(
            "MatMulInteger",
            &[&values, &weight.values, &zero, &weight.zero],
            &[&sums],
        ),
        operator("Mul", &[&scale, &weight.scale], &[&scales]),
        cast,
        operator("Mul", &[&floats, &scales], &[y]),
    ]);
    nodes
}

fn operator(kind: &str, inputs: &[&String], outputs: &[&String]) -> Node {
    Node {
        op_type: kind.to_owned(),
        name: format!("n_{}", outputs[0]),
        input: inputs.iter().map(|name| (*name).clone()).collect(),
        output: outputs.iter().map(|name| (*name).clone()).collect(),
        ..Node::default()
    }
}

/// Value × scale of its slice; zero points are zero (`models/training/graph.py`).
fn dequantised(graph: &Graph, name: &str, weight: &Quantised) -> Tensor {
    let find = |name: &str| graph.initializer.iter().find(|tensor| tensor.name == name);
    let values = find(&weight.values).expect("the weights");
    let scales: Vec<f32> = find(&weight.scale)
        .expect("their scales")
        .raw_data
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    let zeros = &find(&weight.zero).expect("their zero points").raw_data;
    assert!(
        zeros.iter().all(|zero| *zero == 0),
        "{name} is not symmetric"
    );
    let inner: i64 = values.dims[weight.axis + 1..].iter().product();
    let float = |(index, byte): (usize, &u8)| {
        let slice = index / inner as usize % scales.len();
        (f32::from(byte.cast_signed()) * scales[slice]).to_le_bytes()
    };
    Tensor {
        name: name.to_owned(),
        dims: values.dims.clone(),
        data_type: FLOAT,
        raw_data: values.raw_data.iter().enumerate().flat_map(float).collect(),
    }
}

fn drop_unused(graph: &mut Graph) {
    let used: HashSet<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
    graph
        .initializer
        .retain(|tensor| used.contains(&tensor.name));
}
