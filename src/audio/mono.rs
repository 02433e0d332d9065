//! The one gate through which decoded samples leave: checks them, mixes the channels
//! to mono and counts them.

use super::{AudioError, MAX_CHANNELS, MAX_MAGNITUDE, MAX_RATE_HZ, MAX_TAKE_SECONDS, MIN_RATE_HZ};

/// What a stream of samples is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioFormat {
    /// Rate of the decoded samples. Opus has no rate of its own and is decoded
    /// straight to 16 kHz.
    pub sample_rate_hz: u32,
    /// Channels in the file.
    pub channels: u16,
    /// Codec in words ("PCM 16-bit", "Opus").
    pub codec: String,
    /// Length in samples a channel, if a header says.
    pub frames: Option<u64>,
}

/// Receives the format and one block of mono samples.
pub type OnBlock<'a> = dyn FnMut(&AudioFormat, &[f32]) -> Result<(), AudioError> + 'a;

/// The gate. [`begin`](Self::begin) once, then [`push`](Self::push) interleaved samples.
pub(super) struct MonoSink<'a> {
    format: AudioFormat,
    on_block: &'a mut OnBlock<'a>,
    mono: Vec<f32>,
    frames: u64,
}

impl<'a> MonoSink<'a> {
    pub(super) fn new(on_block: &'a mut OnBlock<'a>) -> Self {
        Self {
            format: AudioFormat {
                sample_rate_hz: 0,
                channels: 0,
                codec: String::new(),
                frames: None,
            },
            on_block,
            mono: Vec::new(),
            frames: 0,
        }
    }

    /// Refuses what the header alone forbids: rate, channels, length.
    pub(super) fn begin(&mut self, format: AudioFormat) -> Result<(), AudioError> {
        let hz = format.sample_rate_hz;
        if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&hz) {
            return Err(AudioError::SampleRate { hz });
        }
        if !(1..=MAX_CHANNELS).contains(&format.channels) {
            return Err(AudioError::Channels {
                count: format.channels.into(),
            });
        }
        if let Some(frames) = format.frames
            && frames > max_frames(hz)
        {
            return Err(AudioError::TooLong {
                seconds: Some(frames as f64 / f64::from(hz)),
            });
        }
        self.format = format;
        Ok(())
    }

    /// Takes interleaved samples; a trailing part of a frame is dropped.
    pub(super) fn push(&mut self, interleaved: &[f32]) -> Result<(), AudioError> {
        let channels = usize::from(self.format.channels.max(1));
        self.mono.clear();
        let scale = 1.0 / channels as f32;
        for frame in interleaved.chunks_exact(channels) {
            if !frame.iter().all(|s| s.abs() <= MAX_MAGNITUDE) {
                let at = self.frames + self.mono.len() as u64;
                return Err(AudioError::NotFinite {
                    at_seconds: self.to_seconds(at),
                });
            }
            self.mono.push(frame.iter().sum::<f32>() * scale);
        }
        self.emit()
    }

    /// Silence in the place of what could not be decoded.
    pub(super) fn push_silence(&mut self, frames: usize) -> Result<(), AudioError> {
        self.mono.clear();
        self.mono.resize(frames, 0.0);
        self.emit()
    }

    fn emit(&mut self) -> Result<(), AudioError> {
        self.frames += self.mono.len() as u64;
        if self.frames > max_frames(self.format.sample_rate_hz) {
            return Err(AudioError::TooLong { seconds: None });
        }
        if self.mono.is_empty() {
            return Ok(());
        }
        (self.on_block)(&self.format, &self.mono)
    }

    /// Samples a channel so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Where the next sample lies.
    pub(super) fn position_seconds(&self) -> f64 {
        self.to_seconds(self.frames)
    }

    /// The error for a file that ends here but should not.
    pub(super) fn truncated(&self, declared_frames: Option<u64>) -> AudioError {
        AudioError::Truncated {
            declared_seconds: declared_frames.map(|n| self.to_seconds(n)),
            found_seconds: self.position_seconds(),
        }
    }

    /// The error for bytes that make no sense here.
    pub(super) fn damaged(&self, detail: impl Into<String>) -> AudioError {
        AudioError::Damaged {
            at_seconds: self.position_seconds(),
            detail: detail.into(),
        }
    }

    fn to_seconds(&self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.format.sample_rate_hz.max(1))
    }
}

/// The longest take at a rate.
fn max_frames(rate_hz: u32) -> u64 {
    u64::from(rate_hz) * u64::from(MAX_TAKE_SECONDS)
}
