//! A sweep over settings, without its running: which points there are ([`Grid`]),
//! what is measured at each ([`SweepRow`]) and how it is written, and which of them
//! nobody need give up anything for ([`pareto_front`]).
//!
//! Settings are the sweep's own plain values, so that a grid can be read from a file
//! and a row compared years later; who runs it maps them to the recogniser's.

mod grid;
mod pareto;
mod rows;

pub use grid::{Grid, GridError, MAX_POINTS, Point, Setting};
pub use pareto::pareto_front;
pub use rows::{Fronts, Latencies, SweepRow, to_csv, to_json};
