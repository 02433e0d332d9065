//! A kept take as a WAV file, to hand it to the worker again. Free of the browser.

/// Bytes before the samples.
const HEADER_BYTES: u32 = 44;
/// Rate of the samples.
const RATE_HZ: u32 = 16_000;

/// 16 kHz mono 16-bit samples as a WAV file. Takes are at most 30 minutes, far
/// below the format's 4 GiB.
pub fn encode(samples: &[i16]) -> Vec<u8> {
    let data_bytes = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity((HEADER_BYTES + data_bytes) as usize);
    file.extend(b"RIFF");
    file.extend((HEADER_BYTES - 8 + data_bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend(1_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(RATE_HZ.to_le_bytes());
    file.extend((RATE_HZ * 2).to_le_bytes());
    file.extend(2_u16.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(data_bytes.to_le_bytes());
    for sample in samples {
        file.extend(sample.to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn our_own_reader_reads_it() {
        let samples = [0, 1, -1, i16::MAX, i16::MIN, 1234];
        let audio = asr_playground::audio::decode_file("take.wav", &encode(&samples)).unwrap();
        assert_eq!((audio.sample_rate_hz, audio.channels), (16_000, 1));
        let back: Vec<i16> = audio.samples.iter().map(|s| (s * 32768.0) as i16).collect();
        assert_eq!(back, samples);
    }
}
