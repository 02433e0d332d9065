//! Clips that a person brings: files with their transcripts, and the take in view.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{File, FileList};

use super::estimate::{MOST_BYTES, MOST_CLIPS};
use super::state::{OwnClip, Sound, SweepState};
use super::transcripts::{Kind, kind};
use crate::ui::browser::{member, promised_bytes};
use crate::ui::page::{Origin, Page};
use crate::ui::{format, wav};

/// Largest transcript file read.
const MAX_TEXT_BYTES: f64 = 5e6;

/// Takes files: audio as clips, texts as what is said in them.
pub fn add_files(sweep: SweepState, files: &FileList) {
    sweep.refused.set(None);
    for file in (0..files.length()).filter_map(|index| files.get(index)) {
        if kind(&file.name()) == Kind::Audio {
            add_audio(sweep, file);
        } else {
            spawn_local(add_text(sweep, file));
        }
    }
}

fn add_audio(sweep: SweepState, file: File) {
    let name = file.name();
    if file.size() > MOST_BYTES {
        refuse(
            sweep,
            format!(
                "“{name}” is too large, {}.",
                format::megabytes(file.size() as u64)
            ),
        );
        return;
    }
    if sweep.own.with_untracked(Vec::len) >= MOST_CLIPS {
        refuse(
            sweep,
            format!("“{name}” was not added: {MOST_CLIPS} clips are possible."),
        );
        return;
    }
    let reference = sweep
        .transcripts
        .with_value(|transcripts| transcripts.of(&name).map(str::to_owned));
    let clip = add(sweep, name, file.size(), reference.unwrap_or_default());
    measure(clip, &file);
    sweep
        .sounds
        .update_value(|sounds| drop(sounds.insert(clip.id, Sound::File(file))));
}

fn add(sweep: SweepState, name: String, bytes: f64, reference: String) -> OwnClip {
    let last = sweep
        .own
        .with_untracked(|own| own.last().map(|clip| clip.id));
    // They outlive the view, which may be closed and opened again.
    let owner = sweep.runner.with_value(|runner| runner.owner.clone());
    let make = move || OwnClip {
        id: last.map_or(0, |id| id + 1),
        name: StoredValue::new(name),
        seconds: RwSignal::new(None),
        bytes,
        reference: RwSignal::new(reference),
        chosen: RwSignal::new(true),
    };
    let clip = match owner {
        Some(owner) => owner.with(make),
        None => make(),
    };
    sweep.own.update(|own| own.push(clip));
    clip
}

/// Finds out how long a file is, from what the browser's player says of it.
fn measure(clip: OwnClip, file: &File) {
    let Ok(player) = document().create_element("audio") else {
        return;
    };
    let Ok(address) = web_sys::Url::create_object_url_with_blob(file) else {
        return;
    };
    let source = player.clone();
    let held = address.clone();
    // Of a file that the player cannot read, it knows no length.
    let known = Closure::<dyn FnMut(web_sys::Event)>::new(move |_: web_sys::Event| {
        let seconds = member(&source, "duration").as_f64();
        clip.seconds
            .set(seconds.filter(|s| s.is_finite() && *s > 0.0));
        let _ = web_sys::Url::revoke_object_url(&held);
    })
    .into_js_value();
    for event in ["loadedmetadata", "error"] {
        let _ = player.add_event_listener_with_callback(event, known.unchecked_ref());
    }
    let _ = player.set_attribute("preload", "metadata");
    let _ = player.set_attribute("src", &address);
}

async fn add_text(sweep: SweepState, file: File) {
    let name = file.name();
    if file.size() > MAX_TEXT_BYTES {
        refuse(sweep, format!("“{name}” is too large for a transcript."));
        return;
    }
    match promised_bytes(file.array_buffer()).await {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            sweep.transcripts.update_value(|t| t.add(&name, &text));
            give_references(sweep);
        }
        Err(words) => refuse(sweep, format!("“{name}” could not be read: {words}.")),
    }
}

/// Own clips without a reference get what the transcripts have for them.
fn give_references(sweep: SweepState) {
    for clip in sweep.own.get_untracked() {
        let name = clip.name.get_value();
        let text = sweep
            .transcripts
            .with_value(|transcripts| transcripts.of(&name).map(str::to_owned));
        if let Some(text) = text
            && clip.reference.with_untracked(|old| old.trim().is_empty())
        {
            clip.reference.set(text);
        }
    }
}

/// Keeps the take in view as a clip, with its reference as typed.
pub fn add_take(page: Page, sweep: SweepState) {
    let bytes = page.handles.with_value(|h| wav::encode(&h.audio));
    let seconds = page.handles.with_value(|h| h.audio.len()) as f64 / 16e3;
    let number = page.take.get_untracked();
    let name = page.origin.with_untracked(|origin| match origin {
        Some(Origin::File(name)) => name.clone(),
        _ => format!("take {number}"),
    });
    let reference = page.reference.get_untracked();
    // As the worker reads it, whatever the file's name was.
    let name = format!("{name}.wav").replace(".wav.wav", ".wav");
    let clip = add(sweep, name, bytes.len() as f64, reference);
    clip.seconds.set(Some(seconds));
    sweep
        .sounds
        .update_value(|sounds| drop(sounds.insert(clip.id, Sound::Bytes(bytes))));
}

/// Takes a clip away again.
pub fn remove(sweep: SweepState, id: u32) {
    sweep.own.update(|own| own.retain(|clip| clip.id != id));
    sweep.sounds.update_value(|sounds| drop(sounds.remove(&id)));
}

fn refuse(sweep: SweepState, words: String) {
    sweep.refused.update(|refused| {
        *refused = Some(match refused.take() {
            Some(before) => format!("{before} {words}"),
            None => words,
        });
    });
}
