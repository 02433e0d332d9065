//! RIFF WAVE (Microsoft and IBM, "Multimedia Programming Interface and Data
//! Specifications 1.0", 1991; `WAVE_FORMAT_EXTENSIBLE`, Microsoft 2001).
//!
//! Our own reader, because what to refuse and in which words hangs on the chunk sizes:
//! a `data` chunk longer than the file is a cut file, unless its size is one of those
//! that programs write when they do not know it yet.

use super::AudioError;
use super::mono::{AudioFormat, MonoSink};

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// Unsigned 8-bit.
    U8,
    /// Signed, left-justified in 2, 3 or 4 bytes.
    I16,
    I24,
    I32,
    F32,
    F64,
}

impl Encoding {
    fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::U8 => "PCM 8-bit",
            Self::I16 => "PCM 16-bit",
            Self::I24 => "PCM 24-bit",
            Self::I32 => "PCM 32-bit",
            Self::F32 => "PCM 32-bit float",
            Self::F64 => "PCM 64-bit float",
        }
    }

    /// One sample from exactly [`Self::bytes`] bytes; full scale is 1.0.
    fn sample(self, b: &[u8]) -> f32 {
        match (self, b) {
            (Self::U8, &[a]) => (f32::from(a) - 128.0) / 128.0,
            (Self::I16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            (Self::I24, &[a, b, c]) => i32::from_le_bytes([0, a, b, c]) as f32 / 2_147_483_648.0,
            (Self::I32, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]) as f32 / 2_147_483_648.0,
            (Self::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (Self::F64, &[a, b, c, d, e, f, g, h]) => {
                f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32
            }
            // Not reached: the caller cuts the bytes to size.
            _ => 0.0,
        }
    }
}

/// The `fmt ` chunk as far as it matters.
struct Format {
    encoding: Encoding,
    channels: u16,
    rate_hz: u32,
}

/// Frames given to the sink at a time.
const BLOCK_FRAMES: usize = 8192;
/// Sizes from here on are placeholders: programs that write to a pipe put 0xFFFFFFFF
/// (ffmpeg) or a little under 0x80000000 (sox) where the length should be.
const PLACEHOLDER_SIZE: u32 = 0x7fff_0000;
const FORMAT_PCM: u16 = 1;
const FORMAT_FLOAT: u16 = 3;
const FORMAT_EXTENSIBLE: u16 = 0xfffe;
/// Bytes 2.. of the sub-format GUIDs {0000xxxx-0000-0010-8000-00AA00389B71}.
const GUID_TAIL: [u8; 14] = [
    0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71,
];

/// Decodes a whole WAV file into the sink.
pub(super) fn decode(bytes: &[u8], sink: &mut MonoSink<'_>) -> Result<(), AudioError> {
    let mut format = None;
    let mut at = 12;
    loop {
        let Some(header) = bytes.get(at..at + 8) else {
            // Cut in the headers, or complete without any audio.
            return Err(sink.truncated(None));
        };
        let size = u32_at(header, 4);
        let body = bytes.get(at + 8..).unwrap_or_default();
        match &header[..4] {
            b"fmt " => {
                let size = size as usize;
                let chunk = body.get(..size).ok_or_else(|| sink.truncated(None))?;
                format = Some(parse_format(chunk, sink)?);
            }
            b"data" => {
                let format = format.ok_or_else(|| sink.damaged("no fmt chunk before the data"))?;
                return decode_data(&format, size, body, riff_is_complete(bytes), sink);
            }
            _ => {}
        }
        // Chunks are padded to even lengths.
        at = at
            .saturating_add(8)
            .saturating_add(size as usize)
            .saturating_add((size & 1) as usize);
    }
}

/// Whether the outermost size was written after recording ended.
fn riff_is_complete(bytes: &[u8]) -> bool {
    let declared = bytes.get(..8).map_or(0, |header| u32_at(header, 4));
    u64::from(declared) + 9 >= bytes.len() as u64
}

fn decode_data(
    format: &Format,
    declared_bytes: u32,
    body: &[u8],
    riff_is_complete: bool,
    sink: &mut MonoSink<'_>,
) -> Result<(), AudioError> {
    let frame_bytes = format.encoding.bytes() * usize::from(format.channels.max(1));
    let unknown = declared_bytes >= PLACEHOLDER_SIZE || (declared_bytes == 0 && !riff_is_complete);
    let declared = declared_bytes as usize;
    let here = if unknown {
        body
    } else {
        &body[..body.len().min(declared)]
    };
    sink.begin(AudioFormat {
        sample_rate_hz: format.rate_hz,
        channels: format.channels,
        codec: format.encoding.words().into(),
        frames: Some((if unknown { here.len() } else { declared } / frame_bytes) as u64),
    })?;
    if here.is_empty() && declared == 0 {
        return Err(AudioError::NoSamples);
    }
    let mut samples = Vec::with_capacity(BLOCK_FRAMES * usize::from(format.channels));
    let whole = here.len() / frame_bytes * frame_bytes;
    for block in here[..whole].chunks(BLOCK_FRAMES * frame_bytes) {
        samples.clear();
        let stored = block.chunks_exact(format.encoding.bytes());
        samples.extend(stored.map(|b| format.encoding.sample(b)));
        sink.push(&samples)?;
    }
    if !unknown && here.len() < declared {
        return Err(sink.truncated(Some((declared / frame_bytes) as u64)));
    }
    Ok(())
}

fn parse_format(chunk: &[u8], sink: &MonoSink<'_>) -> Result<Format, AudioError> {
    if chunk.len() < 16 {
        return Err(sink.damaged(format!("a fmt chunk of {} bytes", chunk.len())));
    }
    let mut tag = u16_at(chunk, 0);
    let channels = u16_at(chunk, 2);
    let rate_hz = u32_at(chunk, 4);
    let block_align = usize::from(u16_at(chunk, 12));
    let bits = usize::from(u16_at(chunk, 14));
    if tag == FORMAT_EXTENSIBLE {
        if chunk.get(26..40) != Some(&GUID_TAIL[..]) {
            return Err(AudioError::Unsupported {
                what: "WAV with a sub-format of its own".into(),
            });
        }
        tag = u16_at(chunk, 24);
    }
    if channels == 0 {
        return Err(AudioError::Channels { count: 0 });
    }
    // The container's size; fewer valid bits lie at its top.
    let container = if block_align == 0 {
        bits.div_ceil(8)
    } else {
        block_align / usize::from(channels)
    };
    let encoding = match (tag, container) {
        (FORMAT_PCM, 1) => Encoding::U8,
        (FORMAT_PCM, 2) => Encoding::I16,
        (FORMAT_PCM, 3) => Encoding::I24,
        (FORMAT_PCM, 4) => Encoding::I32,
        (FORMAT_FLOAT, 4) => Encoding::F32,
        (FORMAT_FLOAT, 8) => Encoding::F64,
        _ => {
            return Err(AudioError::Unsupported {
                what: format!("WAV with {}", codec_words(tag, bits)),
            });
        }
    };
    if block_align != 0 && block_align != encoding.bytes() * usize::from(channels)
        || bits == 0
        || bits > 8 * encoding.bytes()
    {
        return Err(sink.damaged(format!(
            "{bits}-bit samples in frames of {block_align} bytes, {channels} channels"
        )));
    }
    Ok(Format {
        encoding,
        channels,
        rate_hz,
    })
}

/// Names for the format tags one meets (RFC 2361).
fn codec_words(tag: u16, bits: usize) -> String {
    match tag {
        FORMAT_PCM => format!("{bits}-bit samples"),
        FORMAT_FLOAT => format!("{bits}-bit float samples"),
        0x02 | 0x11 => "ADPCM".into(),
        0x06 => "A-law".into(),
        0x07 => "µ-law".into(),
        0x31 => "GSM 6.10".into(),
        0x50 | 0x55 => "MPEG audio".into(),
        other => format!("codec 0x{other:04X}"),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at + 2) {
        Some(&[a, b]) => u16::from_le_bytes([a, b]),
        _ => 0,
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}
