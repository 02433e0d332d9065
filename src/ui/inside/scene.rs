//! What the view shows now: the axis, the place that is looked at, the overlays.

use std::ops::Range;

use asr_playground::decode::ctc::Alignment;
use asr_playground::model::Lookahead;
use asr_playground::protocol::ModelInfo;
use leptos::prelude::*;

use super::axis::{Axis, Extent};
use super::keyword::Found;
use super::lanes::Lanes;
use super::rows::chunk_of;
use crate::ui::page::{ModelStatus, Page, Phase};
use crate::ui::plot::{GUTTER, MARGIN};
use crate::ui::timeline::{HOP_SAMPLES, View};

/// A known length is reached when this little is missing.
const NEARLY_SAMPLES: i64 = 24_000;
/// Rows of the bundled model, until a model says otherwise.
const ROW_SAMPLES: i64 = 320;

/// Said where a worker that crashed has taken the take's log-probs with it.
pub const LOST_TAKE: &str =
    "The recogniser no longer has this take. Run it again, or change a setting.";

/// Something laid over the picture on demand.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Overlay<T> {
    /// Not asked for.
    #[default]
    Off,
    /// The take still runs, or the worker works on it.
    Waiting,
    /// Why there is none, in a sentence.
    Failed(String),
    /// Here it is.
    Ready(T),
}

impl<T> Overlay<T> {
    /// What is there.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }

    /// The word for it in `data-value`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Waiting => "waiting",
            Self::Failed(_) => "failed",
            Self::Ready(_) => "ready",
        }
    }
}

/// Why a place is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The pointer is there.
    Pointer,
    /// The playhead is there.
    Playhead,
    /// It is the latest.
    Latest,
    /// The first word begins there.
    FirstWord,
}

/// A place on the time axis that the read-out tells of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The 16 kHz sample.
    pub sample: i64,
    /// Why there.
    pub because: Because,
    /// Height of the pointer on the canvas.
    pub y: Option<f64>,
}

/// The view's handles; copied freely.
#[derive(Clone, Copy)]
pub struct Inside {
    /// The page.
    pub page: Page,
    /// What the person chose to see.
    pub axis: RwSignal<Axis>,
    /// Width of the canvas in CSS pixels.
    pub width: RwSignal<f64>,
    /// The pointer on the canvas.
    pub pointer: RwSignal<Option<(f64, f64)>>,
    /// Probabilities on a logarithmic scale.
    pub log_scale: RwSignal<bool>,
    /// The reference laid over the take.
    pub alignment: RwSignal<Overlay<Alignment>>,
    /// The phrase looked for.
    pub keyword: RwSignal<Overlay<Found>>,
}

impl Inside {
    /// One that shows the whole take.
    pub fn new(page: Page) -> Self {
        Self {
            page,
            axis: RwSignal::new(Axis::default()),
            width: RwSignal::new(0.0),
            pointer: RwSignal::new(None),
            log_scale: RwSignal::new(false),
            alignment: RwSignal::new(Overlay::Off),
            keyword: RwSignal::new(Overlay::Off),
        }
    }

    /// How much there is to show.
    pub fn extent(&self) -> Extent {
        let page = self.page;
        let known = page.source.with(|s| s.as_ref().and_then(|s| s.samples));
        let heard = page.frames.get() * HOP_SAMPLES;
        let growing = match page.phase.get() {
            Phase::Idle | Phase::Opening | Phase::Recording => true,
            Phase::Running => known.is_some_and(|samples| heard + NEARLY_SAMPLES < samples),
            Phase::Finished => false,
        };
        Extent {
            samples: page.take_samples(),
            heard,
            growing,
            known: known.is_some(),
            width: (self.width.get() - GUTTER - MARGIN).max(40.0),
        }
    }

    /// What is in view.
    pub fn view(&self) -> View {
        self.axis.get().view(self.extent())
    }

    /// Changes what is in view.
    pub fn move_axis(&self, change: impl FnOnce(&mut Axis, Extent)) {
        let extent = untrack(|| self.extent());
        self.axis.update(|axis| change(axis, extent));
    }

    /// The place that is looked at.
    pub fn place(&self) -> Option<Place> {
        if self.page.frames.get() == 0 {
            return None;
        }
        let extent = self.extent();
        let last = (extent.heard.min(extent.length() as i64) - 1).max(0);
        if let Some((x, y)) = self.pointer.get() {
            let view = self.view();
            return Some(Place {
                sample: view
                    .sample_at((x - GUTTER).clamp(0.0, view.width))
                    .min(last),
                because: Because::Pointer,
                y: Some(y),
            });
        }
        let (sample, because) = self.resting_place();
        Some(Place {
            sample: sample.clamp(0, last),
            because,
            y: None,
        })
    }

    /// Where the read-out rests while nobody points: the playhead; before there is one, the
    /// latest of a take that runs, and the first word of one that is over.
    fn resting_place(&self) -> (i64, Because) {
        if let Some(cursor) = self.page.playback.get().cursor_sample {
            return (cursor, Because::Playhead);
        }
        let first_word = self
            .page
            .transcript
            .with(|t| t.words.first().map(|word| word.start_sample));
        match first_word.filter(|_| self.page.phase.get() == Phase::Finished) {
            Some(sample) => (sample, Because::FirstWord),
            None => (
                self.page.rows.get() * self.row_samples() - 1,
                Because::Latest,
            ),
        }
    }

    /// Something of the model that is loaded.
    pub fn of_model<T>(&self, ask: impl FnOnce(&ModelInfo) -> T) -> Option<T> {
        self.page.model.with(|model| match model {
            ModelStatus::Ready(info) => Some(ask(info)),
            _ => None,
        })
    }

    /// 16 kHz samples a row of log-probs advances.
    pub fn row_samples(&self) -> i64 {
        self.of_model(|info| info.row_samples)
            .filter(|samples| *samples > 0)
            .unwrap_or(ROW_SAMPLES)
    }

    /// Columns of the heatmap.
    pub fn columns(&self) -> usize {
        self.of_model(|info| info.tokens.len()).unwrap_or(29)
    }

    /// Where the lanes lie.
    pub fn lanes(&self) -> Lanes {
        let reference = self.alignment.with(|a| a.ready().is_some());
        let keyword = self.keyword.with(|k| k.ready().is_some());
        Lanes::of(self.columns(), reference, keyword)
    }

    /// The lookahead in force.
    pub fn lookahead(&self) -> Lookahead {
        self.page.settings.with(|s| s.recognizer.lookahead)
    }

    /// Samples of the model's chunks.
    pub fn chunk_samples(&self) -> Option<i64> {
        let lookahead = self.lookahead();
        self.of_model(|info| {
            let index = info.lookaheads.iter().position(|l| *l == lookahead)?;
            info.chunk_samples.get(index).copied()
        })
        .flatten()
    }

    /// The chunk around the place that is looked at.
    pub fn chunk(&self) -> Option<Range<i64>> {
        let extent = self.extent();
        let whole = self.lookahead() == Lookahead::WholeTake;
        // A chunk of a lookahead is full; the whole take's last one ends with the take.
        let end = if whole {
            extent.length() as i64
        } else {
            i64::MAX
        };
        Some(chunk_of(self.place()?.sample, self.chunk_samples()?, end))
    }
}
