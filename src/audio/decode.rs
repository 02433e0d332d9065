//! Files to mono samples, whatever their format.

use super::container::{Container, sniff};
use super::mono::{AudioFormat, MonoSink, OnBlock};
use super::{AudioError, library, opus, wav};

/// A file decoded and mixed to mono.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedAudio {
    /// Rate of `samples`; see [`AudioFormat::sample_rate_hz`].
    pub sample_rate_hz: u32,
    /// Channels in the file, before mixing.
    pub channels: u16,
    /// Codec in words ("PCM 16-bit", "Opus").
    pub codec: String,
    /// The mean of the channels; 1.0 is full scale, float files may exceed it.
    pub samples: Vec<f32>,
}

/// Decodes a whole file: WAV (8/16/24/32-bit integer, 32/64-bit float, extensible),
/// AIFF, FLAC (also in Ogg), MP3, Ogg Vorbis, Ogg Opus. The bytes decide; `name` is
/// only a last hint for files without a signature.
///
/// # Errors
/// Every [`AudioError`] but those of the resampler: the file is empty, no audio, cut
/// short, damaged, too long, or of a kind, rate or channel count that is not read.
pub fn decode_file(name: &str, bytes: &[u8]) -> Result<DecodedAudio, AudioError> {
    let mut samples: Vec<f32> = Vec::new();
    let format = decode_blocks(name, bytes, &mut |format, block| {
        if samples.is_empty() {
            // A header may lie: no more than a byte of file can hold is believed here.
            let declared = format.frames.unwrap_or(0) as usize;
            let believable = declared.min(bytes.len().saturating_mul(16));
            reserve(&mut samples, believable)?;
        }
        reserve(&mut samples, block.len())?;
        samples.extend_from_slice(block);
        Ok(())
    })?;
    Ok(DecodedAudio {
        sample_rate_hz: format.sample_rate_hz,
        channels: format.channels,
        codec: format.codec,
        samples,
    })
}

/// Decodes a file block by block, so that a long one need not be held at its own rate:
/// `on_block` gets the format and the next mono samples, in order. Its error ends the
/// decoding. Returns the format once the whole file was good; a file found bad late has
/// already yielded blocks, which the caller must then discard.
///
/// # Errors
/// As [`decode_file`], and whatever `on_block` returns.
pub fn decode_blocks(
    name: &str,
    bytes: &[u8],
    on_block: &mut OnBlock<'_>,
) -> Result<AudioFormat, AudioError> {
    let mut found: Option<AudioFormat> = None;
    let mut keep_format = |format: &AudioFormat, block: &[f32]| {
        if found.is_none() {
            found = Some(format.clone());
        }
        on_block(format, block)
    };
    let mut sink = MonoSink::new(&mut keep_format);
    match sniff(name, bytes)? {
        Container::Wav => wav::decode(bytes, &mut sink),
        Container::OggOpus(scan) => opus::decode(bytes, &scan, &mut sink),
        Container::OggOther(scan) => library::decode_ogg(bytes, &scan, &mut sink),
        Container::Flac(start) => library::decode_flac(&bytes[start..], &mut sink),
        Container::Mp3(start) => library::decode_mp3(&bytes[start..], &mut sink),
        Container::Aiff => library::decode_aiff(bytes, &mut sink),
    }?;
    found.ok_or(AudioError::NoSamples)
}

/// Room for `extra` samples, or an error where the allocator has none.
fn reserve(samples: &mut Vec<f32>, extra: usize) -> Result<(), AudioError> {
    samples
        .try_reserve(extra)
        .map_err(|_| AudioError::OutOfMemory)
}
