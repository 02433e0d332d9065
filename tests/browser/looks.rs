//! Screenshots at three widths, light and dark, to be looked at.

use super::harness::with_page;
use super::recognition::{quiet, run_clip};

/// Nothing sticks out beside the window (whose scroll bar takes some of it).
pub const FITS: &str =
    "const root = document.documentElement; return root.scrollWidth <= root.clientWidth";

#[tokio::test]
async fn screenshots_at_three_widths() {
    with_page("looks", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        for dark in [false, true] {
            page.prefer_dark(dark).await;
            for width in [360, 768, 1440] {
                let shade = if dark { "dark" } else { "light" };
                page.resize(width, 900).await;
                let content = page.script(FITS, Vec::new()).await;
                assert_eq!(content, serde_json::json!(true), "at {width} px");
                let file = page
                    .screenshot(&format!("page-{width}-{shade}"), width)
                    .await;
                assert!(std::fs::metadata(file).unwrap().len() > 10_000);
            }
        }
    })
    .await;
}
