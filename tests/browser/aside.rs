//! A recording is never lost to the next take.

use std::time::Duration;

use serde_json::json;

use super::harness::{Microphone, Options, Page, with_page};
use super::microphone::{padded, wav};
use super::recognition::{committed, quiet, run_clip};

const PATIENCE: Duration = Duration::from_mins(1);

/// Records for so long.
async fn record(page: &Page, seconds: u64) {
    page.click("record").await;
    page.wait_for_state("recording").await;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    page.click("stop").await;
    page.wait_for_state("finished").await;
}

async fn rows(page: &Page) -> usize {
    let rows = "return document.querySelectorAll('[data-testid=aside-row]').length";
    let rows = page.script(rows, Vec::new()).await;
    usize::try_from(rows.as_u64().unwrap_or_default()).unwrap_or_default()
}

async fn rows_become(page: &Page, wanted: usize) {
    page.wait_until(&format!("{wanted} are set aside"), PATIENCE, async || {
        (rows(page).await == wanted).then_some(())
    })
    .await;
}

fn digits() -> Options {
    Options {
        microphone: Microphone::Hears(wav(&padded("digits.flac"))),
        ..quiet("")
    }
}

#[tokio::test]
async fn a_recording_is_set_aside_and_comes_back() {
    with_page("aside", digits(), async |page| {
        page.wait_for_state("ready").await;
        record(page, 6).await;
        let said = committed(page).await;
        assert!(said.split(' ').count() >= 3, "{said}");
        page.fill("reference", "one two three").await;
        assert_eq!(rows(page).await, 0, "it is in view");

        // Once more: what follows is silence.
        record(page, 2).await;
        rows_become(page, 1).await;
        let first = said.split(' ').take(5).collect::<Vec<_>>().join(" ");
        let row = page.text("aside-row").await;
        assert!(row.contains(&first), "{row:?} begins with {first:?}");

        page.fill("reference", "nothing").await;
        let (_, before) = page.state().await;
        page.click("aside-open").await;
        page.wait_for_take_after(before, PATIENCE).await;
        assert_eq!(committed(page).await, said);
        assert_eq!(
            page.property("reference", "value").await.as_deref(),
            Some("one two three"),
            "the reference is its own"
        );
        // The silence is a recording as well.
        rows_become(page, 1).await;
        page.click("aside-discard").await;
        rows_become(page, 0).await;

        // Recognised again, it is the same take; a clip pushes it out of view.
        page.click("run-again").await;
        page.wait_for_take_after(before + 1, PATIENCE).await;
        assert_eq!(rows(page).await, 0);
        run_clip(page, "spelled.opus").await;
        rows_become(page, 1).await;
        run_clip(page, "digits.flac").await;
        assert_eq!(rows(page).await, 1, "a clip needs no keeping");
        let stored = page
            .script_async("return (await indexedDB.databases()).length", Vec::new())
            .await;
        assert_eq!(stored, json!(0), "nobody asked");

        // Keeping takes keeps it as well.
        page.click("keep-takes").await;
        rows_become(page, 0).await;
        page.wait_for("take-row").await;
        let title = page.attribute("take-row", "data-value").await;
        assert!(title.is_some_and(|title| said.starts_with(title.trim_end_matches('…'))));
    })
    .await;
}

#[tokio::test]
async fn a_recording_that_is_kept_is_not_set_aside() {
    with_page("aside-kept", digits(), async |page| {
        page.wait_for_state("ready").await;
        page.click("keep-takes").await;
        record(page, 4).await;
        page.wait_until("it is kept", PATIENCE, async || {
            let open = "return !!document.querySelector('.take-row.open')";
            (page.script(open, Vec::new()).await == json!(true)).then_some(())
        })
        .await;
        run_clip(page, "spelled.opus").await;
        assert_eq!(rows(page).await, 0);
    })
    .await;
}

/// Every write to the database takes six seconds.
const SLOW_DISK: &str = "Object.defineProperty(IDBTransaction.prototype, 'oncomplete', { \
    set(hear) { this.addEventListener('complete', event => setTimeout(() => hear(event), 6000)) } })";

#[tokio::test]
async fn a_take_that_ends_during_its_first_write_is_kept_whole() {
    let options = Options {
        microphone: Microphone::Hears(wav(
            &[padded("digits.flac"), padded("sentence.flac")].concat()
        )),
        ..quiet("")
    };
    with_page("slow-disk", options, async |page| {
        page.wait_for_state("ready").await;
        page.click("keep-takes").await;
        page.script(SLOW_DISK, Vec::new()).await;
        // The first write begins within three seconds and lasts beyond the take.
        record(page, 5).await;
        let said = committed(page).await;
        run_clip(page, "spelled.opus").await;
        let states = async || {
            let rows = "return [...document.querySelectorAll('[data-testid=take-row]')].map(row => \
                [row.querySelector('.take-text').textContent, row.querySelector('.take-facts').textContent])";
            let rows = page.script(rows, Vec::new()).await;
            serde_json::from_value::<Vec<(String, String)>>(rows).unwrap_or_default()
        };
        page.wait_until("it is kept, and ended", PATIENCE, async || {
            let rows = states().await;
            let ended = |row: &(String, String)| row.0 == said && !row.1.contains("being recorded");
            (rows.len() == 1 && ended(&rows[0])).then_some(())
        })
        .await;
        rows_become(page, 0).await;
        // And so is the next.
        record(page, 5).await;
        page.wait_until("both are kept", PATIENCE, async || {
            let rows = states().await;
            let recorded = rows.iter().any(|row| row.1.contains("being recorded"));
            (rows.len() == 2 && !recorded).then_some(())
        })
        .await;
    })
    .await;
}
