//! Weights as the kernel wants them: int8 all the way from the file.

use super::lanes::{Step, WIDTH};

/// A matrix of int8 weights with a scale an output, packed for the kernel.
///
/// Panels of eight outputs, the last one filled up with zeros; a panel is a step for
/// each two inputs, an odd last one filled up likewise.
#[derive(Debug)]
pub struct PackedWeights {
    inputs: usize,
    outputs: usize,
    steps: Vec<Step>,
    scales: Vec<f32>,
}

impl PackedWeights {
    /// Packs `values`, row-major `[inputs, outputs]`, that stand for
    /// `values[i][n] · scales[n]`. `None` where there are none, their number is another,
    /// one is −128 (not symmetric) or there are so many inputs that sums could overflow.
    #[must_use]
    pub fn pack(values: &[i8], scales: &[f32]) -> Option<Self> {
        let outputs = scales.len();
        let inputs = values.len().checked_div(outputs)?;
        let fits = inputs > 0
            && values.len() == inputs * outputs
            && levels(inputs) >= MIN_LEVELS
            && !values.contains(&i8::MIN);
        if !fits {
            return None;
        }
        let panels = outputs.div_ceil(WIDTH);
        let depth = inputs.div_ceil(2);
        let mut steps = vec![[0; 2 * WIDTH]; panels * depth];
        for (input, row) in values.chunks_exact(outputs).enumerate() {
            for (panel, part) in row.chunks(WIDTH).enumerate() {
                let step = &mut steps[panel * depth + input / 2];
                for (n, value) in part.iter().enumerate() {
                    step[2 * n + input % 2] = *value;
                }
            }
        }
        let mut scales = scales.to_vec();
        scales.resize(panels * WIDTH, 0.0);
        Some(Self {
            inputs,
            outputs,
            steps,
            scales,
        })
    }

    /// Inputs of the matrix, its depth.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Outputs of the matrix.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The largest quantised input; see [`levels`].
    #[must_use]
    pub fn levels(&self) -> i16 {
        levels(self.inputs)
    }

    pub(super) fn panels(&self) -> usize {
        self.scales.len() / WIDTH
    }

    pub(super) fn panel(&self, index: usize) -> &[Step] {
        let depth = self.inputs.div_ceil(2);
        &self.steps[index * depth..(index + 1) * depth]
    }

    /// One for each output, zeros up to a whole panel.
    pub(super) fn scales(&self) -> &[f32] {
        &self.scales
    }
}

/// Fewer levels than int8 has would be no gain over it.
const MIN_LEVELS: i16 = 127;

/// The largest quantised input of a matrix with so many inputs: the most that an i16
/// holds and that cannot overflow a sum of 32 bits, |sum| ≤ inputs · 127 · levels.
///
/// The kernel multiplies 16-bit numbers, because int8 has to be widened for it anyway.
/// So inputs need not be cut to 8 bits: at 512 inputs and fewer they keep 16.
fn levels(inputs: usize) -> i16 {
    let most = i32::MAX as usize / (127 * inputs.max(1));
    i16::try_from(most).unwrap_or(i16::MAX)
}
