//! The model in 8-bit integers: weights stay int8 from the file to the multiplication.
//!
//! ```text
//! ONNX graph ─ rewrite: patterns ─▶ graph with our operations ─ tract ─▶ plans
//!   MatMul(x, DequantizeLinear(int8)), bias, SiLU, GLU, ½, residual   → Linear
//!   two convolutions, SiLU                                            → Subsampling
//!   LayerNormalization, SiLU                                          → Norm
//!   rotary attention over cached keys and values                      → Attention
//!   depthwise convolution over time                                   → Depthwise
//!   what is left in the caches                                        → Last
//! ```
//!
//! The engine's own float operations, which run the same file, are what all of this is
//! measured against (`tests/model`). What no pattern fits is left to them.

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
use tract_onnx::tract_core::internal::bail;

/// The engine's model of a file's graph, with our operations wherever they fit.
///
/// # Errors
/// What the engine says.
pub fn model(framework: &tract_onnx::Onnx, mut file: ModelProto) -> TractResult<InferenceModel> {
    let Some(graph) = &mut file.graph else {
        bail!("the file has no graph");
    };
    let mut fusions = rewrite::rewrite(framework, graph);
    let mut model = framework.model_for_proto_model(&file)?;
    for node in model.nodes_mut() {
        if let Some(fused) = fusions.remove(&node.name) {
            node.op = ops::Custom::inferred(fused.kernel());
        }
    }
    Ok(model)
}
