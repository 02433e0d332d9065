//! A plot as a picture of its own, an SVG file that needs nothing of the page. Free of the
//! browser.

use std::fmt::Write as _;

use super::plot::{Plot, PlotPoint, RING_PX};

/// Colours of a picture: black on white, and the page's accent.
const INK: &str = "#1d1c22";
const MUTED: &str = "#615e69";
const LINE: &str = "#dedbd4";
const ACCENT: &str = "#7a2a78";

/// The SVG file. `note` is written under the plot: what was measured, on what.
pub fn svg(plot: &Plot, note: &str) -> String {
    let [left, top, right, bottom] = plot.area;
    let (width, height) = (plot.width, plot.height + 44.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 -22 {width} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"11\" fill=\"{MUTED}\">\n\
         <rect x=\"0\" y=\"-22\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    text(
        &mut out,
        [left, -4.0],
        "start",
        plot.cost.title(),
        "font-size=\"13\" font-weight=\"600\" ",
    );
    for tick in &plot.y_ticks {
        let y = tick.at;
        let _ = writeln!(
            out,
            "<path d=\"M{left} {y:.1}H{right}\" stroke=\"{LINE}\"/>"
        );
        text(&mut out, [left - 6.0, y + 4.0], "end", &tick.words, "");
    }
    for tick in &plot.x_ticks {
        let x = tick.at;
        let _ = writeln!(
            out,
            "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"{LINE}\"/>"
        );
        text(&mut out, [x, bottom + 15.0], "middle", &tick.words, "");
    }
    let middle = f64::midpoint(left, right);
    text(
        &mut out,
        [middle, bottom + 34.0],
        "middle",
        &x_title(plot),
        "",
    );
    let up = format!(
        "transform=\"rotate(-90 12 {0})\" ",
        f64::midpoint(top, bottom)
    );
    text(
        &mut out,
        [12.0, f64::midpoint(top, bottom)],
        "middle",
        Y_TITLE,
        &up,
    );
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{ACCENT}\" stroke-width=\"1.6\"/>",
        plot.front
    );
    for point in &plot.points {
        draw_point(&mut out, point);
    }
    text(&mut out, [left, plot.height + 12.0], "start", note, "");
    out += "</svg>\n";
    out
}

/// The title of the error rate's axis.
pub const Y_TITLE: &str = "word error rate, %";

/// From this width on there is room for a long title.
const WIDE_PX: f64 = 420.0;

/// The title of the cost's axis.
pub fn x_title(plot: &Plot) -> String {
    if plot.width < WIDE_PX {
        let log = if plot.log { " (log)" } else { "" };
        return format!("{}{log}", plot.cost.short_axis());
    }
    let log = if plot.log { " (logarithmic)" } else { "" };
    format!("{}{log}", plot.cost.axis())
}

/// The outline of a point on the front: a square on its corner.
pub fn diamond(point: &PlotPoint) -> String {
    let (x, y) = (point.x, point.y);
    format!("M{x:.1} {:.1}l6.5 6.5l-6.5 6.5l-6.5-6.5z", y - 6.5)
}

fn draw_point(out: &mut String, point: &PlotPoint) {
    let (x, y) = (point.x, point.y);
    if point.current {
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RING_PX}\" fill=\"none\" stroke=\"{INK}\" stroke-dasharray=\"3 2\"/>"
        );
    }
    let _ = if point.on_front {
        writeln!(out, "<path d=\"{}\" fill=\"{ACCENT}\"/>", diamond(point))
    } else {
        writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"#ffffff\" stroke=\"{MUTED}\" stroke-width=\"1.6\"/>"
        )
    };
    if let Some(label) = point.label {
        let colour = format!("fill=\"{INK}\" ");
        text(out, [label.x, label.y], label.anchor, &point.name, &colour);
    }
}

fn text(out: &mut String, [x, y]: [f64; 2], anchor: &str, words: &str, more: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {more}>{words}</text>"
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ui::sweep::plot::Cost;
    use crate::ui::sweep::plot::tests::rows;

    #[test]
    fn the_picture_has_every_point_and_stands_alone() {
        let rows = rows(&[(Some(0.3), 100.0), (Some(0.2), 300.0), (Some(0.25), 400.0)]);
        let plot = Plot::of(Cost::Latency, &rows, Some(2), 500.0, 320.0).unwrap();
        let svg = svg(&plot, "2 clips & 10 words");
        assert!(svg.starts_with("<svg xmlns="));
        assert_eq!(
            svg.matches("fill=\"#7a2a78\"").count(),
            2,
            "two on the front"
        );
        assert_eq!(svg.matches("r=\"4.5\"").count(), 1);
        assert_eq!(
            svg.matches("stroke-dasharray").count(),
            1,
            "what is set now"
        );
        assert!(
            svg.contains("2 clips &amp; 10 words") && svg.contains("latency, 95th percentile, ms")
        );
        for point in &plot.points {
            assert!(svg.contains(&format!(">{}</text>", point.name)));
        }
        assert!(!svg.contains("var(") && !svg.contains("class="));
    }
}
