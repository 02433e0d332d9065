//! Numbers that look random and are the same in every run (a linear congruential generator,
//! Knuth's MMIX).
#![allow(dead_code, reason = "no test needs all of it")]

/// The seed, then the state.
pub struct Random(pub u64);

impl Random {
    fn state(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0
    }

    /// In [0, 1).
    pub fn next(&mut self) -> f32 {
        (self.state() >> 40) as f32 / f32::from(1_u16 << 12).powi(2)
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.state() >> 33) as usize % count
    }
}
