//! What the browser tests stand on: a server for the built site ([`site`]), a
//! `ChromeDriver` ([`driver`]) and the page in it ([`page`]).
//!
//! ```ignore
//! #[tokio::test]
//! async fn says_what_it_is() {
//!     with_page("says-what-it-is", Options::default(), async |page| {
//!         page.click("record").await;
//!         page.wait_for_state("recording").await;
//!     })
//!     .await;
//! }
//! ```
//!
//! Every test that ends well must also have been quiet (no console error, unless
//! [`Options::console_errors_expected`]) and must have stayed at home (no request
//! to anything but the site's own server). One that fails leaves a screenshot
//! and prints what the browser's console said.

mod controls;
pub mod driver;
pub mod page;
pub mod site;
#[path = "../../../xtask/src/static_server.rs"]
mod static_server;
pub mod wav;
pub mod worker;

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::pin::pin;

pub use page::{Microphone, Options, Page};

/// Where screenshots are left: `target/screenshots`.
pub fn screenshots() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for screenshots");
    folder.canonicalize().expect("it was just made")
}

/// A file or folder name of this test run's own, under the target folder.
pub fn temporary(name: &str) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("{name}-{}-{number}", std::process::id()))
}

/// Opens the page, runs `body` on it, and checks what every test must keep.
pub async fn with_page(name: &str, options: Options, body: impl AsyncFnOnce(&Page)) {
    let console_errors_expected = options.console_errors_expected;
    let page = Page::open(options).await;
    let outcome = {
        let mut body = pin!(body(&page));
        poll_fn(
            |context| match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context))) {
                Ok(poll) => poll.map(Ok),
                Err(panic) => std::task::Poll::Ready(Err(panic)),
            },
        )
        .await
    };
    if let Err(panic) = outcome {
        page.report(name).await;
        page.close().await;
        resume_unwind(panic);
    }
    let errors = page.console_errors().await;
    let strangers = page.requests_elsewhere().await;
    page.close().await;
    assert!(
        console_errors_expected || errors.is_empty(),
        "the console shows errors: {errors:#?}"
    );
    assert!(
        strangers.is_empty(),
        "the page sent requests to others: {strangers:#?}"
    );
}
