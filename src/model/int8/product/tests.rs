//! Against sums of 64 bits, written out.
#![allow(clippy::unwrap_used)]

use super::kernel::multiply_plain;
use super::{PackedWeights, Rows, WIDTH, multiply};

/// A linear congruential generator (Knuth's MMIX constants).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: u64) -> usize {
        (self.next() % end) as usize
    }

    /// −127 … 127.
    fn weight(&mut self) -> i8 {
        (self.below(255) as i32 - 127) as i8
    }

    /// −1 … 1.
    fn float(&mut self) -> f32 {
        (self.next() as f64 / f64::from(1_u32 << 30) - 1.0) as f32
    }
}

/// A product and everything that goes into it.
struct Case {
    weights: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    x: Vec<f32>,
    inputs: usize,
}

impl Case {
    fn random(random: &mut Random, rows: usize, inputs: usize, outputs: usize) -> Self {
        Self {
            weights: (0..inputs * outputs).map(|_| random.weight()).collect(),
            scales: (0..outputs).map(|_| random.float().abs() / 100.0).collect(),
            bias: (0..outputs).map(|_| random.float()).collect(),
            x: (0..rows * inputs).map(|_| random.float() * 8.0).collect(),
            inputs,
        }
    }

    fn packed(&self) -> PackedWeights {
        PackedWeights::pack(&self.weights, &self.scales).unwrap()
    }

    /// By the kernel for this machine and by plain code.
    fn run(&self) -> (Vec<f32>, Vec<f32>) {
        let packed = self.packed();
        let mut bias = self.bias.clone();
        bias.resize(self.bias.len().next_multiple_of(WIDTH), 0.0);
        let mut rows = Rows::default();
        rows.quantise(&self.x, self.inputs, packed.levels());
        let mut out = vec![f32::NAN; self.x.len() / self.inputs * self.scales.len()];
        let mut plain = out.clone();
        multiply(&packed, &bias, &rows, &mut out);
        multiply_plain(&packed, &bias, &rows, &mut plain);
        (out, plain)
    }

    /// The definition, written out with sums of 64 bits.
    fn expected(&self) -> Vec<f32> {
        let levels = f32::from(self.packed().levels());
        let outputs = self.scales.len();
        let mut expected = Vec::new();
        for row in self.x.chunks(self.inputs) {
            let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
            let scale = largest / levels;
            let quantised = row
                .iter()
                .map(|x| (x * (levels / largest)).round_ties_even() as i64);
            let quantised: Vec<i64> = quantised.collect();
            for n in 0..outputs {
                let weights = self.weights.iter().skip(n).step_by(outputs);
                let sum: i64 = weights
                    .zip(&quantised)
                    .map(|(w, q)| i64::from(*w) * q)
                    .sum();
                assert!(i32::try_from(sum).is_ok(), "{sum} overflows");
                expected.push(sum as f32 * scale * self.scales[n] + self.bias[n]);
            }
        }
        expected
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn equal_to_the_bit_to_sums_written_out() {
    let mut random = Random(1);
    for _ in 0..400 {
        let (rows, inputs, outputs) = (
            1 + random.below(9),
            1 + random.below(70),
            1 + random.below(70),
        );
        let case = Case::random(&mut random, rows, inputs, outputs);
        let (out, plain) = case.run();
        let expected = bits(&case.expected());
        assert_eq!(
            bits(&plain),
            expected,
            "plain, {rows} × {inputs} × {outputs}"
        );
        assert_eq!(bits(&out), expected, "{rows} × {inputs} × {outputs}");
    }
}

#[test]
fn sums_of_the_largest_values_do_not_overflow() {
    // Up to the most inputs that are packed at all.
    for inputs in [1, 2, 127, 128, 129, 516, 517, 640, 2064, 133_144] {
        for sign in [1_i8, -1] {
            let case = Case {
                weights: vec![127 * sign; inputs * 9],
                scales: vec![1.0; 9],
                bias: vec![0.0; 9],
                x: vec![3.5; inputs * 5],
                inputs,
            };
            let (out, plain) = case.run();
            let expected = bits(&case.expected());
            assert_eq!(bits(&plain), expected, "plain, {inputs}");
            assert_eq!(bits(&out), expected, "{inputs}");
        }
    }
}

#[test]
fn near_the_product_of_floats() {
    let mut random = Random(2);
    for (rows, inputs, outputs) in [(1, 128, 512), (8, 512, 128), (5, 640, 58), (3, 3000, 7)] {
        let case = Case::random(&mut random, rows, inputs, outputs);
        let levels = f64::from(case.packed().levels());
        let (out, _) = case.run();
        for (at, y) in out.iter().enumerate() {
            let (row, n) = (&case.x[at / outputs * inputs..][..inputs], at % outputs);
            let weights = case.weights.iter().skip(n).step_by(outputs);
            let scale = f64::from(case.scales[n]);
            let weights: Vec<f64> = weights.map(|w| f64::from(*w) * scale).collect();
            let exact: f64 = weights
                .iter()
                .zip(row)
                .map(|(w, x)| w * f64::from(*x))
                .sum();
            let exact = exact + f64::from(case.bias[n]);
            // Each input is off by half a level at most (and the rounding of x · inverse,
            // 2^-23 of it, which is less than a hundredth of a level); then four roundings of floats.
            let largest = row.iter().fold(0.0_f64, |a, x| a.max(f64::from(x.abs())));
            let all: f64 = weights.iter().map(|w| w.abs()).sum();
            let bound = all * largest / levels * 0.51
                + (exact.abs() + all * largest) * 4.0 * f64::from(f32::EPSILON);
            let apart = (f64::from(*y) - exact).abs();
            assert!(
                apart <= bound,
                "{rows} × {inputs} × {outputs}: {apart} > {bound}"
            );
        }
    }
}

#[test]
fn rows_of_zeros_and_of_no_numbers() {
    let mut random = Random(3);
    let mut case = Case::random(&mut random, 6, 11, 9);
    let mut rows = case.x.chunks_mut(11);
    rows.next().unwrap().fill(0.0);
    rows.next().unwrap().fill(-0.0);
    rows.next().unwrap()[3] = f32::NAN;
    rows.next().unwrap()[10] = f32::INFINITY;
    rows.next().unwrap()[0] = f32::NEG_INFINITY;
    let (out, plain) = case.run();
    for out in [out, plain] {
        let rows: Vec<&[f32]> = out.chunks(9).collect();
        assert_eq!(rows[0], case.bias);
        assert_eq!(rows[1], case.bias);
        assert!(rows[2..5].iter().all(|row| row.iter().all(|y| y.is_nan())));
        assert!(rows[5].iter().all(|y| y.is_finite()));
    }
    // The smallest floats are zeros, the largest are not.
    case.x.fill(f32::MIN_POSITIVE);
    assert_eq!(case.run().0[..9], case.bias);
    case.x.fill(f32::MAX);
    assert_eq!(bits(&case.run().0), bits(&case.expected()));
}

#[test]
fn what_cannot_be_packed() {
    assert!(PackedWeights::pack(&[], &[]).is_none());
    assert!(PackedWeights::pack(&[], &[1.0]).is_none());
    assert!(PackedWeights::pack(&[1, 2, 3], &[1.0, 1.0]).is_none());
    assert!(PackedWeights::pack(&[1, -128], &[1.0]).is_none());
    assert!(PackedWeights::pack(&vec![1; 133_145], &[1.0]).is_none());
    let packed = PackedWeights::pack(&[1; 128 * 12], &[1.0; 12]).unwrap();
    assert_eq!(
        (packed.inputs(), packed.outputs(), packed.levels()),
        (128, 12, 32_767)
    );
    let packed = PackedWeights::pack(&[1; 640], &[1.0]).unwrap();
    assert_eq!(packed.levels(), 26_420);
}
