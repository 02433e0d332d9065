//! Live takes: from the record button to the stop button, and unplugged in between.

use asr_playground::protocol::ToWorker;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions;
use super::aside;
use super::capture::{self, Capture, Opened};
use super::link;
use super::page::{Origin, Page, Phase};
use super::trouble::{Retry, Trouble};

/// Opens the microphone and begins a live take.
pub fn record(page: Page) {
    if !page.model_ready() || page.phase.get_untracked() == Phase::Opening {
        return;
    }
    if !aside::has_room(page) {
        return;
    }
    release_microphone(page);
    if page.phase.get_untracked() == Phase::Running {
        stop(page);
    }
    page.wanted.set_value(None);
    let take = page.begin_take(Origin::Microphone, None);
    page.phase.set(Phase::Opening);
    let wishes = page.settings.with_untracked(|s| s.microphone);
    let device = page.device.get_untracked();
    spawn_local(async move {
        let opened = capture::open(wishes, device, move || unplugged(page, take)).await;
        page.devices.set(capture::list_devices().await);
        let current = take == page.take.get_untracked();
        match opened {
            Ok(opened) if current && page.phase.get_untracked() == Phase::Opening => {
                begin_recording(page, take, opened).await;
            }
            Ok(opened) => opened.capture.release().await,
            Err(trouble) => actions::refuse(page, take, trouble),
        }
    });
}

async fn begin_recording(page: Page, take: u32, opened: Opened) {
    let context = opened.capture.context();
    page.applied.set(Some(opened.applied));
    let message = ToWorker::StartMicrophone {
        take,
        sample_rate_hz: opened.sample_rate_hz,
        settings: page.settings.with_untracked(|s| s.recognizer.clone()),
    };
    page.handles.update_value(|h| {
        h.capture = Some(opened.capture);
        h.worker_has_take = true;
    });
    // The worklet fills batches of 512 frames (public/capture-worklet.js).
    let batch_ms = 512e3 / f64::from(opened.sample_rate_hz.max(1));
    page.capture_ms.set(Some(batch_ms));
    page.phase.set(Phase::Recording);
    link::send_with_port(page, &message, Some(&opened.port));
    if !Capture::wait_running(context).await
        && take == page.take.get_untracked()
        && page.phase.get_untracked() == Phase::Recording
    {
        page.trouble.set(Some(Trouble::notice(
            "The browser is holding the audio back, so nothing is heard yet.",
            "Press Resume to let it through.",
            Retry::Resume,
        )));
    }
}

fn unplugged(page: Page, take: u32) {
    if take != page.take.get_untracked() || page.phase.get_untracked() != Phase::Recording {
        return;
    }
    stop(page);
    page.trouble.set(Some(Trouble::notice(
        "The microphone was unplugged or switched off, so the take was ended. What was heard is kept.",
        "Plug it in again or choose another one, then record again.",
        Retry::Microphone,
    )));
}

/// Ends the take: what was heard is finished and kept.
pub fn stop(page: Page) {
    let take = page.take.get_untracked();
    match page.phase.get_untracked() {
        Phase::Opening => page.abandon(),
        Phase::Recording => {
            page.phase.set(Phase::Running);
            release_microphone(page);
            // The worker waits for the worklet's last batch by itself.
            link::send(page, &ToWorker::StopTake { take });
        }
        Phase::Running => link::send(page, &ToWorker::StopTake { take }),
        Phase::Idle | Phase::Finished => {}
    }
}

/// Lets go of the microphone if it is open.
pub fn release_microphone(page: Page) {
    let capture = page
        .handles
        .try_update_value(|h| h.capture.take())
        .flatten();
    if let Some(capture) = capture {
        spawn_local(capture.release());
    }
}

/// Wakes a context that the browser holds back.
pub fn resume(page: Page) {
    let context = page
        .handles
        .with_value(|h| h.capture.as_ref().map(Capture::context));
    if let Some(context) = context {
        spawn_local(async move {
            if !Capture::wait_running(context).await {
                page.trouble.set(Some(Trouble::notice(
                    "The browser is still holding the audio back.",
                    "Stop the take, check the page's sound permission, and record again.",
                    Retry::Resume,
                )));
            }
        });
    }
}
