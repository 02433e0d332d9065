//! A model as another exporter might write it.

use prost::Message as _;
use tract_onnx::pb::{ModelProto, NodeProto, TensorProto, tensor_proto::DataType};

/// The model of an ONNX file with each int8 weight times one before anything reads it: the
/// same values, in which our code finds no product of 8-bit integers.
pub fn weights_times_one(onnx: &[u8]) -> Vec<u8> {
    let mut model = ModelProto::decode(onnx).expect("an ONNX file");
    let graph = model.graph.as_mut().expect("a graph");
    let weighs = |node: &NodeProto| node.op_type == "DequantizeLinear";
    let mut nodes = Vec::new();
    for mut node in std::mem::take(&mut graph.node) {
        if !weighs(&node) {
            nodes.push(node);
            continue;
        }
        let weight = node.output[0].clone();
        node.output[0] = format!("{weight}_once");
        let product = NodeProto {
            op_type: "Mul".to_owned(),
            name: format!("{weight}_times_one"),
            input: vec![node.output[0].clone(), "one".to_owned()],
            output: vec![weight],
            ..NodeProto::default()
        };
        nodes.extend([node, product]);
    }
    graph.node = nodes;
    graph.initializer.push(TensorProto {
        name: "one".to_owned(),
        data_type: DataType::Float as i32,
        raw_data: 1.0_f32.to_le_bytes().to_vec(),
        ..TensorProto::default()
    });
    model.encode_to_vec()
}
