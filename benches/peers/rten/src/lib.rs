//! rten in WebAssembly, as a streaming recogniser would use it: the caches stay in its memory,
//! each chunk's new caches are the next one's.

use rten::{Model, ModelOptions, NodeId, Value};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// A model and what its chunks so far left to the next.
#[wasm_bindgen]
pub struct Peer {
    model: Model,
    features: NodeId,
    left_len: NodeId,
    log_probs: NodeId,
    caches: Vec<Cache>,
    left: i32,
    most_left: i32,
}

struct Cache {
    input: NodeId,
    output: NodeId,
    value: Value,
}

#[wasm_bindgen]
impl Peer {
    /// Parses an ONNX file. Weights are packed once, which rten leaves to its user.
    /// `caches` are names; each has the output `<name>_next`.
    #[wasm_bindgen(constructor)]
    pub fn new(onnx: Vec<u8>, caches: Vec<String>, most_left: i32) -> Result<Peer, String> {
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = options.load(onnx).map_err(words)?;
        let node = |name: &str| model.node_id(name).map_err(words);
        let (features, left_len, log_probs) =
            (node("features")?, node("left_len")?, node("log_probs")?);
        let caches: Result<_, String> = caches
            .iter()
            .map(|name| {
                let input = node(name)?;
                let value = zeros(&model, input)?;
                let output = node(&format!("{name}_next"))?;
                Ok(Cache {
                    input,
                    output,
                    value,
                })
            })
            .collect();
        Ok(Self {
            features,
            left_len,
            log_probs,
            caches: caches?,
            left: 0,
            most_left,
            model,
        })
    }

    /// Empty caches, as before a take.
    pub fn start(&mut self) -> Result<(), String> {
        self.left = 0;
        for cache in &mut self.caches {
            cache.value = zeros(&self.model, cache.input)?;
        }
        Ok(())
    }

    /// One chunk: features `[frames, n_mels]`, row-major; the log-probs of its rows.
    /// `encoder_frames` is what it adds to the caches.
    pub fn run(
        &mut self,
        features: &[f32],
        n_mels: usize,
        encoder_frames: i32,
    ) -> Result<Vec<f32>, String> {
        let frames = features.len() / n_mels;
        let chunk = Tensor::from_data(&[1, frames, n_mels], features.to_vec());
        let left = Tensor::from_data(&[1], vec![self.left]);
        let mut inputs: Vec<_> = vec![(self.features, chunk.into()), (self.left_len, left.into())];
        let outputs: Vec<NodeId> = std::iter::once(self.log_probs)
            .chain(self.caches.iter().map(|c| c.output))
            .collect();
        inputs.extend(
            self.caches
                .iter()
                .map(|c| (c.input, c.value.as_view().into())),
        );
        let mut results = self
            .model
            .run(inputs, &outputs, None)
            .map_err(words)?
            .into_iter();
        let rows = results.next().ok_or("no log-probs came out")?;
        for (cache, value) in self.caches.iter_mut().zip(results) {
            cache.value = value;
        }
        self.left = self.most_left.min(self.left + encoder_frames);
        let rows: Tensor<f32> = rows.try_into().map_err(words)?;
        Ok(rows.to_vec())
    }
}

fn zeros(model: &Model, input: NodeId) -> Result<Value, String> {
    let shape = model.node_info(input).and_then(|info| info.shape());
    let extents = shape.ok_or("a cache has no shape")?;
    let extents: Option<Vec<usize>> = extents
        .iter()
        .map(|extent| match extent {
            rten::Dimension::Fixed(size) => Some(*size),
            rten::Dimension::Symbolic(_) => None,
        })
        .collect();
    let extents = extents.ok_or("a cache's shape is not fixed")?;
    Ok(Tensor::<f32>::zeros(extents.as_slice()).into())
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
