//! Hearing a take again: play, pause, seek.

use std::ops::Range;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::browser::error_words;
use super::page::{Page, Phase, Playback};
use super::trouble::{Retry, Trouble};

/// This close to the end, play means from the beginning (50 ms).
const AT_END_SAMPLES: i64 = 800;
/// A word is played with so much before and after it (60 ms): its times are that far off.
const WORD_MARGIN_SAMPLES: i64 = 960;

/// Plays the take, or pauses it.
pub fn toggle_play(page: Page) {
    if page.playback.get_untracked().playing {
        pause(page);
    } else if ready(page) {
        page.playback.update(|p| p.playing = true);
        play_from_cursor(page);
    }
}

/// Plays a stretch of the take and puts the cursor at its beginning.
pub fn play_stretch(page: Page, stretch: Range<i64>) {
    if !ready(page) {
        return;
    }
    let length = untrack(|| page.take_samples());
    let cursor_sample = Some(stretch.start.clamp(0, length));
    let begin = (stretch.start - WORD_MARGIN_SAMPLES).max(0);
    let end = (stretch.end + WORD_MARGIN_SAMPLES).min(length);
    let playback = move |playing| Playback {
        playing,
        cursor_sample,
    };
    page.playback.set(playback(true));
    let ended = move || {
        page.handles.update_value(|h| h.player.stop());
        page.playback.set(playback(false));
    };
    let started = page
        .handles
        .try_update_value(|h| h.player.play(begin..end, ended));
    if let Some(Err(error)) = started {
        playback_failed(page, &error);
    }
}

/// Whether the take's sound is at hand; says so where it cannot be had.
fn ready(page: Page) -> bool {
    let woken = page.handles.try_update_value(|h| h.player.wake());
    if let Some(Err(error)) = woken {
        playback_failed(page, &error);
        return false;
    }
    let loaded = page.handles.try_update_value(|h| h.player.load(&h.audio));
    if let Some(Err(error)) = loaded {
        playback_failed(page, &error);
        return false;
    }
    true
}

fn pause(page: Page) {
    let at = page
        .handles
        .try_update_value(|h| {
            let at = h.player.position();
            h.player.stop();
            at
        })
        .flatten();
    page.playback.update(|p| {
        p.playing = false;
        p.cursor_sample = at.or(p.cursor_sample);
    });
}

fn play_from_cursor(page: Page) {
    let length = untrack(|| page.take_samples());
    let at = page.playback.get_untracked().cursor_sample.unwrap_or(0);
    let from = if at + AT_END_SAMPLES >= length { 0 } else { at };
    let ended = move || {
        page.handles.update_value(|h| h.player.stop());
        page.playback.update(|p| {
            p.playing = false;
            p.cursor_sample = Some(length);
        });
    };
    let started = page
        .handles
        .try_update_value(|h| h.player.play(from..length, ended));
    if let Some(Err(error)) = started {
        playback_failed(page, &error);
    }
}

fn playback_failed(page: Page, error: &JsValue) {
    page.playback.update(|p| p.playing = false);
    page.trouble.set(Some(Trouble::notice(
        format!("The take could not be played: {}.", error_words(error)),
        "The browser may have no sound output. The words are not affected.",
        Retry::ReloadPage,
    )));
}

/// Puts the cursor somewhere; if the take is playing, it goes on from there.
pub fn seek(page: Page, sample: i64) {
    let sample = sample.clamp(0, untrack(|| page.take_samples()));
    page.playback.update(|p| p.cursor_sample = Some(sample));
    if page.playback.get_untracked().playing {
        play_from_cursor(page);
    }
}

/// Puts the cursor where the sound is.
pub fn follow_sound(page: Page) {
    let position = page.handles.with_value(|h| h.player.position());
    if let Some(sample) = position {
        page.playback.update(|p| p.cursor_sample = Some(sample));
    }
}

/// Puts the cursor somewhere and plays from there, once the take is over.
pub fn play_at(page: Page, sample: i64) {
    seek(page, sample);
    let over = page.phase.get_untracked() == Phase::Finished;
    if over && !page.playback.get_untracked().playing {
        toggle_play(page);
    }
}
