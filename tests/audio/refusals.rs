//! Every file that is refused says why, and what is merely unusual is read.

use asr_playground::audio::{AudioError, decode_file};

use crate::decode::{all_fixtures, fixture};

/// A mono or multi-channel WAV of zeros; sizes as declared, data as given.
struct Wav {
    tag: u16,
    channels: u16,
    rate_hz: u32,
    bits: u16,
    riff_size: Option<u32>,
    data_size: Option<u32>,
    data: Vec<u8>,
}

impl Default for Wav {
    fn default() -> Self {
        Self {
            tag: 1,
            channels: 1,
            rate_hz: 16_000,
            bits: 16,
            riff_size: None,
            data_size: None,
            data: vec![1; 3_200],
        }
    }
}

impl Wav {
    fn bytes(&self) -> Vec<u8> {
        let align = self.channels * (self.bits / 8);
        let mut fmt = Vec::new();
        fmt.extend(self.tag.to_le_bytes());
        fmt.extend(self.channels.to_le_bytes());
        fmt.extend(self.rate_hz.to_le_bytes());
        fmt.extend((self.rate_hz * u32::from(align)).to_le_bytes());
        fmt.extend(align.to_le_bytes());
        fmt.extend(self.bits.to_le_bytes());
        let length = self.data.len() as u32;
        let mut out = b"RIFF".to_vec();
        out.extend(self.riff_size.unwrap_or(36 + length).to_le_bytes());
        out.extend(b"WAVEfmt \x10\0\0\0");
        out.extend(fmt);
        out.extend(b"data");
        out.extend(self.data_size.unwrap_or(length).to_le_bytes());
        out.extend(&self.data);
        out
    }

    fn error(&self) -> AudioError {
        decode_file("x.wav", &self.bytes()).expect_err("refused")
    }

    fn frames(&self) -> usize {
        decode_file("x.wav", &self.bytes()).unwrap().samples.len()
    }
}

fn words(name: &str, bytes: &[u8]) -> String {
    decode_file(name, bytes).expect_err("refused").to_string()
}

#[test]
fn the_words_for_each_reason() {
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.wav", vec![], "empty (0 bytes)"),
        ("a.txt", b"Dear diary,\ntoday".to_vec(), "looks like text"),
        (
            "a.mp3",
            b"<!doctype html><html></html>".to_vec(),
            "looks like text",
        ),
        (
            "a.wav",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
            "looks like a picture",
        ),
        ("a.pdf", b"%PDF-1.7\n\xe2\xe3".to_vec(), "a PDF document"),
        (
            "a.docx",
            b"PK\x03\x04\x14\0\x06\0".to_vec(),
            "a ZIP archive",
        ),
        (
            "a.m4a",
            b"\0\0\0\x20ftypM4A \0\0\0\0".to_vec(),
            "M4A (usually AAC) cannot be read",
        ),
        (
            "a.webm",
            b"\x1a\x45\xdf\xa3\x01\0\0".to_vec(),
            "WebM or Matroska cannot be read",
        ),
        ("a.bin", vec![0; 5_000], "not audio that can be recognised"),
        ("a.ogg", b"OggS".to_vec(), "cut short"),
    ];
    for (name, bytes, part) in cases {
        let words = words(name, &bytes);
        assert!(words.contains(part), "{name}: {words}");
    }
}

#[test]
fn wav_headers_that_cannot_be_obeyed() {
    let rate = |rate_hz| {
        Wav {
            rate_hz,
            ..Wav::default()
        }
        .error()
    };
    assert_eq!(rate(7_999), AudioError::SampleRate { hz: 7_999 });
    assert_eq!(rate(192_001), AudioError::SampleRate { hz: 192_001 });
    let channels = |channels| {
        Wav {
            channels,
            ..Wav::default()
        }
        .error()
    };
    assert_eq!(channels(0), AudioError::Channels { count: 0 });
    assert_eq!(channels(9), AudioError::Channels { count: 9 });
    for (tag, name) in [
        (2, "ADPCM"),
        (6, "A-law"),
        (7, "µ-law"),
        (0x55, "MPEG"),
        (0x161, "0x0161"),
    ] {
        let words = Wav {
            tag,
            ..Wav::default()
        }
        .error()
        .to_string();
        assert!(words.contains(name), "{words}");
    }
    let odd = Wav {
        bits: 64,
        ..Wav::default()
    }
    .error()
    .to_string();
    assert!(odd.contains("64-bit samples"), "{odd}");
    let none = Wav {
        data: vec![],
        ..Wav::default()
    };
    assert_eq!(none.error(), AudioError::NoSamples);
}

#[test]
fn too_long_is_known_from_the_header() {
    let half_hour = Wav {
        data_size: Some(30 * 60 * 32_000 + 32_000),
        ..Wav::default()
    };
    assert_eq!(
        half_hour.error(),
        AudioError::TooLong {
            seconds: Some(1_801.0)
        }
    );
    // FLAC: 36 bits of total samples from bit 108 of STREAMINFO (RFC 9639, 8.2).
    let mut flac = fixture("s16-mono-16k.flac");
    flac[8 + 14] = 0x02;
    let words = words("x.flac", &flac);
    assert!(words.contains("longer than the 30 minutes"), "{words}");
}

#[test]
fn too_long_is_found_while_decoding() {
    // The frames of an MP3 that declares no length, over and over.
    let mp3 = fixture("no-header-mono-16k.mp3");
    let frames = mp3.len() / 144 * 144;
    assert_eq!(
        frames,
        mp3.len(),
        "32 kbit/s at 16 kHz: 144 bytes a frame of 36 ms"
    );
    let long = mp3.repeat(31 * 60 * 1000 / 36 * 144 / mp3.len() + 1);
    let error = decode_file("long.mp3", &long).expect_err("refused");
    assert_eq!(error, AudioError::TooLong { seconds: None });
}

#[test]
fn numbers_that_are_no_sound() {
    for bad in [f32::NAN, f32::INFINITY, -f32::INFINITY, 1e10] {
        let mut data = vec![0; 64_000];
        data[48_000..48_004].copy_from_slice(&bad.to_le_bytes());
        let wav = Wav {
            tag: 3,
            bits: 32,
            data,
            ..Wav::default()
        };
        assert_eq!(wav.error(), AudioError::NotFinite { at_seconds: 0.75 });
    }
    // Too large for 32 bits.
    let data = [0.0, 1e300_f64]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let wav = Wav {
        tag: 3,
        bits: 64,
        data,
        ..Wav::default()
    };
    assert!(matches!(wav.error(), AudioError::NotFinite { .. }));
}

#[test]
fn lengths_not_yet_known_when_written() {
    let streamed = |riff_size, data_size| {
        let wav = Wav {
            riff_size: Some(riff_size),
            data_size: Some(data_size),
            ..Wav::default()
        };
        wav.frames()
    };
    assert_eq!(streamed(u32::MAX, u32::MAX), 1_600, "ffmpeg to a pipe");
    assert_eq!(streamed(0x7fff_f024, 0x7fff_f000), 1_600, "sox to a pipe");
    assert_eq!(streamed(0, 0), 1_600, "a recorder that was killed");
}

#[test]
fn chunks_in_the_way_and_partial_frames() {
    // An odd-sized chunk before the data, and a LIST after it.
    let plain = Wav::default().bytes();
    let mut bytes = [
        &plain[..36],
        b"note\x03\0\0\0abc\0",
        &plain[36..],
        b"LIST\x04\0\0\0INFO",
    ]
    .concat();
    let riff_size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&riff_size.to_le_bytes());
    assert_eq!(decode_file("x.wav", &bytes).unwrap().samples.len(), 1_600);
    // Half a frame at the end, declared as such, is dropped.
    let wav = Wav {
        data: vec![1; 3_201],
        ..Wav::default()
    };
    assert_eq!(wav.frames(), 1_600);
}

#[test]
fn a_cut_file_never_passes_for_a_whole_one() {
    for (name, bytes) in all_fixtures() {
        let is_mp3 = name.split('.').next_back() == Some("mp3");
        let whole = decode_file(&name, &bytes).unwrap().samples.len();
        for cut in [
            1,
            2,
            10,
            100,
            bytes.len() / 3,
            bytes.len() / 2,
            bytes.len() - 60,
        ] {
            match decode_file(&name, &bytes[..bytes.len() - cut]) {
                Err(AudioError::Truncated { .. }) => {}
                // Nothing but its tags is left.
                Err(AudioError::NoSamples) if is_mp3 => {}
                // Declares no length: what is there is all it says there is.
                Ok(_) if name.starts_with("no-header") => {}
                // Up to two frames: see `library::decode_mp3`.
                Ok(audio) if is_mp3 && audio.samples.len() + 2_304 >= whole => {}
                other => {
                    let short = other.map(|audio| audio.samples.len());
                    panic!("{name} less {cut} bytes: {short:?} instead of a refusal");
                }
            }
        }
    }
}

#[test]
fn a_changed_byte_never_moves_the_sound() {
    // FLAC and Ogg carry checksums: damage is refused, or was in no sound.
    for (name, bytes) in all_fixtures() {
        if !["flac", "oga", "ogg", "opus"]
            .iter()
            .any(|ext| name.ends_with(ext))
        {
            continue;
        }
        let whole = decode_file(&name, &bytes).unwrap().samples;
        for at in (bytes.len() / 3..bytes.len()).step_by(bytes.len() / 29) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            if let Ok(audio) = decode_file(&name, &damaged) {
                assert_eq!(audio.samples, whole, "{name}, byte {at}");
            }
        }
    }
}

#[test]
fn tags_before_the_audio() {
    let tag = [b"ID3\x04\0\0\0\0\x01\x00".to_vec(), vec![0; 128]].concat();
    for name in ["s16-mono-16k.flac", "cbr-mono-22k.mp3"] {
        let bytes = fixture(name);
        let tagged = [tag.clone(), bytes.clone()].concat();
        assert_eq!(
            decode_file(name, &tagged),
            decode_file(name, &bytes),
            "{name}"
        );
    }
    assert_eq!(decode_file("x.mp3", &tag), Err(AudioError::NoSamples));
}
