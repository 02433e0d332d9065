//! Eight 32-bit sums side by side: what one step of the kernel is made of, for each kind
//! of machine. All of them add exact integers, so all of them give the same sums.
//!
//! The only unsafe code of the package, with the call in `kernel.rs` that chooses between
//! them: loads and instructions that the compiler cannot vouch for.

/// Two inputs of eight outputs: the weight of output n for input i of the pair at
/// `2 n + i`.
pub type Step = [i8; 16];

/// Two inputs next to each other, quantised.
pub type Pair = [i16; 2];

/// Outputs of a step.
pub const WIDTH: usize = 8;

/// Eight sums, for eight outputs.
pub trait Lanes: Copy {
    /// A step's weights, ready to be multiplied.
    type Weights: Copy;

    /// Sums of nothing.
    fn zero() -> Self;

    /// Makes a step's weights ready.
    fn widen(step: &Step) -> Self::Weights;

    /// Adds, for each output, both its weights times both inputs.
    #[must_use]
    fn add(self, weights: Self::Weights, inputs: Pair) -> Self;

    /// The sums.
    fn sums(self) -> [i32; WIDTH];
}

/// Plain code: any machine, and what the others are tested against.
#[derive(Clone, Copy)]
#[cfg_attr(
    all(target_arch = "wasm32", target_feature = "simd128"),
    allow(dead_code, reason = "tests alone need it there")
)]
pub struct Plain([i32; WIDTH]);

impl Lanes for Plain {
    type Weights = Step;

    #[inline(always)]
    fn zero() -> Self {
        Self([0; WIDTH])
    }

    #[inline(always)]
    fn widen(step: &Step) -> Step {
        *step
    }

    #[inline(always)]
    fn add(mut self, weights: Step, inputs: Pair) -> Self {
        let [first, second] = inputs.map(i32::from);
        for (sum, pair) in self.0.iter_mut().zip(weights.as_chunks::<2>().0) {
            *sum += i32::from(pair[0]) * first + i32::from(pair[1]) * second;
        }
        self
    }

    #[inline(always)]
    fn sums(self) -> [i32; WIDTH] {
        self.0
    }
}

/// WebAssembly's 128-bit vectors, two of them for eight sums.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub mod simd128 {
    use core::arch::wasm32::{
        i16x8_load_extend_i8x8, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane, i32x4_splat, v128,
    };

    use super::{Lanes, Pair, Step, WIDTH};

    /// Outputs 0 to 3 and 4 to 7.
    #[derive(Clone, Copy)]
    pub struct Simd128([v128; 2]);

    impl Lanes for Simd128 {
        type Weights = [v128; 2];

        #[inline(always)]
        fn zero() -> Self {
            Self([i32x4_splat(0); 2])
        }

        #[inline(always)]
        fn widen(step: &Step) -> [v128; 2] {
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
        fn add(self, weights: [v128; 2], inputs: Pair) -> Self {
            let [low, high] = inputs.map(|input| i32::from(input.cast_unsigned()));
            let inputs = i32x4_splat(low | high << 16);
            Self([
                i32x4_add(self.0[0], i32x4_dot_i16x8(weights[0], inputs)),
                i32x4_add(self.0[1], i32x4_dot_i16x8(weights[1], inputs)),
            ])
        }

        #[inline(always)]
        fn sums(self) -> [i32; WIDTH] {
            let [a, b] = self.0;
            [
                i32x4_extract_lane::<0>(a),
                i32x4_extract_lane::<1>(a),
                i32x4_extract_lane::<2>(a),
                i32x4_extract_lane::<3>(a),
                i32x4_extract_lane::<0>(b),
                i32x4_extract_lane::<1>(b),
                i32x4_extract_lane::<2>(b),
                i32x4_extract_lane::<3>(b),
            ]
        }
    }
}

/// x86's 256-bit vectors, one for eight sums. Only where the machine has AVX2.
#[cfg(target_arch = "x86_64")]
pub mod avx2 {
    use core::arch::x86_64::{
        __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_madd_epi16,
        _mm256_set1_epi32, _mm256_setzero_si256,
    };

    use super::{Lanes, Pair, Step, WIDTH};

    /// Outputs 0 to 7. To be used below a function with `target_feature(enable =
    /// "avx2")` alone, into which all of this is inlined.
    #[derive(Clone, Copy)]
    pub struct Avx2(__m256i);

    // SAFETY, for all of them: the machine has AVX2, which whoever called the function
    // with the target feature has checked.
    impl Lanes for Avx2 {
        type Weights = __m256i;

        #[inline(always)]
        fn zero() -> Self {
            Self(unsafe { _mm256_setzero_si256() })
        }

        #[inline(always)]
        fn widen(step: &Step) -> __m256i {
            // SAFETY: a step is 16 bytes, which is what the load reads, unaligned.
            unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(step.as_ptr().cast())) }
        }

        #[inline(always)]
        fn add(self, weights: __m256i, inputs: Pair) -> Self {
            let [low, high] = inputs.map(|input| i32::from(input.cast_unsigned()));
            let inputs = low | high << 16;
            Self(unsafe {
                _mm256_add_epi32(
                    self.0,
                    _mm256_madd_epi16(weights, _mm256_set1_epi32(inputs)),
                )
            })
        }

        #[inline(always)]
        fn sums(self) -> [i32; WIDTH] {
            // SAFETY: both are 32 bytes of plain integers, lane 0 first.
            unsafe { core::mem::transmute(self.0) }
        }
    }
}
