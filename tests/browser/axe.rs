//! Accessibility: axe finds nothing serious in any view, in light and in dark.
//!
//! `cargo xtask test` fetches axe-core into `.tools/` and says in `ASR_AXE` where it is.

use serde_json::{Value, json};

use super::harness::{Page, with_page};
use super::native::repository;
use super::recognition::{QUIET, quiet, run_clip};

/// Where xtask puts it.
const AXE: &str = ".tools/axe-core-4.10.3/package/axe.min.js";

const VIEWS: [&str; 7] = [
    "listen", "inside", "beam", "latency", "compare", "sweep", "lessons",
];

fn axe() -> String {
    let file = std::env::var_os("ASR_AXE").map_or_else(|| repository().join(AXE), Into::into);
    std::fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!(
            "axe-core is not at {} ({error}): `cargo xtask test --browser` fetches it with npm",
            file.display()
        )
    })
}

/// What axe holds against the page as it is now: rule, element, reason.
async fn findings(page: &Page, axe: &str, place: &str) -> Vec<String> {
    let there = page.script("return !!window.axe", Vec::new()).await;
    if there != json!(true) {
        page.script(axe, Vec::new()).await;
    }
    let violations = page
        .script_async(
            "document.getAnimations().forEach(a => a.finish && a.effect.getComputedTiming().iterations !== Infinity && a.finish()); \
             const found = await axe.run(document, {resultTypes: ['violations']}); \
             return found.violations.map(v => [v.id, v.impact, v.nodes.map(n => [n.html.slice(0, 160), n.failureSummary])])",
            Vec::new(),
        )
        .await;
    let mut lines = Vec::new();
    for violation in violations.as_array().unwrap() {
        let impact = violation[1].as_str().unwrap_or_default();
        for node in violation[2].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap_or_default().replace('\n', " ");
            let line = format!(
                "{place}: {impact}: {}: {} ({})",
                text(&violation[0]),
                text(&node[0]),
                text(&node[1])
            );
            println!("{line}");
            if matches!(impact, "serious" | "critical") {
                lines.push(line);
            }
        }
    }
    lines
}

async fn every_view(dark: bool) {
    let axe = axe();
    let shade = if dark { "dark" } else { "light" };
    with_page(&format!("axe-{shade}"), quiet(""), async |page| {
        page.prefer_dark(dark).await;
        page.client.refresh().await.unwrap();
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let reference = "the house stood on a bare hill and door was open";
        page.fill("reference", reference).await;
        let mut found = Vec::new();
        for view in VIEWS {
            page.click(&format!("view-{view}")).await;
            found.extend(findings(page, &axe, &format!("{view}, {shade}")).await);
        }
        page.click("view-listen").await;
        for opened in ["share", "save", "source-microphone"] {
            page.click(opened).await;
            found.extend(findings(page, &axe, &format!("{opened}, {shade}")).await);
            page.click(opened).await;
        }
        page.click("privacy").await;
        found.extend(findings(page, &axe, &format!("privacy, {shade}")).await);
        assert!(found.is_empty(), "{found:#?}");
    })
    .await;
}

#[tokio::test]
async fn nothing_serious_in_any_view_in_light() {
    every_view(false).await;
}

#[tokio::test]
async fn nothing_serious_in_any_view_in_dark() {
    every_view(true).await;
}

#[tokio::test]
async fn nothing_serious_on_a_phone_or_when_something_is_wrong() {
    let axe = axe();
    with_page("axe-phone", quiet(""), async |page| {
        page.resize(360, 800).await;
        page.wait_for_state("ready").await;
        page.click("keep-takes").await;
        let clip = super::native::clip("digits.flac");
        page.choose_file("source-file", &clip).await;
        page.wait_for("take-row").await;
        // There is no microphone.
        page.click("record").await;
        page.wait_for("error").await;
        let mut found = Vec::new();
        for dark in [false, true] {
            page.prefer_dark(dark).await;
            found.extend(findings(page, &axe, &format!("phone, dark: {dark}")).await);
        }
        page.go(&format!("{QUIET}&hide=header,nav,source")).await;
        // The kept take comes back into view.
        page.wait_for_state("finished").await;
        found.extend(findings(page, &axe, "parts left out").await);
        assert!(found.is_empty(), "{found:#?}");
    })
    .await;
}
