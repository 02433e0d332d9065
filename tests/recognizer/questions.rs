//! What is told of a take beyond its words.

use super::*;
use asr_playground::decode::{BestText, RowInspection};
use asr_playground::recognizer::{Stretch, StretchBegins};

#[test]
fn aligned_words_and_latencies_are_those_of_the_transcript() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    let mut medians = Vec::new();
    for lookahead in [Lookahead::Ms(160), Lookahead::Ms(1280)] {
        let settings = Settings {
            lookahead,
            ..with(DecoderKind::BeamLm)
        };
        play(&mut recognizer, &samples, rate, &settings);
        let transcript = recognizer.transcript();
        let aligned = recognizer.aligned_words().unwrap();
        let texts: Vec<&str> = aligned.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts.join(" "), transcript.text());
        let latencies = recognizer.perceived_latencies().unwrap();
        assert_eq!(latencies.words.len(), transcript.words.len());
        for word in &latencies.words {
            let committed_ms = word.committed_ms.expect("the take is over");
            assert!(word.first_shown_ms <= word.stable_ms && word.stable_ms <= committed_ms);
        }
        let stable = latencies.words.iter().map(|word| word.stable_ms);
        medians.push(Percentiles::of(stable).unwrap().p50);
        assert_eq!(recognizer.stability().final_words, transcript.words.len());
        assert!(!recognizer.chunk_times().is_empty());
    }
    // With no compute time a word waits for its chunk: half of it on average.
    assert!(medians[1] > medians[0] + 300.0, "{medians:?}");
}

/// Where there is sound, in ms: stretches parted by 200 ms and more below −40 dBFS.
fn sounds(samples: &[f32], rate: u32) -> Vec<(f64, f64)> {
    let step = rate as usize / 100;
    let loud = |block: &[f32]| {
        let power: f32 = block.iter().map(|s| s * s).sum::<f32>() / step as f32;
        power > 1e-4
    };
    let mut found: Vec<(f64, f64)> = Vec::new();
    for (index, _) in samples.chunks(step).enumerate().filter(|(_, b)| loud(b)) {
        let (start, end) = (10.0 * index as f64, 10.0 * (index + 1) as f64);
        match found.last_mut() {
            Some(last) if start - last.1 < 200.0 => last.1 = end,
            _ => found.push((start, end)),
        }
    }
    found
}

/// Said with pauses, so where words begin and end can be seen in the samples.
#[test]
fn words_lie_where_they_are_heard() {
    const SAID: [&str; 6] = ["yes", "go", "january third", "stop", "repeat", "no"];
    let (samples, rate) = speech("commands.opus");
    let mut recognizer = recognizer();
    play(&mut recognizer, &samples, rate, &with(DecoderKind::Greedy));
    let text = SAID.join(" ");
    let Answer::Align(alignment) = recognizer.answer(&Question::Align { text }).unwrap() else {
        panic!("another answer");
    };
    let mut words = alignment.words.iter();
    let sounds = sounds(&samples, rate);
    assert_eq!(sounds.len(), SAID.len(), "{sounds:?}");
    let (mut starts_off, mut ends_off) = (Vec::new(), Vec::new());
    for (phrase, (start_ms, end_ms)) in SAID.iter().zip(sounds) {
        let of_phrase: Vec<_> = words.by_ref().take(phrase.split(' ').count()).collect();
        let start_off = of_phrase[0].start_sample as f64 / 16.0 - start_ms;
        let end_off = of_phrase[of_phrase.len() - 1].end_sample as f64 / 16.0 - end_ms;
        // A first letter may be written by what follows it, a last one be held.
        assert!(
            start_off.abs() < 180.0,
            "{phrase} begins {start_off} ms late"
        );
        assert!(end_off.abs() < 250.0, "{phrase} ends {end_off} ms late");
        starts_off.push(start_off);
        ends_off.push(end_off);
    }
    for offs in [starts_off, ends_off] {
        let median = Percentiles::of(offs.clone()).unwrap().p50;
        assert!(median.abs() < 60.0, "late by {offs:?} ms");
    }
}

#[test]
fn questions_are_answered_from_the_take() {
    let (samples, rate) = speech("digits.flac");
    let mut recognizer = recognizer();
    assert!(matches!(
        recognizer.answer(&Question::NBest),
        Err(RecognizerError::NoTake)
    ));
    play(&mut recognizer, &samples, rate, &with(DecoderKind::Beam));
    let text = recognizer.transcript().text();
    let columns = recognizer.tokens().len();
    let rows = recognizer.log_probs().len() / columns;

    // Rows that are not there are left out.
    let question = Question::LogProbs {
        first_row: rows - 2,
        rows: 100,
    };
    let Answer::LogProbs { values, .. } = recognizer.answer(&question).unwrap() else {
        panic!("another answer");
    };
    assert_eq!(
        bits(&values),
        bits(&recognizer.log_probs()[(rows - 2) * columns..])
    );

    // A text's paths are together at least as likely as the best of them, and another
    // text's less likely.
    let sum = |text: &str| {
        let question = Question::Sum {
            text: text.to_owned(),
            first_row: 0,
            rows,
        };
        match recognizer.answer(&question).unwrap() {
            Answer::Sum {
                score, best_path, ..
            } => (score, best_path),
            _ => panic!("another answer"),
        }
    };
    let (score, best_path) = sum(&text);
    assert!(score >= best_path && sum("something else").0 < score);

    let aligned = recognizer.aligned_words().unwrap();
    let Answer::Align(alignment) = recognizer.answer(&Question::Align { text }).unwrap() else {
        panic!("another answer");
    };
    assert_eq!(alignment.words, aligned);

    // What cannot be spelled is refused.
    for text in ["", "7"] {
        let question = Question::Align {
            text: text.to_owned(),
        };
        assert!(recognizer.answer(&question).is_err(), "{text:?}");
    }
}

/// What takes a while is worked out a slice at a time while the take goes on; the answer is of
/// the take as it was asked about.
#[test]
fn what_takes_a_while_is_told_in_slices_of_the_take_as_it_stood() {
    let questions = [
        Question::Keyword {
            phrase: "house".to_owned(),
        },
        Question::Align {
            text: "the house stood on".to_owned(),
        },
        Question::Inspect {
            first_row: 20,
            rows: 40,
        },
        Question::BestTexts,
        Question::Latency,
    ];
    let (samples, rate) = speech("sentence.flac");
    let (first, rest) = samples.split_at(samples.len() * 2 / 3);
    let mut recognizer = recognizer();
    assert!(matches!(
        recognizer.ask(&questions[0]),
        Err(RecognizerError::NoTake)
    ));
    let settings = Settings {
        lookahead: Lookahead::Ms(320),
        ..with(DecoderKind::Beam)
    };
    for question in questions {
        recognizer.start(rate, &settings, Clock::Simulated).unwrap();
        recognizer.accept(first, 0.0, &NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        let expected = recognizer.answer(&question).unwrap();
        let Asked::Pending(mut pending) = recognizer.ask(&question).unwrap() else {
            panic!("{question:?} is answered at once");
        };
        assert_eq!(pending.step().unwrap(), None);
        recognizer.accept(rest, 0.0, &NOW).unwrap();
        recognizer.set_settings(&at(Lookahead::Ms(1280))).unwrap();
        let answer = loop {
            while recognizer.advance(&NOW).unwrap() {}
            if let Some(answer) = pending.step().unwrap() {
                break answer;
            }
        };
        assert_eq!(answer, expected, "{question:?}");
        match answer {
            Answer::Keyword { scores, .. } => assert!(scores.iter().any(Option::is_some)),
            Answer::Align(alignment) => assert_eq!(alignment.words.len(), 4),
            Answer::Inspect(rows) => assert_eq!(rows.len(), 40),
            Answer::BestTexts { texts, .. } => assert!(texts.len() > 5),
            Answer::Latency(latency) => assert!(!latency.perceived.unwrap().words.is_empty()),
            other => panic!("{other:?}"),
        }
    }
}

/// A slice is a few rows, or some millions of cells of an alignment.
#[test]
fn slices_are_short() {
    let (samples, rate) = speech("sentence.flac");
    let mut recognizer = recognizer();
    play(&mut recognizer, &samples, rate, &with(DecoderKind::Beam));
    let slices = |question: &Question| {
        let Asked::Pending(mut pending) = recognizer.ask(question).unwrap() else {
            panic!("{question:?} is answered at once");
        };
        (1..10_000)
            .find(|_| pending.step().unwrap().is_some())
            .unwrap()
    };
    let rows = row_count(&recognizer);
    let phrase = "house".to_owned();
    assert!(slices(&Question::Keyword { phrase }) * 16 >= rows);
    assert!(slices(&Question::BestTexts) * 100 >= rows);
}

fn best_texts(recognizer: &Recognizer) -> (Vec<BestText>, Vec<Stretch>) {
    match recognizer.answer(&Question::BestTexts).unwrap() {
        Answer::BestTexts { texts, stretches } => (texts, stretches),
        _ => panic!("another answer"),
    }
}

fn inspected(recognizer: &Recognizer, first_row: usize, rows: usize) -> Vec<RowInspection> {
    let question = Question::Inspect { first_row, rows };
    match recognizer.answer(&question).unwrap() {
        Answer::Inspect(rows) => rows,
        _ => panic!("another answer"),
    }
}

fn row_count(recognizer: &Recognizer) -> usize {
    recognizer.log_probs().len() / recognizer.tokens().len()
}

/// What the inspector has committed at the take's end; nothing is open then.
fn last_text(recognizer: &Recognizer) -> String {
    let (texts, _) = best_texts(recognizer);
    assert_eq!(texts.last().map_or("", |last| &last.text), "");
    assert!(texts.is_sorted_by_key(|text| text.row));
    let words = texts.into_iter().flat_map(|text| text.committed);
    words.collect::<Vec<_>>().join(" ")
}

/// The sentence twice, with a pause between that ends an utterance.
fn sentence_twice() -> (Vec<f32>, u32) {
    let (samples, rate) = speech("sentence.flac");
    let pause = vec![0.0; 3 * rate as usize];
    ([&samples[..], &pause, &samples].concat(), rate)
}

fn beam_settings(kind: DecoderKind, width: usize, endpoints: bool) -> Settings {
    let mut settings = Settings {
        endpoint: endpoints.then(EndpointConfig::default),
        gate: None,
        ..with(kind)
    };
    settings.decoder.beam.width = width;
    // Words are committed soon, so that changes have something to keep.
    settings.decoder.beam.commit_rows = 40;
    settings
}

#[test]
fn the_inspected_search_is_the_one_that_wrote_the_transcript() {
    let (samples, rate) = sentence_twice();
    let mut recognizer = recognizer();
    for kind in [DecoderKind::Beam, DecoderKind::BeamLm, DecoderKind::Greedy] {
        let settings = beam_settings(kind, 8, true);
        recognizer.start(rate, &settings, Clock::Simulated).unwrap();
        recognizer.accept(&samples, 0.0, &NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        if kind != DecoderKind::Greedy {
            let last = &inspected(&recognizer, row_count(&recognizer) - 1, 1)[0];
            let n_best = &recognizer.n_best()[0];
            // The list adds up hypotheses that write the same words.
            let same = last.after.iter().filter(|h| h.text.trim() == n_best.text());
            let best = same
                .clone()
                .max_by(|a, b| a.total.total_cmp(&b.total))
                .unwrap();
            let more = same.map(|h| (h.acoustic - best.acoustic).exp());
            let total = best.total + more.sum::<f64>().ln();
            assert!(
                (total - n_best.total).abs() < 1e-6,
                "{kind}: {total}, {n_best:?}"
            );
        }
        recognizer.finish(&NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}

        let (_, stretches) = best_texts(&recognizer);
        assert_eq!(stretches[0].begins, StretchBegins::Take);
        assert_eq!(stretches[1].begins, StretchBegins::Endpoint, "{kind}");
        assert_eq!(last_text(&recognizer), recognizer.transcript().text());
        // A new search knows nothing of the utterance before.
        let first = usize::try_from(stretches[1].first_row).unwrap();
        let around = inspected(&recognizer, first - 1, 2);
        assert_eq!(
            [around[0].row, around[1].row],
            [first as i64 - 1, first as i64]
        );
        assert_eq!(around[1].before.len(), 1);
        assert_eq!(around[1].before[0].text, "");
    }
}

#[test]
fn rows_before_a_change_are_inspected_as_they_were_decoded() {
    let (samples, rate) = sentence_twice();
    let (before, after) = samples.split_at(samples.len() / 3);
    let mut recognizer = recognizer();
    for endpoints in [false, true] {
        let narrow = beam_settings(DecoderKind::Beam, 2, endpoints);
        let wide = beam_settings(DecoderKind::BeamLm, 16, endpoints);
        recognizer.start(rate, &narrow, Clock::Simulated).unwrap();
        recognizer.accept(before, 0.0, &NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}
        assert!(recognizer.transcript().committed > 0);
        assert!(recognizer.set_settings(&wide).unwrap());
        recognizer.accept(after, 0.0, &NOW).unwrap();
        recognizer.finish(&NOW).unwrap();
        while recognizer.advance(&NOW).unwrap() {}

        let (_, stretches) = best_texts(&recognizer);
        assert_eq!(stretches[1].begins, StretchBegins::Settings);
        assert_eq!([stretches[0].beam.width, stretches[1].beam.width], [2, 16]);
        assert_eq!(last_text(&recognizer), recognizer.transcript().text());
        let change = usize::try_from(stretches[1].first_row).unwrap();
        let rows = inspected(&recognizer, 0, row_count(&recognizer));
        assert!(rows[..change].iter().all(|row| row.after.len() <= 2));
        assert!(rows[change..].iter().any(|row| row.after.len() > 2));
    }
}

#[test]
fn what_was_decided_from_log_probs_that_are_gone_is_said_to_be_so() {
    let (samples, rate) = sentence_twice();
    let (before, after) = samples.split_at(samples.len() / 3);
    let mut recognizer = recognizer();
    let soon = beam_settings(DecoderKind::Beam, 4, true);
    let late = Settings {
        lookahead: Lookahead::Ms(1280),
        ..soon.clone()
    };
    recognizer.start(rate, &soon, Clock::Simulated).unwrap();
    recognizer.accept(before, 0.0, &NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {}
    assert!(recognizer.transcript().committed > 0);
    assert!(recognizer.set_settings(&late).unwrap());
    recognizer.accept(after, 0.0, &NOW).unwrap();
    recognizer.finish(&NOW).unwrap();
    while recognizer.advance(&NOW).unwrap() {}
    let (_, stretches) = best_texts(&recognizer);
    assert_eq!(stretches[0].begins, StretchBegins::Gone);
    assert_eq!(stretches[1].begins, StretchBegins::Settings);
    assert_eq!(last_text(&recognizer), recognizer.transcript().text());

    // Once the take is over a change has all of it recognised anew.
    assert!(recognizer.set_settings(&soon).unwrap());
    while recognizer.advance(&NOW).unwrap() {}
    assert_eq!(best_texts(&recognizer).1[0].begins, StretchBegins::Take);
    assert_eq!(last_text(&recognizer), recognizer.transcript().text());
}
