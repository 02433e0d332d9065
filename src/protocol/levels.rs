//! Log-mel frames and log-probs as 8-bit levels, for display.

/// Natural-log mel energy that is shown as level 0: about the noise of a 16-bit
/// recording, and the bundled model's floor (ln 1e-6).
pub const MEL_LEVEL_FLOOR_LN: f32 = -13.8;
/// Natural-log mel energy from level 0 to level 255 (87 dB): up to loud speech.
pub const MEL_LEVEL_RANGE_LN: f32 = 20.0;

/// Log-mel values (natural log) as display levels, a quarter of their size.
#[must_use]
pub fn mel_levels(log_mel: &[f32]) -> Vec<u8> {
    log_mel
        .iter()
        .map(|value| {
            let share = (value - MEL_LEVEL_FLOOR_LN) / MEL_LEVEL_RANGE_LN;
            (share.clamp(0.0, 1.0) * 255.0).round() as u8
        })
        .collect()
}

/// Nats a level of [`posterior_levels`] goes down: 255 levels reach from 1 to e^-12.75.
pub const POSTERIOR_LEVEL_LN: f32 = -0.05;

/// Log-probs as display levels, a quarter of their size: 0 is certain, 255 is e^-12.75
/// or less.
#[must_use]
pub fn posterior_levels(log_probs: &[f32]) -> Vec<u8> {
    let level = |value: &f32| (value / POSTERIOR_LEVEL_LN).round().clamp(0.0, 255.0) as u8;
    log_probs.iter().map(level).collect()
}
