//! The model in 8-bit integers: weights stay int8 from the file to the multiplication.
//!
//! ```text
//! ONNX graph ─ rewrite: patterns ─▶ graph with our operations ─ tract ─▶ plans
//!   MatMul, Gemm or 1 × 1 Conv(x, DequantizeLinear(int8)), bias, SiLU, GLU, ½, residual → Linear
//!   two convolutions, SiLU                                            → Subsampling
//!   LayerNormalization, SiLU                                          → Norm
//!   rotary attention over cached keys and values                      → Attention
//!   depthwise convolution over time                                   → Depthwise
//!   what is left in the caches                                        → Last
//! ```
//!
//! The engine's own float operations, which run the same file, are what all of this is
//! measured against (`tests/model`). What no pattern fits is left to them, and all but the plain
//! products of a graph whose shapes turn out to be others than a pattern took them for.

#![allow(
    clippy::inline_always,
    reason = "into functions compiled for the machine's vectors, and loops that vectorise"
)]

mod ops;
mod product;
mod rewrite;
#[cfg(test)]
pub mod tests;

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{bail, ensure};

use rewrite::Extent;

/// The engine's model of a file's graph, with our operations wherever they fit.
///
/// # Errors
/// What the engine says of the graph as it is in the file.
pub fn model(framework: &tract_onnx::Onnx, mut file: ModelProto) -> TractResult<InferenceModel> {
    for extent in [Extent::All, Extent::Certain] {
        let Some(graph) = &mut file.graph else {
            bail!("the file has no graph");
        };
        let nodes = graph.node.clone();
        let fusions = rewrite::rewrite(framework, graph, extent);
        let unread = rewrite::take_unread(graph);
        if let Ok(model) = fused(framework, &file, fusions) {
            return Ok(model);
        }
        if let Some(graph) = &mut file.graph {
            graph.node = nodes;
            graph.initializer.extend(unread);
        }
    }
    framework.model_for_proto_model(&file)
}

/// How many products of a model are of 8-bit integers.
pub fn products(model: &InferenceModel) -> usize {
    let kinds = [ops::LINEAR, ops::SUBSAMPLING];
    let nodes = model.nodes().iter();
    nodes
        .filter(|node| kinds.contains(&&*node.op.name()))
        .count()
}

/// The engine's model of a rewritten graph, if all shapes fit.
fn fused(
    framework: &tract_onnx::Onnx,
    file: &ModelProto,
    mut fusions: rewrite::Fusions,
) -> TractResult<InferenceModel> {
    let mut model = framework.model_for_proto_model(file)?;
    for node in 0..model.nodes().len() {
        // By the name of its value, which no other has; names of nodes may be anything.
        let value = model.outlet_label(OutletId::new(node, 0));
        if let Some(fused) = value.and_then(|value| fusions.remove(value)) {
            model.node_mut(node).op = ops::Custom::inferred(fused.kernel());
        }
    }
    ensure!(fusions.is_empty(), "a fused value is made elsewhere too");
    // Patterns see no shapes but those of constants and inputs; here all are found.
    model.analyse(false)?;
    Ok(model)
}
