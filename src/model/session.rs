//! Runs the encoder chunk by chunk and carries its caches.

use tract_onnx::prelude::*;

use super::onnx::{Graph, Port, Ports, words};
use super::plans::Plans;
use super::{Arithmetic, Lookahead, ModelError, ModelSpec};

/// A model, verified, ready to run chunks of any length.
pub struct Session {
    spec: ModelSpec,
    /// The verified file, for the arithmetic that is asked for later.
    onnx: Vec<u8>,
    tokens: usize,
    int8_products: usize,
    int8: Option<Engine>,
    float: Option<Engine>,
}

/// A model in one arithmetic.
struct Engine {
    graph: Graph,
    plans: Plans,
}

/// What the chunks so far left to the next. A clone goes on independently.
#[derive(Clone, Debug)]
pub struct EncoderState {
    /// Each arithmetic has the caches' values in an order of its own.
    arithmetic: Arithmetic,
    /// In the manifest's order.
    caches: Vec<Arc<Tensor>>,
    /// Cached frames that are valid, counted from the end of the caches.
    left_length: usize,
}

impl EncoderState {
    /// Encoder frames before the next chunk that it will see, at most the manifest's
    /// `left_frames`.
    #[must_use]
    pub fn left_length(&self) -> usize {
        self.left_length
    }
}

impl Engine {
    fn new(graph: Graph) -> Self {
        Self {
            graph,
            plans: Plans::default(),
        }
    }
}

impl Session {
    /// Plans kept in an arithmetic; the one least recently used makes room for a new one.
    pub const MOST_PLANS: usize = super::plans::KEPT;

    /// Verifies a model file's length and SHA-256, then parses it for
    /// [`Arithmetic::Int8`] and checks its inputs and outputs against the manifest. No plan
    /// is built yet; see [`Session::prepare`].
    ///
    /// # Errors
    /// [`ModelError::Empty`], [`ModelError::Length`], [`ModelError::Hash`] before a byte
    /// is parsed; [`ModelError::Graph`], [`ModelError::Contract`] after.
    pub fn load(spec: &ModelSpec, onnx: &[u8]) -> Result<Self, ModelError> {
        spec.verify(onnx)?;
        let graph = Graph::read(spec, onnx, Arithmetic::Int8)?;
        Ok(Self {
            spec: spec.clone(),
            onnx: onnx.to_vec(),
            tokens: graph.tokens,
            int8_products: graph.int8_products,
            int8: Some(Engine::new(graph)),
            float: None,
        })
    }

    /// The manifest's description.
    #[must_use]
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Columns of the log-probs; the token file must have as many tokens.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Products that [`Arithmetic::Int8`] computes in 8-bit integers. With none, as in a file of
    /// floats, all of it is in floats.
    #[must_use]
    pub fn int8_products(&self) -> usize {
        self.int8_products
    }

    /// Encoder frames of the next chunk; see [`ModelSpec::chunk_frames`].
    ///
    /// # Errors
    /// [`ModelError::Lookahead`] when the model does not offer it.
    pub fn chunk_frames(
        &self,
        lookahead: Lookahead,
        frames_left: Option<usize>,
    ) -> Result<usize, ModelError> {
        self.spec.chunk_frames(lookahead, frames_left)
    }

    /// Builds the plan for chunks of `encoder_frames` now, if there is none.
    ///
    /// # Errors
    /// [`ModelError::ChunkLength`], [`ModelError::Run`].
    pub fn prepare(
        &mut self,
        arithmetic: Arithmetic,
        encoder_frames: usize,
    ) -> Result<(), ModelError> {
        self.plan(arithmetic, encoder_frames).map(drop)
    }

    /// Builds the plan for chunks of `encoder_frames` now, if there is none, and runs it once
    /// over silence. The first run of a plan touches its memory for the first time and, in a
    /// browser, makes its code be compiled; after this no chunk of a take pays for that.
    ///
    /// # Errors
    /// Those of [`Session::prepare`] and [`Session::run`].
    pub fn warm_up(
        &mut self,
        arithmetic: Arithmetic,
        encoder_frames: usize,
    ) -> Result<(), ModelError> {
        if self.prepared(arithmetic).contains(&encoder_frames) {
            return Ok(());
        }
        self.prepare(arithmetic, encoder_frames)?;
        let values = encoder_frames * self.spec.subsampling * self.spec.front_end.n_mels;
        let mut state = self.start(arithmetic);
        self.run(&mut state, &vec![0.0; values], &mut Vec::new())?;
        Ok(())
    }

    /// Chunk lengths, in encoder frames, that are prepared now.
    #[must_use]
    pub fn prepared(&self, arithmetic: Arithmetic) -> Vec<usize> {
        let engine = match arithmetic {
            Arithmetic::Int8 => &self.int8,
            Arithmetic::Float => &self.float,
        };
        let engine = engine.iter();
        engine.flat_map(|engine| engine.plans.lengths()).collect()
    }

    /// The state before the first chunk: empty caches. Chunks are computed in its
    /// arithmetic.
    #[must_use]
    pub fn start(&self, arithmetic: Arithmetic) -> EncoderState {
        let zeros = |shape: &Vec<usize>| Tensor::zero::<f32>(shape).unwrap_or_default();
        let caches = self
            .spec
            .caches
            .iter()
            .map(|cache| Arc::new(zeros(&cache.shape)));
        EncoderState {
            arithmetic,
            caches: caches.collect(),
            left_length: 0,
        }
    }

    /// Runs one chunk. `features` is row-major `[n × subsampling, n_mels]` for a chunk of
    /// n encoder frames; appends `n × rows_per_frame` rows of [`Session::tokens`] natural
    /// log-probs to `log_probs` and returns how many rows. On an error neither `state`
    /// nor `log_probs` has changed.
    ///
    /// # Errors
    /// [`ModelError::FeatureCount`], [`ModelError::FeatureNotFinite`],
    /// [`ModelError::ChunkLength`] for the input, [`ModelError::ForeignState`] for a state
    /// of another model, [`ModelError::Run`], [`ModelError::OutputNotFinite`] for what the
    /// model does with it.
    pub fn run(
        &mut self,
        state: &mut EncoderState,
        features: &[f32],
        log_probs: &mut Vec<f32>,
    ) -> Result<usize, ModelError> {
        let frames = self.check_features(features)?;
        self.check_state(state)?;
        let (ports, plan) = self.plan(state.arithmetic, frames)?;
        let failed = |error: TractError| ModelError::Run {
            frames,
            reason: words(&error),
        };
        let inputs = self
            .inputs(&ports.inputs, state, features)
            .map_err(failed)?;
        let outputs = plan.run(inputs).map_err(failed)?;
        let mut caches = state.caches.clone();
        let mut rows = None;
        for (port, output) in ports.outputs.iter().zip(outputs) {
            match port {
                Port::Cache(index) => caches[*index] = output.into_arc_tensor(),
                Port::Chunk | Port::LeftLength => rows = Some(output),
            }
        }
        let rows = rows.ok_or_else(|| ModelError::Run {
            frames,
            reason: "no log_probs came out".to_owned(),
        })?;
        let values = rows
            .try_as_plain_ram()
            .and_then(|plain| plain.as_slice::<f32>());
        let count = self.append(values.map_err(failed)?, frames, log_probs)?;
        state.caches = caches;
        state.left_length = self.spec.left_frames.min(state.left_length + frames);
        Ok(count)
    }

    /// The encoder frames that `features` make.
    fn check_features(&self, features: &[f32]) -> Result<usize, ModelError> {
        let multiple = self.spec.subsampling * self.spec.front_end.n_mels;
        if features.is_empty() || !features.len().is_multiple_of(multiple) {
            return Err(ModelError::FeatureCount {
                found: features.len(),
                multiple,
            });
        }
        match features.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(ModelError::FeatureNotFinite { index }),
            None => Ok(features.len() / multiple),
        }
    }

    fn check_state(&self, state: &EncoderState) -> Result<(), ModelError> {
        let found = state.caches.iter().map(|cache| cache.shape());
        let expected = self.spec.caches.iter().map(|cache| cache.shape.as_slice());
        if found.eq(expected) && state.left_length <= self.spec.left_frames {
            Ok(())
        } else {
            Err(ModelError::ForeignState)
        }
    }

    fn plan(
        &mut self,
        arithmetic: Arithmetic,
        frames: usize,
    ) -> Result<(Arc<Ports>, Arc<TypedRunnableModel>), ModelError> {
        let most = self.spec.whole_take_frames;
        if frames == 0 || frames > most {
            return Err(ModelError::ChunkLength { frames, most });
        }
        let engine = match arithmetic {
            Arithmetic::Int8 => &mut self.int8,
            Arithmetic::Float => &mut self.float,
        };
        let engine = match engine {
            Some(engine) => engine,
            none => none.insert(Engine::new(Graph::read(
                &self.spec, &self.onnx, arithmetic,
            )?)),
        };
        let plan = engine
            .plans
            .get(&engine.graph, frames, self.spec.subsampling)?;
        Ok((Arc::clone(&engine.graph.ports), plan))
    }

    fn inputs(
        &self,
        ports: &[Port],
        state: &EncoderState,
        features: &[f32],
    ) -> TractResult<TVec<TValue>> {
        let n_mels = self.spec.front_end.n_mels;
        let input = |port: &Port| -> TractResult<TValue> {
            Ok(match port {
                Port::Chunk => {
                    Tensor::from_shape(&[1, features.len() / n_mels, n_mels], features)?.into()
                }
                Port::Cache(index) => TValue::from_const(Arc::clone(&state.caches[*index])),
                Port::LeftLength => tensor1(&[state.left_length as i64]).into(),
            })
        };
        ports.iter().map(input).collect()
    }

    /// Checks a chunk's log-probs and appends them; returns the rows.
    fn append(
        &self,
        values: &[f32],
        frames: usize,
        log_probs: &mut Vec<f32>,
    ) -> Result<usize, ModelError> {
        let tokens = self.tokens;
        let rows = frames * self.spec.rows_per_frame;
        if values.len() != rows * tokens {
            return Err(ModelError::Run {
                frames,
                reason: format!("{} log-probs came out, not {rows} × {tokens}", values.len()),
            });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(ModelError::OutputNotFinite {
                row: index / tokens,
            });
        }
        log_probs.extend_from_slice(values);
        Ok(rows)
    }
}
