//! How much work a sweep is, and how much is too much. Free of the browser.

use asr_playground::decode::DecoderKind;
use asr_playground::model::Lookahead;
use asr_playground::sweep::Plan;

/// Most settings: more points than that say nothing in a plot.
pub const MOST_SETTINGS: usize = 300;
/// Most clips.
pub const MOST_CLIPS: usize = 200;
/// Most audio in one sweep; all clips' files are in memory at once.
pub const MOST_AUDIO_S: f64 = 3600.0;
/// Most bytes of files.
pub const MOST_BYTES: f64 = 300e6;

/// Milliseconds that the model takes for a second of audio, in Chromium on the machine of
/// `docs/BENCHMARKS.md` ("Whole pipeline").
pub fn model_ms_per_s(lookahead: Lookahead) -> f64 {
    match lookahead {
        Lookahead::Ms(..=80) => 50.0,
        Lookahead::Ms(..=160) => 32.0,
        Lookahead::Ms(..=320) => 16.0,
        Lookahead::Ms(_) | Lookahead::WholeTake => 14.0,
    }
}

/// Milliseconds that a decoder takes for a second of audio on the same machine
/// ("Decoding").
fn decode_ms_per_s(kind: DecoderKind, width: usize) -> f64 {
    match kind {
        DecoderKind::Greedy => 0.02,
        DecoderKind::Beam | DecoderKind::BeamLm => 0.1 + 0.013 * width as f64,
    }
}

/// Seconds that a plan takes over so much audio on that machine: the model once a lookahead,
/// the decoder every run.
pub fn seconds(plan: &Plan, audio_s: f64) -> f64 {
    let mut total_ms = 0.0;
    let mut last = None;
    for run in plan.runs() {
        let settings = &run.settings;
        if last.replace(settings.lookahead) != Some(settings.lookahead) {
            total_ms += model_ms_per_s(settings.lookahead);
        }
        let decoder = &settings.decoder;
        total_ms += RUN_MS_PER_S + decode_ms_per_s(decoder.kind, decoder.beam.width);
    }
    total_ms * audio_s / 1e3
}

/// What each run takes beside decoding, for a second of audio: its alignment with the audio
/// above all, from which the latencies come.
const RUN_MS_PER_S: f64 = 1.0;

/// Why a sweep of that size is not run, as a sentence.
pub fn too_much(settings: usize, clips: usize, audio_s: f64, bytes: f64) -> Option<String> {
    if settings > MOST_SETTINGS {
        Some(format!(
            "{settings} settings are too many; {MOST_SETTINGS} are possible. Take values away from an axis."
        ))
    } else if clips > MOST_CLIPS {
        Some(format!(
            "{clips} clips are too many; {MOST_CLIPS} are possible. Take some away."
        ))
    } else if audio_s > MOST_AUDIO_S {
        Some(format!(
            "{:.0} minutes of audio are too much; {:.0} are possible. Take clips away.",
            audio_s / 60.0,
            MOST_AUDIO_S / 60.0
        ))
    } else if bytes > MOST_BYTES {
        Some(format!(
            "{:.0} MB of files are too much; {:.0} are possible. Take clips away.",
            bytes / 1e6,
            MOST_BYTES / 1e6
        ))
    } else {
        None
    }
}

/// "8 s", "3 min", "1.5 h": a duration that is only about right.
pub fn about(seconds: f64) -> String {
    if seconds < 1.5 {
        "a second".to_owned()
    } else if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if seconds < 5400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ui::sweep::axes::Axes;
    use asr_playground::eval::normalise::Normaliser;
    use asr_playground::recognizer::Settings;

    fn plan(axes: &Axes) -> Plan {
        let grid = axes.grid(false, Normaliser::default());
        Plan::new(&grid, &Settings::default()).unwrap()
    }

    #[test]
    fn the_model_counts_once_a_lookahead_and_decoders_every_run() {
        let mut axes = Axes::default();
        let usual = seconds(&plan(&axes), 100.0);
        axes.normalisers = vec![false, true];
        let same = seconds(&plan(&axes), 100.0);
        assert!((usual - same).abs() < 1e-9, "judging costs nothing");
        axes.widths = vec![8, 128];
        let wide = seconds(&plan(&axes), 100.0);
        // Three runs more: 1 + 0.1 + 0.013·128 ms a second each.
        assert!((wide - usual - 3.0 * 2.764 / 10.0).abs() < 1e-9);
        assert!((seconds(&plan(&axes), 200.0) - 2.0 * wide).abs() < 1e-9);
    }

    #[test]
    fn what_is_too_much_is_said() {
        assert_eq!(too_much(300, 200, 3600.0, 3e8), None);
        let words = |s, c, a, b| too_much(s, c, a, b).unwrap();
        assert!(words(301, 1, 1.0, 1.0).contains("301 settings"));
        assert!(words(1, 201, 1.0, 1.0).contains("201 clips"));
        assert!(words(1, 1, 3660.0, 1.0).contains("61 minutes"));
        assert!(words(1, 1, 1.0, 4e8).contains("400 MB"));
    }

    #[test]
    fn durations_are_rough() {
        for (seconds, words) in [
            (0.2, "a second"),
            (12.4, "12 s"),
            (200.0, "3 min"),
            (9000.0, "2.5 h"),
        ] {
            assert_eq!(about(seconds), words);
        }
    }
}
