//! The worker, seen from the page: starts it or takes over the one that is started already,
//! sends it messages, passes its answers and its death on.
//!
//! To the worker: `postMessage({bytes: Uint8Array, port?: MessagePort})`, both
//! transferred. From the worker: a `Uint8Array`. The bytes are one message of
//! [`asr_playground::protocol`].

use asr_playground::protocol::{self, FromWorker, ToWorker};
use js_sys::{Array, Object, Uint8Array};
use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, Event, MessageEvent, MessagePort, Worker, WorkerOptions, WorkerType};

use super::browser::{member, meta, set_member};

/// Where the worker is, unless the build says otherwise in `<meta name=worker>`.
const WORKER_URL: &str = concat!("./worker_loader.js?v=", env!("CARGO_PKG_VERSION"));

/// Where `index.html` keeps the worker that it starts: `{worker: Worker, heard: [Event]}`.
const STARTED: &str = "startedWorker";

/// What can be heard of a worker.
pub enum WorkerEvent {
    /// A message.
    Message(Box<FromWorker>),
    /// It crashed, or could not be started; in the browser's words.
    Crashed(String),
    /// It sent something that is not a message of this version.
    Unreadable,
}

/// A running worker; dropping it ends it.
pub struct WorkerClient {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
    _on_unreadable: Closure<dyn FnMut(Event)>,
}

impl WorkerClient {
    /// Starts the worker, at first by taking over the one that `index.html` has started; `hear` is called with
    /// everything that comes from it, never before this has returned.
    ///
    /// # Errors
    /// The browser's, when module workers are refused altogether.
    pub fn start(hear: impl Fn(WorkerEvent) + Clone + 'static) -> Result<Self, JsValue> {
        let (worker, heard) = match started() {
            Some(started) => started,
            None => (start_anew()?, Array::new()),
        };
        let on_message = {
            let hear = hear.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                hear(read(&event.data()));
            })
        };
        let on_error = {
            let hear = hear.clone();
            Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
                // What is handled here need not be reported by the browser again.
                event.prevent_default();
                // A script that could not be fetched gives an event without a message.
                let words = member(&event, "message").as_string().unwrap_or_default();
                hear(WorkerEvent::Crashed(words));
            })
        };
        let on_unreadable =
            Closure::<dyn FnMut(Event)>::new(move |_: Event| hear(WorkerEvent::Unreadable));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(on_unreadable.as_ref().unchecked_ref()));
        let again = worker.clone();
        spawn_local(async move {
            for event in heard.iter() {
                let _ = again.dispatch_event(event.unchecked_ref());
            }
        });
        Ok(Self {
            worker,
            _on_message: on_message,
            _on_error: on_error,
            _on_unreadable: on_unreadable,
        })
    }

    /// Sends a message, and with it the microphone's port if there is one.
    ///
    /// # Errors
    /// The browser's, when the message cannot be cloned.
    pub fn send(&self, message: &ToWorker, port: Option<&MessagePort>) -> Result<(), JsValue> {
        let bytes = protocol::encode(message).map_err(|error| error.to_string())?;
        let bytes = Uint8Array::from(bytes.as_slice());
        let envelope = Object::new();
        set_member(&envelope, "bytes", &bytes);
        let transfer = Array::of1(&bytes.buffer());
        if let Some(port) = port {
            set_member(&envelope, "port", port);
            transfer.push(port);
        }
        self.worker.post_message_with_transfer(&envelope, &transfer)
    }
}

/// The worker that `index.html` has started, once, and what it has said.
fn started() -> Option<(Worker, Array)> {
    let window = window();
    let started = member(&window, STARTED);
    set_member(&window, STARTED, &JsValue::UNDEFINED);
    if started.is_undefined() {
        return None;
    }
    let [worker, heard] = ["worker", "heard"].map(|name| member(&started, name));
    Some((worker.unchecked_into(), heard.unchecked_into()))
}

fn start_anew() -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let url = meta("worker").unwrap_or_else(|| WORKER_URL.to_owned());
    Worker::new_with_options(&url, &options)
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.set_onmessageerror(None);
        self.worker.terminate();
    }
}

fn read(data: &JsValue) -> WorkerEvent {
    let message = data
        .dyn_ref::<Uint8Array>()
        .and_then(|bytes| protocol::decode(&bytes.to_vec()).ok());
    message.map_or(WorkerEvent::Unreadable, |message| {
        WorkerEvent::Message(Box::new(message))
    })
}
