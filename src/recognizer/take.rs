//! One take: what was heard, its features and log-probs, and how far the model is.
//!
//! `anew` recognises it again, `told` answers what can be asked of it.

mod anew;
mod told;

use std::ops::Range;

use super::front_end_times::FrontEndTimes;
use super::heard::Times;
use super::path::samples_of_ms;
use super::recognition::Recognition;
use super::settled::Settled;
use super::utterances::Utterances;
use super::{RecognizerError, Settings, Stopwatch};
use crate::audio::{MAX_TAKE_SECONDS, MODEL_RATE_HZ, Resampler, level_dbfs};
use crate::decode::{DecoderParts, RowClock};
use crate::eval::latency::{Clock, LatencyMeter, StageTimes, algorithmic_latency_ms};
use crate::features::{LogMel, log_mel};
use crate::model::{Lookahead, ModelSpec, Session};

pub(super) struct Take {
    settings: Settings,
    resampler: Resampler,
    log_mel: LogMel,
    /// 16 kHz audio. 16 bits keep half an hour in 58 MB; the model never sees these,
    /// it saw the samples before rounding.
    audio: Vec<i16>,
    /// Level of the audio of each row of log-probs.
    levels_dbfs: Vec<f32>,
    clock: RowClock,
    times: Times,
    features: Vec<f32>,
    n_mels: usize,
    /// A frame of digital silence, with which the last chunk is filled.
    silence_frame: Vec<f32>,
    audio_ended: bool,
    recognition: Recognition,
    /// Audio the meter has been told of, in samples.
    heard_samples: i64,
    /// Feature frames whose chunks it has been told of.
    reported_frames: usize,
    settled: Settled,
    meter: LatencyMeter,
    front_end: FrontEndTimes,
    resampled: Vec<f32>,
}

impl Take {
    pub fn new(
        session: &Session,
        parts: &DecoderParts,
        sample_rate_hz: u32,
        settings: Settings,
        clock: Clock,
    ) -> Result<Self, RecognizerError> {
        let spec = session.spec();
        let front_end = &spec.front_end;
        let meter = LatencyMeter::new(clock, algorithmic_latency(spec, settings.lookahead));
        let silence = vec![0.0; front_end.window_samples];
        let utterances = Utterances::resume(parts, &settings, Vec::new(), 0)?;
        let recognition = Recognition::new(session, settings.arithmetic, utterances, 0);
        Ok(Self {
            settings,
            resampler: Resampler::new(sample_rate_hz)?,
            log_mel: LogMel::new(front_end.clone())?,
            audio: Vec::new(),
            features: Vec::new(),
            n_mels: front_end.n_mels,
            silence_frame: log_mel(front_end, &silence)?.values,
            audio_ended: false,
            recognition,
            levels_dbfs: Vec::new(),
            clock: RowClock {
                samples_per_row: parts.samples_per_row,
            },
            times: Times::of(spec),
            heard_samples: 0,
            reported_frames: 0,
            settled: Settled::default(),
            meter,
            front_end: FrontEndTimes::new(clock),
            resampled: Vec::new(),
        })
    }

    pub fn accept(
        &mut self,
        samples: &[f32],
        arrival_ms: f64,
        now: Stopwatch<'_>,
    ) -> Result<Range<i64>, RecognizerError> {
        if self.audio_ended {
            return Err(RecognizerError::TakeEnded);
        }
        let started_ms = now();
        self.resampled.clear();
        self.resampler.push(samples, &mut self.resampled)?;
        let room = (MAX_TAKE_SECONDS * MODEL_RATE_HZ) as usize - self.audio.len();
        let full = self.resampled.len() > room;
        self.resampled.truncate(room);
        let frames = self.extract(started_ms, arrival_ms, now)?;
        if full {
            Err(RecognizerError::TakeFull)
        } else {
            Ok(frames)
        }
    }

    pub fn finish(
        &mut self,
        spec: &ModelSpec,
        now: Stopwatch<'_>,
    ) -> Result<Range<i64>, RecognizerError> {
        if self.audio_ended {
            let end = self.frame_count() as i64;
            return Ok(end..end);
        }
        let started_ms = now();
        self.resampled.clear();
        self.resampler.finish(&mut self.resampled)?;
        let tail = self.extract(started_ms, started_ms, now)?;
        self.audio_ended = true;

        // Silence after the last sample: the window's remainder, and as long as the
        // model may take to bring out what it heard last.
        let silence = vec![0.0; samples_of_ms(spec.flush_ms) as usize];
        let started_ms = now();
        self.log_mel.accept_waveform(&silence)?;
        self.log_mel.input_finished();
        self.log_mel.take_frames(&mut self.features);
        self.front_end.spent(0.0, now() - started_ms);
        Ok(tail.start..self.frame_count() as i64)
    }

    /// Keeps `self.resampled` as audio and turns it into features.
    fn extract(
        &mut self,
        started_ms: f64,
        arrival_ms: f64,
        now: Stopwatch<'_>,
    ) -> Result<Range<i64>, RecognizerError> {
        let resampled_ms = now();
        let first = self.frame_count() as i64;
        self.log_mel.accept_waveform(&self.resampled)?;
        self.audio.extend(self.resampled.iter().map(|s| to_i16(*s)));
        self.measure_levels();
        self.log_mel.take_frames(&mut self.features);
        self.meter.arrived(self.resampled.len() as i64, arrival_ms);
        self.front_end
            .spent(resampled_ms - started_ms, now() - resampled_ms);
        Ok(first..self.frame_count() as i64)
    }

    /// Measures the rows whose audio is complete.
    fn measure_levels(&mut self) {
        let row_samples = self.clock.samples_per_row as usize;
        let measured = self.levels_dbfs.len() * row_samples;
        for row in self.audio[measured..].chunks_exact(row_samples) {
            let samples: Vec<f32> = row.iter().map(|s| f32::from(*s) / 32_768.0).collect();
            self.levels_dbfs.push(level_dbfs(&samples));
        }
    }

    /// Takes over what `first` has heard since the last call: the same audio and features,
    /// for other settings. The front end has run once for both; each chunk is charged its
    /// share.
    pub fn follow(&mut self, first: &Self, now_ms: f64) {
        let heard = self.audio.len();
        let new = first.audio.get(heard..).unwrap_or_default();
        self.audio.extend_from_slice(new);
        let levels = first.levels_dbfs.get(self.levels_dbfs.len()..);
        self.levels_dbfs
            .extend_from_slice(levels.unwrap_or_default());
        let features = first.features.get(self.features.len()..);
        self.features
            .extend_from_slice(features.unwrap_or_default());
        if !new.is_empty() {
            self.meter
                .arrived((self.audio.len() - heard) as i64, now_ms);
        }
        self.front_end.follow(&first.front_end);
        self.audio_ended = first.audio_ended;
    }

    /// Decodes the next chunk, running the model for it unless its log-probs are
    /// kept from before. Says whether there was one.
    pub fn advance(
        &mut self,
        session: &mut Session,
        now: Stopwatch<'_>,
    ) -> Result<bool, RecognizerError> {
        if !self.recognition.has_undecoded() && !self.encode(session, now)? {
            return Ok(false);
        }
        let started_ms = now();
        let Some(chunk) = self.recognition.decode_chunk(&self.levels_dbfs)? else {
            return Ok(false);
        };
        if self.audio_ended && chunk.end_frame == self.frame_count() {
            self.recognition.finish();
        }
        let decoded_ms = now();
        let stages = StageTimes {
            model_ms: chunk.model_ms,
            decode_ms: decoded_ms - started_ms,
            ..StageTimes::default()
        };
        self.report(session.spec(), chunk.end_frame, stages, decoded_ms);
        Ok(true)
    }

    /// Builds the plan of the next chunk, if it has none yet, at no chunk's charge. Where no
    /// listener waits it is warmed up, too.
    pub fn prepare_next(&self, session: &mut Session) -> Result<(), RecognizerError> {
        if self.recognition.has_undecoded() {
            return Ok(());
        }
        let Some(frames) = self.next_chunk(session)? else {
            return Ok(());
        };
        match self.clock() {
            Clock::Simulated => session.warm_up(self.settings.arithmetic, frames)?,
            Clock::Real => session.prepare(self.settings.arithmetic, frames)?,
        }
        Ok(())
    }

    /// Runs the model over the next complete chunk, if there is one.
    fn encode(
        &mut self,
        session: &mut Session,
        now: Stopwatch<'_>,
    ) -> Result<bool, RecognizerError> {
        let Some(chunk_frames) = self.next_chunk(session)? else {
            return Ok(false);
        };
        let feature_frames = chunk_frames * session.spec().subsampling;
        let first = self.recognition.encoded_frames();
        let last = (first + feature_frames).min(self.frame_count());
        let started_ms = now();
        let heard = &self.features[first * self.n_mels..last * self.n_mels];
        let missing = feature_frames - (last - first);
        if missing == 0 {
            self.recognition.encode(session, heard)?;
        } else {
            let mut filled = heard.to_vec();
            for _ in 0..missing {
                filled.extend_from_slice(&self.silence_frame);
            }
            self.recognition.encode(session, &filled)?;
        }
        self.recognition.chunk_encoded(last, now() - started_ms);
        Ok(true)
    }

    /// Tells the meter of a chunk just decoded.
    fn report(&mut self, spec: &ModelSpec, end_frame: usize, mut stages: StageTimes, now_ms: f64) {
        let done = self.recognition.is_done();
        if end_frame <= self.reported_frames && !done {
            // Earlier audio anew, while the take goes on: see `restart`.
            return;
        }
        self.reported_frames = end_frame;
        let last_frame = end_frame as i64 - 1;
        let front_end = &spec.front_end;
        let seen = last_frame * front_end.hop_samples as i64 + front_end.window_samples as i64;
        let new_samples = (seen.min(self.audio.len() as i64) - self.heard_samples).max(0);
        self.heard_samples += new_samples;
        stages += self.front_end.charge(new_samples, self.audio.len() as i64);
        let transcript = self.transcript();
        self.meter
            .processed(new_samples, stages, now_ms, &transcript);
        if done {
            self.meter
                .finished(StageTimes::default(), now_ms, &transcript);
        }
    }

    /// Encoder frames of the next chunk, if it can run now.
    fn next_chunk(&self, session: &Session) -> Result<Option<usize>, RecognizerError> {
        let waiting = self.frame_count() - self.recognition.encoded_frames();
        if waiting == 0 {
            return Ok(None);
        }
        let subsampling = session.spec().subsampling;
        let lookahead = self.settings.lookahead;
        if lookahead == Lookahead::WholeTake && !self.audio_ended {
            return Ok(None);
        }
        let left = waiting.div_ceil(subsampling);
        let chunk = session.chunk_frames(lookahead, Some(left))?;
        let complete = waiting >= chunk * subsampling;
        Ok((complete || self.audio_ended).then_some(chunk))
    }

    pub fn clock(&self) -> Clock {
        self.meter.clock()
    }

    /// No more audio comes.
    pub fn is_ended(&self) -> bool {
        self.audio_ended
    }

    fn frame_count(&self) -> usize {
        self.features.len() / self.n_mels
    }
}

fn algorithmic_latency(spec: &ModelSpec, lookahead: Lookahead) -> Option<f64> {
    let chunk_samples = match lookahead {
        Lookahead::Ms(ms) => samples_of_ms(ms).max(spec.encoder_frame_samples()),
        Lookahead::WholeTake => return None,
    };
    let front_end = &spec.front_end;
    Some(algorithmic_latency_ms(
        chunk_samples,
        front_end.window_samples as i64,
        front_end.hop_samples as i64,
    ))
}

fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}
