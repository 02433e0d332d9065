//! Chunk lengths and the silence after a take, as arithmetic on a [`ModelSpec`].
//!
//! A take of N samples is followed by `flush_ms` of digital silence, so that the model
//! brings out what it heard last, and then by as much silence as fills the last chunk.
//! No speech can then be left in a chunk that never runs: last words are not cut off.

use super::{Lookahead, ModelError, ModelSpec};

impl ModelSpec {
    /// Samples one encoder frame advances.
    #[must_use]
    pub fn encoder_frame_samples(&self) -> i64 {
        (self.front_end.hop_samples * self.subsampling) as i64
    }

    /// Samples one row of the log-probs advances.
    #[must_use]
    pub fn row_samples(&self) -> i64 {
        self.encoder_frame_samples() / self.rows_per_frame as i64
    }

    /// Every way the model can be run: its lookaheads and the whole take.
    #[must_use]
    pub fn lookaheads(&self) -> Vec<Lookahead> {
        let streaming = self.lookaheads_ms.iter().map(|ms| Lookahead::Ms(*ms));
        streaming.chain([Lookahead::WholeTake]).collect()
    }

    /// Encoder frames of the next chunk, when `frames_left` of the take are still to be
    /// run (`None`: unknown, the take goes on).
    ///
    /// A lookahead has one length: its milliseconds in encoder frames, at least one.
    /// The whole take runs in chunks of `whole_take_frames`, the last of them cut to the
    /// next multiple of `whole_take_multiple`, so that few lengths and little silence
    /// are needed.
    ///
    /// # Errors
    /// [`ModelError::Lookahead`] when the model does not offer it.
    pub fn chunk_frames(
        &self,
        lookahead: Lookahead,
        frames_left: Option<usize>,
    ) -> Result<usize, ModelError> {
        match lookahead {
            Lookahead::Ms(ms) if self.lookaheads_ms.contains(&ms) => {
                Ok(self.lookahead_frames(ms).max(1))
            }
            Lookahead::Ms(_) => Err(ModelError::Lookahead {
                lookahead,
                offered: join(&self.lookaheads()),
            }),
            Lookahead::WholeTake => {
                let most = self.whole_take_frames;
                let left = frames_left.unwrap_or(most).clamp(1, most);
                Ok(left.next_multiple_of(self.whole_take_multiple))
            }
        }
    }

    /// Samples a chunk advances; the longest chunk for the whole take.
    #[must_use]
    pub fn chunk_samples(&self, lookahead: Lookahead) -> i64 {
        let frames = match lookahead {
            Lookahead::Ms(ms) => self.lookahead_frames(ms).max(1),
            Lookahead::WholeTake => self.whole_take_frames,
        };
        frames as i64 * self.encoder_frame_samples()
    }

    /// Feature frames that `samples` give: those whose window fits.
    #[must_use]
    pub fn feature_frames(&self, samples: i64) -> i64 {
        let window = self.front_end.window_samples as i64;
        if samples < window {
            0
        } else {
            1 + (samples - window) / self.front_end.hop_samples as i64
        }
    }

    /// Samples of silence to append to a take of `take_samples`: `flush_ms`, and what
    /// fills the last chunk, so that the features are a whole number of chunks.
    ///
    /// # Errors
    /// [`ModelError::Lookahead`] when the model does not offer it.
    pub fn flush_samples(
        &self,
        lookahead: Lookahead,
        take_samples: i64,
    ) -> Result<i64, ModelError> {
        let take_samples = take_samples.max(0);
        let subsampling = self.subsampling as i64;
        let flush = i64::from(self.flush_ms) * i64::from(self.sample_rate_hz) / 1000;
        let heard = self.feature_frames(take_samples + flush).max(1);
        let encoder_frames = heard.unsigned_abs().div_ceil(subsampling.unsigned_abs()) as usize;
        let step = match lookahead {
            Lookahead::Ms(_) => self.chunk_frames(lookahead, None)?,
            Lookahead::WholeTake => self.whole_take_multiple,
        };
        let feature_frames = encoder_frames.next_multiple_of(step) as i64 * subsampling;
        let hop = self.front_end.hop_samples as i64;
        let total = (feature_frames - 1) * hop + self.front_end.window_samples as i64;
        Ok(total - take_samples)
    }

    /// A lookahead in encoder frames, rounded down.
    pub(super) fn lookahead_frames(&self, lookahead_ms: u32) -> usize {
        let samples = i64::from(lookahead_ms) * i64::from(self.sample_rate_hz) / 1000;
        (samples / self.encoder_frame_samples()) as usize
    }
}

fn join(lookaheads: &[Lookahead]) -> String {
    let names: Vec<String> = lookaheads.iter().map(Lookahead::to_string).collect();
    names.join(", ")
}
