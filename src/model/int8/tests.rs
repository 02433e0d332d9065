//! Graphs with our operations against the same graphs run by the engine's own.
#![allow(clippy::unwrap_used)]

mod foreign;
pub mod graphs;
mod pointwise;

use std::collections::BTreeMap;
use std::sync::Arc;

use tract_onnx::prelude::*;

use super::rewrite::{self, Extent};
use super::{model, products};

/// How many nodes of each kind are in the shipped model's graph after the rewriting.
#[test]
fn the_shipped_graph_is_fused() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/base.int8.onnx");
    let framework = tract_onnx::onnx();
    let mut file = framework.proto_model_for_path(path).unwrap();
    let graph = file.graph.as_mut().unwrap();
    let fusions = rewrite::rewrite(&framework, graph, Extent::All);
    let mut kinds = BTreeMap::new();
    for node in &graph.node {
        let kind = fusions
            .get(&node.output[0])
            .map(|fused| fused.clone().kernel().name());
        *kinds.entry(kind.unwrap_or(&node.op_type)).or_insert(0) += 1;
    }
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    // Twelve blocks, each with 2 × 2 products of feed-forward layers, 4 of attention, 2 of
    // convolution; the subsampling's, the middle's two, the head's.
    assert_eq!(count("Linear"), 12 * 10 + 4, "{kinds:?}");
    assert_eq!(count("Norm"), 12 * 6, "{kinds:?}");
    assert_eq!(
        (count("Attention"), count("Depthwise"), count("Last")),
        (12, 12, 3),
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
    // And all shapes fit, so that it is loaded like this.
    let file = framework.proto_model_for_path(path).unwrap();
    let fused = model(&framework, file).unwrap();
    assert_eq!(ours(&fused), fusions.len());
    // The subsampling's second convolution is one too.
    assert_eq!(products(&fused), count("Linear") + 1);
}

/// The shipped graph with nodes that lack their inputs or their outputs, which only a broken file has.
#[test]
fn broken_nodes_are_left_alone() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/base.int8.onnx");
    let framework = tract_onnx::onnx();
    let file = framework.proto_model_for_path(path).unwrap();
    let whole = file.graph.unwrap();
    let outputs: Vec<&String> = whole.output.iter().map(|it| &it.name).collect();
    // Prime to the number of nodes in a block, so that each of its places comes up.
    for at in (0..whole.node.len()).step_by(13) {
        let broken = &whole.node[at];
        let mut graph = whole.clone();
        graph.node[at].input.clear();
        rewrite::rewrite(&framework, &mut graph, Extent::All);
        let kept = graph.node.iter().any(|node| {
            node.input.is_empty() && node.output == broken.output && node.op_type == broken.op_type
        });
        assert!(kept, "{} has lost its inputs and is fused", broken.name);
        let mut graph = whole.clone();
        graph.node[at].output.clear();
        rewrite::rewrite(&framework, &mut graph, Extent::All);
        let mut read = graph.node.iter().flat_map(|node| &node.input);
        let missed = read.any(|it| broken.output.contains(it));
        let missed = missed || outputs.iter().any(|it| broken.output.contains(it));
        assert!(missed, "{} has lost its outputs and is fused", broken.name);
    }
}

/// Every attention turns by the same angles, of which there is one table.
#[test]
fn blocks_share_a_table_of_rotations() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/base.int8.onnx");
    let framework = tract_onnx::onnx();
    let mut graph = framework.proto_model_for_path(path).unwrap().graph.unwrap();
    let fusions = rewrite::rewrite(&framework, &mut graph, Extent::All);
    let tables = fusions.values().filter_map(|fused| match fused {
        rewrite::Fused::Attention(attention) => Some(Arc::as_ptr(&attention.rotary)),
        _ => None,
    });
    let tables: Vec<_> = tables.collect();
    assert_eq!(tables.len(), 12);
    assert!(tables.iter().all(|table| *table == tables[0]));
}

/// How many nodes run by an operation of ours.
fn ours(model: &InferenceModel) -> usize {
    let kinds = [
        "Linear",
        "Norm",
        "Attention",
        "Depthwise",
        "Last",
        "Subsampling",
    ];
    let nodes = model.nodes().iter();
    nodes
        .filter(|node| kinds.contains(&&*node.op.name()))
        .count()
}
