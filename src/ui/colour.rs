//! The spectrogram's colours: magma, which is perceptually uniform and keeps its
//! order in grey. Free of the browser.
//!
//! The polynomial is Matt Zucker's degree-6 fit of matplotlib's table (public
//! domain, <https://www.shadertoy.com/view/WlfXRN>); within 0.025 of it.

/// Coefficients of t⁰…t⁶ for red, green and blue.
const MAGMA: [[f32; 3]; 7] = [
    [-0.002_136_485, -0.000_749_655, -0.005_386_128],
    [0.251_660_54, 0.677_523_24, 2.494_026_6],
    [8.353_717, -3.577_719_5, 0.314_467_9],
    [-27.668_733, 14.264_731, -13.649_213],
    [52.176_14, -27.943_606, 12.944_169],
    [-50.768_525, 29.046_583, 4.234_153],
    [18.655_705, -11.489_773, -5.601_961_5],
];

/// The colour of a level, `t` in [0, 1], as 8-bit red, green, blue.
pub fn magma(t: f32) -> [u8; 3] {
    let t = t.clamp(0.0, 1.0);
    let channel = |c: usize| {
        let value = MAGMA.iter().rev().fold(0.0, |sum, row| sum * t + row[c]);
        (value.clamp(0.0, 1.0) * 255.0).round() as u8
    };
    [channel(0), channel(1), channel(2)]
}

/// One opaque RGBA colour for each 8-bit level.
pub fn table() -> [[u8; 4]; 256] {
    std::array::from_fn(|level| {
        let [r, g, b] = magma(level as f32 / 255.0);
        [r, g, b, 255]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_matplotlib() {
        // matplotlib 3.11.2, matplotlib.colormaps["magma"](t)
        for (t, expected) in [
            (0.0, [0.001_462, 0.000_466, 0.013_866]),
            (0.25, [0.316_654, 0.071_69, 0.485_38]),
            (0.5, [0.716_387, 0.214_982, 0.475_29]),
            (0.75, [0.986_7, 0.535_582, 0.382_21]),
            (1.0, [0.987_053, 0.991_438, 0.749_504]),
        ] {
            for (mine, theirs) in magma(t).into_iter().zip(expected) {
                let difference = f32::from(mine) / 255.0 - theirs;
                assert!(difference.abs() < 0.025, "{t}: {mine} against {theirs}");
            }
        }
    }

    #[test]
    fn brightness_rises_with_level() {
        let luma = |c: [u8; 4]| {
            0.2126 * f32::from(c[0]) + 0.7152 * f32::from(c[1]) + 0.0722 * f32::from(c[2])
        };
        let table = table();
        for pair in table.windows(8) {
            assert!(luma(pair[7]) > luma(pair[0]));
        }
    }
}
