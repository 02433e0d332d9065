use asr_playground::audio::Resampler;
use std::f64::consts::TAU;

fn run(rate: u32, x: &[f32]) -> Vec<f32> {
    let mut r = Resampler::new(rate).unwrap();
    let mut out = vec![];
    r.push(x, &mut out).unwrap();
    r.finish(&mut out).unwrap();
    out
}
fn tone(rate: u32, f: f64, n: usize) -> Vec<f32> {
    (0..n).map(|i| (0.5 * (TAU * f * i as f64 / f64::from(rate)).sin()) as f32).collect()
}
fn db(e: f64) -> f64 { 10.0 * e.log10() }

#[test]
fn spike() {
    for rate in [8000u32, 11025, 12000, 16000, 22050, 24000, 32000, 37800, 44100, 44101, 48000, 88200, 96000, 192000] {
        let r = Resampler::new(rate).unwrap();
        print!("{rate:6} look {:.1} ms ", r.lookahead_ms());
        let t0 = std::time::Instant::now();
        let y = run(rate, &tone(rate, 440.0, rate as usize * 10));
        print!("len {} {:.2} ms/s |", y.len(), t0.elapsed().as_secs_f64() * 100.0);
        let ny = f64::from(rate.min(16000)) / 2.0;
        for frac in [0.02, 0.125, 0.5, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975] {
            let f = ny * frac;
            let y = run(rate, &tone(rate, f, rate as usize));
            let want = tone(16000, f, 16000);
            let (mut e, mut s) = (0.0, 0.0);
            for i in 1000..15000 { e += f64::from(y[i] - want[i]).powi(2); s += f64::from(want[i]).powi(2); }
            print!(" {frac}:{:.0}", db(s / e));
        }
        for f in [8300.0, 8600.0, 9000.0, 10000., 12000.0, 15000.0] {
            if f < f64::from(rate) / 2.0 {
                let y = run(rate, &tone(rate, f, rate as usize));
                let e: f64 = y[1000..15000].iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / 14000.0;
                print!(" alias{f}:{:.0}", db(e / 0.125));
            }
        }
        println!();
    }
}
