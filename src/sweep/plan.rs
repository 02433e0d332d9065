//! From the points of a grid to the recogniser's settings.

use std::ops::Range;

use crate::decode::BeamConfigError;
use crate::eval::sweep::{Grid, GridError, Point, Setting};
use crate::model::Lookahead;
use crate::recognizer::Settings;

/// The points of a grid, and the runs that serve them.
#[derive(Clone, Debug)]
pub struct Plan {
    points: Vec<Point>,
    runs: Vec<Run>,
}

/// One transcript to make.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it is made with.
    pub settings: Settings,
    /// The points that judge it.
    pub points: Range<usize>,
}

/// A grid that cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The grid has no points, or too many.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A setting of the beam search is out of its range.
    #[error(transparent)]
    Beam(#[from] BeamConfigError),
}

impl Plan {
    /// The runs for a grid. What the grid does not set is as in `base`: hotwords (where
    /// the grid has them on), penalties, pruning, endpoints, the gate.
    ///
    /// # Errors
    /// When the grid has no points or too many, or a value is out of its range.
    pub fn new(grid: &Grid, base: &Settings) -> Result<Self, PlanError> {
        let points = grid.points()?;
        let mut runs: Vec<Run> = Vec::new();
        for point in &points {
            let settings = settings_at(&point.setting, base);
            settings.decoder.beam.validate()?;
            match runs.last_mut() {
                // Points that differ only in the normaliser come one after another.
                Some(run) if run.settings == settings => run.points.end = point.id + 1,
                _ => runs.push(Run {
                    settings,
                    points: point.id..point.id + 1,
                }),
            }
        }
        Ok(Self { points, runs })
    }

    /// The grid's points, in order.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The runs, in the order in which least is computed twice.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }
}

/// The recogniser's settings at a point; what it does not set is as in `base`.
#[must_use]
pub fn settings_at(setting: &Setting, base: &Settings) -> Settings {
    let mut settings = base.clone();
    settings.lookahead = setting
        .lookahead_ms
        .map_or(Lookahead::WholeTake, Lookahead::Ms);
    settings.decoder.kind = setting.decoder;
    let beam = &mut settings.decoder.beam;
    if let Some(width) = setting.beam_width {
        beam.width = width as usize;
    }
    if let Some(weight) = setting.lm_weight {
        beam.lm_weight = weight as f32;
    }
    if let Some(bonus) = setting.word_bonus {
        beam.word_bonus = bonus as f32;
    }
    if setting.hotwords != Some(true) {
        beam.hotwords.clear();
    }
    settings
}
