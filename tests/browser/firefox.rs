//! The page in Firefox, where Firefox and geckodriver are there (CONTRIBUTING says how).

use std::time::Duration;

use asr_playground::decode::DecoderKind;
use asr_playground::model::Lookahead;

use super::harness::driver::Browser;
use super::harness::{Options, with_page};
use super::native::{at, clip, text_of_file, with};
use super::recognition::{committed, quiet, run_clip};

const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test]
async fn the_page_works_in_firefox() {
    if !Browser::Firefox.is_here() {
        eprintln!("not tested: there is no Firefox with geckodriver here");
        return;
    }
    let options = Options {
        browser: Browser::Firefox,
        ..quiet("")
    };
    with_page("firefox", options, async |page| {
        page.wait_for_state("ready").await;
        run_clip(page, "sentence.flac").await;
        let greedy = text_of_file(&clip("sentence.flac"), &at(Lookahead::default()));
        assert_eq!(committed(page).await, greedy);

        page.wait_for_value("language-model", "ready").await;
        page.choose("decoder", "beam+lm").await;
        let beam = text_of_file(&clip("sentence.flac"), &with(DecoderKind::BeamLm));
        page.wait_until("the beam's text", PATIENCE, async || {
            let settled = page.state().await.0 == "finished";
            (settled && committed(page).await == beam).then_some(())
        })
        .await;

        page.click("share").await;
        let link = page.property("share-link", "value").await;
        let link = link.unwrap_or_default();
        assert!(
            link.contains("decoder=beam+lm") && link.contains("clip=sentence.flac"),
            "{link}"
        );
        for view in ["inside", "beam", "latency", "compare", "sweep", "lessons"] {
            page.script(
                "document.querySelector(`[data-testid='${arguments[0]}']`).click()",
                vec![format!("view-{view}").into()],
            )
            .await;
            page.wait_until(view, PATIENCE, async || {
                (page.attribute("view", "data-view").await.as_deref() == Some(view)).then_some(())
            })
            .await;
        }
    })
    .await;
}
