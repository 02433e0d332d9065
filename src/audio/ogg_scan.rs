//! A first pass over an Ogg file (RFC 3533): which codec, how long, and whether the end
//! is there. Page checksums are verified on the way.

use std::io::Cursor;

use ogg::reading::{OggReadError, PacketReader};

use super::AudioError;

/// Codec of a logical stream, by the first bytes of its first packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OggCodec {
    Opus,
    Vorbis,
    Flac,
    Other(&'static str),
}

/// What the pages say of the first audio stream.
#[derive(Clone, Debug)]
pub(super) struct OggScan {
    pub(super) codec: OggCodec,
    /// Its serial number.
    pub(super) serial: u32,
    /// Granule position of its last page: samples at the codec's clock.
    pub(super) last_granule: u64,
    /// Granule position of its first page with audio.
    pub(super) first_granule: u64,
    /// Whether that first page is the last too.
    pub(super) single_page: bool,
    /// Whether the page marked as its end was read.
    pub(super) ended: bool,
}

/// A page without the end of a packet has this granule position.
const NO_GRANULE: u64 = u64::MAX;

/// Reads all pages.
///
/// # Errors
/// No page is readable, a checksum is wrong before the end, or recordings are chained.
pub(super) fn scan(bytes: &[u8]) -> Result<OggScan, AudioError> {
    let mut reader = PacketReader::new(Cursor::new(bytes));
    let mut found: Option<OggScan> = None;
    loop {
        let packet = match reader.read_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error) => match &found {
                // Cut inside a page: the missing end mark tells it below.
                Some(_) if is_end_of_file(&error) => break,
                None if is_end_of_file(&error)
                    || matches!(error, OggReadError::NoCapturePatternFound) =>
                {
                    return Err(AudioError::Truncated {
                        declared_seconds: None,
                        found_seconds: 0.0,
                    });
                }
                _ => {
                    return Err(AudioError::Damaged {
                        at_seconds: found.as_ref().map_or(0.0, OggScan::seconds_roughly),
                        detail: format!("Ogg: {error}"),
                    });
                }
            },
        };
        if packet.first_in_stream() {
            start_stream(&mut found, &packet)?;
        } else if let Some(scan) = &mut found
            && scan.serial == packet.stream_serial()
        {
            scan.see(&packet);
        }
    }
    found.ok_or(AudioError::NotAudio {
        looks_like: Some("an Ogg file without a stream"),
    })
}

/// The packets of one logical stream up to the first unreadable page.
pub(super) fn packets_of(bytes: &[u8], serial: u32) -> impl Iterator<Item = ogg::Packet> {
    let mut reader = PacketReader::new(Cursor::new(bytes));
    std::iter::from_fn(move || {
        loop {
            match reader.read_packet() {
                Ok(Some(packet)) if packet.stream_serial() == serial => return Some(packet),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    })
}

fn start_stream(found: &mut Option<OggScan>, packet: &ogg::Packet) -> Result<(), AudioError> {
    let codec = codec_of(&packet.data);
    match found {
        Some(scan) if scan.ended => Err(AudioError::Unsupported {
            what: "Ogg with several recordings one after the other".into(),
        }),
        Some(scan) if !matches!(scan.codec, OggCodec::Other(_)) => Ok(()),
        _ => {
            *found = Some(OggScan {
                codec,
                serial: packet.stream_serial(),
                last_granule: 0,
                first_granule: 0,
                single_page: false,
                ended: packet.last_in_stream(),
            });
            Ok(())
        }
    }
}

impl OggScan {
    fn see(&mut self, packet: &ogg::Packet) {
        let granule = packet.absgp_page();
        if packet.last_in_page() && granule != NO_GRANULE && granule > 0 {
            if self.first_granule == 0 {
                self.first_granule = granule;
                self.single_page = packet.last_in_stream();
            }
            self.last_granule = granule;
        }
        self.ended |= packet.last_in_stream();
    }

    /// For messages only: as if the clock were 48 kHz, Opus's.
    pub(super) fn seconds_roughly(&self) -> f64 {
        self.last_granule as f64 / 48_000.0
    }
}

fn is_end_of_file(error: &OggReadError) -> bool {
    matches!(error, OggReadError::ReadError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof)
}

fn codec_of(first_packet: &[u8]) -> OggCodec {
    let is = |magic: &[u8]| first_packet.starts_with(magic);
    match () {
        () if is(b"OpusHead") => OggCodec::Opus,
        () if is(b"\x01vorbis") => OggCodec::Vorbis,
        () if is(b"\x7fFLAC") => OggCodec::Flac,
        () if is(b"Speex   ") => OggCodec::Other("Speex"),
        () if is(b"\x80theora") => OggCodec::Other("Theora video"),
        () => OggCodec::Other("an unknown codec"),
    }
}
