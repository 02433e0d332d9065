//! How many multiplications and additions a chunk takes, by kind of layer, from the graph.

use std::collections::BTreeMap;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{Cost, TDim, bail};
use tract_onnx::tract_core::ops::cnn::Conv;
use tract_onnx::tract_core::ops::einsum::EinSum;

/// Kinds of layers whose products are counted; what is done element by element is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A matrix of weights.
    Linear,
    /// Queries by keys, weights by values.
    Attention,
    /// The first of the convolutions that subsample, of one channel.
    FirstConvolution,
    /// The second.
    Convolution,
    /// One kernel a channel.
    Depthwise,
}

impl Kind {
    /// Whether our int8 path multiplies integers there: weights of the file in int8.
    pub fn is_of_integers(self) -> bool {
        matches!(self, Self::Linear | Self::Convolution)
    }
}

/// Operations (two a multiply-add) of one chunk of `feature_frames`, by kind. `onnx` is the
/// graph with f32 weights.
pub fn of_chunk(onnx: &[u8], feature_frames: usize) -> BTreeMap<Kind, f64> {
    count(onnx, feature_frames).expect("a graph that the engine reads")
}

fn count(onnx: &[u8], feature_frames: usize) -> TractResult<BTreeMap<Kind, f64>> {
    let framework = tract_onnx::onnx().with_ignore_value_info(true);
    let model = framework.model_for_read(&mut &*onnx)?.into_typed()?;
    let features = model.node_by_name("features")?.outputs[0].fact.shape[1].clone();
    let TDim::Sym(symbol) = features else {
        bail!("the chunk's length is no symbol");
    };
    let length = TDim::from(feature_frames as i64);
    let model = model
        .set_symbols(&[(symbol, length)].into_iter().collect())?
        .into_decluttered()?;
    let mut operations = BTreeMap::new();
    for node in model.nodes() {
        let inputs = model.node_input_facts(node.id)?;
        let weights = inputs.iter().any(|fact| fact.konst.is_some());
        let kind = if let Some(conv) = node.op_as::<Conv>() {
            let one_channel = inputs[0].shape.get(1) == Some(&1.into());
            match (conv.group, one_channel) {
                (1, true) => Kind::FirstConvolution,
                (1, false) => Kind::Convolution,
                _ => Kind::Depthwise,
            }
        } else if node.op_is::<EinSum>() {
            if weights {
                Kind::Linear
            } else {
                Kind::Attention
            }
        } else {
            continue;
        };
        for (cost, number) in node.op.cost(&inputs)? {
            if matches!(cost, Cost::FMA(_)) {
                *operations.entry(kind).or_default() += 2.0 * number.to_i64()? as f64;
            }
        }
    }
    Ok(operations)
}
