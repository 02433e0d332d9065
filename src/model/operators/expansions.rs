//! Operations that are several of the engine's, or one of its with fewer inputs.

use std::fmt;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{StaticName, TractErrorContext, ensure};
use tract_onnx::tract_core::ops::cast::cast;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer, RmsNorm};
use tract_onnx::tract_hir::infer::{
    InferenceResult, Solver, TensorProxy, check_input_arity, check_output_arity,
};
use tract_onnx::tract_hir::internal::Expansion;
use tract_onnx::tract_hir::ops::logic::wire_with_rank_broadcast;
use tract_onnx::tract_hir::ops::math::{add, mul, sub};
use tract_onnx::tract_hir::ops::matmul::MatMulInference;

/// An operation of the engine on the first input alone.
#[derive(Clone, Debug)]
pub struct FirstInput(pub Box<dyn Expansion>);

impl Expansion for FirstInput {
    fn name(&self) -> StaticName {
        self.0.name()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        self.0.nboutputs()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        self.0.rules(solver, &inputs[..1], outputs)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        self.0.wire(prefix, model, &inputs[..1])
    }
}

/// A product of two matrices, and a bias added to it if there is a third input.
#[derive(Clone, Debug)]
pub struct Gemm(pub MatMulInference);

impl Expansion for Gemm {
    fn name(&self) -> StaticName {
        "Gemm".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, inputs.len().clamp(2, 3))?;
        self.0.rules(solver, &inputs[..2], outputs)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let Some(bias) = inputs.get(2) else {
            return self.0.wire(prefix, model, inputs);
        };
        let product = self
            .0
            .wire(&format!("{prefix}.product"), model, &inputs[..2])?;
        wire_with_rank_broadcast(prefix, model, add(), &[product[0], *bias])
    }
}

type Wire = dyn Fn(&str, &mut TypedModel, &[OutletId]) -> TractResult<TVec<OutletId>> + Send + Sync;

/// An operation that makes floats of the shape of its first input.
#[derive(Clone)]
pub struct Floats {
    name: &'static str,
    /// The fewest inputs, and the most.
    inputs: [usize; 2],
    wire: Arc<Wire>,
}

impl Floats {
    /// A cast.
    pub fn cast() -> Self {
        Self {
            name: "Cast",
            inputs: [1, 1],
            wire: Arc::new(|prefix, model, inputs| {
                model.wire_node(prefix, cast(f32::datum_type()), inputs)
            }),
        }
    }

    /// (x − zero point) · scale; both may differ along an axis.
    pub fn dequantised(axis: isize) -> Self {
        Self {
            name: "DequantizeLinear",
            inputs: [2, 3],
            wire: Arc::new(move |prefix, model, inputs| dequantise(axis, prefix, model, inputs)),
        }
    }

    /// (x − mean) / √(variance + epsilon) · scale + bias over the last axis, which this one must be.
    pub fn normalised(axis: isize, epsilon: f32) -> Self {
        Self {
            name: "LayerNormalization",
            inputs: [2, 3],
            wire: Arc::new(move |prefix, model, inputs| {
                normalise(axis, epsilon, prefix, model, inputs)
            }),
        }
    }
}

impl fmt::Debug for Floats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Expansion for Floats {
    fn name(&self) -> StaticName {
        self.name.into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        let [fewest, most] = self.inputs;
        check_input_arity(inputs, inputs.len().clamp(fewest, most))?;
        check_output_arity(outputs, 1)?;
        solver.equals(&outputs[0].datum_type, f32::datum_type())?;
        solver.equals(&outputs[0].shape, &inputs[0].shape)
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        (self.wire)(prefix, model, inputs)
    }
}

fn dequantise(
    axis: isize,
    prefix: &str,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let rank = model.outlet_fact(inputs[0])?.rank();
    let along = |model: &mut TypedModel, name: String, input: OutletId| {
        let constant = model.outlet_fact(input)?.konst.clone();
        let constant = constant.context("its scale and zero point must be constants")?;
        let mut shape = tvec![1; rank];
        if constant.len() > 1 {
            let axis = if axis < 0 { axis + rank as isize } else { axis };
            let extent = usize::try_from(axis).ok().and_then(|at| shape.get_mut(at));
            *extent.context("its axis is not one of its input's")? = constant.len();
        }
        let constant = constant.cast_to::<f32>()?.into_owned().into_shape(&shape)?;
        model.add_const(name, constant)
    };
    let mut x = model.wire_node(
        format!("{prefix}.floats"),
        cast(f32::datum_type()),
        &inputs[..1],
    )?;
    if let Some(zero) = inputs.get(2) {
        let zero = along(model, format!("{prefix}.zero"), *zero)?;
        x = model.wire_node(format!("{prefix}.from_zero"), sub(), &[x[0], zero])?;
    }
    let scale = along(model, format!("{prefix}.scale"), inputs[1])?;
    model.wire_node(prefix, mul(), &[x[0], scale])
}

fn normalise(
    axis: isize,
    epsilon: f32,
    prefix: &str,
    model: &mut TypedModel,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let shape = model.outlet_fact(inputs[0])?.shape.clone();
    let rank = shape.rank();
    let last = rank.checked_sub(1).context("its input is a number")?;
    ensure!(
        axis == -1 || axis == last as isize,
        "it normalises over axis {axis}, and only over the last one is read here"
    );
    let part = 1.0 / shape[last].to_i64()? as f32;
    let part = tensor0(part).broadcast_into_rank(rank)?;
    let part = model.add_const(format!("{prefix}.part"), part)?;
    let sum = Reduce::new(tvec![last], Reducer::Sum);
    let sum = model.wire_node(format!("{prefix}.sum"), sum, &inputs[..1])?;
    let mean = model.wire_node(format!("{prefix}.mean"), mul(), &[sum[0], part])?;
    let centred = model.wire_node(format!("{prefix}.centred"), sub(), &[inputs[0], mean[0]])?;
    // The mean is 0 now: the root of the mean of squares is the standard deviation.
    let norm = RmsNorm {
        axis: last,
        eps: rctensor0(epsilon),
    };
    let norm = model.wire_node(format!("{prefix}.norm"), norm, &centred)?;
    let Some(bias) = inputs.get(2) else {
        return wire_with_rank_broadcast(prefix, model, mul(), &[norm[0], inputs[1]]);
    };
    let scaled = format!("{prefix}.scaled");
    let scaled = wire_with_rank_broadcast(scaled, model, mul(), &[norm[0], inputs[1]])?;
    wire_with_rank_broadcast(prefix, model, add(), &[scaled[0], *bias])
}
