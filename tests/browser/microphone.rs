//! The whole way from a (fake) microphone: worklet, port, worker, page.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use asr_playground::audio::decode_file;
use asr_playground::model::Lookahead;
use serde_json::json;

use super::harness::{Microphone, Options, Page, wav, with_page};
use super::native::{at, clip, text_of};
use super::recognition::{committed, quiet};

/// Silence around the clip: the browser may lose up to 20 ms of the head, and
/// takes its time to start and stop.
const AROUND_SECONDS: usize = 1;

/// The rate of Chromium's fake microphone: at another it would resample the file
/// first, and its samples would be others than ours.
const DEVICE_RATE_HZ: u32 = 44_100;

/// A clip at the device's rate, with silence around it. Straight lines between the
/// samples do: what they add above the clip's band, the resampler takes away.
pub fn padded(file: &str) -> Vec<f32> {
    let audio = decode_file(file, &std::fs::read(clip(file)).unwrap()).unwrap();
    let step = f64::from(audio.sample_rate_hz) / f64::from(DEVICE_RATE_HZ);
    let length = (audio.samples.len() as f64 / step) as usize;
    let at = |index: usize| f64::from(audio.samples.get(index).copied().unwrap_or(0.0));
    let speech = (0..length).map(|n| {
        let position = n as f64 * step;
        let (index, share) = (position as usize, position.fract());
        (at(index) * (1.0 - share) + at(index + 1) * share) as f32
    });
    let silence = vec![0.0; AROUND_SECONDS * DEVICE_RATE_HZ as usize];
    [silence.clone(), speech.collect(), silence].concat()
}

pub fn wav(samples: &[f32]) -> PathBuf {
    wav::write("microphone.wav", samples.iter().copied(), DEVICE_RATE_HZ)
}

/// Remembers every stream the page is given.
async fn remember_streams(page: &Page) {
    page.script(
        "window.streams = []; \
         const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); \
         navigator.mediaDevices.getUserMedia = async wishes => { \
           const stream = await ask(wishes); streams.push(stream); return stream }",
        Vec::new(),
    )
    .await;
}

#[tokio::test]
async fn what_the_microphone_hears_is_recognised_and_it_is_released() {
    let samples = padded("digits.flac");
    let options = Options {
        microphone: Microphone::Hears(wav(&samples)),
        ..quiet("#lookahead=whole")
    };
    // Where the recording begins in the file is up to the browser, and with it the
    // phase of the 40 ms encoder frames: the native texts at every half millisecond.
    let settings = at(Lookahead::WholeTake);
    let expected: BTreeSet<String> = (0..80)
        .map(|half_ms| &samples[half_ms * DEVICE_RATE_HZ as usize / 2000..])
        .map(|heard| text_of(heard, DEVICE_RATE_HZ, &settings))
        .collect();

    with_page("microphone", options, async |page| {
        page.wait_for_state("ready").await;
        remember_streams(page).await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        tokio::time::sleep(Duration::from_secs_f64(
            samples.len() as f64 / f64::from(DEVICE_RATE_HZ),
        ))
        .await;
        page.click("stop").await;
        page.wait_for_state("finished").await;

        let text = committed(page).await;
        assert!(
            expected.contains(&text),
            "{text:?} is none of {expected:#?}"
        );

        page.wait_until(
            "the microphone is released",
            Duration::from_secs(5),
            async || {
                let tracks = page
                    .script(
                        "return streams.flatMap(s => s.getTracks()).map(t => t.readyState)",
                        Vec::new(),
                    )
                    .await;
                (tracks == json!(["ended"])).then_some(())
            },
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_browser_says_what_it_really_does_to_the_microphone() {
    let samples = padded("digits.flac");
    let options = Options {
        microphone: Microphone::Hears(wav(&samples)),
        ..quiet("")
    };
    with_page("microphone-settings", options, async |page| {
        page.wait_for_state("ready").await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        page.click("source-microphone").await;
        for testid in [
            "device-select",
            "echo-cancellation",
            "noise-suppression",
            "auto-gain",
        ] {
            assert!(page.has(testid).await, "{testid}");
        }
        page.click("stop").await;
        page.wait_for_state("finished").await;
    })
    .await;
}

#[tokio::test]
async fn a_clip_does_not_push_a_recording_aside() {
    let options = Options {
        microphone: Microphone::Hears(wav(&padded("digits.flac"))),
        ..quiet("#lookahead=whole")
    };
    with_page("aside", options, async |page| {
        page.wait_for_state("ready").await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        let (_, take) = page.state().await;
        page.select("clip-select", "sentence.flac").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(page.state().await, ("recording".to_owned(), take));
        page.click("stop").await;
        page.wait_for_state("finished").await;
        assert_eq!(page.state().await.1, take);
    })
    .await;
}
