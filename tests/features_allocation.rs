//! The streaming front end allocates nothing once it is warm.
//!
//! Alone in its file because the counting allocator is the whole process's.
#![cfg(not(target_arch = "wasm32"))]
// Counting allocations takes a global allocator, and implementing one is unsafe;
// both calls go to the system's unchanged.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use asr_playground::features::{Framing, LogMel, LogMelConfig};

struct Counting;

thread_local! {
    // Of this thread only: the test harness allocates on its own.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to `System`. (`realloc` and `alloc_zeroed` come to
// `alloc` by their default definitions, so they are counted as well.)
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are those `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

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
        let before = ALLOCATIONS.get();
        let taken: usize = (0..5_000).map(|i| push([512, 0, 1, 160, 511][i % 5])).sum();
        assert_eq!(ALLOCATIONS.get(), before);
        assert!(before > 0 && warm_up > 10 && taken > 7_000);
    }
}
