//! Screenshots at three widths, light and dark, to be looked at.

use std::time::Duration;

use super::harness::{Options, with_page};
use super::recognition::{QUIET, quiet, run_clip};

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

#[tokio::test]
async fn a_phone_shows_which_view_is_open() {
    with_page("looks-tabs", quiet(""), async |page| {
        page.resize(360, 800).await;
        for view in ["lessons", "listen", "sweep"] {
            page.go(&format!("{QUIET}#view={view}")).await;
            let tab_in_view = format!(
                "const tab = document.querySelector('[data-testid=view-{view}][aria-current]')?.getBoundingClientRect();
                return !!tab && tab.left >= 0 && tab.right <= document.documentElement.clientWidth"
            );
            page.wait_until("the open view's tab", Duration::from_secs(20), async || {
                let seen = page.script(&tab_in_view, Vec::new()).await;
                (seen == serde_json::json!(true)).then_some(())
            })
            .await;
        }
    })
    .await;
}

/// What each view shows at its best, for the screenshots of the README.
const VIEWS: [(&str, &str); 7] = [
    ("listen", "decoder=beam+lm&clip=sentence.flac"),
    ("inside", "decoder=beam+lm&clip=sentence.flac"),
    ("beam", "decoder=beam+lm&clip=sentence.flac"),
    ("latency", "decoder=beam+lm&clip=story.opus"),
    (
        "compare",
        "clip=story.opus&b.decoder=beam+lm&b.lookahead=1280",
    ),
    (
        "sweep",
        "clip=digits.flac&sweep=0,320,1280;greedy,beam+lm;8;0.5;1;on;on",
    ),
    ("lessons", "lesson=sum-over-paths&clip=sentence.flac"),
];

/// The view has drawn what it asked the worker for.
const SETTLED: Duration = Duration::from_secs(4);

#[tokio::test]
async fn every_view_fits_at_three_widths() {
    let quick = Options {
        fragment: "?pace=fast".to_owned(),
        ..Options::default()
    };
    with_page("views", quick, async |page| {
        for (view, settings) in VIEWS {
            // Another query, so that the page is loaded anew.
            let fragment = format!("?pace=fast&for={view}#view={view}&{settings}");
            page.go(&fragment).await;
            page.wait_for_state("finished").await;
            if view == "sweep" {
                page.click("sweep-run").await;
                page.wait_until("the end of the sweep", Duration::from_mins(4), async || {
                    let state = page.attribute("sweep-state", "data-value").await;
                    (state.as_deref() == Some("idle")).then_some(())
                })
                .await;
            }
            if view == "beam" {
                // A row in which several hypotheses are left.
                page.slide("inspector-row", 80).await;
            }
            tokio::time::sleep(SETTLED).await;
            for dark in [false, true] {
                page.prefer_dark(dark).await;
                for width in [360, 768, 1440] {
                    page.resize(width, 900).await;
                    // Canvases follow the window in the next frame.
                    let what = format!("{view} fits into {width} px");
                    page.wait_until(&what, SETTLED, async || {
                        let fits = page.script(FITS, Vec::new()).await;
                        (fits == serde_json::json!(true)).then_some(())
                    })
                    .await;
                    let shade = if dark { "dark" } else { "light" };
                    page.screenshot(&format!("view-{view}-{width}-{shade}"), width)
                        .await;
                }
            }
        }
    })
    .await;
}
