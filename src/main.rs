//! The page. Natively it only says how to build it, and runs the tests of the
//! parts of `src/ui/` that know nothing of the browser.

#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

mod ui;

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(ui::app::App);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    println!("This is the page; it runs in a browser. Start it with: cargo xtask serve");
}
