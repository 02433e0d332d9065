//! Log-mel spectrogram of 16 kHz audio: 25 ms windows, 10 ms apart, 80 bands.

use realfft::{FftError, RealFftPlanner};

const RATE_HZ: f64 = 16_000.0;
const WINDOW: usize = 400; // 25 ms: two or three pitch periods of a voice
const HOP: usize = 160; // 10 ms: sounds change slower than that
const N_FFT: usize = 512; // the next power of two
const N_MELS: usize = 80;

/// One `Vec` of `N_MELS` natural logarithms a frame.
pub fn extract_mel_spectrogram(samples: &[f32]) -> Result<Vec<Vec<f32>>, FftError> {
    let turn = |n: usize| std::f64::consts::TAU * n as f64 / WINDOW as f64;
    let hann: Vec<f64> = (0..WINDOW).map(|n| 0.5 - 0.5 * turn(n).cos()).collect();
    let bands = mel_bands();
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(N_FFT);
    let mut frames = Vec::new();
    for audio in samples.windows(WINDOW).step_by(HOP) {
        let mut frame = vec![0.0; N_FFT];
        for n in 0..WINDOW {
            frame[n] = f64::from(audio[n]) * hann[n];
        }
        let mut spectrum = fft.make_output_vec();
        fft.process(&mut frame, &mut spectrum)?;
        let power: Vec<f64> = spectrum.iter().map(|bin| bin.re * bin.re + bin.im * bin.im).collect();
        let log_energy = |band: &Vec<f64>| {
            let energy: f64 = band.iter().zip(&power).map(|(w, p)| w * p).sum();
            energy.max(1e-6).ln() as f32 // a floor, so that silence is not −∞
        };
        frames.push(bands.iter().map(log_energy).collect());
    }
    Ok(frames)
}

/// Triangles, evenly spaced in mel, each from the peak before to the peak after.
fn mel_bands() -> Vec<Vec<f64>> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let hz = |mel: f64| 700.0 * (10_f64.powf(mel / 2595.0) - 1.0);
    let (low, high) = (mel(20.0), mel(7600.0));
    let step = (high - low) / (N_MELS + 1) as f64;
    let edges: Vec<f64> = (0..N_MELS + 2).map(|i| hz(low + i as f64 * step)).collect();
    let triangle = |edge: &[f64]| {
        let weight = |bin: usize| {
            let f = bin as f64 * RATE_HZ / N_FFT as f64;
            let up = (f - edge[0]) / (edge[1] - edge[0]);
            let down = (edge[2] - f) / (edge[2] - edge[1]);
            up.min(down).max(0.0)
        };
        (0..=N_FFT / 2).map(weight).collect()
    };
    edges.windows(3).map(triangle).collect()
}
