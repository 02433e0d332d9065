//! What the page has been told of the take, and what is new to it.

use asr_playground::eval::latency::Figures;
use asr_playground::model::{Arithmetic, Lookahead};
use asr_playground::protocol::{FromWorker, mel_levels, posterior_levels};
use asr_playground::recognizer::{Recognizer, Settings};

use crate::browser::post;

/// Figures are told at most this often while a take runs.
pub const FIGURES_EVERY_MS: f64 = 100.0;

/// What the page knows already.
#[derive(Default)]
pub struct Told {
    pub frames: i64,
    pub samples: usize,
    /// Rows of log-probs, and the settings of the model that made them.
    pub rows: usize,
    pub made_with: Option<(Lookahead, Arithmetic)>,
    /// Revision and number of frames decoded: the transcript can only change with them.
    pub transcript: Option<(u32, i64, bool)>,
    pub figures: Option<Figures>,
    pub figures_ms: f64,
    pub finished_revision: Option<u32>,
    /// Frames decoded in the second recognition, and whether it is done.
    pub other: Option<(i64, bool)>,
    pub other_ms: f64,
}

impl Told {
    pub fn audio(&mut self, take: u32, recognizer: &Recognizer) {
        let audio = recognizer.audio();
        if audio.len() > self.samples {
            post(&FromWorker::Audio {
                take,
                first_sample: self.samples as i64,
                samples: audio[self.samples..].to_vec(),
            });
            self.samples = audio.len();
        }
    }

    pub fn other(&mut self, take: u32, recognizer: &Recognizer, now_ms: f64) {
        let Some(progress) = recognizer.other_progress() else {
            return;
        };
        let due = progress.1 || now_ms - self.other_ms >= FIGURES_EVERY_MS;
        if !due || self.other == Some(progress) {
            return;
        }
        self.other = Some(progress);
        self.other_ms = now_ms;
        if let Some(other) = recognizer.other() {
            post(&FromWorker::Compared {
                take,
                transcript: other.transcript,
                figures: other.figures,
                latency: other.latency,
            });
        }
    }

    pub fn posteriors(&mut self, take: u32, recognizer: &Recognizer, settings: &Settings) {
        let columns = recognizer.tokens().len();
        let rows = recognizer.log_probs().len() / columns;
        let made_with = (settings.lookahead, settings.arithmetic);
        if self.made_with.replace(made_with) != Some(made_with) || rows < self.rows {
            self.rows = 0;
        }
        if rows > self.rows {
            post(&FromWorker::Posteriors {
                take,
                first_row: self.rows as i64,
                columns: columns as u16,
                levels: posterior_levels(&recognizer.log_probs()[self.rows * columns..]),
            });
            self.rows = rows;
        }
    }

    pub fn log_mel(&mut self, take: u32, recognizer: &Recognizer) {
        let n_mels = recognizer.spec().front_end.n_mels;
        let features = recognizer.features();
        let frames = (features.len() / n_mels) as i64;
        if frames > self.frames {
            post(&FromWorker::LogMel {
                take,
                first_frame: self.frames,
                n_mels: n_mels as u16,
                levels: mel_levels(&features[self.frames as usize * n_mels..]),
            });
            self.frames = frames;
        }
    }
}
