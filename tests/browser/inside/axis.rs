//! The time axis: zoomed, scrolled, pointed at, clicked.

use super::*;

#[tokio::test]
async fn zoom_and_scroll_change_what_is_in_view() {
    with_page("inside-zoom", quiet("#view=inside"), async |page| {
        open(page).await;
        let whole = span(page).await;
        // The picture ends with the sound, not with the silence that the model hears after it.
        let bytes = std::fs::read(clip(CLIP)).unwrap();
        let audio = decode_file(CLIP, &bytes).unwrap();
        assert_eq!(audio.sample_rate_hz, 16_000);
        let end = audio.samples.len() as f64;
        assert!(
            whole.0.abs() < 1.0 && (whole.1 - end).abs() < 2.0,
            "{whole:?}, and {end}"
        );
        page.click("zoom-in").await;
        let zoomed = span(page).await;
        let ratio = (whole.1 - whole.0) / (zoomed.1 - zoomed.0);
        assert!((ratio - 1.6).abs() < 0.01, "{zoomed:?}");
        // Keys: closer, to the end, back to all of it.
        let key = async |key: &str| {
            let canvas = page.find("inside-canvas").await;
            canvas.send_keys(key).await.unwrap();
        };
        key("+").await;
        let closer = span(page).await;
        assert!(closer.1 - closer.0 < zoomed.1 - zoomed.0);
        key("\u{E00F}").await; // page down
        let later = span(page).await;
        assert!(later.0 > closer.0, "{later:?}");
        assert!(((later.1 - later.0) - (closer.1 - closer.0)).abs() < 2.0);
        key("-").await;
        assert!(span(page).await.1 - span(page).await.0 > later.1 - later.0);
        key("0").await;
        assert_eq!(span(page).await, whole);
        // The wheel with Ctrl keeps what is under the pointer.
        let (x, y) = point(page, 0.25, 100.0).await;
        let wheel = json!({
            "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": -80, "modifiers": 2,
        });
        page.cdp("Input.dispatchMouseEvent", wheel).await;
        let wheeled = page
            .wait_until("the wheel zooms", PATIENCE, async || {
                let now = span(page).await;
                (now != whole).then_some(now)
            })
            .await;
        let under = |span: (f64, f64)| span.0 + 0.25 * (span.1 - span.0);
        assert!((under(wheeled) - under(whole)).abs() < 100.0, "{wheeled:?}");
        // A drag moves the picture and plays nothing.
        let before = number(page, "inside-canvas", "data-cursor").await;
        let (x, y) = point(page, 0.5, 100.0).await;
        mouse(page, "mousePressed", x, y).await;
        mouse(page, "mouseMoved", x - 60.0, y).await;
        mouse(page, "mouseMoved", x - 120.0, y).await;
        mouse(page, "mouseReleased", x - 120.0, y).await;
        page.wait_until("the drag moves it", PATIENCE, async || {
            (span(page).await.0 > wheeled.0 + 1000.0).then_some(())
        })
        .await;
        assert_eq!(number(page, "inside-canvas", "data-cursor").await, before);
        page.click("zoom-fit").await;
        assert_eq!(span(page).await, whole);
    })
    .await;
}

#[tokio::test]
async fn a_click_seeks_and_plays_and_pointing_reads_out() {
    with_page("inside-seek", quiet("#view=inside"), async |page| {
        open(page).await;
        let right = span(page).await.1;
        // Pointing: the time and the word there.
        point(page, 0.5, 300.0).await;
        let middle = right * 0.5;
        page.wait_until("the read-out follows", PATIENCE, async || {
            let sample = number(page, "inside-readout", "data-sample").await?;
            ((sample - middle).abs() < 300.0).then_some(())
        })
        .await;
        let shown = page.text("inside-tokens").await;
        assert!(shown.contains('%'), "{shown}");
        assert!(page.text("inside-level").await.contains("dBFS"));
        // A click: the playhead goes there, and on.
        let (x, y) = point(page, 0.2, 100.0).await;
        mouse(page, "mousePressed", x, y).await;
        mouse(page, "mouseReleased", x, y).await;
        let wanted = right * 0.2;
        page.wait_until("the playhead moves on from there", PATIENCE, async || {
            let cursor = number(page, "inside-canvas", "data-cursor").await?;
            (cursor > wanted + 800.0).then_some(())
        })
        .await;
        // Keys: to the start, and a step on.
        let canvas = page.find("inside-canvas").await;
        let playing = async || page.attribute("inside-canvas", "data-playing").await;
        if playing().await.as_deref() == Some("true") {
            canvas.send_keys(" ").await.unwrap();
        }
        page.wait_until("it is silent", PATIENCE, async || {
            (playing().await.as_deref() == Some("false")).then_some(())
        })
        .await;
        canvas.send_keys("\u{E011}").await.unwrap(); // home
        assert_eq!(
            number(page, "inside-canvas", "data-cursor").await,
            Some(0.0)
        );
        canvas.send_keys("\u{E014}").await.unwrap(); // right
        assert!(number(page, "inside-canvas", "data-cursor").await.unwrap() >= 320.0);
    })
    .await;
}

#[tokio::test]
async fn two_fingers_zoom_and_one_scrolls() {
    with_page("inside-touch", quiet("#view=inside"), async |page| {
        page.resize(1000, 900).await;
        open(page).await;
        let (left, right) = span(page).await;
        let whole = right - left;
        let (x, y, width) = canvas_box(page).await;
        let (middle, y) = (x + GUTTER + (width - GUTTER) / 2.0, y + 60.0);
        let touch = async |kind: &str, points: &[f64]| {
            let points: Vec<_> = points
                .iter()
                .enumerate()
                .map(|(id, x)| json!({"x": x, "y": y, "id": id}))
                .collect();
            page.cdp(
                "Input.dispatchTouchEvent",
                json!({"type": kind, "touchPoints": points}),
            )
            .await;
        };
        // Fingers 80 pixels apart go to 320: four times as close.
        touch("touchStart", &[middle - 40.0]).await;
        touch("touchStart", &[middle - 40.0, middle + 40.0]).await;
        for step in 1..=12 {
            let apart = 40.0 + 10.0 * f64::from(step);
            touch("touchMove", &[middle - apart, middle + apart]).await;
        }
        touch("touchEnd", &[]).await;
        let near = |value: f64, wanted: f64, off: f64| (value - wanted).abs() < off;
        let (left, right) = page
            .wait_until("a quarter of it is in view", PATIENCE, async || {
                let (left, right) = span(page).await;
                near(right - left, whole / 4.0, whole / 20.0).then_some((left, right))
            })
            .await;
        let (zoomed, centre) = (right - left, f64::midpoint(left, right));

        // One finger drags the picture along; nothing is played by it.
        touch("touchStart", &[middle]).await;
        for step in 1..=10 {
            touch("touchMove", &[middle - 10.0 * f64::from(step)]).await;
        }
        touch("touchEnd", &[]).await;
        // 100 pixels to the left are so many samples on.
        let on = 100.0 / (width - GUTTER) * zoomed;
        page.wait_until("the picture is further on", PATIENCE, async || {
            let (left, right) = span(page).await;
            let moved = f64::midpoint(left, right) - centre;
            (near(right - left, zoomed, 2.0) && near(moved, on, on / 4.0)).then_some(())
        })
        .await;
    })
    .await;
}
