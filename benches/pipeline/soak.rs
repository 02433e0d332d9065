//! A long take from a fake microphone: does the queue stay short, and memory bounded?

use std::path::PathBuf;
use std::time::Duration;

use asr_playground::audio::decode_file;
use serde_json::json;

use super::harness::{Microphone, Options, Page, wav, with_page};
use super::native::clip;

/// One clip over and over.
fn long_wav(minutes: f64) -> PathBuf {
    let audio = decode_file("story.opus", &std::fs::read(clip("story.opus")).unwrap()).unwrap();
    let rate = audio.sample_rate_hz;
    let wanted = (minutes * 60.0 * f64::from(rate)) as usize;
    let samples = audio.samples.iter().copied().cycle().take(wanted);
    wav::write("soak.wav", samples, rate)
}

/// Resident memory of the largest browser process, in MB; Linux only.
pub fn largest_renderer_mb() -> Option<f64> {
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|process| {
            let folder = process.path();
            let command = std::fs::read_to_string(folder.join("cmdline")).ok()?;
            if !command.contains("--type=renderer") {
                return None;
            }
            resident_mb(&process.file_name().to_string_lossy())
        })
        .max_by(f64::total_cmp)
}

/// Resident memory of a process, by its number or `self`, in MB; Linux only.
pub fn resident_mb(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1e3)
}

async fn figure(page: &Page, testid: &str) -> String {
    page.attribute(testid, "data-value")
        .await
        .unwrap_or_default()
}

/// Above this real-time factor a live take has too little room for a busier moment.
const MOST_REAL_TIME_FACTOR: f64 = 0.5;
/// Without garbage; 17 were measured (`docs/BENCHMARKS.md`): a leak on top of them shall show.
const MOST_MB_A_MINUTE: f64 = 30.0;

/// The renderer's memory as it is, and once the page's garbage has been collected: the browser lets some 45 MB of
/// it come together, and takes it back at times of its own.
async fn renderer_mb(page: &Page) -> Option<(f64, f64)> {
    let with_garbage = largest_renderer_mb()?;
    page.cdp("HeapProfiler.collectGarbage", json!({})).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    Some((with_garbage, largest_renderer_mb()?))
}

/// Records for so long, prints how it goes, and fails where it falls behind or
/// memory runs away.
pub async fn run(minutes: f64) {
    let options = Options {
        microphone: Microphone::Hears(long_wav(minutes)),
        fragment: "?autorun=off#lookahead=320".to_owned(),
        ..Options::default()
    };
    with_page("soak", options, async |page| {
        page.wait_for_state("ready").await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        println!(
            "{:>8} {:>8} {:>6} {:>12} {:>18}",
            "minute", "RTF", "slow?", "renderer MB", "without garbage"
        );
        let began_mb = renderer_mb(page).await;
        for minute in 0..=minutes as u32 {
            if minute > 0 {
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
            let (slow, memory_mb) = (page.has("slow").await, renderer_mb(page).await);
            let shown = |mb: fn((f64, f64)) -> f64| {
                memory_mb.map_or("–".to_owned(), |both| format!("{:.0}", mb(both)))
            };
            println!(
                "{minute:>8} {:>8.6} {slow:>6} {:>12} {:>18}",
                figure(page, "rtf").await,
                shown(|both| both.0),
                shown(|both| both.1)
            );
            assert!(!slow, "the page says that it falls behind");
            if let (Some((_, began)), Some((_, now))) = (began_mb, memory_mb) {
                let most = began + MOST_MB_A_MINUTE * f64::from(minute.max(1));
                assert!(now <= most, "{now:.0} MB are more than {most:.0}");
            }
        }
        page.click("stop").await;
        page.wait_for_state("finished").await;
        let real_time_factor: f64 = figure(page, "rtf").await.parse().expect("a figure");
        assert!(
            real_time_factor < MOST_REAL_TIME_FACTOR,
            "{real_time_factor}"
        );
        println!(
            "real-time factor {real_time_factor}, first word after {} ms, final text after {} ms",
            figure(page, "first-word-latency").await,
            figure(page, "final-latency").await
        );
    })
    .await;
}
