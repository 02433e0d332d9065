//! The page loads from a sub-path, quietly, and fits every width.

use super::harness::{Options, with_page};
use super::looks::FITS;

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
