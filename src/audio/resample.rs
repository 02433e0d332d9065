//! Any sample rate to the model's, as a stream.
//!
//! Two of rubato's resamplers, chosen by the rate. Where a higher rate shares a short
//! period with the model's (48, 44.1, 32, 96 kHz, …) blocks of whole periods go through
//! its FFT resampler; else (8, 22.05, 44.101 kHz) a windowed sinc is evaluated at each
//! output sample, which costs several times more and waits no longer. Input is cut into
//! blocks of fixed size whatever the size of the pushes, so the output is bit-identical
//! for any split.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, Fft, FixedAsync, FixedSync, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use super::{AudioError, MAX_MAGNITUDE, MAX_RATE_HZ, MIN_RATE_HZ, MODEL_RATE_HZ};

/// The window of both filters: its 75 dB outside the band are more than speech recorded
/// in a room has, and its transition is the narrowest that gives them.
const WINDOW: WindowFunction = WindowFunction::Blackman;
/// Length of an FFT block, in milliseconds: as many whole periods of both rates as fit.
/// The filter is as long, so half of it more is the lookahead: 15 ms in all.
const FFT_BLOCK_MS: u32 = 10;
/// Length of the sinc, in samples of the lower of the two rates: the same filter as the
/// FFT's 10 ms at 16 kHz.
const SINC_PERIODS: u32 = 160;
/// The most phases kept of the sinc: at 22.05 kHz 320 of 224 taps are 287 KB.
const SINC_MAX_PHASES: u32 = 640;
/// Input block of the sinc, in milliseconds.
const SINC_BLOCK_MS: u32 = 5;

/// Streaming resampler from one rate to [`MODEL_RATE_HZ`], one channel.
///
/// Output sample 0 lies at input sample 0: the filter's delay is taken off at the start
/// and flushed at the end. `n` input samples give `ceil(n · 16000 / rate)` output
/// samples. At 16 kHz samples pass through untouched. Memory is fixed at construction.
pub struct Resampler {
    input_rate_hz: u32,
    /// `None`: pass through.
    engine: Option<Engine>,
    input_samples: u64,
    output_samples: u64,
    finished: bool,
}

struct Engine {
    inner: Box<dyn rubato::Resampler<f32>>,
    /// Input waiting for a whole block.
    block: Vec<f32>,
    output: Vec<f32>,
    /// Output still to be dropped: the filter's delay, and what the silence before the
    /// first sample gives.
    skip: usize,
}

impl Resampler {
    /// A resampler at its start.
    ///
    /// # Errors
    /// The rate lies outside 8–192 kHz.
    pub fn new(input_rate_hz: u32) -> Result<Self, AudioError> {
        if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&input_rate_hz) {
            return Err(AudioError::SampleRate { hz: input_rate_hz });
        }
        let engine = if input_rate_hz == MODEL_RATE_HZ {
            None
        } else {
            Some(Engine::new(input_rate_hz)?)
        };
        Ok(Self {
            input_rate_hz,
            engine,
            input_samples: 0,
            output_samples: 0,
            finished: false,
        })
    }

    /// How much input after a sample must be pushed, at most, before that sample's
    /// output appears, in milliseconds.
    #[must_use]
    pub fn lookahead_ms(&self) -> f64 {
        self.engine.as_ref().map_or(0.0, |engine| {
            let block = engine.inner.input_frames_next() as f64 / f64::from(self.input_rate_hz);
            let delay = engine.inner.output_delay() as f64 / f64::from(MODEL_RATE_HZ);
            1000.0 * (block + delay)
        })
    }

    /// Takes the next samples and appends what they complete to `out`. May append
    /// nothing.
    ///
    /// # Errors
    /// A sample is not finite or beyond [`MAX_MAGNITUDE`] (then nothing of the push is
    /// taken), or the stream has been finished.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        if self.finished {
            return Err(AudioError::Finished);
        }
        let is_bad = |s: &f32| s.is_nan() || s.abs() > MAX_MAGNITUDE;
        if let Some(bad) = samples.iter().position(is_bad) {
            let at = self.input_samples + bad as u64;
            return Err(AudioError::NotFinite {
                at_seconds: at as f64 / f64::from(self.input_rate_hz),
            });
        }
        self.input_samples += samples.len() as u64;
        let Some(engine) = &mut self.engine else {
            out.extend_from_slice(samples);
            return Ok(());
        };
        let before = out.len();
        engine.push(samples, out)?;
        self.output_samples += (out.len() - before) as u64;
        Ok(())
    }

    /// Ends the stream: appends the rest, as if silence followed. A second call appends
    /// nothing.
    ///
    /// # Errors
    /// The library's own, none known.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        if self.finished {
            return Ok(());
        }
        self.finished = true;
        let Some(engine) = &mut self.engine else {
            return Ok(());
        };
        let wanted = resampled_len(self.input_samples, self.input_rate_hz);
        while self.output_samples < wanted {
            let before = out.len();
            engine.flush(out)?;
            self.output_samples += (out.len() - before) as u64;
        }
        let surplus = (self.output_samples - wanted) as usize;
        out.truncate(out.len() - surplus);
        Ok(())
    }
}

/// How many 16 kHz samples `input_samples` at `input_rate_hz` become: `ceil(n · 16000 / rate)`.
#[must_use]
pub fn resampled_len(input_samples: u64, input_rate_hz: u32) -> u64 {
    (input_samples * u64::from(MODEL_RATE_HZ)).div_ceil(u64::from(input_rate_hz))
}

impl Engine {
    fn new(input_rate_hz: u32) -> Result<Self, AudioError> {
        let (inner, alignment) = engine_for(input_rate_hz).map_err(|error| library(&error))?;
        let mut engine = Self {
            block: Vec::with_capacity(inner.input_frames_max()),
            output: vec![0.0; inner.output_frames_max()],
            skip: alignment.skip_output,
            inner,
        };
        let mut dropped = Vec::new();
        engine.push(&vec![0.0; alignment.silence_before], &mut dropped)?;
        debug_assert!(dropped.is_empty());
        Ok(engine)
    }

    fn push(&mut self, mut samples: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        loop {
            let wanted = self.inner.input_frames_next() - self.block.len();
            let (now, later) = samples.split_at(wanted.min(samples.len()));
            self.block.extend_from_slice(now);
            samples = later;
            if now.len() < wanted {
                return Ok(());
            }
            self.process(out)?;
        }
    }

    /// Fills the block with silence and processes it.
    fn flush(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.block.resize(self.inner.input_frames_next(), 0.0);
        self.process(out)
    }

    fn process(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        let (read, written) = {
            let (frames_in, frames_out) = (self.block.len(), self.output.len());
            let input =
                SequentialSlice::new(&self.block, 1, frames_in).map_err(|error| library(&error))?;
            let mut output = SequentialSlice::new_mut(&mut self.output, 1, frames_out)
                .map_err(|error| library(&error))?;
            self.inner
                .process_into_buffer(&input, &mut output, None)
                .map_err(|error| library(&error))?
        };
        debug_assert_eq!(read, self.block.len());
        self.block.clear();
        let skipped = self.skip.min(written);
        self.skip -= skipped;
        out.extend_from_slice(&self.output[skipped..written]);
        Ok(())
    }
}

/// How output sample 0 is brought to lie exactly at input sample 0. The library's delay
/// is a whole number of input samples, seldom of output samples; with silence put before
/// the first sample some output lies exactly at it, and those before are dropped.
struct Alignment {
    silence_before: usize,
    skip_output: usize,
}

type Engines = (Box<dyn rubato::Resampler<f32>>, Alignment);

/// The library's resampler for a rate, and its alignment.
fn engine_for(rate_hz: u32) -> Result<Engines, rubato::ResamplerConstructionError> {
    let common_hz = gcd(rate_hz, MODEL_RATE_HZ);
    let (period_input, period_output) = (rate_hz / common_hz, MODEL_RATE_HZ / common_hz);
    // Upsampling takes the sinc too: in 10 ms of 8 kHz there is too little filter.
    if rate_hz > MODEL_RATE_HZ && common_hz * FFT_BLOCK_MS >= 1000 {
        let periods = common_hz * FFT_BLOCK_MS / 1000;
        fft_engine(rate_hz, periods, period_input, period_output)
    } else {
        sinc_engine(rate_hz, period_input, period_output)
    }
}

/// Blocks of whole periods; the filter's centre is half a block late.
fn fft_engine(
    rate_hz: u32,
    periods: u32,
    period_input: u32,
    period_output: u32,
) -> Result<Engines, rubato::ResamplerConstructionError> {
    let block = periods * period_input;
    let fft = Fft::<f32>::new_custom(
        rate_hz as usize,
        MODEL_RATE_HZ as usize,
        block as usize,
        1,
        1,
        WINDOW,
        FixedSync::Both,
    )?;
    let delay = block / 2;
    let delay_periods = delay.div_ceil(period_input);
    let alignment = Alignment {
        silence_before: (delay_periods * period_input - delay) as usize,
        skip_output: (delay_periods * period_output) as usize,
    };
    Ok((Box::new(fft), alignment))
}

/// A sinc sampled at as many phases as there are output samples in a period, so that
/// none need be interpolated; for odd rates, where that would be thousands, between the
/// four nearest of fewer.
fn sinc_engine(
    rate_hz: u32,
    period_input: u32,
    period_output: u32,
) -> Result<Engines, rubato::ResamplerConstructionError> {
    // The library counts the filter's length in input samples, in multiples of 8.
    let taps = (SINC_PERIODS * rate_hz.max(MODEL_RATE_HZ) / MODEL_RATE_HZ).next_multiple_of(8);
    let (phases, interpolation) = if period_output <= SINC_MAX_PHASES {
        (period_output, SincInterpolationType::Nearest)
    } else {
        let divides = |phases: &u32| period_output.is_multiple_of(*phases);
        let phases = (1..=SINC_MAX_PHASES).rev().find(divides).unwrap_or(1);
        (phases, SincInterpolationType::Cubic)
    };
    let parameters = SincInterpolationParameters::new(taps as usize, WINDOW)
        .oversampling_factor(phases as usize)
        .interpolation(interpolation);
    let sinc = Async::<f32>::new_sinc(
        f64::from(MODEL_RATE_HZ) / f64::from(rate_hz),
        1.0,
        &parameters,
        (rate_hz * SINC_BLOCK_MS / 1000) as usize,
        1,
        FixedAsync::Input,
    )?;
    let alignment = sinc_alignment(taps, phases, period_input, period_output);
    Ok((Box::new(sinc), alignment))
}

/// In the library output `n` lies at input `(n + 1) · in/out + 1/phases - taps/2`
/// (it steps before it reads, and counts phases from the filter's end). Looks for the
/// first `n` where that is a whole number and not before the start.
fn sinc_alignment(taps: u32, phases: u32, period_input: u32, period_output: u32) -> Alignment {
    let phase = u64::from(period_output / phases);
    let period = u64::from(period_output);
    let mut position = phase;
    let mut skip_output = 0;
    loop {
        // In units of 1/out input samples.
        position += u64::from(period_input);
        let whole = position / period;
        if position.is_multiple_of(period) && whole >= u64::from(taps / 2) {
            return Alignment {
                silence_before: (whole - u64::from(taps / 2)) as usize,
                skip_output,
            };
        }
        skip_output += 1;
    }
}

fn library(error: &impl std::fmt::Display) -> AudioError {
    AudioError::Resampler {
        detail: error.to_string(),
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
