//! Where everything of a Pareto plot goes. Free of the browser; the page and the saved
//! picture draw the same [`Plot`].

use asr_playground::eval::sweep::{Fronts, SweepRow};

use super::labels;
use super::scale::Scale;

/// What the error rate is plotted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// The 95th percentile of the user-perceived latency.
    Latency,
    /// Compute time for a second of audio.
    Compute,
}

impl Cost {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Latency, Self::Compute];

    /// A word for addresses of elements and for files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Compute => "compute",
        }
    }

    /// The plot's title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Latency => "Word error rate and latency",
            Self::Compute => "Word error rate and compute",
        }
    }

    /// The axis's title, with its unit.
    pub fn axis(self) -> &'static str {
        match self {
            Self::Latency => "user-perceived latency, 95th percentile, ms",
            Self::Compute => "compute, ms for a second of audio",
        }
    }

    /// The same where there is little room.
    pub fn short_axis(self) -> &'static str {
        match self {
            Self::Latency => "perceived latency, p95, ms",
            Self::Compute => "compute, ms per s of audio",
        }
    }

    /// The cost of a row.
    pub fn of(self, row: &SweepRow) -> Option<f64> {
        let cost = match self {
            Self::Latency => row.latencies.perceived.map(|p| p.p95),
            Self::Compute => row.compute_ms_per_s,
        };
        cost.filter(|cost| cost.is_finite())
    }

    /// Its Pareto front.
    pub fn front(self, fronts: &Fronts) -> &[usize] {
        match self {
            Self::Latency => &fronts.latency,
            Self::Compute => &fronts.compute,
        }
    }
}

/// A point of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotPoint {
    /// Index of its row.
    pub row: usize,
    /// Pixels from the left.
    pub x: f64,
    /// Pixels from the top.
    pub y: f64,
    /// Nobody beats it.
    pub on_front: bool,
    /// It is what is set now.
    pub current: bool,
    /// Its short name.
    pub name: String,
    /// Where the name is written, if there is room.
    pub label: Option<Label>,
}

/// Where a name is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// Pixels from the left, at the anchor.
    pub x: f64,
    /// Pixels from the top, at the base line.
    pub y: f64,
    /// SVG's `text-anchor`.
    pub anchor: &'static str,
}

/// A number beside an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Pixels along the axis.
    pub at: f64,
    /// The number.
    pub words: String,
}

/// A plot of `width` × `height` pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// What it shows.
    pub cost: Cost,
    /// Its size.
    pub width: f64,
    /// Its size.
    pub height: f64,
    /// Left, top, right and bottom of the part with points.
    pub area: [f64; 4],
    /// Numbers of the cost.
    pub x_ticks: Vec<Tick>,
    /// Numbers of the error rate.
    pub y_ticks: Vec<Tick>,
    /// The cost's axis is logarithmic.
    pub log: bool,
    /// By rising cost.
    pub points: Vec<PlotPoint>,
    /// The Pareto front as steps: SVG's `points`.
    pub front: String,
}

/// Pixels of room round the points: left, top, right, bottom.
const ROOM: [f64; 4] = [48.0, 12.0, 16.0, 44.0];
/// About how wide a letter of a name is, in pixels.
const LETTER_PX: f64 = 6.1;
/// How high a name is.
const LINE_PX: f64 = 13.0;
/// How much room a point takes to each side.
const POINT_PX: f64 = 7.0;
/// The radius of the ring round what is set now.
pub const RING_PX: f64 = 11.0;

impl Plot {
    /// The plot of these rows; `current` is the row of what is set now. `None` when no row
    /// has both figures.
    pub fn of(
        cost: Cost,
        rows: &[SweepRow],
        current: Option<usize>,
        width: f64,
        height: f64,
    ) -> Option<Self> {
        let known: Vec<(usize, f64, f64)> = rows
            .iter()
            .enumerate()
            .filter_map(|(row, r)| Some((row, cost.of(r)?, r.wer.filter(|w| w.is_finite())?)))
            .collect();
        let area = [ROOM[0], ROOM[1], width - ROOM[2], height - ROOM[3]];
        let [left, top, right, bottom] = area;
        let costs: Vec<f64> = known.iter().map(|(_, cost, _)| *cost).collect();
        let rates: Vec<f64> = known.iter().map(|(_, _, rate)| rate * 100.0).collect();
        let x = Scale::of(&costs, left, right, true)?;
        let y = Scale::of(&rates, bottom, top, false)?;
        let names = labels::short(&rows.iter().map(|row| &row.setting).collect::<Vec<_>>());
        let fronts = Fronts::of(rows);
        let front = cost.front(&fronts);
        let mut points: Vec<PlotPoint> = known
            .iter()
            .map(|(row, cost, rate)| PlotPoint {
                row: *row,
                x: x.px(*cost),
                y: y.px(rate * 100.0),
                on_front: front.contains(row),
                current: current == Some(*row),
                name: names.get(*row).cloned().unwrap_or_default(),
                label: None,
            })
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x).then(b.y.total_cmp(&a.y)));
        place_labels(&mut points, area);
        let ticks = |scale: &Scale, wanted: usize| {
            let ticks = scale.ticks(wanted).into_iter();
            ticks
                .map(|value| Tick {
                    at: scale.px(value),
                    words: number(value),
                })
                .collect()
        };
        Some(Self {
            cost,
            width,
            height,
            area,
            x_ticks: ticks(&x, ((right - left) / 70.0) as usize),
            y_ticks: ticks(&y, 5),
            log: x.is_log(),
            front: steps(&points),
            points,
        })
    }
}

/// "0.05", "12", "1,200".
fn number(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded >= 1000.0 {
        crate::ui::format::grouped(rounded as u64)
    } else {
        rounded.to_string()
    }
}

/// From each point of the front right at its error rate, then down to the next one's.
fn steps(points: &[PlotPoint]) -> String {
    let mut corners: Vec<String> = Vec::new();
    let mut last: Option<f64> = None;
    for point in points.iter().filter(|point| point.on_front) {
        if let Some(y) = last {
            corners.push(format!("{:.1},{y:.1}", point.x));
        }
        corners.push(format!("{:.1},{:.1}", point.x, point.y));
        last = Some(point.y);
    }
    corners.join(" ")
}

/// A rectangle: left, top, right, bottom.
type Box = [f64; 4];

fn overlap(a: &Box, b: &Box) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Writes as many names as there is room for: what is set now first, then the front.
fn place_labels(points: &mut [PlotPoint], area: Box) {
    let mut taken: Vec<Box> = points
        .iter()
        .map(|p| {
            let room = if p.current { RING_PX + 1.0 } else { POINT_PX };
            [p.x - room, p.y - room, p.x + room, p.y + room]
        })
        .collect();
    let lines = line_room(points);
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|index| {
        let point = points.get(*index);
        point.map_or(3, |p| match (p.current, p.on_front) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        })
    });
    for index in order {
        let Some(point) = points.get_mut(index) else {
            continue;
        };
        let width = point.name.chars().count() as f64 * LETTER_PX;
        let places = places(point, width);
        let free = places.into_iter().find(|(_, place)| {
            let inside = place[0] >= area[0]
                && place[2] <= area[2] + ROOM[2]
                && place[1] >= 0.0
                && place[3] <= area[3];
            let others = taken
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            let mut all = others.map(|(_, other)| other).chain(&lines);
            inside && all.all(|other| !overlap(place, other))
        });
        if let Some((label, place)) = free {
            point.label = Some(label);
            taken.push(place);
        }
    }
}

/// Places for a name of that width, the best first, with the room it needs there. The
/// front's line comes down to its points and leaves them to the right: above it is free.
fn places(point: &PlotPoint, width: f64) -> Vec<(Label, Box)> {
    let (x, y) = (point.x, point.y);
    let label = |x, y, anchor| Label { x, y, anchor };
    let (near, half) = (RING_PX + 2.0, LINE_PX / 2.0);
    let right = (
        label(x + near, y + 4.0, "start"),
        [x + near, y - half, x + near + width, y + half],
    );
    let left = (
        label(x - near, y + 4.0, "end"),
        [x - near - width, y - half, x - near, y + half],
    );
    let above_right = (
        label(x + 8.0, y - 6.0, "start"),
        [x + 8.0, y - 6.0 - LINE_PX, x + 8.0 + width, y - 3.0],
    );
    let below_left = (
        label(x - 8.0, y + 15.0, "end"),
        [x - 8.0 - width, y + 4.0, x - 8.0, y + 4.0 + LINE_PX],
    );
    let below = (
        label(x, y + near + 9.0, "middle"),
        [
            x - width / 2.0,
            y + near - 2.0,
            x + width / 2.0,
            y + near + LINE_PX,
        ],
    );
    if point.on_front {
        vec![above_right, below_left, left, below, right]
    } else {
        vec![right, left, above_right, below_left, below]
    }
}

/// The room that the front's line takes: along, then down, from point to point.
fn line_room(points: &[PlotPoint]) -> Vec<Box> {
    let front: Vec<&PlotPoint> = points.iter().filter(|point| point.on_front).collect();
    let segments = front.iter().zip(front.iter().skip(1));
    segments
        .flat_map(|(from, to)| {
            [
                [from.x, from.y - 1.0, to.x, from.y + 1.0],
                [to.x - 1.0, from.y, to.x + 1.0, to.y],
            ]
        })
        .collect()
}

#[cfg(test)]
pub mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::ui::sweep::axes::Axes;
    use asr_playground::eval::normalise::Normaliser;
    use asr_playground::eval::percentile::Percentiles;
    use asr_playground::eval::sweep::Latencies;

    /// A row a point of the usual grid, with these error rates and latencies.
    pub fn rows(figures: &[(Option<f64>, f64)]) -> Vec<SweepRow> {
        let points = Axes::default()
            .grid(false, Normaliser::default())
            .points()
            .unwrap();
        let rows = points.into_iter().zip(figures);
        rows.map(|(point, (wer, p95))| SweepRow {
            id: point.id,
            setting: point.setting,
            clips: 2,
            words: 10,
            wer: *wer,
            wer_interval: None,
            wer_change: None,
            cer: None,
            mer: None,
            wip: None,
            wil: None,
            oracle_wer: None,
            latencies: Latencies {
                perceived: Some(Percentiles {
                    count: 1,
                    p50: *p95,
                    p90: *p95,
                    p95: *p95,
                    p99: *p95,
                }),
                ..Latencies::default()
            },
            compute_ms_per_s: Some(10.0),
            real_time_factor: None,
            upwr: None,
            upsr: None,
            flickers_per_minute: None,
        })
        .collect()
    }

    #[test]
    fn lower_error_is_lower_and_lower_latency_left() {
        let rows = rows(&[
            (Some(0.3), 100.0),
            (Some(0.2), 300.0),
            (Some(0.25), 400.0),
            (None, 1.0),
        ]);
        let plot = Plot::of(Cost::Latency, &rows, Some(2), 500.0, 320.0).unwrap();
        let order: Vec<(usize, bool, bool)> = plot
            .points
            .iter()
            .map(|p| (p.row, p.on_front, p.current))
            .collect();
        assert_eq!(
            order,
            [(0, true, false), (1, true, false), (2, false, true)]
        );
        assert!(plot.points[0].y < plot.points[1].y);
        let (a, b) = (&plot.points[0], &plot.points[1]);
        assert_eq!(
            plot.front,
            format!(
                "{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}",
                a.x, a.y, b.x, a.y, b.x, b.y
            )
        );
        for point in &plot.points {
            assert!(point.x > plot.area[0] && point.x < plot.area[2]);
            assert!(point.y > plot.area[1] && point.y < plot.area[3]);
            assert!(point.label.is_some(), "there is room for three names");
        }
        assert!(Plot::of(Cost::Latency, &rows[3..], None, 500.0, 320.0).is_none());
    }

    #[test]
    fn names_do_not_lie_on_each_other() {
        let rows = rows(&[(Some(0.2), 100.0); 6]);
        let plot = Plot::of(Cost::Latency, &rows, None, 320.0, 300.0).unwrap();
        let labels = plot.points.iter().filter(|p| p.label.is_some()).count();
        // All points are one on another: a name to each side at most.
        assert!((1..=4).contains(&labels), "{labels}");
    }

    #[test]
    fn far_latencies_are_on_a_logarithmic_axis() {
        let rows = rows(&[(Some(0.3), 100.0), (Some(0.2), 9000.0)]);
        let plot = Plot::of(Cost::Latency, &rows, None, 500.0, 320.0).unwrap();
        assert!(plot.log);
        let words: Vec<&str> = plot.x_ticks.iter().map(|t| t.words.as_str()).collect();
        assert_eq!(
            words,
            ["100", "200", "500", "1,000", "2,000", "5,000", "10,000"]
        );
    }
}
