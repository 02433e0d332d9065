//! Attention against its formula, and what it leaves out.

use std::sync::Arc;

use tract_onnx::prelude::*;

use super::{assert_near, of, run, tensor, values};
use crate::model::int8::ops::{Attention, Rotary};

/// Positions of the rotary tables.
const POSITIONS: usize = 40;

/// Attention's formula over all frames, cached and new.
fn attend(kernel: &Attention, [cos, sin]: [&[f32]; 2], inputs: &[Tensor]) -> Vec<f64> {
    let (heads, wide, cached) = (kernel.heads, kernel.head_width, kernel.cached);
    let (width, half) = (heads * wide, wide / 2);
    let [queries, new_keys, new_values, keys, values, bias] =
        [0, 1, 2, 3, 4, 5].map(|at| of(&inputs[at]));
    let n = queries.len() / width;
    let part = kernel.block * cached * width;
    let key = |t: usize, c: usize| match t.checked_sub(cached) {
        None => keys[part + c * cached + t],
        Some(t) => new_keys[t * width + c],
    };
    let value = |t: usize, c: usize| match t.checked_sub(cached) {
        None => values[part + t * width + c],
        Some(t) => new_values[t * width + c],
    };
    let rotated = |of: &dyn Fn(usize) -> f64, t: usize, j: usize| {
        let at = t * half + j % half;
        let (cos, sin) = (f64::from(cos[at]), f64::from(sin[at]));
        if j < half {
            of(j) * cos - of(j + half) * sin
        } else {
            of(j) * cos + of(j - half) * sin
        }
    };
    let mut out = vec![0.0; n * width];
    for head in 0..heads {
        for i in 0..n {
            let query = |j: usize| queries[i * width + head * wide + j] * f64::from(kernel.scale);
            let score = |t: usize| {
                let key = |j: usize| key(t, head * wide + j);
                let products =
                    (0..wide).map(|j| rotated(&query, cached + i, j) * rotated(&key, t, j));
                products.sum::<f64>() + bias[t]
            };
            let weights: Vec<f64> = (0..cached + n).map(|t| score(t).exp()).collect();
            let all: f64 = weights.iter().sum();
            for c in head * wide..(head + 1) * wide {
                let mixed: f64 = weights
                    .iter()
                    .enumerate()
                    .map(|(t, w)| w * value(t, c))
                    .sum();
                out[i * width + c] = mixed / all;
            }
        }
    }
    out
}

/// An attention of two heads of 16 columns, and its tables.
pub fn attention(cached: usize) -> (Attention, [Vec<f32>; 2]) {
    let half = 8;
    let angles = values(half * POSITIONS, 9);
    let tables = [f32::cos, f32::sin].map(|of| angles.iter().map(|angle| of(*angle)).collect());
    let [cos, sin]: &[Vec<f32>; 2] = &tables;
    let kernel = Attention {
        heads: 2,
        head_width: 2 * half,
        cached,
        block: 1,
        scale: 0.25,
        rotary: Arc::new(Rotary::new(cos, sin, half).unwrap()),
    };
    (kernel, tables)
}

/// What it attends from and to, with this bias.
fn attended(cached: usize, bias: &[f32]) -> [Tensor; 6] {
    let (chunk, cache) = ([1, bias.len() - cached, 32], [2, 1, cached, 32]);
    [
        tensor(&chunk, 1),
        tensor(&chunk, 2),
        tensor(&chunk, 3),
        tensor(&cache, 4),
        tensor(&cache, 5),
        Tensor::from_shape(&[bias.len()], bias).unwrap(),
    ]
}

/// A bias for a chunk of `n` frames after so many cached ones, the first ones masked.
fn masked(n: usize, cached: usize, masked: usize, by: f32) -> Vec<f32> {
    let bias = |t| if t < masked { by } else { -0.0 };
    (0..cached + n).map(bias).collect()
}

#[test]
fn attention_over_cached_and_new_frames() {
    // None, some or all of the cached frames are valid, the last ones.
    let cases = [
        (1, 7, 3),
        (3, 8, 4),
        (3, 8, 8),
        (4, 1, 0),
        (7, 11, 5),
        (5, 27, 21),
        (2, 32, 32),
    ];
    for (n, cached, invalid) in cases {
        let (kernel, tables) = attention(cached);
        let inputs = attended(cached, &masked(n, cached, invalid, -1e4));
        let found = run(&kernel, &inputs.each_ref());
        let expected = attend(&kernel, tables.each_ref().map(|table| &table[..]), &inputs);
        assert_near(&found, &expected, 5e-6);
    }
}

/// A bias a little nearer to 0 masks as well but is no reason to leave frames out.
#[test]
fn leaving_masked_frames_out_changes_no_bit() {
    for (n, cached, invalid) in [(1, 8, 8), (4, 24, 17), (5, 27, 23), (3, 32, 32)] {
        let (kernel, _) = attention(cached);
        let attend = |by| {
            let inputs = attended(cached, &masked(n, cached, invalid, by));
            let found = run(&kernel, &inputs.each_ref());
            found.iter().map(|y| y.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(attend(-1e4), attend(-9.99e3), "{invalid} of {cached}");
    }
}

#[test]
fn whole_eights_of_masked_frames_are_left_out() {
    let (kernel, _) = attention(24);
    for (invalid, finite) in [(16, true), (15, false)] {
        let mut inputs = attended(24, &masked(4, 24, invalid, -1e4));
        let nothing = [&[f32::NAN; 16 * 32][..], &[0.0; 8 * 32]]
            .concat()
            .repeat(2);
        inputs[4] = Tensor::from_shape(&[2, 1, 24, 32], &nothing).unwrap();
        let found = run(&kernel, &inputs.each_ref());
        assert_eq!(found.iter().all(|y| y.is_finite()), finite, "{invalid}");
    }
}

/// Where no frame is valid, all count, as if all were: softmax sees differences alone.
#[test]
fn attention_to_masked_frames_alone() {
    let (kernel, tables) = attention(16);
    let found = run(&kernel, &attended(16, &[-1e4; 20]).each_ref());
    let tables = tables.each_ref().map(|table| &table[..]);
    let expected = attend(&kernel, tables, &attended(16, &[0.0; 20]));
    // Scores near −10 000 are rounded to 1/1024, half of which a weight may be off by.
    assert_near(&found, &expected, 5e-3);
}
