use asr_playground::decode::{
    DecodeError, Endpoint, EndpointConfig, EndpointError, EndpointRule, Endpointer, Segment,
};
use proptest::prelude::*;

use super::{row, tokens};

/// 20 ms a row.
const ROW: i64 = 320;

/// Pause of 5 rows, silence of 10, utterances of 50 at most, padding of 2.
const CONFIG: EndpointConfig = EndpointConfig {
    speech_probability: 0.5,
    quiet_db: 10.0,
    pause_ms: 100,
    silence_ms: 200,
    max_utterance_ms: 1000,
    padding_ms: 40,
};

fn endpointer(config: EndpointConfig) -> Endpointer {
    Endpointer::new(&tokens(&["<blank>", "<space>", "a", "b"]), ROW, config).unwrap()
}

/// Rows and levels as spelled: `a` speech (−20 dBFS), `_` blank and `|` space in quiet (−50),
/// `*` blank in noise (−30).
fn take(spelled: &str) -> (Vec<f32>, Vec<f32>) {
    let of = |c| match c {
        'a' => (2, -20.0),
        '_' => (0, -50.0),
        '|' => (1, -50.0),
        '*' => (0, -30.0),
        other => panic!("{other}"),
    };
    let rows = spelled.chars().flat_map(|c| row(4, of(c).0, 0.9)).collect();
    (rows, spelled.chars().map(|c| of(c).1).collect())
}

/// Rule, last row + 1, and the segment's rows, of each endpoint.
type Shown = (EndpointRule, i64, Option<(i64, i64)>);

fn shown(endpoint: &Endpoint) -> Shown {
    let rows = |segment: Segment| {
        assert_eq!(
            (segment.start_sample % ROW, segment.end_sample % ROW),
            (0, 0)
        );
        (segment.start_sample / ROW, segment.end_sample / ROW)
    };
    (
        endpoint.rule,
        endpoint.sample / ROW,
        endpoint.segment.map(rows),
    )
}

fn found(spelled: &str) -> Vec<Shown> {
    let (rows, levels) = take(spelled);
    let mut endpointer = endpointer(CONFIG);
    let mut endpoints = endpointer.push(&rows, &levels).unwrap();
    endpoints.extend(endpointer.finish());
    assert_eq!(endpointer.finish(), None);
    endpoints.iter().map(shown).collect()
}

#[test]
fn the_rules_in_closed_form() {
    use EndpointRule::{Pause, Silence, TakeEnd, TooLong};
    let cases: &[(String, &[Shown])] = &[
        (String::new(), &[]),
        ("_".repeat(3), &[(TakeEnd, 3, None)]),
        ("___aaaa".into(), &[(TakeEnd, 7, Some((1, 7)))]),
        // five quiet rows after speech; spaces are blank too
        ("__aa__|__".into(), &[(Pause, 9, Some((0, 6)))]),
        ("__aa____a".into(), &[(TakeEnd, 9, Some((0, 9)))]),
        // before speech a pause is none, a silence is one
        (
            "__________a".into(),
            &[(Silence, 10, None), (TakeEnd, 11, Some((10, 11)))],
        ),
        // noise is no pause, but a silence in the end; the quiet rows begin anew after it
        ("__a_**_**_**a".into(), &[(TakeEnd, 13, Some((0, 13)))]),
        ("__a__*_____".into(), &[(Pause, 11, Some((0, 5)))]),
        ("__a**********".into(), &[(Silence, 13, Some((0, 5)))]),
        // noise from the start is the floor, so it is quiet
        ("**a*****".into(), &[(Pause, 8, Some((0, 5)))]),
        // too long: cut where it is, speech goes on in the next
        (
            "a".repeat(60),
            &[(TooLong, 50, Some((0, 50))), (TakeEnd, 60, Some((50, 60)))],
        ),
        // two utterances; padding stays within each
        (
            "a_____a_____".into(),
            &[(Pause, 6, Some((0, 3))), (Pause, 12, Some((6, 9)))],
        ),
    ];
    for (spelled, expected) in cases {
        assert_eq!(&found(spelled), expected, "{spelled}");
    }
}

#[test]
fn the_floor_forgets_after_ten_seconds() {
    // 499 rows of noise after a quiet one: still loud against it; one more and the noise is the floor.
    let config = EndpointConfig {
        silence_ms: 60_000,
        max_utterance_ms: 1_800_000,
        ..CONFIG
    };
    let (rows, levels) = take(&format!("_a{}", "*".repeat(510)));
    let mut endpointer = endpointer(config);
    let endpoints = endpointer.push(&rows, &levels).unwrap();
    // the floor rises at row 500; five quiet rows: 500..505
    assert_eq!(
        endpoints.iter().map(shown).collect::<Vec<_>>(),
        [(EndpointRule::Pause, 505, Some((0, 4)))]
    );
}

#[test]
fn digital_silence_and_no_levels() {
    let (rows, _) = take("a_____a_____");
    let mut without = endpointer(CONFIG);
    assert_eq!(
        without.push(&rows, &[f32::NEG_INFINITY; 12]).unwrap().len(),
        2
    );
    // −75 dBFS is within 10 dB of the lowest level that counts
    let mut levels = [-75.0; 12];
    levels[0] = f32::NEG_INFINITY;
    assert_eq!(endpointer(CONFIG).push(&rows, &levels).unwrap().len(), 2);
    levels[3] = -69.9;
    assert_eq!(endpointer(CONFIG).push(&rows, &levels).unwrap().len(), 1);
}

#[test]
fn word_pieces_have_no_space_and_logits_will_do() {
    let tokens = tokens(&["<blank>", "▁a"]);
    let mut endpointer = Endpointer::new(&tokens, ROW, CONFIG).unwrap();
    // logits with a constant of 30: P(blank) 0.88, once 0.12; a row of −∞ is blank
    let mut rows = [32.0, 30.0].repeat(7);
    (rows[0], rows[1]) = (30.0, 32.0);
    rows[4..6].fill(f32::NEG_INFINITY);
    let endpoints = endpointer.push(&rows, &[-50.0; 7]).unwrap();
    assert_eq!(shown(&endpoints[0]), (EndpointRule::Pause, 6, Some((0, 3))));
}

#[test]
fn refusals_change_nothing() {
    let mut endpointer = endpointer(CONFIG);
    let (rows, levels) = take("a__");
    endpointer.push(&rows, &levels).unwrap();
    let (mut bad, _) = take("__");
    bad[5] = f32::NAN;
    assert!(matches!(
        endpointer.push(&bad, &[-50.0; 2]),
        Err(EndpointError::LogProbs(DecodeError::NotALogProb {
            row: 4,
            token: 1,
            ..
        }))
    ));
    let good = take("__").0;
    assert_eq!(
        endpointer.push(&good, &[-50.0]),
        Err(EndpointError::Levels { rows: 2, levels: 1 })
    );
    for bad in [f32::NAN, f32::INFINITY] {
        assert!(matches!(
            endpointer.push(&good, &[-50.0, bad]),
            Err(EndpointError::NotALevel { row: 4, .. })
        ));
    }
    assert_eq!(endpointer.rows(), 3);
    let (rest, levels) = take("___");
    assert_eq!(shown(&endpointer.push(&rest, &levels).unwrap()[0]).1, 6);
    endpointer.finish();
    assert_eq!(endpointer.push(&[], &[]), Err(DecodeError::Finished.into()));
}

#[test]
fn settings_are_checked_and_read_with_defaults() {
    let bad = [
        ("speech_probability", r#"{"speech_probability":1.01}"#),
        ("quiet_db", r#"{"quiet_db":-1.0}"#),
        ("pause_ms", r#"{"pause_ms":39}"#),
        ("silence_ms", r#"{"silence_ms":60001}"#),
        ("max_utterance_ms", r#"{"max_utterance_ms":999}"#),
        ("padding_ms", r#"{"padding_ms":2001}"#),
    ];
    for (field, json) in bad {
        let config: EndpointConfig = serde_json::from_str(json).unwrap();
        match config.validate().unwrap_err() {
            EndpointError::Setting { name, .. } => assert_eq!(name, field),
            other => panic!("{other}"),
        }
    }
    let nan = EndpointConfig {
        quiet_db: f32::NAN,
        ..CONFIG
    };
    assert!(nan.validate().is_err());
    EndpointConfig::default().validate().unwrap();
    assert!(serde_json::from_str::<EndpointConfig>(r#"{"pause":39}"#).is_err());
}

proptest! {
    #[test]
    fn any_portions_and_segments_in_order(spelled in "[a_|*]{0,200}", sizes in prop::collection::vec(0_usize..9, 1..20)) {
        let expected = found(&spelled);
        let (rows, levels) = take(&spelled);
        let mut endpointer = endpointer(CONFIG);
        let (mut at, mut endpoints) = (0, Vec::new());
        for size in sizes.iter().chain([&200]) {
            let end = (at + size).min(levels.len());
            endpoints.extend(endpointer.push(&rows[4 * at..4 * end], &levels[at..end]).unwrap());
            at = end;
        }
        endpoints.extend(endpointer.finish());
        prop_assert_eq!(endpoints.iter().map(shown).collect::<Vec<_>>(), expected);
        let mut last = 0;
        for endpoint in endpoints {
            if let Some(segment) = endpoint.segment {
                prop_assert!(segment.start_sample >= last && segment.end_sample > segment.start_sample);
                prop_assert!(segment.end_sample <= endpoint.sample);
            }
            last = endpoint.sample;
        }
        prop_assert_eq!(last, levels.len() as i64 * ROW);
    }
}
