//! Links: copied, and with parts left out; and the page on privacy.

use serde_json::json;

use super::harness::{Options, with_page};
use super::recognition::{QUIET, quiet};

#[tokio::test]
async fn what_is_left_out_leaves_no_panel_at_the_edge() {
    for (hide, width) in [
        ("header", 1440),
        ("header,source", 768),
        ("header,source,nav", 360),
    ] {
        let fragment = format!("?autorun=off&hide={hide}");
        let options = Options {
            fragment,
            ..Options::default()
        };
        with_page("hide-edges", options, async |page| {
            page.resize(width, 900).await;
            page.wait_for_state("ready").await;
            let edges = page
                .script(
                    "const first = document.querySelector('.main .panel, .main .views').getBoundingClientRect(); \
                     return [first.top, first.left]",
                    Vec::new(),
                )
                .await;
            let [top, left]: [f64; 2] = serde_json::from_value(edges).unwrap();
            assert!(top >= 12.0 && left >= 12.0, "{hide} at {width} px: {top}, {left}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_phone_folds_what_is_secondary() {
    with_page("fold", quiet("#view=listen"), async |page| {
        page.wait_for_state("ready").await;
        let seen = async |testid: &str| {
            let element = page.find(testid).await;
            element.is_displayed().await.unwrap()
        };
        page.resize(1440, 900).await;
        assert!(seen("rtf").await && !seen("fold-figures").await);
        page.resize(360, 900).await;
        assert!(!seen("rtf").await && seen("lookahead").await && seen("decoder").await);
        page.click("fold-figures").await;
        assert!(seen("rtf").await);
        page.click("fold-figures").await;
        assert!(!seen("rtf").await);
    })
    .await;
}

#[tokio::test]
async fn a_link_has_the_settings_and_what_is_left_out() {
    with_page("share", quiet("#lookahead=640&view=listen"), async |page| {
        page.wait_for_state("ready").await;
        page.click("share").await;
        page.click("share-parts").await;
        page.click("hide-figures").await;
        page.click("hide-takes").await;
        let link = page.property("share-link", "value").await.unwrap();
        assert!(
            link.ends_with("/some/folder/?hide=figures,takes#lookahead=640&pace=fast"),
            "{link}"
        );

        page.cdp(
            "Browser.grantPermissions",
            json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}),
        )
        .await;
        page.click("share-copy").await;
        page.wait_until(
            "it is copied",
            std::time::Duration::from_secs(5),
            async || (page.text("share-copied").await == "Copied.").then_some(()),
        )
        .await;
        let pasted = page
            .script_async("return await navigator.clipboard.readText()", Vec::new())
            .await;
        assert_eq!(pasted, json!(link));

        // Escape closes the sheet and gives the focus back.
        page.find("share-link")
            .await
            .send_keys("\u{e00c}")
            .await
            .unwrap();
        let focused = page
            .script("return document.activeElement.dataset.testid", Vec::new())
            .await;
        assert_eq!(focused, json!("share"));
    })
    .await;
}

#[tokio::test]
async fn where_copying_is_refused_the_link_is_selected() {
    with_page("share-refused", quiet(""), async |page| {
        page.wait_for_state("ready").await;
        page.script(
            "Object.defineProperty(navigator, 'clipboard', {value: undefined})",
            Vec::new(),
        )
        .await;
        page.click("share").await;
        page.click("share-copy").await;
        page.wait_until("it says how", std::time::Duration::from_secs(5), async || {
            page.text("share-copied").await.contains("Ctrl+C").then_some(())
        })
        .await;
        let selected = page
            .script(
                "const f = document.activeElement; return f.value.slice(f.selectionStart, f.selectionEnd) === f.value && f.value.length > 0",
                Vec::new(),
            )
            .await;
        assert_eq!(selected, json!(true));
    })
    .await;
}

#[tokio::test]
async fn every_part_can_be_left_out() {
    let parts = [
        ("source", "record"),
        ("nav", "view-listen"),
        ("transcript", "transcript"),
        ("reference", "reference"),
        ("takes", "takes"),
        ("lookahead", "lookahead"),
        ("decoder", "decoder"),
        ("figures", "rtf"),
        ("lessons", "view-lessons"),
        ("header", "theme"),
        ("footer", "privacy"),
    ];
    with_page("hide", quiet(""), async |page| {
        for (_, testid) in parts {
            page.wait_for(testid).await;
        }
        for (part, _) in parts {
            page.go(&format!("{QUIET}&hide={part},nonsense")).await;
            page.wait_until(
                "the page is there",
                std::time::Duration::from_secs(30),
                async || (!page.state().await.0.is_empty()).then_some(()),
            )
            .await;
            for (other, there) in parts {
                // The row of views has the tab of a view in it.
                let gone = other == part || (part == "nav" && other == "lessons");
                assert_eq!(page.has(there).await, !gone, "{there} with hide={part}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_privacy_page_opens_and_closes_by_keyboard() {
    with_page("privacy", Options::default(), async |page| {
        page.find("privacy")
            .await
            .send_keys("\u{e007}")
            .await
            .unwrap();
        let text = page.text("privacy-dialogue").await;
        assert!(text.contains("Nothing. Your voice"), "{text}");
        page.find("privacy-close")
            .await
            .send_keys("\u{e00c}")
            .await
            .unwrap();
        let open = page
            .script("return document.querySelector('dialog').open", Vec::new())
            .await;
        assert_eq!(open, json!(false));
    })
    .await;
}
