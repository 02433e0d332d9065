//! The page loads from a sub-path, quietly, and fits every width.

use std::time::Duration;

use serde_json::json;

use super::harness::{Options, with_page};
use super::looks::FITS;
use super::recognition::{quiet, run_clip};

#[tokio::test]
async fn the_page_loads_from_a_sub_path() {
    let options = Options {
        prefix: "/deep/in/a/host/".to_owned(),
        ..Options::default()
    };
    with_page("sub-path", options, async |page| {
        assert!(!page.client.title().await.unwrap().is_empty());
        let requests = page.server.requests();
        assert!(
            requests
                .iter()
                .any(|request| request.target.contains("_bg.wasm")),
            "{requests:#?}"
        );
        for request in requests {
            assert!(
                request.target.starts_with("/deep/in/a/host/"),
                "{request:?}"
            );
            assert_eq!(request.status, 200, "{request:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_wider_than_the_window() {
    with_page("widths", Options::default(), async |page| {
        for width in [360, 768, 1440] {
            page.resize(width, 900).await;
            let content = page.script(FITS, Vec::new()).await;
            assert_eq!(content, serde_json::json!(true), "at {width} px");
        }
    })
    .await;
}

/// What the policy refuses is told to the page; hears it for as long as `act` takes.
const REFUSED: &str = "const refused = []; \
    const hear = event => refused.push(event.effectiveDirective); \
    document.addEventListener('securitypolicyviolation', hear); \
    document.body.setAttribute('style', 'color: red'); \
    const script = document.createElement('script'); script.textContent = 'window.inline = 1'; \
    document.body.append(script); script.remove(); \
    for (let i = 0; i < 100 && refused.length < 2; i++) await new Promise(done => setTimeout(done, 100)); \
    return [refused.sort(), getComputedStyle(document.body).color === 'rgb(255, 0, 0)', window.inline === 1]";

#[tokio::test]
async fn the_policy_lets_no_inline_style_or_script_pass() {
    let provoking = Options {
        console_errors_expected: true,
        ..quiet("")
    };
    with_page("policy", provoking, async |page| {
        page.wait_for_state("ready").await;
        let policy = page
            .script(
                "return document.querySelector('meta[http-equiv=Content-Security-Policy]').content",
                Vec::new(),
            )
            .await;
        let policy = policy.as_str().unwrap_or_default();
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{policy}"
        );
        let found = page.script_async(REFUSED, Vec::new()).await;
        assert_eq!(
            found,
            json!([["script-src-elem", "style-src-attr"], false, false])
        );
    })
    .await;
}

#[tokio::test]
async fn no_view_needs_an_inline_style() {
    // What the policy refuses is an error on the console, which every test must be free of.
    with_page("policy-views", quiet("#decoder=beam"), async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "digits.flac").await;
        for view in [
            "inside", "beam", "latency", "compare", "sweep", "lessons", "listen",
        ] {
            page.click(&format!("view-{view}")).await;
            page.wait_until(view, Duration::from_secs(30), async || {
                (page.attribute("view", "data-view").await.as_deref() == Some(view)).then_some(())
            })
            .await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        page.fill("reference", "one two").await;
        page.script(
            "document.querySelectorAll('details').forEach(d => d.open = true)",
            Vec::new(),
        )
        .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(page.console_errors().await.is_empty());
    })
    .await;
}
