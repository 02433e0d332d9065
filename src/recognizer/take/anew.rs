//! A take recognised anew: with other settings, or with another model.

use super::super::heard::Times;
use super::super::recognition::Recognition;
use super::super::settled::Settled;
use super::super::utterances::Utterances;
use super::super::{RecognizerError, Settings, Stopwatch};
use super::{Take, algorithmic_latency, samples_of_ms};
use crate::audio::MODEL_RATE_HZ;
use crate::decode::{DecoderParts, RowClock};
use crate::eval::latency::{Clock, LatencyMeter};
use crate::features::{LogMel, log_mel};
use crate::model::{ModelSpec, Session};

impl Take {
    /// Recognises the take anew with other settings: from the kept log-probs where
    /// lookahead and arithmetic are the same, with the model otherwise.
    ///
    /// While the take goes on, the committed words stay as they are and what comes
    /// after them is recognised anew; catching up is nothing a listener waits for, so
    /// the meter hears only of audio it has not heard of. When the take is over, all of
    /// it is recognised anew, and its latencies are measured anew as well, on the
    /// simulated clock: what a live listener would have had with these settings.
    ///
    /// # Errors
    /// When a setting is out of its range. The take then goes on as it was.
    pub fn restart(
        &mut self,
        session: &Session,
        parts: &DecoderParts,
        settings: Settings,
    ) -> Result<(), RecognizerError> {
        let of_model = |settings: &Settings| (settings.lookahead, settings.arithmetic);
        let same_log_probs = of_model(&settings) == of_model(&self.settings);
        self.begin_anew(session, parts, settings, same_log_probs)
    }

    /// Recognises the take anew with another model, as [`Take::restart`] does with
    /// another lookahead: from the kept features if the model wants the same ones
    /// (`features_fit`), else from the kept audio, which must have ended.
    ///
    /// # Errors
    /// When a setting is out of its range, or the front end fails.
    pub fn change_model(
        &mut self,
        session: &Session,
        parts: &DecoderParts,
        settings: Settings,
        features_fit: bool,
        now: Stopwatch<'_>,
    ) -> Result<(), RecognizerError> {
        if !features_fit {
            self.extract_anew(session.spec(), now)?;
        }
        self.begin_anew(session, parts, settings, false)
    }

    fn begin_anew(
        &mut self,
        session: &Session,
        parts: &DecoderParts,
        settings: Settings,
        same_log_probs: bool,
    ) -> Result<(), RecognizerError> {
        let algorithmic = algorithmic_latency(session.spec(), settings.lookahead);
        let utterances = if self.audio_ended {
            Utterances::resume(parts, &settings, Vec::new(), 0)?
        } else {
            let (committed, row) = self.recognition.utterances().decoder().commit_point();
            Utterances::resume(parts, &settings, committed.to_vec(), row)?
        };
        self.settled = if self.audio_ended {
            Settled::default()
        } else {
            let (committed, _) = self.recognition.utterances().decoder().commit_point();
            let gate = self.settings.gate.as_ref();
            self.settled
                .with(committed, &self.levels_dbfs, self.clock, gate)
        };
        if same_log_probs {
            let utterances = utterances.after(self.recognition.utterances());
            self.recognition.decode_anew(utterances);
        } else {
            let revision = self.recognition.revision() + 1;
            self.recognition = Recognition::new(session, settings.arithmetic, utterances, revision);
        }
        self.settings = settings;
        self.times = Times::of(session.spec());
        if self.audio_ended {
            self.heard_samples = 0;
            self.reported_frames = 0;
            self.meter = LatencyMeter::new(Clock::Simulated, algorithmic);
            self.meter.arrived(self.audio.len() as i64, 0.0);
            self.front_end.charge_anew();
        } else {
            self.meter.set_algorithmic_latency(algorithmic);
        }
        Ok(())
    }

    /// Features and levels of a take that has ended, as this model wants them.
    fn extract_anew(
        &mut self,
        spec: &ModelSpec,
        now: Stopwatch<'_>,
    ) -> Result<(), RecognizerError> {
        let started_ms = now();
        let front_end = &spec.front_end;
        let silence_frame = log_mel(front_end, &vec![0.0; front_end.window_samples])?.values;
        let mut features = Vec::new();
        let mut extractor = LogMel::new(front_end.clone())?;
        // A second at a time: half an hour in f32 need not be there at once.
        for part in self.audio.chunks(MODEL_RATE_HZ as usize) {
            let samples: Vec<f32> = part.iter().map(|s| f32::from(*s) / 32_768.0).collect();
            extractor.accept_waveform(&samples)?;
            extractor.take_frames(&mut features);
        }
        extractor.accept_waveform(&vec![0.0; samples_of_ms(spec.flush_ms) as usize])?;
        extractor.input_finished();
        extractor.take_frames(&mut features);
        self.features = features;
        self.n_mels = front_end.n_mels;
        self.silence_frame = silence_frame;
        self.log_mel = extractor;
        self.clock = RowClock {
            samples_per_row: spec.row_samples(),
        };
        self.levels_dbfs.clear();
        self.measure_levels();
        self.front_end.spent(0.0, now() - started_ms);
        Ok(())
    }
}
