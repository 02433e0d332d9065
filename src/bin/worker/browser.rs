//! The worker's side of the browser: its event loop, ports and clock.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use asr_playground::protocol::{
    self, FromWorker, LanguageModelInfo, ModelInfo, SweepEnd, SweepRequest, ToWorker,
};
use js_sys::{Array, Float32Array, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

use crate::engine::{Engine, Next};
use crate::failure;
use crate::loading::{self, LanguageModelLoad};
use crate::sweep;

/// A batch from the capture worklet.
enum Capture {
    Samples(Vec<f32>),
    /// The worklet has flushed its last batch.
    End,
    /// The browser skipped this many sample frames.
    Gap(f64),
}

/// What the event handlers share.
struct Worker {
    engine: RefCell<Engine>,
    /// A message to ourselves: the next turn of the event loop, without the
    /// clamping that nested timers get.
    wake: MessagePort,
    /// Kept so that the loop-back is not collected.
    _woken: MessagePort,
    awake: RefCell<bool>,
    /// Number of the sweep that was cancelled last.
    cancelled_sweep: Cell<Option<u32>>,
    /// Number of the model that was asked for last.
    newest_load: Cell<u32>,
    /// The language model in use; it is not loaded twice.
    language_model: RefCell<Option<LanguageModelInfo>>,
}

/// Milliseconds of the worker's monotonic clock.
pub fn now_ms() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Posts a message to the page; its bytes are moved, not copied again.
pub fn post(message: &FromWorker) {
    let Ok(bytes) = protocol::encode(message) else {
        // Cannot happen for these types (see `encode`); a lost message must show.
        web_sys::console::error_1(&"a message to the page could not be encoded".into());
        return;
    };
    let array = Uint8Array::from(bytes.as_slice());
    let transfer = Array::of1(&array.buffer());
    if let Err(error) = scope().post_message_with_transfer(&array, &transfer) {
        web_sys::console::error_1(&error);
    }
}

/// Installs the handlers and tells the page that the worker is ready.
pub fn start() {
    console_error_panic_hook::set_once();
    let channel = match MessageChannel::new() {
        Ok(channel) => channel,
        Err(error) => {
            web_sys::console::error_1(&error);
            return;
        }
    };
    let worker = Rc::new(Worker {
        engine: RefCell::new(Engine::default()),
        wake: channel.port1(),
        _woken: channel.port2(),
        awake: RefCell::new(false),
        cancelled_sweep: Cell::new(None),
        newest_load: Cell::new(0),
        language_model: RefCell::default(),
    });

    let on_wake = {
        let worker = Rc::clone(&worker);
        Closure::<dyn FnMut()>::new(move || worker.step())
    };
    channel
        .port2()
        .set_onmessage(Some(on_wake.as_ref().unchecked_ref()));
    on_wake.forget();

    let on_message = {
        let worker = Rc::clone(&worker);
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            worker.receive(&event.data());
        })
    };
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();

    post(&FromWorker::Ready {
        version: env!("CARGO_PKG_VERSION").to_owned(),
    });
}

impl Worker {
    /// One turn of work; asks for another while there is more.
    fn step(self: &Rc<Self>) {
        *self.awake.borrow_mut() = false;
        let next = self.engine.borrow_mut().step();
        match next {
            Next::Now => self.wake(),
            Next::In(milliseconds) => self.wake_in(milliseconds),
            Next::Idle => {}
        }
    }

    fn wake(&self) {
        if !self.awake.replace(true)
            && let Err(error) = self.wake.post_message(&JsValue::NULL)
        {
            web_sys::console::error_1(&error);
        }
    }

    fn wake_in(self: &Rc<Self>, milliseconds: i32) {
        let worker = Rc::clone(self);
        let later = Closure::once_into_js(move || worker.wake());
        let timer = scope().set_timeout_with_callback_and_timeout_and_arguments_0(
            later.unchecked_ref(),
            milliseconds,
        );
        if let Err(error) = timer {
            web_sys::console::error_1(&error);
        }
    }

    /// A message from the page: `{bytes: Uint8Array, port?: MessagePort}`.
    fn receive(self: &Rc<Self>, data: &JsValue) {
        let bytes = Reflect::get(data, &"bytes".into())
            .ok()
            .and_then(|bytes| bytes.dyn_into::<Uint8Array>().ok())
            .map(|bytes| bytes.to_vec());
        let message = bytes.and_then(|bytes| protocol::decode::<ToWorker>(&bytes).ok());
        let Some(message) = message else {
            post(&FromWorker::Failed(failure::not_understood()));
            return;
        };
        match message {
            ToWorker::LoadModel {
                manifest_url,
                model,
            } => self.load_model(manifest_url, model),
            ToWorker::LoadLanguageModel {
                manifest_url,
                model,
            } => self.load_language_model(manifest_url, model),
            ToWorker::RunSweep { sweep, request } => self.run_sweep(sweep, request),
            ToWorker::CancelSweep { sweep } => self.cancelled_sweep.set(Some(sweep)),
            message => self.pass_on(message, data),
        }
    }

    /// A message for the engine.
    fn pass_on(self: &Rc<Self>, message: ToWorker, data: &JsValue) {
        let is_live = matches!(message, ToWorker::StartMicrophone { .. });
        self.engine.borrow_mut().handle(message);
        if is_live {
            let port = Reflect::get(data, &"port".into())
                .ok()
                .and_then(|port| port.dyn_into::<MessagePort>().ok());
            match port {
                Some(port) => self.listen(&port),
                None => post(&FromWorker::Failed(failure::not_understood())),
            }
        }
        self.wake();
    }

    /// Loads a model; one that was asked for before and is not here yet is forgotten.
    fn load_model(self: &Rc<Self>, manifest_url: String, model: Option<String>) {
        let worker = Rc::clone(self);
        let load = self.newest_load.get() + 1;
        self.newest_load.set(load);
        wasm_bindgen_futures::spawn_local(async move {
            let overtaken = || worker.newest_load.get() != load;
            let tell = |stage, loaded_bytes, total_bytes| {
                if !overtaken() {
                    post(&FromWorker::ModelProgress {
                        stage,
                        loaded_bytes,
                        total_bytes,
                    });
                }
            };
            let loaded = loading::load(&manifest_url, model.as_deref(), &tell).await;
            if overtaken() {
                return;
            }
            worker.use_model(loaded);
        });
    }

    fn use_model(&self, loaded: Result<loading::Loaded, loading::LoadError>) {
        let failure = match loaded {
            Ok(loaded) => {
                let mut engine = self.engine.borrow_mut();
                match engine.use_model(loaded.session, loaded.tokens) {
                    Ok(()) => {
                        // Warmed up, too.
                        let prepare_ms = now_ms() - loaded.here_ms;
                        return self.model_ready(ModelInfo {
                            prepare_ms,
                            ..loaded.info
                        });
                    }
                    Err(error) => failure::of_model(&error),
                }
            }
            Err(error) => failure::of_loading(&error),
        };
        post(&FromWorker::Failed(failure));
    }

    fn model_ready(&self, info: ModelInfo) {
        post(&FromWorker::ModelReady(info));
        self.wake();
    }

    fn load_language_model(self: &Rc<Self>, manifest_url: String, model: Option<String>) {
        let worker = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            let used = worker.language_model.borrow().clone();
            let loaded =
                loading::load_language_model(&manifest_url, model.as_deref(), used.as_ref()).await;
            let info = match loaded {
                Ok(LanguageModelLoad::InUse) => used,
                Ok(LanguageModelLoad::None) => {
                    worker.engine.borrow_mut().use_language_model(None);
                    None
                }
                Ok(LanguageModelLoad::New(language_model, info)) => {
                    let mut engine = worker.engine.borrow_mut();
                    engine.use_language_model(Some(language_model));
                    Some(info)
                }
                Err(error) => {
                    return post(&FromWorker::Failed(failure::of_language_model(&error)));
                }
            };
            (*worker.language_model.borrow_mut()).clone_from(&info);
            post(&FromWorker::LanguageModelReady(info));
            worker.wake();
        });
    }

    /// Runs a sweep; the recogniser is the sweep's until its end.
    fn run_sweep(self: &Rc<Self>, sweep: u32, request: SweepRequest) {
        let Some(mut recognizer) = self.engine.borrow_mut().lend_model() else {
            let end = SweepEnd::Failed("The acoustic model is not loaded, or in use.".to_owned());
            post(&FromWorker::SweepEnded { sweep, end });
            return;
        };
        let worker = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            sweep::run(&mut recognizer, sweep, &request, &worker.cancelled_sweep).await;
            worker.engine.borrow_mut().take_back(recognizer);
            worker.wake();
        });
    }

    /// Takes what the capture worklet sends over its port until it ends.
    fn listen(self: &Rc<Self>, port: &MessagePort) {
        let worker = Rc::clone(self);
        let source = port.clone();
        let take = self.engine.borrow().current_take();
        let on_batch = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let mut engine = worker.engine.borrow_mut();
            if engine.current_take() != take {
                // A newer take has begun: this port has nobody listening any more.
                source.set_onmessage(None);
                source.close();
                return;
            }
            match read_capture(&event.data()) {
                Some(Capture::Samples(samples)) => engine.heard(&samples, now_ms()),
                Some(Capture::Gap(frames)) => engine.gap(frames),
                Some(Capture::End) => {
                    engine.capture_ended();
                    source.set_onmessage(None);
                    source.close();
                }
                None => {}
            }
            drop(engine);
            worker.wake();
        });
        port.set_onmessage(Some(on_batch.as_ref().unchecked_ref()));
        on_batch.forget();
    }
}

fn read_capture(data: &JsValue) -> Option<Capture> {
    if let Some(samples) = data.dyn_ref::<Float32Array>() {
        return Some(Capture::Samples(samples.to_vec()));
    }
    let field = |name: &str| Reflect::get(data, &name.into()).ok();
    if field("end").is_some_and(|end| end.is_truthy()) {
        return Some(Capture::End);
    }
    field("gap_frames")
        .and_then(|frames| frames.as_f64())
        .map(Capture::Gap)
}
