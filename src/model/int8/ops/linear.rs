//! Matrix products with int8 weights and what follows them.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::ensure;

use super::functions::{sigmoid, silu};
use super::{Kernel, floats, output, same};
use crate::model::int8::product::{PackedWeights, Rows, WIDTH, multiply};

/// What is done with `x W + bias`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// y · sigmoid(y).
    Silu,
    /// The first half of the columns times the sigmoid of the second
    /// (Dauphin et al. 2017, arXiv:1612.08083).
    Glu,
    /// The second input plus y.
    Residual,
}

/// The name of [`Linear`].
pub const LINEAR: &str = "Linear";

/// Along which axis of x its inputs lie, and the outputs in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// The last, as a product of matrices has it.
    Last,
    /// The second, as a convolution has it: `[batch, inputs, places…]`.
    Second,
}

/// `then((x W + bias) · factor)`. All copies share the weights.
#[derive(Clone, Debug)]
pub struct Linear {
    /// W.
    pub weights: Arc<PackedWeights>,
    /// Empty, or as many as W has outputs and zeros up to a whole panel of the kernel.
    bias: Vec<f32>,
    factor: Option<f32>,
    /// How many axes x must have, where the graph makes a difference.
    pub axes: Option<usize>,
    /// Where x has its inputs.
    pub along: Along,
    /// What follows.
    pub then: Then,
}

impl Along {
    /// The axis, of so many.
    fn axis(self, axes: usize) -> usize {
        match self {
            Self::Last => axes.saturating_sub(1),
            Self::Second => 1,
        }
    }
}

impl Linear {
    /// x W.
    #[must_use]
    pub fn new(weights: PackedWeights) -> Self {
        Self {
            weights: Arc::new(weights),
            bias: Vec::new(),
            factor: None,
            axes: None,
            along: Along::Last,
            then: Then::Nothing,
        }
    }

    /// Adds a bias where there is none and nothing follows; `None` elsewhere.
    #[must_use]
    pub fn with_bias(&self, mut bias: Vec<f32>) -> Option<Self> {
        let fits = bias.len() == self.weights.outputs() && self.bias.is_empty();
        bias.resize(bias.len().next_multiple_of(WIDTH), 0.0);
        let plain = self.then == Then::Nothing && self.factor.is_none();
        (fits && plain).then(|| Self {
            bias,
            ..self.clone()
        })
    }

    /// Multiplies the outputs; `None` where they are already or something follows.
    #[must_use]
    pub fn with_factor(&self, factor: f32) -> Option<Self> {
        (self.then == Then::Nothing && self.factor.is_none()).then(|| Self {
            factor: Some(factor),
            ..self.clone()
        })
    }

    /// Takes only inputs of so many axes.
    #[must_use]
    pub fn with_axes(self, axes: usize) -> Self {
        Self {
            axes: Some(axes),
            ..self
        }
    }

    /// Takes its inputs, of so many axes, along the second.
    #[must_use]
    pub fn along_second(self, axes: usize) -> Self {
        Self {
            along: Along::Second,
            ..self.with_axes(axes)
        }
    }

    /// Lets something follow where nothing does yet; `None` elsewhere.
    #[must_use]
    pub fn then(&self, then: Then) -> Option<Self> {
        let halves = then != Then::Glu || self.weights.outputs().is_multiple_of(2);
        (self.then == Then::Nothing && halves).then(|| Self {
            then,
            ..self.clone()
        })
    }

    /// [`Then::Glu`] of halves along this axis; `None` where the outputs lie along another, as
    /// far as that can be told before shapes are known.
    #[must_use]
    pub fn gated(&self, axis: i64) -> Option<Self> {
        let gated = self.then(Then::Glu)?;
        match self.along {
            Along::Last if axis == -1 => Some(gated),
            Along::Last => {
                let axes = usize::try_from(axis).ok()?.checked_add(1)?;
                let fits = self.axes.is_none_or(|known| known == axes);
                fits.then(|| gated.with_axes(axes))
            }
            Along::Second => {
                let from_the_end = self.axes.map(|axes| 1 - axes as i64);
                (axis == 1 || Some(axis) == from_the_end).then_some(gated)
            }
        }
    }

    fn columns(&self) -> usize {
        match self.then {
            Then::Glu => self.weights.outputs() / 2,
            _ => self.weights.outputs(),
        }
    }

    /// The product without what follows.
    fn product(&self, x: &[f32], out: &mut [f32], rows: &mut Rows) {
        rows.quantise(x, self.weights.inputs(), self.weights.levels());
        multiply(&self.weights, &self.bias, rows, out);
        if let Some(factor) = self.factor {
            for value in out.iter_mut() {
                *value *= factor;
            }
        }
    }

    /// All but the residual: `x` row-major with the weights' inputs a row, `out` with
    /// [`Linear::columns`] a row.
    fn run(&self, x: &[f32], out: &mut [f32], room: &mut Room) {
        match self.then {
            Then::Nothing | Then::Residual => self.product(x, out, &mut room.rows),
            Then::Silu => {
                self.product(x, out, &mut room.rows);
                silu(out);
            }
            Then::Glu => {
                room.both.resize(2 * out.len(), 0.0);
                self.product(x, &mut room.both, &mut room.rows);
                let columns = self.columns();
                let rows = room.both.chunks_exact(2 * columns);
                for (out, row) in out.chunks_exact_mut(columns).zip(rows) {
                    let (values, gates) = row.split_at(columns);
                    for ((out, value), gate) in out.iter_mut().zip(values).zip(gates) {
                        *out = value * sigmoid(*gate);
                    }
                }
            }
        }
    }

    /// The same of `x` with the weights' inputs one after another, `places` of each, and so
    /// `out`. Some places at a time are turned into rows and back, few enough for the
    /// processor's first cache.
    fn run_across(&self, x: &[f32], out: &mut [f32], places: usize, room: &mut Room) {
        let (inputs, columns) = (self.weights.inputs(), self.columns());
        let mut rows = vec![0.0; PLACES * inputs];
        let mut outputs = vec![0.0; PLACES * columns];
        for from in (0..places).step_by(PLACES) {
            let count = PLACES.min(places - from);
            for (input, values) in x.chunks_exact(places).enumerate() {
                for (place, value) in values[from..from + count].iter().enumerate() {
                    rows[place * inputs + input] = *value;
                }
            }
            let outputs = &mut outputs[..count * columns];
            self.run(&rows[..count * inputs], outputs, room);
            for (column, values) in out.chunks_exact_mut(places).enumerate() {
                for (place, value) in values[from..from + count].iter_mut().enumerate() {
                    *value = outputs[place * columns + column];
                }
            }
        }
    }
}

/// Places of [`Linear::run_across`].
const PLACES: usize = 16;

/// What all rows of a call use one after another.
#[derive(Default)]
struct Room {
    rows: Rows,
    both: Vec<f32>,
}

impl Kernel for Linear {
    fn name(&self) -> &'static str {
        LINEAR
    }

    /// x, and the residual for [`Then::Residual`].
    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>> {
        let mut shape: TVec<TDim> = inputs[0].into();
        ensure!(
            self.axes.is_none_or(|axes| shape.len() == axes),
            "a product's {shape:?} has more or fewer axes than the graph takes it for"
        );
        let at = self.along.axis(shape.len());
        let fits = shape.get(at) == Some(&self.weights.inputs().into());
        ensure!(
            fits,
            "axis {at} of {shape:?} should be {}",
            self.weights.inputs()
        );
        shape[at] = self.columns().into();
        if self.then == Then::Residual {
            let x = inputs[1];
            let fits = x.len() == shape.len() && x.iter().zip(&shape).all(|(a, b)| same(a, b));
            ensure!(fits, "{x:?} should be added to {shape:?}");
        }
        Ok(shape)
    }

    fn eval(&self, inputs: &[&Tensor]) -> TractResult<Tensor> {
        let x = floats(inputs[0])?;
        let residual = inputs.get(1).map_or(Ok(&[][..]), |input| floats(input))?;
        let mut shape: TVec<usize> = inputs[0].shape().into();
        let at = self.along.axis(shape.len());
        shape[at] = self.columns();
        super::same_length(residual, &shape, self.then == Then::Residual)?;
        let places: usize = shape[at + 1..].iter().product();
        let mut room = Room::default();
        output(&shape, |out| {
            match self.along {
                Along::Last => self.run(x, out, &mut room),
                Along::Second => {
                    // Without places there is nothing to do, but no chunk is empty either.
                    let x = x.chunks_exact((self.weights.inputs() * places).max(1));
                    let out = out.chunks_exact_mut((self.columns() * places).max(1));
                    x.zip(out)
                        .for_each(|(x, out)| self.run_across(x, out, places, &mut room));
                }
            }
            for (out, residual) in out.iter_mut().zip(residual) {
                *out += residual;
            }
        })
    }
}
