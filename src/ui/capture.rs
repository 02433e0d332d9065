//! The microphone: opens it, hands its port to the worker, lets go of it.
//!
//! ```text
//! getUserMedia ▶ MediaStreamSource ▶ AudioWorklet "capture" ═ MessagePort ═▶ worker
//! ```
//!
//! The page itself never sees a sample. The context runs at the device's own
//! rate; resampling is the worker's.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioContext, AudioContextState, AudioWorkletNode, Event, MediaDeviceInfo, MediaDeviceKind,
    MediaDevices, MediaStream, MediaStreamConstraints, MediaStreamTrack, MessageChannel,
    MessagePort,
};

use super::browser::{error_name, error_words, member, meta, set_member, sleep_ms};
use super::state::MicrophoneWishes;
use super::trouble::{Retry, Trouble};

/// Where the worklet is, unless the build says otherwise in
/// `<meta name=capture-worklet>`.
const WORKLET_URL: &str = concat!("./capture-worklet.js?v=", env!("CARGO_PKG_VERSION"));
/// Name the worklet registers.
const PROCESSOR: &str = "capture";
/// How long a context may take to run before the person is asked to resume it.
const RESUME_WAIT_MS: i32 = 1500;
/// How long the worklet is given to send its last batch before its context closes.
const FLUSH_WAIT_MS: i32 = 500;

/// A microphone to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The browser's identifier; empty before permission.
    pub id: String,
    /// Its name; made up before permission.
    pub label: String,
}

/// What the browser says it applied to the recording; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Echo cancellation.
    pub echo_cancellation: Option<bool>,
    /// Noise suppression.
    pub noise_suppression: Option<bool>,
    /// Automatic gain control.
    pub auto_gain: Option<bool>,
    /// The device's name.
    pub label: String,
}

/// An open microphone.
pub struct Capture {
    stream: MediaStream,
    context: AudioContext,
    node: AudioWorkletNode,
    _on_ended: Closure<dyn FnMut(Event)>,
}

/// What opening gives.
pub struct Opened {
    /// The microphone.
    pub capture: Capture,
    /// The end of the channel that goes to the worker.
    pub port: MessagePort,
    /// Rate of the samples that come over it.
    pub sample_rate_hz: u32,
    /// What the browser really does to them.
    pub applied: Applied,
}

/// Opens the microphone. `ended` is called if it is unplugged.
///
/// # Errors
/// A trouble in words for everything that can go wrong, the microphone released.
pub async fn open(
    wishes: MicrophoneWishes,
    device: Option<String>,
    ended: impl Fn() + 'static,
) -> Result<Opened, Trouble> {
    let devices = media_devices().ok_or_else(insecure_origin)?;
    let stream = ask(&devices, wishes, device.as_deref()).await?;
    // Not `stream.clone()`: that is the browser's own, which opens the microphone again.
    let opened = connect(Clone::clone(&stream), ended).await;
    if opened.is_err() {
        stop_tracks(&stream);
    }
    opened
}

async fn connect(stream: MediaStream, ended: impl Fn() + 'static) -> Result<Opened, Trouble> {
    let track: MediaStreamTrack = stream.get_audio_tracks().get(0).dyn_into().map_err(|_| {
        Trouble::new(
            "The browser opened a microphone without an audio track.",
            "Choose another microphone and try again.",
            Retry::Microphone,
        )
    })?;
    let applied = read_back(&track);
    let context = AudioContext::new().map_err(|error| audio_failed(&error))?;
    let built = build(&context, &stream).await;
    let (node, port) = match built {
        Ok(built) => built,
        Err(trouble) => {
            let _ = context.close();
            return Err(trouble);
        }
    };
    let on_ended = Closure::<dyn FnMut(Event)>::new(move |_: Event| ended());
    track.set_onended(Some(on_ended.as_ref().unchecked_ref()));
    Ok(Opened {
        port,
        sample_rate_hz: context.sample_rate().round() as u32,
        applied,
        capture: Capture {
            stream,
            context,
            node,
            _on_ended: on_ended,
        },
    })
}

async fn build(
    context: &AudioContext,
    stream: &MediaStream,
) -> Result<(AudioWorkletNode, MessagePort), Trouble> {
    // The worklet is undefined on an insecure origin even where audio works.
    let worklet = context
        .audio_worklet()
        .map_err(|error| worklet_failed(&error))?;
    let url = meta("capture-worklet").unwrap_or_else(|| WORKLET_URL.to_owned());
    let loading = worklet
        .add_module(&url)
        .map_err(|error| worklet_failed(&error))?;
    JsFuture::from(loading)
        .await
        .map_err(|error| worklet_failed(&error))?;
    let failed = |error: JsValue| audio_failed(&error);
    let node = AudioWorkletNode::new(context, PROCESSOR).map_err(|e| worklet_failed(&e))?;
    let channel = MessageChannel::new().map_err(failed)?;
    let message = Object::new();
    set_member(&message, "port", &channel.port1());
    node.port()
        .and_then(|port| {
            port.post_message_with_transferable(&message, &js_sys::Array::of1(&channel.port1()))
        })
        .map_err(failed)?;
    let source = context.create_media_stream_source(stream).map_err(failed)?;
    source.connect_with_audio_node(&node).map_err(failed)?;
    // The node writes nothing to its output; without a way to the destination
    // some browsers do not run it.
    node.connect_with_audio_node(&context.destination())
        .map_err(failed)?;
    Ok((node, channel.port2()))
}

impl Capture {
    /// Waits until samples flow; false if the browser holds the context back
    /// until the person does something.
    pub async fn wait_running(context: AudioContext) -> bool {
        if context.state() == AudioContextState::Running {
            return true;
        }
        let _ = context.resume();
        let mut waited_ms = 0;
        while waited_ms < RESUME_WAIT_MS {
            sleep_ms(50).await;
            waited_ms += 50;
            if context.state() != AudioContextState::Suspended {
                return true;
            }
        }
        false
    }

    /// The context, to wait for or to resume.
    pub fn context(&self) -> AudioContext {
        self.context.clone()
    }

    /// Lets go of the microphone: the worklet sends its last batch, the tracks
    /// stop (the browser's recording mark goes out), the context closes.
    pub async fn release(self) {
        let message = Object::new();
        set_member(&message, "stop", &JsValue::TRUE);
        if let Ok(port) = self.node.port() {
            let _ = port.post_message(&message);
        }
        for track in self.stream.get_audio_tracks().iter() {
            if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
                track.set_onended(None);
            }
        }
        stop_tracks(&self.stream);
        sleep_ms(FLUSH_WAIT_MS).await;
        if let Ok(closing) = self.context.close() {
            let _ = JsFuture::from(closing).await;
        }
    }
}

fn stop_tracks(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
    }
}

/// The browser's media devices; `None` on an insecure origin.
pub fn media_devices() -> Option<MediaDevices> {
    let navigator = leptos::prelude::window().navigator();
    member(&navigator, "mediaDevices").dyn_into().ok()
}

/// The microphones there are; names and identifiers only after permission.
pub async fn list_devices() -> Vec<Device> {
    let Some(listing) = media_devices().and_then(|d| d.enumerate_devices().ok()) else {
        return Vec::new();
    };
    let Ok(list) = JsFuture::from(listing).await else {
        return Vec::new();
    };
    let inputs = js_sys::Array::from(&list)
        .iter()
        .filter_map(|info| info.dyn_into::<MediaDeviceInfo>().ok())
        .filter(|info| info.kind() == MediaDeviceKind::Audioinput)
        .collect::<Vec<_>>();
    inputs
        .iter()
        .enumerate()
        .map(|(index, info)| Device {
            id: info.device_id(),
            label: if info.label().is_empty() {
                format!("Microphone {}", index + 1)
            } else {
                info.label()
            },
        })
        .filter(|device| !device.id.is_empty())
        .collect()
}

async fn ask(
    devices: &MediaDevices,
    wishes: MicrophoneWishes,
    device: Option<&str>,
) -> Result<MediaStream, Trouble> {
    let audio = Object::new();
    set_member(&audio, "echoCancellation", &wishes.echo_cancellation.into());
    set_member(&audio, "noiseSuppression", &wishes.noise_suppression.into());
    set_member(&audio, "autoGainControl", &wishes.auto_gain.into());
    if let Some(device) = device {
        let exact = Object::new();
        set_member(&exact, "exact", &device.into());
        set_member(&audio, "deviceId", &exact);
    }
    let constraints = MediaStreamConstraints::new();
    set_member(&constraints, "audio", &audio);
    let promise = devices
        .get_user_media_with_constraints(&constraints)
        .map_err(|error| refused(&error))?;
    JsFuture::from(promise)
        .await
        .map(MediaStream::from)
        .map_err(|error| refused(&error))
}

fn read_back(track: &MediaStreamTrack) -> Applied {
    let settings = Reflect::get(track, &"getSettings".into())
        .ok()
        .and_then(|function| function.dyn_into::<js_sys::Function>().ok())
        .and_then(|function| function.call0(track).ok())
        .unwrap_or(JsValue::UNDEFINED);
    let switch = |name: &str| member(&settings, name).as_bool();
    Applied {
        echo_cancellation: switch("echoCancellation"),
        noise_suppression: switch("noiseSuppression"),
        auto_gain: switch("autoGainControl"),
        label: track.label(),
    }
}

fn insecure_origin() -> Trouble {
    Trouble::new(
        "The browser gives the microphone only to pages on a secure address, and this one is not.",
        "Open this page over https, or from localhost. Clips and files work here as they are.",
        Retry::Microphone,
    )
}

fn refused(error: &JsValue) -> Trouble {
    let (message, advice) = match error_name(error).as_str() {
        "NotAllowedError" | "SecurityError" => (
            "The browser did not give permission to use the microphone.".to_owned(),
            "Allow the microphone for this page (usually the icon beside the address), then try again. Clips and files need no permission.",
        ),
        "NotFoundError" => (
            "No microphone was found.".to_owned(),
            "Plug one in, or switch it on, then try again. Clips and files work without one.",
        ),
        "NotReadableError" | "AbortError" => (
            format!("The microphone could not be started: {}.", sentence(error)),
            "Another program may be holding it. Close that program, or choose another microphone, then try again.",
        ),
        "OverconstrainedError" => (
            "The microphone chosen is not there any more, or cannot do what was asked of it."
                .to_owned(),
            "Choose another microphone in the microphone settings, then try again.",
        ),
        _ => (
            format!("The microphone could not be opened: {}.", sentence(error)),
            "Try again, or use a clip or a file.",
        ),
    };
    Trouble::new(message, advice, Retry::Microphone)
}

fn worklet_failed(error: &JsValue) -> Trouble {
    Trouble::new(
        format!(
            "The part of the page that reads the microphone could not be loaded: {}.",
            sentence(error)
        ),
        "Check the connection and try again. If it stays so, reload the page.",
        Retry::Microphone,
    )
}

fn audio_failed(error: &JsValue) -> Trouble {
    Trouble::new(
        format!(
            "The browser's audio could not be started: {}.",
            sentence(error)
        ),
        "Try again. If it stays so, close other pages that use audio and reload this one.",
        Retry::Microphone,
    )
}

fn sentence(error: &JsValue) -> String {
    error_words(error).trim_end_matches('.').to_owned()
}
