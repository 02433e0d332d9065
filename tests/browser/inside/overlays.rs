//! What lies over the picture is what the recogniser gives natively.

use super::*;

/// The take natively, and its answer to a question.
fn natively(settings: &Settings, question: &Question) -> (i64, Answer) {
    let file = clip(CLIP);
    let audio = decode_file(CLIP, &std::fs::read(file).unwrap()).unwrap();
    assert_eq!(audio.sample_rate_hz, 16_000);
    let (mut recognizer, now) = (recognizer(), || 0.0);
    recognizer
        .start(16_000, settings, Clock::Simulated)
        .unwrap();
    recognizer.accept(&audio.samples, 0.0, &now).unwrap();
    recognizer.finish(&now).unwrap();
    while recognizer.advance(&now).unwrap() {}
    let answer = recognizer.answer(question).unwrap();
    (audio.samples.len() as i64, answer)
}

fn alignment(text: &str) -> Alignment {
    let question = Question::Align {
        text: text.to_owned(),
    };
    match natively(&at(Lookahead::default()), &question).1 {
        Answer::Align(alignment) => alignment,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_reference_is_aligned_as_it_is_natively() {
    with_page("inside-align", quiet("#view=inside"), async |page| {
        open(page).await;
        let without = size_of(page, "clientHeight").await;
        page.click("align-reference").await;
        page.wait_for_value("alignment-state", "ready").await;
        let rows = page
            .script(
                "return [...document.querySelectorAll('[data-testid=alignment-table] tbody tr')] \
                 .map(row => [row.cells[0].textContent.trim(), row.dataset.start, row.dataset.end, row.cells[1].textContent])",
                Vec::new(),
            )
            .await;
        let rows = rows.as_array().unwrap();
        let expected = alignment(REFERENCE);
        assert_eq!(rows.len(), expected.words.len());
        for (row, word) in rows.iter().zip(&expected.words) {
            assert_eq!(row[0], json!(word.text));
            assert_eq!(row[1], json!(word.start_sample.to_string()));
            assert_eq!(row[2], json!(word.end_sample.to_string()));
            let seconds = format!("{:.2}", word.start_sample as f64 / 16_000.0);
            assert!(row[3].as_str().unwrap().starts_with(&seconds), "{row}");
        }
        // The picture has a lane more.
        assert!(size_of(page, "clientHeight").await > without + 20.0);
        // A text that cannot be laid over so short a take: why, in a sentence.
        let long = "what nobody ever said here ".repeat(20);
        page.fill("inside-reference", &format!("{long}\n")).await;
        page.wait_for_value("alignment-state", "failed").await;
        let why = page.text("alignment-state").await;
        assert!(why.contains("cannot be aligned") && why.contains("too short"), "{why}");
        page.fill("inside-reference", "the house\n").await;
        page.wait_for_value("alignment-state", "ready").await;
        page.click("align-reference").await;
        assert!(!page.has("alignment-table").await);
    })
    .await;
}

#[tokio::test]
async fn the_lookahead_window_follows_the_setting() {
    with_page("inside-lookahead", quiet("#view=inside"), async |page| {
        open(page).await;
        let take = span(page).await.1;
        point(page, 0.5, 100.0).await;
        let place = number(page, "inside-readout", "data-sample").await.unwrap();
        for (setting, samples) in [
            ("320", 5120.0),
            ("1280", 20_480.0),
            ("0", 640.0),
            ("160", 2560.0),
        ] {
            page.choose("lookahead", setting).await;
            page.wait_until("the window is as long as the chunk", PATIENCE, async || {
                let start = number(page, "inside-lookahead", "data-start").await?;
                let end = number(page, "inside-lookahead", "data-end").await?;
                (((end - start) - samples).abs() < 0.5).then(|| {
                    assert!(start <= place && place < end, "{start} {place} {end}");
                    assert!((start / samples).fract().abs() < 1e-9);
                })
            })
            .await;
        }
        page.choose("lookahead", "whole").await;
        page.wait_until("the window is the take", PATIENCE, async || {
            let start = number(page, "inside-lookahead", "data-start").await?;
            let end = number(page, "inside-lookahead", "data-end").await?;
            (start == 0.0 && (end - take).abs() < 8000.0).then_some(())
        })
        .await;
        let words = page.text("inside-lookahead").await;
        assert!(words.starts_with("Whole take"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_phrase_is_found_where_it_is_natively() {
    with_page("inside-keyword", quiet("#view=inside"), async |page| {
        open(page).await;
        // A word that greedy decoding reads is found, at a score of 0.
        let greedy = text_of_file(&clip(CLIP), &with(DecoderKind::Greedy));
        let word = greedy
            .split_whitespace()
            .max_by_key(|word| word.len())
            .unwrap();
        let question = Question::Keyword {
            phrase: word.to_owned(),
        };
        let Answer::Keyword { detections, .. } = natively(&at(Lookahead::default()), &question).1
        else {
            panic!("another answer");
        };
        assert!(!detections.is_empty(), "{word}");
        page.fill("keyword-phrase", &format!("{word}\n")).await;
        let found = page
            .attribute("keyword-detection", "data-value")
            .await
            .unwrap();
        let first = detections[0];
        assert_eq!(
            found,
            format!("{},{}", first.start_sample, first.end_sample)
        );
        assert!(page.text("keyword-result").await.contains("score 0"));
        page.fill("keyword-phrase", "elephant\n").await;
        page.wait_until("it is not found", PATIENCE, async || {
            page.text("keyword-result")
                .await
                .contains("not found")
                .then_some(())
        })
        .await;
        page.fill("keyword-phrase", "été 5 %\n").await;
        page.wait_until("an answer in words", PATIENCE, async || {
            let words = page.text("keyword-result").await;
            (!words.is_empty() && !words.contains("elephant")).then_some(())
        })
        .await;
    })
    .await;
}
