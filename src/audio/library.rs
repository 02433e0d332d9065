//! FLAC, MP3, AIFF and Vorbis through symphonia.
//!
//! Its readers find their own way past damage; whether any audio was lost is told by
//! comparing what was decoded with what the header declares.

use std::io::Cursor;

use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, ReadOnlySource};
use symphonia::default::formats::{AiffReader, FlacReader, MpaReader, OggReader};

use super::mono::{AudioFormat, MonoSink};
use super::ogg_scan::{OggCodec, OggScan, packets_of};
use super::{AudioError, vorbis_setup};

/// What differs from format to format.
struct Rules {
    codec: &'static str,
    /// Fewer samples than declared by at most this many are no sign of a cut.
    slack_frames: u64,
    /// Packets before the first good one may fail: they need bits of frames that were
    /// cut off before them (MP3's reservoir). They count as silence.
    bad_start: bool,
}

/// Samples in an MPEG-1 layer III frame.
const MP3_FRAME: u64 = 1152;

pub(super) fn decode_flac(bytes: &[u8], sink: &mut MonoSink<'_>) -> Result<(), AudioError> {
    let reader = FlacReader::try_new(seekable(bytes), FormatOptions::default());
    let rules = Rules {
        codec: "FLAC",
        slack_frames: 0,
        bad_start: false,
    };
    decode(opened(reader, sink)?, &rules, sink)
}

/// An MP3 without a Xing, Info or VBRI header declares no length: a cut one passes for
/// a shorter recording.
pub(super) fn decode_mp3(bytes: &[u8], sink: &mut MonoSink<'_>) -> Result<(), AudioError> {
    // Without a seekable source the reader does not guess a length from the bit rate.
    let source = MediaSourceStream::new(
        Box::new(ReadOnlySource::new(Cursor::new(bytes))),
        symphonia::core::io::MediaSourceStreamOptions::default(),
    );
    let reader = MpaReader::try_new(source, FormatOptions::default());
    let rules = Rules {
        codec: "MP3",
        // Some encoders count the header's own frame, some its decoder's delay.
        slack_frames: 2 * MP3_FRAME,
        bad_start: true,
    };
    decode(opened(reader, sink)?, &rules, sink)
}

pub(super) fn decode_aiff(bytes: &[u8], sink: &mut MonoSink<'_>) -> Result<(), AudioError> {
    let reader = AiffReader::try_new(seekable(bytes), FormatOptions::default());
    let rules = Rules {
        codec: "AIFF",
        slack_frames: 0,
        bad_start: false,
    };
    decode(opened(reader, sink)?, &rules, sink)
}

/// Vorbis, and FLAC in Ogg. Both count granules in samples.
pub(super) fn decode_ogg(
    bytes: &[u8],
    scan: &OggScan,
    sink: &mut MonoSink<'_>,
) -> Result<(), AudioError> {
    if scan.codec == OggCodec::Vorbis {
        check_vorbis(bytes, scan, sink)?;
    }
    let reader = OggReader::try_new(seekable(bytes), FormatOptions::default());
    let rules = Rules {
        codec: if scan.codec == OggCodec::Vorbis {
            "Vorbis"
        } else {
            "FLAC"
        },
        slack_frames: 0,
        bad_start: false,
    };
    decode(opened(reader, sink)?, &rules, sink)?;
    if !scan.ended {
        return Err(sink.truncated(None));
    }
    Ok(())
}

/// Refuses what symphonia 0.6.1 gets wrong: more than two channels (off by as much as
/// full scale from libvorbis for 3 to 8 channels, depending on the quality setting), and
/// codebooks that stop it with a panic.
fn check_vorbis(bytes: &[u8], scan: &OggScan, sink: &MonoSink<'_>) -> Result<(), AudioError> {
    let mut packets = packets_of(bytes, scan.serial);
    let (Some(identification), Some(setup)) = (packets.next(), packets.nth(1)) else {
        return Err(sink.truncated(None));
    };
    match identification.data.get(11) {
        Some(1 | 2) => {}
        Some(0) | None => return Err(AudioError::Channels { count: 0 }),
        Some(channels) => {
            return Err(AudioError::Unsupported {
                what: format!("Vorbis with {channels} channels"),
            });
        }
    }
    if vorbis_setup::codebooks_are_sane(&setup.data) {
        Ok(())
    } else {
        Err(sink.damaged("Vorbis: impossible codebooks"))
    }
}

fn seekable(bytes: &[u8]) -> MediaSourceStream<'_> {
    MediaSourceStream::new(
        Box::new(Cursor::new(bytes)),
        symphonia::core::io::MediaSourceStreamOptions::default(),
    )
}

/// A reader, or why the headers could not be read.
fn opened<'s, R: FormatReader + 's>(
    reader: Result<R, Error>,
    sink: &MonoSink<'_>,
) -> Result<Box<dyn FormatReader + 's>, AudioError> {
    match reader {
        Ok(reader) => Ok(Box::new(reader)),
        Err(Error::IoError(_)) => Err(sink.truncated(None)),
        Err(error) => Err(refusal(&error, sink)),
    }
}

fn decode(
    mut reader: Box<dyn FormatReader + '_>,
    rules: &Rules,
    sink: &mut MonoSink<'_>,
) -> Result<(), AudioError> {
    let track = reader
        .default_track(TrackType::Audio)
        .ok_or(AudioError::NoSamples)?;
    let (track_id, declared) = (track.id, track.num_frames);
    let (format, mut decoder) = begin(track, rules, sink)?;
    let mut samples: Vec<f32> = Vec::new();
    let mut heard = false;
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == track_id => packet,
            Ok(Some(_)) => continue,
            Ok(None) | Err(Error::IoError(_)) => break,
            Err(error) => return Err(refusal(&error, sink)),
        };
        match decoder.decode(&packet) {
            Ok(buffer) => {
                heard = true;
                let spec = buffer.spec();
                if (spec.rate(), spec.channels().count())
                    != (format.sample_rate_hz, usize::from(format.channels))
                {
                    return Err(sink.damaged("its rate or channels change on the way"));
                }
                samples.resize(buffer.samples_interleaved(), 0.0);
                buffer.copy_to_slice_interleaved(&mut samples);
                sink.push(&samples)?;
            }
            Err(_) if rules.bad_start && !heard => {
                sink.push_silence(packet.dur.get() as usize)?;
            }
            Err(error) => return Err(refusal(&error, sink)),
        }
    }
    match declared {
        Some(frames) if sink.frames() + rules.slack_frames < frames => {
            Err(sink.truncated(Some(frames)))
        }
        _ if !heard => Err(AudioError::NoSamples),
        _ => Ok(()),
    }
}

/// Refuses what the track's header forbids and makes its decoder.
fn begin(
    track: &Track,
    rules: &Rules,
    sink: &mut MonoSink<'_>,
) -> Result<(AudioFormat, Box<dyn AudioDecoder>), AudioError> {
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|parameters| parameters.audio())
        .ok_or_else(|| sink.damaged("no audio in its headers"))?;
    let channels = parameters
        .channels
        .as_ref()
        .map_or(0, symphonia::core::audio::Channels::count);
    let format = AudioFormat {
        sample_rate_hz: parameters.sample_rate.unwrap_or(0),
        channels: u16::try_from(channels).unwrap_or(u16::MAX),
        codec: codec_words(rules, parameters),
        frames: track.num_frames,
    };
    sink.begin(format.clone())?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| refusal(&error, sink))?;
    Ok((format, decoder))
}

fn codec_words(rules: &Rules, parameters: &AudioCodecParameters) -> String {
    match parameters.bits_per_sample {
        Some(bits) => format!("{} {bits}-bit", rules.codec),
        None => rules.codec.into(),
    }
}

fn refusal(error: &Error, sink: &MonoSink<'_>) -> AudioError {
    match error {
        Error::IoError(_) => sink.truncated(None),
        Error::Unsupported(what) => AudioError::Unsupported {
            what: format!("A file with something unusual in it ({what})"),
        },
        Error::ResetRequired => AudioError::Unsupported {
            what: "A file with several recordings one after the other".into(),
        },
        other => sink.damaged(other.to_string()),
    }
}
