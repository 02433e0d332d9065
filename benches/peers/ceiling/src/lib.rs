//! Multiply-adds on vectors that never leave their registers: what no kernel can be faster than. More chains
//! run side by side than an operation takes cycles, and each result is the next one's operand, so that
//! nothing can be left out.

use core::arch::wasm32::{
    f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_relaxed_madd, f32x4_splat, i8x16_splat, i16x8_splat, i32x4_add,
    i16x8_relaxed_dot_i8x16_i7x16, i32x4_dot_i16x8, i32x4_extract_lane, i32x4_splat,
};

/// The model's own kernel, from the product's source.
#[path = "../../../../src/model/int8/product/mod.rs"]
#[allow(dead_code, unused_imports, unfulfilled_lint_expectations, reason = "the product uses more of it, under its own lints")]
mod product;

use std::cell::RefCell;

use product::{PackedWeights, Rows};

/// A product to be timed.
struct Product {
    weights: PackedWeights,
    rows: Rows,
    count: usize,
    out: Vec<f32>,
}

thread_local! {
    static PRODUCT: RefCell<Option<Product>> = const { RefCell::new(None) };
}

/// Makes a product of `rows` × `inputs` and `inputs` × `outputs` for [`multiply`].
#[unsafe(no_mangle)]
pub extern "C" fn prepare(rows: usize, inputs: usize, outputs: usize) {
    let values: Vec<i8> = (0..inputs * outputs).map(|at| (at * 37 % 255) as i8).map(|value| value.max(-127)).collect();
    let weights = PackedWeights::pack(&values, &vec![0.01; outputs]).expect("shapes that can be packed");
    let inputs_of_rows: Vec<f32> = (0..rows * inputs).map(|at| (at * 29 % 113) as f32 - 56.0).collect();
    let mut quantised = Rows::default();
    quantised.quantise(&inputs_of_rows, inputs, weights.levels());
    let product = Product { weights, rows: quantised, count: rows, out: vec![0.0; rows * outputs] };
    PRODUCT.with(|kept| kept.replace(Some(product)));
}

/// Does the prepared product so many times; returns the operations done.
#[unsafe(no_mangle)]
pub extern "C" fn multiply(rounds: u32) -> f64 {
    PRODUCT.with_borrow_mut(|kept| {
        let Product { weights, rows, count, out } = kept.as_mut().expect("prepare comes first");
        for _ in 0..rounds {
            product::multiply(weights, &[], core::hint::black_box(rows), out);
            core::hint::black_box(&mut *out);
        }
        f64::from(rounds) * (2 * *count * weights.inputs() * weights.outputs()) as f64
    })
}

/// Chains side by side; with the factor they fit the machine's 16 registers.
const CHAINS: usize = 12;

/// Sixteen operations a chain and round, the int8 kernel's: 8 products of 16-bit integers, summed.
/// Returns the operations done, which depend on nothing but `rounds`.
#[unsafe(no_mangle)]
pub extern "C" fn integers(rounds: u32) -> f64 {
    let factor = i16x8_splat(rounds as i16 | 1);
    // Different ones, or the compiler makes one chain of them.
    let mut sums: [_; CHAINS] =
        core::array::from_fn(|chain| i32x4_splat(rounds as i32 + chain as i32));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(*sum, factor));
        }
    }
    let total = sums
        .into_iter()
        .fold(i32x4_splat(0), |a, b| i32x4_add(a, b));
    core::hint::black_box(i32x4_extract_lane::<0>(total));
    f64::from(rounds) * (CHAINS * 16) as f64
}

/// Eight operations a chain and round: 4 products of floats, summed. There is no fused multiply-add in
/// the instructions that every browser has.
#[unsafe(no_mangle)]
pub extern "C" fn floats(rounds: u32) -> f64 {
    // Small, or the sums overflow.
    let factor = f32x4_splat(1.0 / rounds as f32);
    let mut sums: [_; CHAINS] =
        core::array::from_fn(|chain| f32x4_splat((rounds + chain as u32) as f32));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = f32x4_add(*sum, f32x4_mul(*sum, factor));
        }
    }
    let total = sums
        .into_iter()
        .fold(f32x4_splat(0.0), |a, b| f32x4_add(a, b));
    core::hint::black_box(f32x4_extract_lane::<0>(total));
    f64::from(rounds) * (CHAINS * 8) as f64
}

/// As [`integers`] with a relaxed instruction, which not every browser has: 16 products of an 8-bit and a 7-bit
/// integer, summed the fastest way of these instructions on x86 without AVX-VNNI, 32 operations a chain and round.
#[unsafe(no_mangle)]
#[target_feature(enable = "relaxed-simd")]
pub extern "C" fn relaxed_integers(rounds: u32) -> f64 {
    let (factor, ones) = (i8x16_splat(rounds as i8 & 0x7f | 1), i16x8_splat(1));
    let mut sums: [_; CHAINS] =
        core::array::from_fn(|chain| i32x4_splat(rounds as i32 + chain as i32));
    for _ in 0..rounds {
        for sum in &mut sums {
            let pairs = i16x8_relaxed_dot_i8x16_i7x16(*sum, factor);
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(pairs, ones));
        }
    }
    let total = sums
        .into_iter()
        .fold(i32x4_splat(0), |a, b| i32x4_add(a, b));
    core::hint::black_box(i32x4_extract_lane::<0>(total));
    f64::from(rounds) * (CHAINS * 32) as f64
}

/// As [`floats`] with the relaxed multiply-add, which is fused where the machine can.
#[unsafe(no_mangle)]
#[target_feature(enable = "relaxed-simd")]
pub extern "C" fn relaxed_floats(rounds: u32) -> f64 {
    let factor = f32x4_splat(1.0 / rounds as f32);
    let mut sums: [_; CHAINS] =
        core::array::from_fn(|chain| f32x4_splat((rounds + chain as u32) as f32));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = f32x4_relaxed_madd(*sum, factor, *sum);
        }
    }
    let total = sums
        .into_iter()
        .fold(f32x4_splat(0.0), |a, b| f32x4_add(a, b));
    core::hint::black_box(f32x4_extract_lane::<0>(total));
    f64::from(rounds) * (CHAINS * 8) as f64
}
