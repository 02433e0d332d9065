//! Eight 32-bit sums side by side: what one step of the kernel is made of, for each kind
//! of machine. All of them add exact integers, so all of them give the same sums.
//!
//! The only unsafe code of the product: loads, instructions and calls that the compiler
//! cannot vouch for.

/// Two inputs of eight outputs: the weight of output n for input i of the pair at
/// `2 n + i`.
pub type Step = [i8; 16];

/// Two inputs next to each other, quantised.
pub type Pair = [i16; 2];

/// Outputs of a step.
pub const WIDTH: usize = 8;

/// Vectors that the machine has, which its value vouches for: eight sums, for eight outputs.
pub trait Lanes: Copy {
    /// A step's weights, ready to be multiplied.
    type Weights: Copy;

    /// Eight sums.
    type Sums: Copy;

    /// Sums of nothing.
    fn zero(self) -> Self::Sums;

    /// Makes a step's weights ready.
    fn widen(self, step: &Step) -> Self::Weights;

    /// Sums with, for each output, both its weights times both inputs added.
    #[must_use]
    fn add(self, sums: Self::Sums, weights: Self::Weights, inputs: Pair) -> Self::Sums;

    /// What the sums stand for, [`values`], by this machine's instructions.
    fn values(
        self,
        sums: Self::Sums,
        scale: f32,
        scales: &[f32; WIDTH],
        bias: &[f32; WIDTH],
    ) -> [f32; WIDTH];
}

/// `sum · scale · output's scale + bias`, the same bits on every machine.
#[inline(always)]
#[cfg_attr(
    all(target_arch = "wasm32", target_feature = "simd128"),
    allow(dead_code, reason = "tests alone need it there")
)]
fn values(
    sums: [i32; WIDTH],
    scale: f32,
    scales: &[f32; WIDTH],
    bias: &[f32; WIDTH],
) -> [f32; WIDTH] {
    std::array::from_fn(|n| sums[n] as f32 * scale * scales[n] + bias[n])
}

/// Plain code: any machine, and what the others are tested against.
#[derive(Clone, Copy)]
#[cfg_attr(
    all(target_arch = "wasm32", target_feature = "simd128"),
    allow(dead_code, reason = "tests alone need it there")
)]
pub struct Plain;

impl Lanes for Plain {
    type Weights = Step;
    type Sums = [i32; WIDTH];

    #[inline(always)]
    fn zero(self) -> [i32; WIDTH] {
        [0; WIDTH]
    }

    #[inline(always)]
    fn widen(self, step: &Step) -> Step {
        *step
    }

    #[inline(always)]
    fn add(self, mut sums: [i32; WIDTH], weights: Step, inputs: Pair) -> [i32; WIDTH] {
        let [first, second] = inputs.map(i32::from);
        for (sum, pair) in sums.iter_mut().zip(weights.as_chunks::<2>().0) {
            *sum += i32::from(pair[0]) * first + i32::from(pair[1]) * second;
        }
        sums
    }

    #[inline(always)]
    fn values(
        self,
        sums: [i32; WIDTH],
        scale: f32,
        scales: &[f32; WIDTH],
        bias: &[f32; WIDTH],
    ) -> [f32; WIDTH] {
        values(sums, scale, scales, bias)
    }
}

/// WebAssembly's 128-bit vectors, two of them for eight sums.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub mod simd128 {
    use core::arch::wasm32::{
        f32x4_add, f32x4_convert_i32x4, f32x4_mul, f32x4_splat, i16x8_load_extend_i8x8, i32x4_add,
        i32x4_dot_i16x8, i32x4_splat, v128,
    };

    use super::{Lanes, Pair, Step, WIDTH};

    /// Outputs 0 to 3 and 4 to 7. A module with them is refused by a machine without.
    #[derive(Clone, Copy)]
    pub struct Simd128;

    impl Lanes for Simd128 {
        type Weights = [v128; 2];
        type Sums = [v128; 2];

        #[inline(always)]
        fn zero(self) -> [v128; 2] {
            [i32x4_splat(0); 2]
        }

        #[inline(always)]
        fn widen(self, step: &Step) -> [v128; 2] {
            let (first, second) = step.split_at(8);
            // SAFETY: each half is 8 bytes, which is what the instruction reads; it
            // wants no alignment.
            unsafe {
                [
                    i16x8_load_extend_i8x8(first.as_ptr()),
                    i16x8_load_extend_i8x8(second.as_ptr()),
                ]
            }
        }

        #[inline(always)]
        fn add(self, sums: [v128; 2], weights: [v128; 2], inputs: Pair) -> [v128; 2] {
            let [low, high] = inputs.map(|input| i32::from(input.cast_unsigned()));
            let inputs = i32x4_splat(low | high << 16);
            [
                i32x4_add(sums[0], i32x4_dot_i16x8(weights[0], inputs)),
                i32x4_add(sums[1], i32x4_dot_i16x8(weights[1], inputs)),
            ]
        }

        // Left to the compiler, the lanes go one by one.
        #[inline(always)]
        fn values(
            self,
            sums: [v128; 2],
            scale: f32,
            scales: &[f32; WIDTH],
            bias: &[f32; WIDTH],
        ) -> [f32; WIDTH] {
            // SAFETY: all are 32 bytes of plain floats, lane 0 first.
            let [scales, bias]: [[v128; 2]; 2] = unsafe { core::mem::transmute([*scales, *bias]) };
            let scale = f32x4_splat(scale);
            let values: [v128; 2] = std::array::from_fn(|half| {
                let value = f32x4_mul(f32x4_convert_i32x4(sums[half]), scale);
                f32x4_add(f32x4_mul(value, scales[half]), bias[half])
            });
            // SAFETY: the same.
            unsafe { core::mem::transmute(values) }
        }
    }
}

/// x86's 256-bit vectors, one for eight sums.
#[cfg(target_arch = "x86_64")]
pub mod avx2 {
    use core::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_madd_epi16,
        _mm256_set1_epi32, _mm256_setzero_si256,
    };

    use super::{Lanes, Pair, Step, WIDTH, values};

    /// Outputs 0 to 7. There is a value of it only where the machine has AVX2. It is fast
    /// only below [`Avx2::run`], into which all of it is inlined.
    #[derive(Clone, Copy)]
    pub struct Avx2(());

    /// Something to be compiled for AVX2: [`Work::run`] and all it calls must be marked to
    /// be inlined.
    pub trait Work {
        /// Does it.
        fn run(self, lanes: Avx2);
    }

    impl Avx2 {
        /// AVX2, if the machine has it.
        pub fn detect() -> Option<Self> {
            std::arch::is_x86_feature_detected!("avx2").then_some(Self(()))
        }

        /// Runs work compiled for it.
        pub fn run(self, work: impl Work) {
            #[target_feature(enable = "avx2")]
            fn compiled(lanes: Avx2, work: impl Work) {
                work.run(lanes);
            }
            // SAFETY: the machine has AVX2, or there were no `self`.
            unsafe {
                compiled(self, work);
            }
        }
    }

    // SAFETY, for all of them: the machine has AVX2, or there were no `self`.
    impl Lanes for Avx2 {
        type Weights = __m256i;
        type Sums = __m256i;

        #[inline(always)]
        fn zero(self) -> __m256i {
            unsafe { _mm256_setzero_si256() }
        }

        #[inline(always)]
        fn widen(self, step: &Step) -> __m256i {
            // SAFETY: a step is 16 bytes, which is what the load reads, unaligned.
            unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(step.as_ptr().cast())) }
        }

        #[inline(always)]
        fn add(self, sums: __m256i, weights: __m256i, inputs: Pair) -> __m256i {
            let [low, high] = inputs.map(|input| i32::from(input.cast_unsigned()));
            let inputs = low | high << 16;
            unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(weights, _mm256_set1_epi32(inputs))) }
        }

        #[inline(always)]
        fn values(
            self,
            sums: __m256i,
            scale: f32,
            scales: &[f32; WIDTH],
            bias: &[f32; WIDTH],
        ) -> [f32; WIDTH] {
            // SAFETY: both are 32 bytes of plain integers, lane 0 first.
            let sums: [i32; WIDTH] = unsafe { core::mem::transmute(sums) };
            values(sums, scale, scales, bias)
        }
    }
}
