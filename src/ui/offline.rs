//! The offline copy: registers the service worker that keeps it (`public/service-worker.js`)
//! and offers a new version when one is ready. Never forced: a take is never cut off.

use js_sys::Function;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

use super::browser::member;
use super::page::{LanguageModelState, ModelStatus, Page, Phase, use_page};

/// Relative to the page, so that its scope is the page's folder.
const SCRIPT: &str = "./service-worker.js";

/// Where the offline copy stands.
#[derive(Clone, Copy)]
pub struct Offline {
    /// A new version waits.
    pub update: RwSignal<bool>,
    /// The page is all here and can be used without a network.
    pub ready: RwSignal<bool>,
    registration: StoredValue<Option<ServiceWorkerRegistration>, LocalStorage>,
    asked: StoredValue<bool>,
}

impl Offline {
    /// Registers as soon as everything the page needs first is here, so as not to take
    /// bandwidth from it.
    pub fn new(page: Page) -> Self {
        let offline = Self {
            update: RwSignal::new(false),
            ready: RwSignal::new(false),
            registration: StoredValue::new_local(None),
            asked: StoredValue::new(false),
        };
        Effect::new(move |done: Option<bool>| {
            let settled = page.language_model.with(|state| {
                !matches!(
                    state,
                    LanguageModelState::Later | LanguageModelState::Loading { .. }
                )
            }) || page.model.with(|model| *model == ModelStatus::Failed);
            if settled && done != Some(true) {
                // Refused on insecure origins and in some private windows: then the page
                // works as it always has, with a network.
                spawn_local(async move {
                    let _ = offline.register().await;
                });
            }
            done == Some(true) || settled
        });
        offline
    }

    async fn register(self) -> Result<(), JsValue> {
        let Some(container) = container() else {
            return Ok(());
        };
        let registered = JsFuture::from(container.register(SCRIPT)).await?;
        let registration: ServiceWorkerRegistration = registered.dyn_into()?;
        self.registration.set_value(Some(registration.clone()));
        self.look(&registration);
        // What an older build has left while pages of it were open.
        if let Some(active) = registration.active() {
            let _ = active.post_message(&"tidy".into());
        }
        let found = {
            let registration = registration.clone();
            Closure::<dyn FnMut()>::new(move || self.follow(&registration))
        };
        registration.set_onupdatefound(Some(found.as_ref().unchecked_ref::<Function>()));
        found.forget();
        self.follow(&registration);
        let changed = Closure::<dyn FnMut()>::new(move || self.changed());
        container.set_oncontrollerchange(Some(changed.as_ref().unchecked_ref::<Function>()));
        changed.forget();
        Ok(())
    }

    /// Waits for the version being installed.
    fn follow(self, registration: &ServiceWorkerRegistration) {
        let Some(installing) = registration.installing() else {
            return;
        };
        let registration = registration.clone();
        let changed = Closure::<dyn FnMut()>::new(move || self.look(&registration));
        installing.set_onstatechange(Some(changed.as_ref().unchecked_ref::<Function>()));
        changed.forget();
    }

    fn look(self, registration: &ServiceWorkerRegistration) {
        let active = registration
            .active()
            .is_some_and(|worker| worker.state() == ServiceWorkerState::Activated);
        self.ready.set(active);
        // Without an older one it is no update.
        let waiting = registration.waiting().is_some() && registration.active().is_some();
        if waiting {
            self.update.set(true);
        }
    }

    /// Another version serves from now on: this page's, if it was asked for here.
    fn changed(self) {
        if self.asked.get_value() {
            let _ = location().reload();
        } else {
            self.update.set(true);
        }
    }

    /// Switches to the new version.
    fn switch(self) {
        self.asked.set_value(true);
        let waiting = self
            .registration
            .with_value(|r| r.as_ref().and_then(ServiceWorkerRegistration::waiting));
        match waiting {
            Some(worker) if worker.post_message(&"activate".into()).is_ok() => {}
            // Another page switched before.
            _ => {
                let _ = location().reload();
            }
        }
    }
}

/// Absent on insecure origins.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    member(&navigator, "serviceWorker")
        .is_object()
        .then(|| navigator.service_worker())
}

/// Offers the new version, between takes.
#[component]
pub fn UpdateNotice() -> impl IntoView {
    let page = use_page();
    let offline = expect_context::<Offline>();
    let busy = move || {
        matches!(
            page.phase.get(),
            Phase::Recording | Phase::Opening | Phase::Running
        )
    };
    view! {
        <Show when=move || offline.update.get()>
            <section class="update" role="status" data-testid="update">
                <p>
                    <b>"A new version is ready. "</b>
                    {move || if busy() { "It can be loaded when the take is over." } else { "The settings stay; a take that is not kept or saved goes." }}
                </p>
                <div class="trouble-buttons">
                    <button
                        type="button"
                        class="button primary"
                        data-testid="update-reload"
                        disabled=busy
                        on:click=move |_| offline.switch()
                    >
                        "Reload"
                    </button>
                    <button
                        type="button"
                        class="button quiet"
                        data-testid="update-later"
                        on:click=move |_| offline.update.set(false)
                    >
                        "Later"
                    </button>
                </div>
            </section>
        </Show>
    }
}
