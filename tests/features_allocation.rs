//! The streaming front end allocates nothing once it is warm.
//!
//! Alone in its file because the counting allocator is the whole process's.
#![cfg(not(target_arch = "wasm32"))]
// Counting allocations takes a global allocator, and implementing one is unsafe;
// both calls go to the system's unchanged.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)]

use asr_playground::features::{Framing, LogMel, LogMelConfig};

mod counting;

#[test]
fn no_allocation_after_warm_up() {
    let configs = [
        LogMelConfig::model(),
        LogMelConfig::kaldi_fbank(),
        LogMelConfig {
            framing: Framing::CentreZeros,
            ..LogMelConfig::model()
        },
    ];
    for config in configs {
        let noise: Vec<f32> = (0u32..512)
            .map(|n| n.wrapping_mul(2_654_435_761) as f32 / 4.3e9 - 0.5)
            .collect();
        let mut stream = LogMel::new(config).unwrap();
        let mut frames = Vec::new();
        let mut push = |len: usize| {
            stream.accept_waveform(&noise[..len]).unwrap();
            frames.clear();
            stream.take_frames(&mut frames)
        };
        // Full-sized pushes until one has given as many frames as any will.
        let warm_up: usize = (0..10).map(|_| push(512)).sum();
        let before = counting::allocations();
        let taken: usize = (0..5_000).map(|i| push([512, 0, 1, 160, 511][i % 5])).sum();
        assert_eq!(counting::allocations(), before);
        assert!(before > 0 && warm_up > 10 && taken > 7_000);
    }
}
