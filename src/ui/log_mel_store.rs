//! The log-mel frames of the current take, for display. Free of the browser.

use std::ops::Range;

/// The longest take that is kept: 31 minutes of 10 ms frames.
const MAX_FRAMES: usize = 31 * 60 * 100;

/// The log-mel frames of the current take, as 8-bit levels.
#[derive(Default)]
pub struct LogMelStore {
    n_mels: usize,
    levels: Vec<u8>,
    generation: u32,
}

impl LogMelStore {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.levels.clear();
        self.generation += 1;
    }

    /// Takes frames in at their place; a gap before them is silence.
    pub fn put(&mut self, first_frame: i64, n_mels: u16, levels: &[u8]) {
        let n_mels = usize::from(n_mels);
        let Ok(first_frame) = usize::try_from(first_frame) else {
            return;
        };
        if n_mels == 0 || first_frame > MAX_FRAMES {
            return;
        }
        if n_mels != self.n_mels {
            self.clear();
            self.n_mels = n_mels;
        }
        let start = first_frame * n_mels;
        if start < self.levels.len() {
            self.generation += 1;
        }
        let end = start + levels.len() / n_mels * n_mels;
        if end > self.levels.len() {
            self.levels.resize(end, 0);
        }
        self.levels[start..end].copy_from_slice(&levels[..end - start]);
    }

    /// Bands a frame.
    pub fn n_mels(&self) -> usize {
        self.n_mels
    }

    /// Grows when frames already put are put again or cleared, so that what was
    /// drawn of them is known to be old.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The levels of a range of frames, one slice a frame; those there are.
    pub fn rows(&self, frames: Range<i64>) -> impl Iterator<Item = &[u8]> {
        let at = |frame: i64| (frame.max(0) as usize * self.n_mels).min(self.levels.len());
        let range = at(frames.start)..at(frames.end).max(at(frames.start));
        self.levels[range].chunks_exact(self.n_mels.max(1))
    }

    /// Frames so far.
    pub fn frames(&self) -> i64 {
        self.levels.len().checked_div(self.n_mels).unwrap_or(0) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_put_where_they_belong() {
        let mut store = LogMelStore::default();
        store.put(0, 2, &[1, 2, 3, 4]);
        store.put(3, 2, &[7, 8]);
        assert_eq!(store.frames(), 4);
        let rows: Vec<&[u8]> = store.rows(1..9).collect();
        assert_eq!(rows, [&[3, 4], &[0, 0], &[7, 8]]);
        let generation = store.generation();
        store.put(1, 2, &[9, 9, 5]);
        assert_ne!(store.generation(), generation);
        assert_eq!(store.rows(1..2).next(), Some(&[9, 9][..]));
        assert_eq!(store.rows(2..3).next(), Some(&[0, 0][..]));
    }

    #[test]
    fn nonsense_is_ignored() {
        let mut store = LogMelStore::default();
        store.put(-1, 2, &[1, 2]);
        store.put(0, 0, &[1, 2]);
        store.put(i64::MAX, 80, &[1; 80]);
        assert_eq!(store.frames(), 0);
        assert_eq!(store.rows(0..10).count(), 0);
        store.put(0, 80, &[1; 80]);
        store.put(0, 40, &[1; 80]);
        assert_eq!((store.frames(), store.n_mels()), (2, 40));
    }
}
