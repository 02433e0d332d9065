//! What can be wrong with audio, in words for a person.

use super::{MAX_CHANNELS, MAX_RATE_HZ, MAX_TAKE_SECONDS, MIN_RATE_HZ};

/// Why audio was refused. `Display` says what happened and then what to do;
/// [`AudioError::reason`] and [`AudioError::advice`] give the two apart.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{} {}", self.reason(), self.advice())]
pub enum AudioError {
    /// No bytes.
    EmptyFile,
    /// Valid, but holds no samples.
    NoSamples,
    /// Not audio.
    NotAudio {
        /// What the bytes look like instead, with its article, if that is known.
        looks_like: Option<&'static str>,
    },
    /// Audio of a kind that is not read here.
    Unsupported {
        /// The kind, as the subject of a sentence.
        what: String,
    },
    /// The file ends before the audio does.
    Truncated {
        /// What its header promises, if it says.
        declared_seconds: Option<f64>,
        /// What could be decoded.
        found_seconds: f64,
    },
    /// The bytes contradict their format.
    Damaged {
        /// Where, from the start of the audio.
        at_seconds: f64,
        /// What the decoder said.
        detail: String,
    },
    /// Longer than [`MAX_TAKE_SECONDS`].
    TooLong {
        /// How long, if a header says; `None` when found while decoding.
        seconds: Option<f64>,
    },
    /// Sample rate outside [`MIN_RATE_HZ`]–[`MAX_RATE_HZ`].
    SampleRate {
        /// The rate found.
        hz: u32,
    },
    /// No channels, or more than [`MAX_CHANNELS`].
    Channels {
        /// The number found.
        count: u32,
    },
    /// A sample is not a number, infinite, or beyond [`super::MAX_MAGNITUDE`].
    NotFinite {
        /// Where, from the start of the audio.
        at_seconds: f64,
    },
    /// More audio than there is memory for.
    OutOfMemory,
    /// Samples were pushed into a resampler after its end.
    Finished,
    /// The resampling library refused.
    Resampler {
        /// What it said.
        detail: String,
    },
}

impl AudioError {
    /// What happened, one sentence.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::EmptyFile => "The file is empty (0 bytes).".into(),
            Self::NoSamples => "The file is audio, but holds no samples.".into(),
            Self::NotAudio {
                looks_like: Some(what),
            } => format!("This is not audio: it looks like {what}."),
            Self::NotAudio { looks_like: None } => {
                "This is not audio that can be recognised as such.".into()
            }
            Self::Unsupported { what } => format!("{what} cannot be read here."),
            Self::Truncated {
                declared_seconds: Some(declared),
                found_seconds,
            } => format!(
                "The file is cut short or damaged: it says it holds {} of audio, but only {} can be decoded.",
                seconds(*declared),
                seconds(*found_seconds)
            ),
            Self::Truncated {
                declared_seconds: None,
                found_seconds,
            } => format!(
                "The file is cut short: it stops after {} without its end mark.",
                seconds(*found_seconds)
            ),
            Self::Damaged { at_seconds, detail } => format!(
                "The file is damaged {} into the audio ({detail}).",
                seconds(*at_seconds)
            ),
            Self::TooLong { seconds: Some(s) } => format!(
                "The recording lasts {}, longer than the {} minutes that fit in one take.",
                seconds(*s),
                MAX_TAKE_SECONDS / 60
            ),
            Self::TooLong { seconds: None } => format!(
                "The recording is longer than the {} minutes that fit in one take.",
                MAX_TAKE_SECONDS / 60
            ),
            Self::SampleRate { hz } => {
                format!("Its sample rate of {hz} Hz is outside {MIN_RATE_HZ}–{MAX_RATE_HZ} Hz.")
            }
            Self::Channels { count: 0 } => "It says it has no channels.".into(),
            Self::Channels { count } => {
                format!("It has {count} channels, more than {MAX_CHANNELS}.")
            }
            Self::NotFinite { at_seconds } => format!(
                "The sample {} into the audio is not a number, or absurdly large.",
                seconds(*at_seconds)
            ),
            Self::OutOfMemory => "There is not enough memory for this recording.".into(),
            Self::Finished => "Audio arrived after the end of the take.".into(),
            Self::Resampler { detail } => {
                format!("The sample rate could not be converted ({detail}).")
            }
        }
    }

    /// What to do next, one sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::EmptyFile | Self::NoSamples => "Choose another file.",
            Self::NotAudio { .. } => "Choose a WAV, AIFF, FLAC, MP3, Ogg Vorbis or Opus file.",
            Self::Unsupported { .. } => "Convert it to WAV or FLAC and choose that.",
            Self::Truncated { .. } => {
                "Copy or download it again, or open what there is in an audio editor and save it as WAV."
            }
            Self::Damaged { .. } => {
                "Copy or download it again, or convert it to WAV with a tool that skips damage."
            }
            Self::TooLong { .. } => "Cut it into shorter parts and choose one.",
            Self::SampleRate { .. } => "Convert it to 16 kHz and choose that.",
            Self::Channels { .. } => "Convert it to mono and choose that.",
            Self::NotFinite { .. } => "Export it again as 16-bit WAV or FLAC.",
            Self::OutOfMemory => "Close other pages, or cut it into shorter parts.",
            Self::Finished => "Start a new take.",
            Self::Resampler { .. } => "Convert it to 16 kHz and try again.",
        }
    }
}

/// A length for people: "0.25 s", "12.3 s", "31 min 5 s".
fn seconds(s: f64) -> String {
    if s < 1.0 {
        format!("{s:.2} s")
    } else if s < 60.0 {
        format!("{s:.1} s")
    } else {
        let whole = s.round() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}
