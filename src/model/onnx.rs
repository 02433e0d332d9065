//! From verified bytes to a typed graph whose inputs and outputs are those of the
//! manifest. The only place, with [`super::operators`], [`super::int8`], [`super::plans`] and
//! [`super::session`], that knows the inference engine.

use std::collections::HashMap;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TDim;
use tract_onnx::tract_core::optim::Optimizer;

use super::{Arithmetic, ModelError, ModelSpec, int8, operators};

/// What an input of the graph is fed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// The chunk's features, or its log-probs.
    Chunk,
    /// The cache of this index in the manifest.
    Cache(usize),
    /// How many cached frames are valid (inputs only).
    LeftLength,
}

/// A graph, decluttered, with its chunk length still a symbol.
pub struct Graph {
    model: TypedModel,
    symbol: Symbol,
    /// Its inputs and outputs.
    pub ports: Arc<Ports>,
    /// Columns of the log-probs.
    pub tokens: usize,
    /// Products that are of 8-bit integers.
    pub int8_products: usize,
}

/// What inputs and outputs are, in the graph's order.
pub struct Ports {
    /// Of the inputs.
    pub inputs: Vec<Port>,
    /// Of the outputs.
    pub outputs: Vec<Port>,
}

impl Graph {
    /// Parses a verified file and checks it against the manifest.
    ///
    /// # Errors
    /// [`ModelError::Graph`] when it cannot be read, [`ModelError::Contract`] when its
    /// inputs or outputs are others than the manifest's.
    pub fn read(
        spec: &ModelSpec,
        bytes: &[u8],
        arithmetic: Arithmetic,
    ) -> Result<Self, ModelError> {
        let unusable = |error: TractError| ModelError::Graph {
            file: spec.file.clone(),
            reason: words(&error),
        };
        let framework = operators::framework();
        let file = framework
            .proto_model_for_read(&mut &*bytes)
            .map_err(unusable)?;
        operators::check(&file).map_err(unusable)?;
        let parsed = match arithmetic {
            Arithmetic::Int8 => int8::model(&framework, file),
            Arithmetic::Float => framework.model_for_proto_model(&file),
        };
        let parsed = parsed.map_err(unusable)?;
        let int8_products = int8::products(&parsed);
        let contract = Contract { spec };
        let inputs = contract.inputs(&parsed)?;
        let outputs = contract.outputs(&parsed)?;
        let mut model = parsed.into_typed().map_err(unusable)?;
        let symbol = contract.chunk_symbol(&model, &inputs)?;
        let tokens = contract.shapes(&model, &symbol, &inputs, &outputs)?;
        simplify(&mut model).map_err(unusable)?;
        Ok(Self {
            model,
            symbol,
            ports: Arc::new(Ports { inputs, outputs }),
            tokens,
            int8_products,
        })
    }

    /// A plan for chunks of `feature_frames`. A concrete length runs 1.5 to 2 times as
    /// fast as the symbolic graph would.
    pub fn plan(&self, feature_frames: usize) -> TractResult<Arc<TypedRunnableModel>> {
        let length = TDim::from(feature_frames as i64);
        let symbols = HashMap::from([(self.symbol.clone(), length)]);
        let mut concrete = self.model.set_symbols(&symbols)?;
        concrete.optimize()?;
        concrete.into_runnable()
    }
}

/// The engine's simplifications that are worth their time, by the names of its passes.
///
/// With all nine of them, once here and once more per plan, the first plan of the
/// bundled model takes 790 ms of processor time in floats, with these two, once, 280 ms; the
/// plans run equally fast.
const PASSES: [&str; 2] = ["PropConst", "declutter"];

/// Drops what no chunk length needs, and in floats folds the int8 weights to f32, once for
/// all plans.
fn simplify(model: &mut TypedModel) -> TractResult<()> {
    let mut optimizer = Optimizer::declutter();
    optimizer.passes.retain(|pass| {
        let name = format!("{pass:?}");
        PASSES.iter().any(|kept| name.starts_with(kept))
    });
    optimizer.optimize(model)
}

/// An engine error in one line.
pub fn words(error: &TractError) -> String {
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let line = chain.join(": ").replace(['\n', '\r'], " ");
    line.chars().take(400).collect()
}

/// The manifest's side of the comparison.
struct Contract<'a> {
    spec: &'a ModelSpec,
}

impl Contract<'_> {
    fn error(&self, reason: String) -> ModelError {
        ModelError::Contract {
            file: self.spec.file.clone(),
            reason,
        }
    }

    /// Finds each input by its name; none may be missing or left over.
    fn inputs(&self, model: &InferenceModel) -> Result<Vec<Port>, ModelError> {
        let names = model
            .inputs
            .iter()
            .map(|outlet| model.node(outlet.node).name.clone());
        let caches = self.spec.caches.iter().map(|cache| cache.name.clone());
        let wanted = [
            ("features".to_owned(), Port::Chunk),
            ("left_len".to_owned(), Port::LeftLength),
        ];
        self.match_names(
            "inputs",
            &names.collect::<Vec<_>>(),
            wanted.into_iter(),
            caches,
        )
    }

    /// Finds each output by its name; none may be missing or left over.
    fn outputs(&self, model: &InferenceModel) -> Result<Vec<Port>, ModelError> {
        let names = model.outputs.iter().map(|outlet| {
            let label = model.outlet_label(*outlet);
            label.unwrap_or(&model.node(outlet.node).name).to_owned()
        });
        let caches = self.spec.caches.iter().map(super::CacheSpec::next_name);
        let wanted = [("log_probs".to_owned(), Port::Chunk)];
        self.match_names(
            "outputs",
            &names.collect::<Vec<_>>(),
            wanted.into_iter(),
            caches,
        )
    }

    fn match_names(
        &self,
        side: &str,
        names: &[String],
        wanted: impl Iterator<Item = (String, Port)>,
        caches: impl Iterator<Item = String>,
    ) -> Result<Vec<Port>, ModelError> {
        let caches = caches
            .enumerate()
            .map(|(index, name)| (name, Port::Cache(index)));
        let wanted: Vec<(String, Port)> = wanted.chain(caches).collect();
        let port_of = |name: &String| wanted.iter().find(|(other, _)| other == name).map(|w| w.1);
        let ports: Option<Vec<Port>> = names.iter().map(port_of).collect();
        match ports {
            Some(ports) if ports.len() == wanted.len() => Ok(ports),
            _ => {
                let mut expected: Vec<&str> =
                    wanted.iter().map(|(name, _)| name.as_str()).collect();
                let mut found: Vec<&str> = names.iter().map(String::as_str).collect();
                expected.sort_unstable();
                found.sort_unstable();
                Err(self.error(format!(
                    "its {side} are {}, and should be {}.",
                    found.join(", "),
                    expected.join(", ")
                )))
            }
        }
    }

    /// The symbol that stands for the chunk's feature frames.
    fn chunk_symbol(&self, model: &TypedModel, inputs: &[Port]) -> Result<Symbol, ModelError> {
        let index = inputs.iter().position(|port| *port == Port::Chunk);
        let fact = index.and_then(|index| model.input_fact(index).ok());
        match fact.and_then(|fact| fact.shape.get(1)) {
            Some(TDim::Sym(symbol)) => Ok(symbol.clone()),
            _ => Err(self.error(
                "the second axis of features must be a symbol, so that chunks can be of any length."
                    .to_owned(),
            )),
        }
    }

    /// Checks types and shapes for a chunk of one encoder frame; returns the number of
    /// tokens.
    fn shapes(
        &self,
        model: &TypedModel,
        symbol: &Symbol,
        inputs: &[Port],
        outputs: &[Port],
    ) -> Result<usize, ModelError> {
        let spec = self.spec;
        let one_frame = SymbolValues::default().with(symbol, spec.subsampling as i64);
        let shape_of = |fact: &TypedFact| -> Vec<Option<usize>> {
            let extents = fact
                .shape
                .iter()
                .map(|dim| dim.eval(&one_frame).to_i64().ok());
            extents
                .map(|extent| extent.and_then(|extent| usize::try_from(extent).ok()))
                .collect()
        };
        for (index, port) in inputs.iter().enumerate() {
            let fact = model
                .input_fact(index)
                .map_err(|error| self.error(words(&error)))?;
            let (name, datum, shape) = match port {
                Port::Chunk => {
                    let shape = vec![1, spec.subsampling, spec.front_end.n_mels];
                    ("features", f32::datum_type(), shape)
                }
                Port::LeftLength => ("left_len", i64::datum_type(), vec![1]),
                Port::Cache(cache) => self.cache(*cache),
            };
            self.same(name, datum, &shape, fact.datum_type, &shape_of(fact))?;
        }
        let mut tokens = None;
        for (index, port) in outputs.iter().enumerate() {
            let fact = model
                .output_fact(index)
                .map_err(|error| self.error(words(&error)))?;
            let found = shape_of(fact);
            if let Port::Cache(cache) = port {
                let (name, datum, shape) = self.cache(*cache);
                self.same(
                    &format!("{name}_next"),
                    datum,
                    &shape,
                    fact.datum_type,
                    &found,
                )?;
            } else {
                tokens = found.get(2).copied().flatten();
                let shape = [1, spec.rows_per_frame, tokens.unwrap_or(0).max(2)];
                self.same(
                    "log_probs",
                    f32::datum_type(),
                    &shape,
                    fact.datum_type,
                    &found,
                )?;
            }
        }
        tokens.ok_or_else(|| self.error("it has no log_probs.".to_owned()))
    }

    fn cache(&self, index: usize) -> (&str, DatumType, Vec<usize>) {
        let cache = &self.spec.caches[index];
        (&cache.name, f32::datum_type(), cache.shape.clone())
    }

    fn same(
        &self,
        name: &str,
        datum: DatumType,
        shape: &[usize],
        found_datum: DatumType,
        found: &[Option<usize>],
    ) -> Result<(), ModelError> {
        let fits = found.iter().copied().eq(shape.iter().copied().map(Some));
        if fits && datum == found_datum {
            return Ok(());
        }
        let found: Vec<String> = found
            .iter()
            .map(|extent| extent.map_or("?".to_owned(), |extent| extent.to_string()))
            .collect();
        Err(self.error(format!(
            "{name} is {found_datum:?} [{}] for a chunk of one encoder frame, and should be {datum:?} {shape:?}.",
            found.join(", "),
        )))
    }
}
