//! Screenshots at three widths, light and dark, to be looked at.

use super::harness::with_page;
use super::recognition::{quiet, run_clip};

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
                let content = page
                    .script("return document.documentElement.scrollWidth", Vec::new())
                    .await;
                assert_eq!(content, serde_json::json!(width), "at {width} px");
                let file = page
                    .screenshot(&format!("page-{width}-{shade}"), width)
                    .await;
                assert!(std::fs::metadata(file).unwrap().len() > 10_000);
            }
        }
    })
    .await;
}
