//! From the real-time factor to what listeners cost.

use leptos::prelude::*;

use super::lesson::{Fact, Slider};
use crate::ui::format;
use crate::ui::page::use_page;

const CORES: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// Cents for an hour of one core.
const CENTS: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 6.0, 10.0];
/// Share of the time that a core may be busy, so that peaks do not queue.
const BUSY: [f64; 5] = [0.3, 0.5, 0.6, 0.7, 0.9];

/// How many listeners some cores can serve, at the take's real-time factor.
#[component]
pub fn Calculator() -> impl IntoView {
    let page = use_page();
    let (cores, cents, busy) = (RwSignal::new(0), RwSignal::new(3), RwSignal::new(2));
    let cores_of = move || CORES.get(cores.get()).copied().unwrap_or(1);
    let cents_of = move || CENTS.get(cents.get()).copied().unwrap_or(4.0);
    let busy_of = move || BUSY.get(busy.get()).copied().unwrap_or(0.6);
    let factor = move || {
        let measured = page.figures.with(|f| f.real_time_factor);
        measured.filter(|f| f.is_finite() && *f > 0.0)
    };
    let listeners = move || factor().map(|f| (f64::from(cores_of()) * busy_of() / f).floor());
    let dollars = move || factor().map(|f| f / busy_of() * cents_of() / 100.0);
    let or_none = |value: Option<String>| value.unwrap_or_else(|| format::NONE_YET.to_owned());
    view! {
        <div class="lesson-widget">
            <div class="lesson-sliders">
                <Slider name="Cores" testid="cost-cores" count=CORES.len() position=cores words=move || cores_of().to_string() />
                <Slider name="A core-hour" testid="cost-price" count=CENTS.len() position=cents words=move || format!("{} ¢", cents_of()) />
                <Slider name="Busy at most" testid="cost-busy" count=BUSY.len() position=busy words=move || format!("{:.0}%", busy_of() * 100.0) />
            </div>
            <dl class="lesson-facts">
                <Fact name="Real-time factor, measured here" testid="cost-rtf" value=move || format::factor(factor()) />
                <Fact name="Listeners at once" testid="cost-listeners" value=move || or_none(listeners().map(|n| format!("{n:.0}"))) />
                <Fact name="An hour of audio costs" testid="cost-dollars" value=move || or_none(dollars().map(|d| format!("${d:.4}"))) />
            </dl>
            <p class="hint">
                "Listeners = cores × busy share ÷ real-time factor. The factor is of this browser's one thread; a server's \
                 cores with native code are faster. What the model's memory costs is left out."
            </p>
        </div>
    }
}
