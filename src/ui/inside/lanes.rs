//! Where the lanes of the picture lie, top to bottom: chunks, waveform, log-mel, heatmap,
//! tokens, words, and on demand reference and keyword; then the time axis. CSS pixels,
//! free of the browser.

use crate::ui::timeline::{AXIS_HEIGHT, LANE_HEIGHT};

/// Height of a token's row in the heatmap, at least this with labels.
const TOKEN_HEIGHT: f64 = 11.0;
/// A heatmap of many tokens is no higher.
const MOST_HEAT_HEIGHT: f64 = 420.0;
const TOP: f64 = 6.0;
const GAP: f64 = 4.0;
const CHUNK_HEIGHT: f64 = 14.0;
const WAVE_HEIGHT: f64 = 64.0;
const MEL_HEIGHT: f64 = 120.0;
/// Bars of spikes, and a line of letters below.
const TOKENS_HEIGHT: f64 = 30.0;
const KEYWORD_HEIGHT: f64 = 54.0;

/// A lane's upper edge and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lane {
    /// Upper edge.
    pub top: f64,
    /// Height.
    pub height: f64,
}

impl Lane {
    /// Lower edge.
    pub fn end(&self) -> f64 {
        self.top + self.height
    }

    /// Whether a height on the canvas is in it.
    pub fn contains(&self, y: f64) -> bool {
        (self.top..self.end()).contains(&y)
    }
}

/// All lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lanes {
    /// The model's chunks.
    pub chunks: Lane,
    /// The waveform.
    pub wave: Lane,
    /// The log-mel spectrogram.
    pub mel: Lane,
    /// The posteriors.
    pub heat: Lane,
    /// What greedy decoding writes.
    pub tokens: Lane,
    /// The decoded words.
    pub words: Lane,
    /// The reference's words.
    pub reference: Option<Lane>,
    /// A phrase's score.
    pub keyword: Option<Lane>,
    /// The time axis.
    pub axis: Lane,
    /// Height of all of it.
    pub height: f64,
}

impl Lanes {
    /// For a model with `columns` tokens.
    pub fn of(columns: usize, reference: bool, keyword: bool) -> Self {
        let mut at = TOP;
        let mut lane = |height: f64, gap: f64| {
            let lane = Lane { top: at, height };
            at += height + gap;
            lane
        };
        let heat = (columns as f64 * TOKEN_HEIGHT).clamp(TOKEN_HEIGHT, MOST_HEAT_HEIGHT);
        let mut lanes = Self {
            chunks: lane(CHUNK_HEIGHT, GAP),
            wave: lane(WAVE_HEIGHT, GAP),
            mel: lane(MEL_HEIGHT, GAP),
            heat: lane(heat, 0.0),
            tokens: lane(TOKENS_HEIGHT, 0.0),
            words: lane(LANE_HEIGHT, 0.0),
            reference: reference.then(|| lane(LANE_HEIGHT, 0.0)),
            keyword: keyword.then(|| lane(KEYWORD_HEIGHT, GAP)),
            axis: lane(AXIS_HEIGHT, 0.0),
            height: 0.0,
        };
        lanes.height = lanes.axis.end();
        lanes
    }

    /// Height of a token's row.
    pub fn token_height(&self, columns: usize) -> f64 {
        self.heat.height / columns.max(1) as f64
    }

    /// The token at a height on the canvas.
    pub fn token_at(&self, columns: usize, y: f64) -> Option<usize> {
        if !self.heat.contains(y) {
            return None;
        }
        let token = ((y - self.heat.top) / self.token_height(columns)) as usize;
        (token < columns).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_lie_below_one_another() {
        for (reference, keyword) in [(false, false), (true, false), (true, true)] {
            let lanes = Lanes::of(29, reference, keyword);
            let order: Vec<Lane> = [lanes.chunks, lanes.wave, lanes.mel, lanes.heat]
                .into_iter()
                .chain([lanes.tokens, lanes.words])
                .chain(lanes.reference)
                .chain(lanes.keyword)
                .chain([lanes.axis])
                .collect();
            for pair in order.windows(2) {
                assert!(pair[0].end() <= pair[1].top + 1e-9);
            }
            assert!((lanes.height - lanes.axis.end()).abs() < 1e-9);
        }
    }

    #[test]
    fn a_token_is_found_where_it_is_drawn() {
        let lanes = Lanes::of(29, false, false);
        let middle = |token: f64| lanes.heat.top + (token + 0.5) * lanes.token_height(29);
        assert_eq!(lanes.token_at(29, middle(0.0)), Some(0));
        assert_eq!(lanes.token_at(29, middle(28.0)), Some(28));
        assert_eq!(lanes.token_at(29, lanes.heat.top - 1.0), None);
        assert_eq!(lanes.token_at(29, lanes.heat.end()), None);
        assert!(Lanes::of(5000, false, false).heat.height <= MOST_HEAT_HEIGHT);
    }
}
