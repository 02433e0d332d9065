//! What kind of file the bytes are, by their signature, and what they are instead when
//! they are no audio that is read here.

use super::AudioError;
use super::ogg_scan::{OggCodec, OggScan, scan};

/// A file whose format is known, with where its audio starts when tags come first.
pub(super) enum Container {
    Wav,
    Aiff,
    Flac(usize),
    Mp3(usize),
    OggOpus(OggScan),
    OggOther(OggScan),
}

/// How far into a file an MP3's first frame is looked for.
const MP3_SEARCH_BYTES: usize = 64 * 1024;
/// Frame headers in a row that make bytes an MP3: by chance one 16 KiB block of noise
/// in four holds two that agree, none in a million three.
const MP3_FRAMES_IN_A_ROW: usize = 3;

/// Finds the format.
///
/// # Errors
/// Empty, not audio, or audio of another kind (each named where it is known).
pub(super) fn sniff(name: &str, bytes: &[u8]) -> Result<Container, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::EmptyFile);
    }
    let start = after_id3v2(bytes);
    let body = &bytes[start..];
    if body.is_empty() {
        return Err(AudioError::NoSamples);
    }
    match (body.get(..4), body.get(8..12)) {
        (Some(b"RIFF"), Some(b"WAVE")) if start == 0 => return Ok(Container::Wav),
        (Some(b"FORM"), Some(b"AIFF" | b"AIFC")) if start == 0 => return Ok(Container::Aiff),
        (Some(b"fLaC"), _) => return Ok(Container::Flac(start)),
        (Some(b"OggS"), _) if start == 0 => {
            let scan = scan(bytes)?;
            return match scan.codec {
                OggCodec::Opus => Ok(Container::OggOpus(scan)),
                OggCodec::Vorbis | OggCodec::Flac => Ok(Container::OggOther(scan)),
                OggCodec::Other(what) => Err(AudioError::Unsupported {
                    what: format!("Ogg with {what}"),
                }),
            };
        }
        _ => {}
    }
    if let Some(what) = other_audio(body) {
        return Err(AudioError::Unsupported { what: what.into() });
    }
    let looks_like = other_file(body);
    // A cover picture or text never is an MP3; a lone frame is one if its name says so.
    if looks_like.is_none()
        && let Some(frame) = find_mp3(body, has_mp3_name(name) || start > 0)
    {
        return Ok(Container::Mp3(start + frame));
    }
    Err(AudioError::NotAudio { looks_like })
}

/// The length of the `ID3v2` tags at the start (id3.org, "ID3v2.4.0 main structure", 3.1).
fn after_id3v2(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(header) = bytes.get(at..at + 10) {
        let sizes = &header[6..10];
        if &header[..3] != b"ID3" || sizes.iter().any(|b| b & 0x80 != 0) {
            break;
        }
        let size = sizes.iter().fold(0, |n, b| (n << 7) | usize::from(*b));
        let footer = if header[5] & 0x10 == 0 { 0 } else { 10 };
        at = (at + 10 + size + footer).min(bytes.len());
    }
    at
}

/// Audio that is recognised only to be named.
fn other_audio(bytes: &[u8]) -> Option<&'static str> {
    let is = |at: usize, magic: &[u8]| bytes.get(at..at + magic.len()) == Some(magic);
    Some(match () {
        () if is(4, b"ftyp") => "MP4 or M4A (usually AAC)",
        () if is(0, &[0x1a, 0x45, 0xdf, 0xa3]) => "WebM or Matroska",
        () if is(0, b"RF64") || is(0, b"BW64") => "64-bit WAV (RF64)",
        () if is(0, b"RIFX") => "Big-endian WAV (RIFX)",
        () if is(0, b"riff") => "Wave64",
        () if is(0, b"#!AMR") => "AMR",
        () if is(0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) => "Windows Media",
        () if is(0, b"caff") => "Core Audio (CAF)",
        () if is(0, b".snd") => "Sun audio (AU)",
        () if is(0, b"wvpk") => "WavPack",
        () if is(0, b"MAC ") => "Monkey's Audio",
        () if is(0, b"MThd") => "MIDI (notes, not sound)",
        () if is(0, b"ADIF") || is(0, &[0xff, 0xf1]) || is(0, &[0xff, 0xf9]) => "AAC",
        () => return None,
    })
}

/// Files that are no audio and that people do drop.
fn other_file(bytes: &[u8]) -> Option<&'static str> {
    let is = |magic: &[u8]| bytes.starts_with(magic);
    Some(match () {
        () if is(b"\x89PNG") || is(b"\xff\xd8\xff") || is(b"GIF8") => "a picture",
        () if is(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => "a picture",
        () if is(b"RIFF") && bytes.get(8..12) == Some(b"AVI ") => "a video (AVI)",
        () if is(b"%PDF") => "a PDF document",
        () if is(b"PK\x03\x04") => "a ZIP archive or an office document",
        () if is(b"\x1f\x8b") || is(b"BZh") || is(b"\xfd7zXZ") => "a compressed archive",
        () if is(b"\x7fELF") || is(b"MZ") => "a program",
        () if looks_like_text(bytes) => "text",
        () => return None,
    })
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The cut may fall inside a character.
        Err(e) if e.error_len().is_none() => {
            std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or("\0")
        }
        Err(_) => return false,
    };
    text.chars()
        .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

fn has_mp3_name(name: &str) -> bool {
    name.rsplit('.')
        .next()
        .is_some_and(|ext| ext.eq_ignore_ascii_case("mp3"))
}

/// Where the first MP3 frame is. A file too short for three frames in a row passes
/// with those it has if `believed` (its name or tags say MP3).
fn find_mp3(bytes: &[u8], believed: bool) -> Option<usize> {
    let last = bytes.len().min(MP3_SEARCH_BYTES);
    (0..last).find(|&start| {
        let mut at = start;
        for n in 0..MP3_FRAMES_IN_A_ROW {
            match mp3_frame_bytes(&bytes[at.min(bytes.len())..]) {
                Some(length) => at += length,
                None => return n > 0 && believed && at >= bytes.len(),
            }
        }
        true
    })
}

/// The length of the MPEG audio layer III frame at the start of the bytes, from its
/// header (ISO 11172-3, 2.4.2.3); free format is not recognised.
fn mp3_frame_bytes(bytes: &[u8]) -> Option<usize> {
    const V1_KBPS: [usize; 14] = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ];
    const V2_KBPS: [usize; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let &[sync, version_layer, rates, ..] = bytes else {
        return None;
    };
    let (version, layer) = ((version_layer >> 3) & 3, (version_layer >> 1) & 3);
    if sync != 0xff || version_layer & 0xe0 != 0xe0 || version == 1 || layer != 1 {
        return None;
    }
    let base_hz = *[44_100, 48_000, 32_000].get(usize::from((rates >> 2) & 3))?;
    let rate_index = usize::from(rates >> 4).checked_sub(1)?;
    let padding = usize::from((rates >> 1) & 1);
    let (kbps, hz, factor) = match version {
        3 => (V1_KBPS.get(rate_index)?, base_hz, 144),
        2 => (V2_KBPS.get(rate_index)?, base_hz / 2, 72),
        _ => (V2_KBPS.get(rate_index)?, base_hz / 4, 72),
    };
    Some(factor * kbps * 1000 / hz + padding)
}
