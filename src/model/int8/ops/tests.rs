//! Each operation against its formula, written out in 64-bit floats.
#![allow(clippy::unwrap_used)]

mod attention;

use tract_onnx::prelude::*;

use super::functions::{exp, sigmoid};
use super::{Depthwise, Kernel, Last, Layout, Linear, Norm, Subsampling, Then};
use crate::model::int8::product::PackedWeights;
use attention::attention;

/// Values between −2 and 2 with no pattern that a wrong index could follow.
fn values(count: usize, seed: usize) -> Vec<f32> {
    let value = |at: usize| ((at * 7919 + seed * 104_729) as f32 * 0.618).sin() * 2.0;
    (0..count).map(value).collect()
}

fn tensor(shape: &[usize], seed: usize) -> Tensor {
    Tensor::from_shape(shape, &values(shape.iter().product(), seed)).unwrap()
}

fn run(kernel: &impl Kernel, inputs: &[&Tensor]) -> Vec<f32> {
    let shapes: Vec<Vec<TDim>> = inputs
        .iter()
        .map(|input| {
            input
                .shape()
                .iter()
                .map(|extent| (*extent).into())
                .collect()
        })
        .collect();
    let shapes: Vec<&[TDim]> = shapes.iter().map(|shape| &shape[..]).collect();
    let out = kernel.eval(inputs).unwrap();
    let extents: Vec<TDim> = out.shape().iter().map(|extent| (*extent).into()).collect();
    assert_eq!(
        kernel.shape(&shapes).unwrap()[..],
        extents[..],
        "the shape it told"
    );
    super::floats(&out).unwrap().to_vec()
}

fn of(tensor: &Tensor) -> Vec<f64> {
    super::floats(tensor)
        .unwrap()
        .iter()
        .map(|value| f64::from(*value))
        .collect()
}

/// That values are within `bound` of what they should be.
fn assert_near(values: &[f32], expected: &[f64], bound: f64) {
    assert_eq!(values.len(), expected.len());
    for (at, (value, expected)) in values.iter().zip(expected).enumerate() {
        let apart = (f64::from(*value) - expected).abs();
        assert!(apart <= bound, "{at}: {value} and not {expected}");
    }
}

#[test]
fn exponentials_and_sigmoids() {
    for at in -8_000..=8_000 {
        let x = at as f32 / 100.0;
        let expected = f64::from(x).exp();
        let apart = (f64::from(exp(x)) - expected).abs() / expected;
        assert!(apart < 3e-7, "e^{x} is off by {apart}");
    }
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(
        bits(&[exp(-1e4), exp(f32::NEG_INFINITY), exp(0.0), exp(1e4)]),
        bits(&[exp(-80.0), exp(-80.0), 1.0, exp(80.0)])
    );
    assert!(exp(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
    for at in -400..=400 {
        let x = at as f32 / 4.0;
        let expected = 1.0 / (1.0 + (-f64::from(x)).exp());
        assert!(
            (f64::from(sigmoid(x)) - expected).abs() < 2e-7,
            "sigmoid of {x}"
        );
    }
}

/// The weights are whole numbers and so are the inputs, with the largest of them the
/// number of levels: nothing is rounded, and what follows can be told apart.
#[test]
fn what_follows_a_product() {
    let weights = PackedWeights::pack(&[1, 2, -3, 4, 5, -6, 7, 8], &[1.0, 0.5, 1.0, 2.0]).unwrap();
    let levels = f32::from(weights.levels());
    let linear = Linear::new(weights);
    let x = Tensor::from_shape(&[1, 2, 2], &[levels, -2.0, 3.0, levels]).unwrap();
    let l = f64::from(levels);
    let y = [
        [l - 10.0, l + 6.0, -3.0 * l - 14.0, 8.0 * l - 32.0],
        [
            3.0 + 5.0 * l,
            3.0 - 3.0 * l,
            -9.0 + 7.0 * l,
            24.0 + 16.0 * l,
        ],
    ];
    let relative = |values: &[f32], expected: &[f64]| {
        let ones: Vec<f32> = values
            .iter()
            .zip(expected)
            .map(|(a, b)| (f64::from(*a) / b) as f32)
            .collect();
        assert_near(&ones, &vec![1.0; expected.len()], 1e-6);
    };
    relative(&run(&linear, &[&x]), &y.concat());
    let biased = linear.with_bias(vec![1.0, -1.0, 100.0, 5.0]).unwrap();
    let y = y.map(|row| [row[0] + 1.0, row[1] - 1.0, row[2] + 100.0, row[3] + 5.0]);
    relative(&run(&biased, &[&x]), &y.concat());
    let half = biased.with_factor(0.5).unwrap();
    let halves = y.map(|row| row.map(|value| value / 2.0)).concat();
    relative(&run(&half, &[&x]), &halves);
    let residual = tensor(&[1, 2, 4], 3);
    let sums: Vec<f64> = halves
        .iter()
        .zip(of(&residual))
        .map(|(a, b)| a + b)
        .collect();
    relative(
        &run(&half.then(Then::Residual).unwrap(), &[&x, &residual]),
        &sums,
    );

    let small = linear.with_factor(1.0 / 8192.0).unwrap();
    let y: Vec<f64> = of(&linear.eval(&[&x]).unwrap())
        .iter()
        .map(|y| y / 8192.0)
        .collect();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let silu: Vec<f64> = y.iter().map(|y| y * sigmoid(*y)).collect();
    assert_near(&run(&small.then(Then::Silu).unwrap(), &[&x]), &silu, 1e-4);
    let glu = [0, 1, 4, 5].map(|at| y[at] * sigmoid(y[at + 2]));
    assert_near(&run(&small.then(Then::Glu).unwrap(), &[&x]), &glu, 1e-4);

    assert!(biased.with_bias(vec![0.0; 4]).is_none() && linear.with_bias(vec![0.0; 3]).is_none());
    let then = half.then(Then::Silu).unwrap();
    assert!(then.then(Then::Silu).is_none() && then.with_factor(2.0).is_none());
    assert!(half.with_bias(vec![0.0; 4]).is_none());
    assert!(linear.shape(&[&[1.into(), 2.into(), 3.into()]]).is_err());
    assert!(half.then(Then::Residual).unwrap().eval(&[&x, &x]).is_err());
}

#[test]
fn layer_normalisation() {
    let x = tensor(&[1, 3, 21], 1);
    let norm = Norm {
        scale: values(21, 2),
        bias: values(21, 3),
        epsilon: 1e-5,
        silu: false,
    };
    let mut expected = Vec::new();
    for row in of(&x).chunks(21) {
        let mean = row.iter().sum::<f64>() / 21.0;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 21.0;
        for (at, x) in row.iter().enumerate() {
            let normal = (x - mean) / (variance + 1e-5).sqrt();
            expected.push(normal * f64::from(norm.scale[at]) + f64::from(norm.bias[at]));
        }
    }
    assert_near(&run(&norm, &[&x]), &expected, 2e-6);
    let silu: Vec<f64> = expected.iter().map(|y| y / (1.0 + (-y).exp())).collect();
    assert_near(&run(&Norm { silu: true, ..norm }, &[&x]), &silu, 2e-6);
}

#[test]
fn depthwise_convolution_goes_on_from_its_cache() {
    let (width, cached) = (5, 3);
    let (cache, new) = (tensor(&[2, 1, cached, width], 1), tensor(&[1, 4, width], 2));
    let kernel = Depthwise {
        taps: values((cached + 1) * width, 3),
        bias: values(width, 4),
        block: 1,
    };
    let window = [&of(&cache)[cached * width..], &of(&new)].concat();
    let mut expected = Vec::new();
    for t in 0..4 {
        for c in 0..width {
            let taps = 0..=cached;
            let products =
                taps.map(|j| f64::from(kernel.taps[j * width + c]) * window[(t + j) * width + c]);
            expected.push(products.sum::<f64>() + f64::from(kernel.bias[c]));
        }
    }
    assert_near(&run(&kernel, &[&cache, &new]), &expected, 2e-6);
}

/// 3 × 3, every second place, zeros beside the bands, `SiLU`: `[frames][bands][channels]`.
fn convolution(
    x: &[Vec<Vec<f64>>],
    weight: &dyn Fn(usize, usize, usize, usize) -> f64,
    bias: &[f32],
) -> Vec<Vec<Vec<f64>>> {
    let bands = x[0].len() as i64;
    let place = |t: usize, f: i64, out: usize| {
        let mut sum = f64::from(bias[out]);
        for (dt, df) in (0..3).flat_map(|dt| (0..3).map(move |df| (dt, df))) {
            let band = f + df as i64 - 1;
            if (0..bands).contains(&band) {
                let values = x[t + dt][band as usize].iter().enumerate();
                sum += values.map(|(c, x)| x * weight(dt, df, c, out)).sum::<f64>();
            }
        }
        sum / (1.0 + (-sum).exp())
    };
    let frames = (0..x.len() - 2).step_by(2);
    let bands = || (0..bands).step_by(2);
    let channels = || 0..bias.len();
    frames
        .map(|t| {
            bands()
                .map(|f| channels().map(|out| place(t, f, out)).collect())
                .collect()
        })
        .collect()
}

#[test]
fn subsampling_is_two_convolutions() {
    let channels = 8;
    for (frames, bands) in [(7, 6), (11, 7), (15, 80)] {
        let x = tensor(&[1, frames, bands], 1);
        let (first, first_bias) = (values(9 * channels, 2), values(channels, 3));
        let second: Vec<i8> = values(9 * channels * channels, 4)
            .iter()
            .map(|v| (v * 63.0) as i8)
            .collect();
        let (scales, second_bias) = (values(channels, 5), values(channels, 6));
        let scales: Vec<f32> = scales.iter().map(|scale| scale.abs() / 500.0).collect();
        let hidden: Vec<Vec<Vec<f64>>> = of(&x)
            .chunks(bands)
            .map(|row| row.iter().map(|x| vec![*x]).collect())
            .collect();
        let weight = |t: usize, f: usize, _: usize, out: usize| {
            f64::from(first[(t * 3 + f) * channels + out])
        };
        let hidden = convolution(&hidden, &weight, &first_bias);
        let weight = |t: usize, f: usize, c: usize, out: usize| {
            let at = ((t * 3 + f) * channels + c) * channels + out;
            f64::from(second[at]) * f64::from(scales[out])
        };
        let mut expected = Vec::new();
        for frame in convolution(&hidden, &weight, &second_bias) {
            for c in 0..channels {
                expected.extend(frame.iter().map(|band| band[c]));
            }
        }
        // Each input of the second is off by half a level of the largest at most, which the
        // weights of an output add up, and SiLU is nowhere steeper than 1.1; and roundings.
        let values = hidden.iter().flatten().flatten();
        let largest = values.fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let all = (0..channels).map(|out| {
            let weights = second.iter().skip(out).step_by(channels);
            weights
                .map(|w| f64::from(*w).abs() * f64::from(scales[out]))
                .sum::<f64>()
        });
        let all = all.fold(0.0, f64::max);
        let bound = 1.1 * all * largest * (0.51 / 32_767.0 + 16.0 * f64::from(f32::EPSILON));
        let second = PackedWeights::pack(&second, &scales).unwrap();
        let kernel = Subsampling::new(bands, &first, &first_bias, second, second_bias).unwrap();
        assert_near(&run(&kernel, &[&x]), &expected, bound);
    }
}

#[test]
fn caches_keep_the_last_frames() {
    let (width, length) = (3, 4);
    for frames in [1, 3, 4, 5, 9] {
        let cache = tensor(&[2, 1, length, width], 1);
        let new = [
            tensor(&[1, frames, width], 2),
            tensor(&[1, frames, width], 3),
        ];
        let inputs = [&cache, &new[0], &new[1]];
        let last = |layout| run(&Last { layout, width }, &inputs);
        let part = length * width;
        let transposed = |part: &[f64]| -> Vec<f64> {
            (0..part.len())
                .map(|at| part[at % width * length + at / width])
                .collect()
        };
        let (mut by_frames, mut by_columns) = (Vec::new(), Vec::new());
        for (old, new) in of(&cache).chunks(part).zip(&new) {
            let all = [old, &of(new)].concat();
            by_frames.extend_from_slice(&all[all.len() - part..]);
            let all = [transposed(old), of(new)].concat();
            by_columns.extend_from_slice(&all[all.len() - part..]);
        }
        assert_near(&last(Layout::Frames), &by_frames, 0.0);
        let found: Vec<f64> = last(Layout::Columns)
            .iter()
            .map(|value| f64::from(*value))
            .collect();
        let found: Vec<f64> = found.chunks(part).flat_map(transposed).collect();
        assert_eq!(found, by_columns, "{frames} frames");
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let shape = |kernel: &dyn Kernel, shapes: &[&[i64]]| {
        let shapes: Vec<Vec<TDim>> = shapes
            .iter()
            .map(|shape| shape.iter().map(|extent| (*extent).into()).collect())
            .collect();
        let shapes: Vec<&[TDim]> = shapes.iter().map(|shape| &shape[..]).collect();
        kernel.shape(&shapes).is_ok()
    };
    let depthwise = |width: usize, taps: usize| Depthwise {
        taps: vec![0.0; width * taps],
        bias: vec![0.0; width],
        block: 1,
    };
    assert!(shape(&depthwise(4, 3), &[&[2, 1, 2, 4], &[1, 5, 4]]));
    assert!(
        !shape(&depthwise(4, 3), &[&[1, 1, 2, 4], &[1, 5, 4]]),
        "blocks"
    );
    assert!(
        !shape(&depthwise(4, 3), &[&[2, 1, 2, 4], &[2, 5, 4]]),
        "batch"
    );
    assert!(
        !shape(&depthwise(4, 3), &[&[2, 1, 3, 4], &[1, 5, 4]]),
        "cached"
    );
    assert!(
        !shape(&depthwise(4, 1), &[&[2, 1, 0, 4], &[1, 5, 4]]),
        "no frames"
    );
    assert!(
        !shape(&depthwise(0, 3), &[&[2, 1, 2, 0], &[1, 5, 0]]),
        "no columns"
    );
    let attends = |cached: i64, blocks: i64, batch: i64, bias: i64| {
        let (chunk, cache) = (&[batch, 3, 32][..], &[blocks, 1, cached, 32][..]);
        let (kernel, _) = attention(cached as usize);
        shape(&kernel, &[chunk, chunk, chunk, cache, cache, &[bias]])
    };
    assert!(attends(8, 2, 1, 11));
    assert!(!attends(8, 1, 1, 11), "blocks");
    assert!(!attends(8, 2, 2, 11), "batch");
    assert!(!attends(8, 2, 1, 1), "bias");
    assert!(!attends(0, 2, 1, 3), "no frames");
    let last = Last {
        layout: Layout::Columns,
        width: 3,
    };
    assert!(shape(&last, &[&[1, 1, 4, 3], &[1, 2, 3]]));
    assert!(!shape(&last, &[&[1, 1, 0, 3], &[1, 2, 3]]), "no frames");
    assert!(!shape(&last, &[&[1, 1, 4, 3], &[2, 2, 3]]), "batch");
    let norm = Norm {
        scale: Vec::new(),
        bias: Vec::new(),
        epsilon: 1e-5,
        silu: false,
    };
    assert!(!shape(&norm, &[&[1, 2, 0]]), "no columns");
}
