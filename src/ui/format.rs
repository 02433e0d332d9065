//! Numbers in words for people. Free of the browser.

use super::timeline::SAMPLE_RATE_HZ;

/// What is shown where there is no number yet.
pub const NONE_YET: &str = "–";

/// The minus sign of printed numbers.
pub const MINUS: &str = "\u{2212}";

/// "2.1 of 3.4 MB", or "2.1 MB" while the total is unknown.
pub fn bytes_progress(loaded: u64, total: u64) -> String {
    if total == 0 {
        return megabytes(loaded);
    }
    format!("{:.1} of {}", loaded as f64 / 1e6, megabytes(total))
}

/// "3.4 MB".
pub fn megabytes(bytes: u64) -> String {
    size(bytes as f64)
}

/// "0.4 MB", "1.2 GB".
pub fn size(bytes: f64) -> String {
    if bytes < 1e9 {
        format!("{} MB", fixed(bytes / 1e6, 1))
    } else {
        format!("{} GB", fixed(bytes / 1e9, 1))
    }
}

/// "62,154".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "340 ms" below ten seconds, "12.3 s" beyond.
pub fn milliseconds(ms: f64) -> String {
    if !ms.is_finite() {
        NONE_YET.to_owned()
    } else if ms.abs() < 9_999.5 {
        format!("{} ms", fixed(ms, 0))
    } else {
        format!("{} s", fixed(ms / 1e3, 1))
    }
}

/// "1 word", "2000 words".
pub fn counted(count: usize, one: &str, several: &str) -> String {
    let name = if count == 1 { one } else { several };
    format!("{count} {name}")
}

/// [`milliseconds`] with a decimal below ten.
pub fn short_milliseconds(ms: f64) -> String {
    if ms.abs() < 9.95 {
        format!("{} ms", fixed(ms, 1))
    } else {
        milliseconds(ms)
    }
}

/// [`milliseconds`], or a dash where there is none.
pub fn milliseconds_or_none(ms: Option<f64>) -> String {
    ms.map_or_else(|| NONE_YET.to_owned(), milliseconds)
}

/// "0:03.2".
pub fn clock(seconds: f64) -> String {
    let tenths = if seconds.is_finite() {
        (seconds.max(0.0) * 10.0).round() as u64
    } else {
        0
    };
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// Seconds of a 16 kHz sample position.
pub fn seconds_of(sample: i64) -> f64 {
    sample as f64 / SAMPLE_RATE_HZ
}

/// "12.5%"; a rate is a fraction, and may exceed one.
pub fn percent(rate: f64) -> String {
    if rate.is_finite() {
        format!("{:.1}%", rate * 100.0)
    } else {
        NONE_YET.to_owned()
    }
}

/// "44.1 kHz".
pub fn kilohertz(hz: u32) -> String {
    let kilo = f64::from(hz) / 1e3;
    if hz.is_multiple_of(1000) {
        format!("{kilo:.0} kHz")
    } else {
        format!("{kilo} kHz")
    }
}

/// Decibels relative to full scale, no lower than `floor_db`.
pub fn decibels(magnitude: f32, floor_db: f32) -> f32 {
    if magnitude > 0.0 {
        (20.0 * magnitude.log10()).max(floor_db)
    } else {
        floor_db
    }
}

/// Where a logarithm is −∞.
pub const NEVER: &str = "−∞";

/// A number to so many places, with a real minus sign, and none before a zero.
pub fn fixed(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return match value {
            f64::NEG_INFINITY => NEVER.to_owned(),
            _ => NONE_YET.to_owned(),
        };
    }
    let text = format!("{:.places$}", value.abs());
    let zero = text.bytes().all(|c| matches!(c, b'0' | b'.'));
    if value < 0.0 && !zero {
        format!("{MINUS}{text}")
    } else {
        text
    }
}

/// [`fixed`], or a dash where there is none.
pub fn fixed_or_none(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| NONE_YET.to_owned(), |value| fixed(value, places))
}

/// A logarithm to two places.
pub fn nats(value: f64) -> String {
    fixed(value, 2)
}

/// A logarithm near 0 to two figures, any other to two places: near 0 the terms of a sum show
/// how they add up.
pub fn nats_near_zero(value: f64) -> String {
    let size = value.abs();
    let places = match -size.log10() {
        digits if size > 0.0 && size < 0.095 => (digits.ceil() + 1.0).min(6.0) as usize,
        _ => 2,
    };
    fixed(value, places)
}

/// A real-time factor; the small ones, of which most machines have one, to three places.
pub fn factor(factor: Option<f64>) -> String {
    fixed_or_none(
        factor,
        if factor.is_some_and(|f| f >= 1.0) {
            2
        } else {
            3
        },
    )
}

/// Work for a second of audio: "12.3 ms/s".
pub fn compute(ms_per_s: Option<f64>) -> String {
    ms_per_s.map_or_else(
        || NONE_YET.to_owned(),
        |ms| format!("{} ms/s", fixed(ms, 1)),
    )
}

/// [`percent`], or a dash where there is none.
pub fn percent_or_none(rate: Option<f64>) -> String {
    rate.map_or_else(|| NONE_YET.to_owned(), percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (62_154, "62,154")];
        for (number, words) in cases.into_iter().chain([(1_234_567, "1,234,567")]) {
            assert_eq!(grouped(number), words);
        }
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(bytes_progress(2_140_000, 3_400_000), "2.1 of 3.4 MB");
        assert_eq!(bytes_progress(2_140_000, 0), "2.1 MB");
        assert_eq!(milliseconds(339.6), "340 ms");
        assert_eq!(milliseconds(12_340.0), "12.3 s");
        assert_eq!(milliseconds(-40.2), "\u{2212}40 ms");
        assert_eq!(short_milliseconds(-4.25), "\u{2212}4.2 ms");
        assert_eq!(short_milliseconds(42.0), "42 ms");
        assert_eq!(fixed(-0.004, 2), "0.00");
        assert_eq!(fixed(-0.006, 2), "\u{2212}0.01");
        assert_eq!(fixed(12.0, 0), "12");
        assert_eq!(nats(f64::NEG_INFINITY), NEVER);
        let near_zero = [-0.0041, -0.0043, -0.0941, -0.096, -3.214, 0.0, -1e-9];
        assert_eq!(
            near_zero.map(nats_near_zero),
            [
                "−0.0041",
                "−0.0043",
                "−0.094",
                "−0.10",
                "−3.21",
                "0.00",
                "0.000000"
            ]
        );
        assert_eq!(fixed_or_none(None, 1), NONE_YET);
        assert_eq!(
            [Some(0.0432), Some(2.35), None].map(factor),
            ["0.043", "2.35", NONE_YET]
        );
        assert_eq!(compute(Some(12.34)), "12.3 ms/s");
        assert_eq!(milliseconds(f64::NAN), NONE_YET);
        assert_eq!(milliseconds_or_none(None), NONE_YET);
        assert_eq!(clock(3.21), "0:03.2");
        assert_eq!(clock(59.96), "1:00.0");
        assert_eq!(clock(754.0), "12:34.0");
        assert_eq!(clock(-1.0), "0:00.0");
        assert_eq!(percent(0.125), "12.5%");
        assert_eq!(percent(f64::INFINITY), NONE_YET);
        assert_eq!(kilohertz(44_100), "44.1 kHz");
        assert_eq!(kilohertz(48_000), "48 kHz");
        assert_eq!(kilohertz(11_025), "11.025 kHz");
    }

    #[test]
    fn half_of_full_scale_is_six_decibels_down() {
        assert!((decibels(0.5, -60.0) + 6.0206).abs() < 1e-3);
        assert!((decibels(0.0, -60.0) + 60.0).abs() < 1e-6);
        assert!((decibels(f32::NAN, -60.0) + 60.0).abs() < 1e-6);
    }
}
