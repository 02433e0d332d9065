//! WAV files: what Chromium's fake microphone plays.

use std::path::PathBuf;

/// Writes mono samples in [-1, 1] as a 16-bit WAV file of this run's own.
pub fn write(name: &str, samples: impl Iterator<Item = f32>, rate_hz: u32) -> PathBuf {
    let path = super::temporary(name);
    std::fs::write(&path, bytes(samples, rate_hz)).expect("room for a WAV file");
    path
}

/// Mono samples in [-1, 1] as a 16-bit WAV file.
pub fn bytes(samples: impl Iterator<Item = f32>, rate_hz: u32) -> Vec<u8> {
    let data: Vec<u8> = samples
        .flat_map(|sample| ((sample * 32_767.0).round() as i16).to_le_bytes())
        .collect();
    let mut file = Vec::with_capacity(44 + data.len());
    file.extend(b"RIFF");
    file.extend((36 + data.len() as u32).to_le_bytes());
    // Length of the format, PCM, mono.
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate_hz.to_le_bytes());
    file.extend((rate_hz * 2).to_le_bytes());
    // Bytes a frame, bits a sample.
    file.extend(b"\x02\0\x10\0data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}
