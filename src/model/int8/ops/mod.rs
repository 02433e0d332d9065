//! Operations of our own in the inference engine's graph.
//!
//! A [`Kernel`] says what shape comes out and what values; [`Custom`] is everything else
//! that the engine wants of an operation, which is the same for all.

mod attention;
mod caches;
mod depthwise;
mod functions;
mod linear;
mod norm;
mod subsampling;
#[cfg(test)]
mod tests;

use std::sync::Arc;

#[allow(
    clippy::wildcard_imports,
    reason = "the engine's macros need most of it"
)]
use tract_onnx::tract_hir::internal::*;

pub use attention::{Attention, Rotary};
pub use caches::{Last, Layout};
pub use depthwise::Depthwise;
pub use linear::{Along, LINEAR, Linear, Then};
pub use norm::Norm;
pub use subsampling::{STRIDE, SUBSAMPLING, Subsampling, TAPS};

/// An operation: f32 tensors in, one f32 tensor out, nothing kept in between.
pub trait Kernel: std::fmt::Debug + Send + Sync + 'static {
    /// For messages and profiles.
    fn name(&self) -> &'static str;

    /// Shape of the output.
    ///
    /// # Errors
    /// Where the inputs' shapes do not fit.
    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>>;

    /// The output; inputs are as many and as shaped as [`Kernel::shape`] was told.
    ///
    /// # Errors
    /// What the engine says.
    fn eval(&self, inputs: &[&Tensor]) -> TractResult<Tensor>;
}

/// A kernel as an operation of the engine. Copies, one a plan, share the kernel.
#[derive(Clone, Debug)]
pub struct Custom(Arc<dyn Kernel>);

impl Custom {
    /// For a graph whose shapes are still to be inferred.
    #[must_use]
    pub fn inferred(kernel: Arc<dyn Kernel>) -> Box<dyn InferenceOp> {
        expand(Inferred(Self(kernel)))
    }
}

/// [`Custom`] before the engine has inferred its shapes.
#[derive(Clone, Debug)]
struct Inferred(Custom);

impl Expansion for Inferred {
    fn name(&self) -> StaticName {
        self.0.0.name().into()
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        model.wire_node(prefix, self.0.clone(), inputs)
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> TractResult<()> {
        for tensor in inputs.iter().chain(outputs) {
            solver.equals(&tensor.datum_type, f32::datum_type())?;
        }
        let shapes = inputs.iter().map(|input| &input.shape);
        solver.given_all(shapes, move |solver, shapes: Vec<TVec<TDim>>| {
            let shapes: Vec<&[TDim]> = shapes.iter().map(|shape| &shape[..]).collect();
            solver.equals(&outputs[0].shape, self.0.0.shape(&shapes)?)
        })
    }

    fn runs_out_of_plan(&self) -> bool {
        false
    }
}

impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Custom {}

impl Op for Custom {
    fn name(&self) -> StaticName {
        self.0.name().into()
    }

    op_as_typed_op!();
}

impl EvalOp for Custom {
    not_out_of_plan!();

    fn eval(&self, _context: &EvalContext<'_>, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let inputs: Vec<&Tensor> = inputs.iter().map(|input| &**input).collect();
        Ok(tvec!(self.0.eval(&inputs)?.into()))
    }
}

impl TypedOp for Custom {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shapes: Vec<&[TDim]> = inputs.iter().map(|fact| &fact.shape[..]).collect();
        let shape = self.0.shape(&shapes)?;
        Ok(tvec!(f32::datum_type().fact(&*shape)))
    }

    as_op!();
}

/// A tensor's values.
fn floats(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice::<f32>()
}

/// A new tensor, filled.
fn output(shape: &[usize], fill: impl FnOnce(&mut [f32])) -> TractResult<Tensor> {
    let mut tensor = Tensor::zero::<f32>(shape)?;
    fill(tensor.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?);
    Ok(tensor)
}

/// That a shape's last axis has so many columns.
fn ends_with(shape: &[TDim], columns: usize) -> TractResult<()> {
    let fits = shape.last() == Some(&columns.into());
    ensure!(fits, "the last axis of {shape:?} should be {columns}");
    Ok(())
}

/// That a shape is a chunk's: `[1, n, columns]`.
fn is_chunk(shape: &[TDim], columns: usize) -> TractResult<()> {
    let fits = shape.len() == 3 && shape[0] == 1.into() && shape[2] == columns.into();
    ensure!(fits, "{shape:?} should be a chunk's of {columns} columns");
    Ok(())
}

/// That a shape is a cache's, `[blocks, 1, frames, columns]`, with this block and with
/// something in it.
fn is_cache(shape: &[TDim], block: usize, frames: usize, columns: usize) -> TractResult<()> {
    let blocks = shape.first().and_then(|blocks| blocks.to_usize().ok());
    let fits = blocks.is_some_and(|blocks| block < blocks)
        && shape[1..] == [1.into(), frames.into(), columns.into()]
        && frames * columns > 0;
    ensure!(
        fits,
        "{shape:?} should be a cache's of {frames} frames and {columns} columns"
    );
    Ok(())
}

/// That two extents are the same, as far as it can be told before symbols have values.
fn same(one: &TDim, other: &TDim) -> bool {
    one == other || (one.to_usize().is_err() && other.to_usize().is_err())
}

/// That a second input, where one is wanted, has as many values as the output.
fn same_length(values: &[f32], shape: &[usize], wanted: bool) -> TractResult<()> {
    let length = if wanted { shape.iter().product() } else { 0 };
    ensure!(
        values.len() == length,
        "{} values where {length} should be added",
        values.len()
    );
    Ok(())
}
