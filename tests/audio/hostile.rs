//! No bytes make the decoder panic, hang or hand out what is no sound.

use asr_playground::audio::{AudioError, DecodedAudio, MAX_MAGNITUDE, decode_file};
use proptest::prelude::*;

use crate::decode::all_fixtures;

fn must_be_sound(result: Result<DecodedAudio, AudioError>) {
    match result {
        Ok(audio) => {
            assert!((8_000..=192_000).contains(&audio.sample_rate_hz));
            assert!((1..=8).contains(&audio.channels));
            assert!(!audio.samples.is_empty());
            assert!(audio.samples.iter().all(|s| s.abs() <= MAX_MAGNITUDE));
        }
        Err(error) => {
            let words = error.to_string();
            assert!(words.ends_with('.') && words.len() > 30, "{words}");
        }
    }
}

/// A change to make to a file: where (as a share of its length), what with.
#[derive(Clone, Debug)]
enum Damage {
    Byte(f64, u8),
    Cut(f64),
    Zeros(f64, usize),
    Repeat(f64, usize),
    Remove(f64, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    // Twice as often in the headers, where the decisions are.
    let place = prop_oneof![0.0..1.0, (0.0..1.0_f64).prop_map(|x| x * 0.02)];
    prop_oneof![
        6 => (place.clone(), any::<u8>()).prop_map(|(at, b)| Damage::Byte(at, b)),
        1 => place.clone().prop_map(Damage::Cut),
        1 => (place.clone(), 1_usize..300).prop_map(|(at, n)| Damage::Zeros(at, n)),
        1 => (place.clone(), 1_usize..300).prop_map(|(at, n)| Damage::Repeat(at, n)),
        1 => (place, 1_usize..300).prop_map(|(at, n)| Damage::Remove(at, n)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let place = |share: f64| (share * bytes.len() as f64) as usize;
    match *damage {
        Damage::Byte(at, value) => {
            let at = place(at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        Damage::Cut(at) => bytes.truncate(place(at)),
        Damage::Zeros(at, n) => {
            let start = place(at);
            let end = bytes.len().min(start + n);
            bytes[start..end].fill(0);
        }
        Damage::Repeat(at, n) => {
            let start = place(at);
            let piece = bytes[start..bytes.len().min(start + n)].to_vec();
            bytes.splice(start..start, piece);
        }
        Damage::Remove(at, n) => {
            let start = place(at);
            let end = bytes.len().min(start + n);
            bytes.drain(start..end);
        }
    }
}

/// Gives each Ogg page its right checksum, so that damage gets past it.
fn mend_ogg(bytes: &mut [u8]) {
    let mut at = 0;
    while bytes.len() >= at + 27 && bytes[at..].starts_with(b"OggS") {
        let segments = usize::from(bytes[at + 26]);
        let Some(lacing) = bytes.get(at + 27..at + 27 + segments) else {
            return;
        };
        let end = at + 27 + segments + lacing.iter().map(|b| usize::from(*b)).sum::<usize>();
        let Some(page) = bytes.get_mut(at..end) else {
            return;
        };
        page[22..26].fill(0);
        let mut crc = 0_u32;
        for byte in page.iter() {
            crc ^= u32::from(*byte) << 24;
            for _ in 0..8 {
                crc = (crc << 1) ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            }
        }
        page[22..26].copy_from_slice(&crc.to_le_bytes());
        at = end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn noise(
        magic in prop::sample::select(vec![
            &b""[..], b"RIFF\xff\0\0\0WAVEfmt ", b"RIFF\xff\0\0\0WAVEdata", b"fLaC", b"fLaC\0\0\0\x22",
            b"OggS\0\x02", b"FORM\0\0\xff\0AIFF", b"FORM\0\0\xff\0AIFCCOMM", b"ID3\x04\0\0\0\0\0\x20",
            b"\xff\xfb\x90\x00", b"\xff\xf3\x40\xc4",
        ]),
        tail in prop::collection::vec(any::<u8>(), 0..3_000),
        name in prop::sample::select(vec!["a.wav", "b.mp3", "", "c.ogg", "ü.FLAC", ".mp3"]),
    ) {
        must_be_sound(decode_file(name, &[magic, &tail].concat()));
    }

    #[test]
    fn damaged_files(
        which in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..12),
        mend in any::<bool>(),
    ) {
        let (name, mut bytes) = which.get(&all_fixtures()).clone();
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        if mend {
            mend_ogg(&mut bytes);
        }
        must_be_sound(decode_file(&name, &bytes));
    }
}

/// `AUDIO_CASES=20000 cargo test --release --test audio hostile` looks longer.
fn cases() -> u32 {
    let asked = std::env::var("AUDIO_CASES").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(400)
}
