//! A live take beside a running sweep.

use std::time::Duration;

use asr_playground::audio::decode_file;
use asr_playground::model::Lookahead;

use super::super::harness::{Microphone, Options, with_page};
use super::super::microphone::{padded, wav};
use super::super::native::{at, text_of};
use super::super::recognition::{committed, quiet};
use super::SweepPage;

#[tokio::test]
async fn the_microphone_is_heard_beside_a_running_sweep() {
    let options = Options {
        microphone: Microphone::Hears(wav(&padded("digits.flac"))),
        // Many settings of a long clip: it runs on while the microphone is heard.
        ..quiet("#view=sweep&sweep=0,160,320,640,1280;greedy,beam;8,32;0.5;1;on;on")
    };
    with_page("sweep-microphone", options, async |page| {
        page.wait_for_state("ready").await;
        let sweep = SweepPage(page);
        sweep.choose_clips(&["story.opus", "hall.opus"]).await;
        page.click("sweep-run").await;
        sweep.wait_for("running").await;
        page.click("view-listen").await;
        page.click("record").await;
        page.wait_for_state("recording").await;
        tokio::time::sleep(Duration::from_secs(8)).await;
        page.click("stop").await;
        page.wait_for_state("finished").await;
        let heard = committed(page).await;
        // Nothing was lost: what the page kept of it gives the same text.
        let folder = page.downloads().await;
        let file = page
            .save("save", "save-wav", &folder.join("take.wav"))
            .await;
        let audio = decode_file("take.wav", &file).expect("audio");
        assert_eq!(
            text_of(
                &audio.samples,
                audio.sample_rate_hz,
                &at(Lookahead::default())
            ),
            heard
        );
        assert!(heard.split(' ').count() >= 3, "{heard:?}");
        assert!(audio.samples.len() > 7 * 16_000, "{}", audio.samples.len());
        page.click("view-sweep").await;
        sweep.wait_for("idle").await;
        assert!(!sweep.column("wer").await.is_empty());
    })
    .await;
}
