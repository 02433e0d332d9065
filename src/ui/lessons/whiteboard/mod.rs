//! What one writes at a whiteboard: four short functions, shown as they are, run beside
//! the library's on the page, and held to the library's answers by the tests.
//! Free of the browser.

#![allow(
    clippy::needless_range_loop,
    reason = "written to be read aloud, index by index"
)]
#![allow(
    missing_docs,
    reason = "their comments are part of what is shown, and short"
)]

// As they stand at the whiteboard, narrower than rustfmt's idea of them.
#[rustfmt::skip]
pub mod compute_wer;
#[rustfmt::skip]
pub mod extract_mel_spectrogram;
#[rustfmt::skip]
pub mod greedy_ctc_decode;
#[rustfmt::skip]
pub mod prefix_beam_search;

/// A function with its text.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its name.
    pub name: &'static str,
    /// The file, as it was compiled.
    pub text: &'static str,
    /// Where the library does the same.
    pub library: &'static str,
}

/// Word error rate.
pub const COMPUTE_WER: Source = Source {
    name: "compute_wer",
    text: include_str!("compute_wer.rs"),
    library: "src/eval/wer.rs",
};
/// Greedy decoding.
pub const GREEDY: Source = Source {
    name: "greedy_ctc_decode",
    text: include_str!("greedy_ctc_decode.rs"),
    library: "src/decode/greedy.rs",
};
/// The front end.
pub const MEL: Source = Source {
    name: "extract_mel_spectrogram",
    text: include_str!("extract_mel_spectrogram.rs"),
    library: "src/features/",
};
/// Beam search.
pub const BEAM: Source = Source {
    name: "prefix_beam_search",
    text: include_str!("prefix_beam_search.rs"),
    library: "src/decode/beam/",
};

#[cfg(test)]
mod tests;
