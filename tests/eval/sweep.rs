//! Pure parts of a sweep: the grid's points, rows as JSON and CSV, the Pareto front.

use asr_playground::decode::DecoderKind;
use asr_playground::eval::bootstrap::{Improvement, Interval};
use asr_playground::eval::normalise::Normaliser;
use asr_playground::eval::percentile::Percentiles;
use asr_playground::eval::sweep::{
    Fronts, Grid, GridError, Latencies, MAX_POINTS, Point, Setting, SweepRow, pareto_front, to_csv,
    to_json,
};
use proptest::prelude::*;

fn grid() -> Grid {
    Grid {
        lookaheads_ms: vec![Some(320), None],
        decoders: vec![DecoderKind::Greedy, DecoderKind::Beam, DecoderKind::BeamLm],
        beam_widths: vec![4, 8],
        lm_weights: vec![0.5, 0.75],
        word_bonuses: vec![1.0],
        hotwords: vec![false, true],
        normalisers: vec![Normaliser::default()],
    }
}

fn names(points: &[Point]) -> Vec<String> {
    points
        .iter()
        .map(|point| point.setting.to_string())
        .collect()
}

#[test]
fn points_are_what_applies_and_each_comes_once() {
    let points = grid().points().unwrap();
    let one_lookahead = [
        "greedy",
        "beam 4",
        "beam 4, hotwords",
        "beam 8",
        "beam 8, hotwords",
        "beam+lm 4, α 0.5, β 1",
        "beam+lm 4, α 0.5, β 1, hotwords",
        "beam+lm 4, α 0.75, β 1",
        "beam+lm 4, α 0.75, β 1, hotwords",
        "beam+lm 8, α 0.5, β 1",
        "beam+lm 8, α 0.5, β 1, hotwords",
        "beam+lm 8, α 0.75, β 1",
        "beam+lm 8, α 0.75, β 1, hotwords",
    ];
    let expected: Vec<String> = ["320 ms", "whole take"]
        .iter()
        .flat_map(|lookahead| one_lookahead.map(|rest| format!("{lookahead}, {rest}")))
        .collect();
    assert_eq!(names(&points), expected);
    assert!(
        points
            .iter()
            .enumerate()
            .all(|(index, point)| point.id == index)
    );
}

#[test]
fn a_value_given_twice_and_an_axis_that_does_not_apply_add_nothing() {
    let mut one = grid();
    one.decoders = vec![DecoderKind::Greedy, DecoderKind::Greedy];
    one.lookaheads_ms = vec![None, Some(0), None];
    one.beam_widths.clear();
    one.lm_weights = vec![f64::NAN];
    let spaces_only = Normaliser::none().with("spaces", true).unwrap();
    one.normalisers = vec![Normaliser::default(), spaces_only];
    let off = "normaliser 1 without apostrophes, invisible, nfkc, lower-case, digit-groups, punctuation, quotation-marks, numbers";
    let expected = [
        "whole take, greedy".to_owned(),
        format!("whole take, greedy, {off}"),
        "0 ms, greedy".to_owned(),
        format!("0 ms, greedy, {off}"),
    ];
    assert_eq!(names(&one.points().unwrap()), expected);
}

#[test]
fn grids_that_cannot_be_swept_say_why() {
    let change = |change: fn(&mut Grid)| {
        let mut grid = grid();
        change(&mut grid);
        grid.points().unwrap_err()
    };
    let empty = GridError::Empty;
    assert_eq!(change(|g| g.lookaheads_ms.clear()), empty("the lookahead"));
    assert_eq!(change(|g| g.decoders.clear()), empty("the decoder"));
    assert_eq!(change(|g| g.hotwords.clear()), empty("hotwords"));
    assert_eq!(change(|g| g.normalisers.clear()), empty("the normaliser"));
    assert_eq!(
        change(|g| g.word_bonuses.push(f64::INFINITY)),
        GridError::NotFinite("the word bonus")
    );
    assert_eq!(
        change(|g| g.beam_widths = (0..MAX_POINTS as u32).collect()),
        GridError::TooLarge
    );
    assert_eq!(
        change(|g| g.lookaheads_ms = (0..800).map(Some).collect()),
        GridError::TooLarge
    );
}

#[test]
fn a_grid_is_read_from_a_file() {
    let json = r#"{"lookaheads_ms": [0, null], "decoders": ["beam+lm"], "beam_widths": [8],
        "lm_weights": [0.5], "word_bonuses": [0], "hotwords": [false]}"#;
    let grid: Grid = serde_json::from_str(json).unwrap();
    let names = names(&grid.points().unwrap());
    assert_eq!(
        names,
        [
            "0 ms, beam+lm 8, α 0.5, β 0",
            "whole take, beam+lm 8, α 0.5, β 0"
        ]
    );
    assert!(serde_json::from_str::<Grid>(r#"{"lookaheads_ms": [], "decoder": []}"#).is_err());
}

fn row(id: usize) -> SweepRow {
    SweepRow {
        id,
        setting: Setting {
            lookahead_ms: None,
            decoder: DecoderKind::Greedy,
            beam_width: None,
            lm_weight: None,
            word_bonus: None,
            hotwords: None,
            normaliser: Normaliser::default(),
        },
        clips: 0,
        words: 0,
        wer: None,
        wer_interval: None,
        wer_change: None,
        cer: None,
        mer: None,
        wip: None,
        wil: None,
        oracle_wer: None,
        latencies: Latencies::default(),
        compute_ms_per_s: None,
        real_time_factor: None,
        upwr: None,
        upsr: None,
        flickers_per_minute: None,
    }
}

fn rows() -> Vec<SweepRow> {
    let mut full = row(1);
    full.setting = Setting {
        lookahead_ms: Some(320),
        decoder: DecoderKind::BeamLm,
        beam_width: Some(8),
        lm_weight: Some(0.5),
        word_bonus: Some(-1.0),
        hotwords: Some(true),
        normaliser: Normaliser::default()
            .with("spaces", false)
            .and_then(|n| n.with("numbers", false))
            .unwrap(),
    };
    full.clips = 3;
    full.words = 40;
    full.wer = Some(0.1);
    full.wer_interval = Some(Interval {
        low: 0.05,
        high: 1.0 / 3.0,
    });
    full.wer_change = Some(Improvement {
        difference: -0.02,
        interval: Interval {
            low: -0.05,
            high: 0.01,
        },
        probability: 0.875,
    });
    full.cer = Some(f64::NAN);
    full.wip = Some(0.64);
    full.compute_ms_per_s = Some(16.0);
    full.latencies.perceived = Some(Percentiles {
        count: 7,
        p50: 100.0,
        p90: 200.0,
        p95: 300.0,
        p99: 400.0,
    });
    full.latencies.algorithmic_ms = Some(335.0);
    full.latencies.unaligned_words = 2;
    full.latencies.first_shown = Some(Percentiles {
        count: 7,
        p50: 80.0,
        p90: 300.0,
        p95: 412.5,
        p99: 500.0,
    });
    full.upwr = Some(0.0);
    vec![row(0), full]
}

/// By RFC 4180's own rules, written out by hand.
#[test]
fn rows_as_csv() {
    let expected = [
        "id,lookahead_ms,decoder,beam_width,lm_weight,word_bonus,hotwords,normaliser,clips,words,wer,wer_low,wer_high,wer_change,wer_change_low,wer_change_high,wer_lower_probability,cer,mer,wip,wil,oracle_wer,compute_ms_per_s,real_time_factor,upwr,upsr,flickers_per_minute,algorithmic_ms,unaligned_words,\
         perceived_count,perceived_p50_ms,perceived_p90_ms,perceived_p95_ms,perceived_p99_ms,\
         first_shown_count,first_shown_p50_ms,first_shown_p90_ms,first_shown_p95_ms,first_shown_p99_ms,\
         committed_count,committed_p50_ms,committed_p90_ms,committed_p95_ms,committed_p99_ms,\
         first_partial_count,first_partial_p50_ms,first_partial_p90_ms,first_partial_p95_ms,first_partial_p99_ms,\
         final_text_count,final_text_p50_ms,final_text_p90_ms,final_text_p95_ms,final_text_p99_ms,\
         queueing_count,queueing_p50_ms,queueing_p90_ms,queueing_p95_ms,queueing_p99_ms,\
         compute_count,compute_p50_ms,compute_p90_ms,compute_p95_ms,compute_p99_ms,\
         pareto_latency,pareto_compute",
        "0,whole,greedy,,,,,normaliser 1,0,0,,,,,,,,,,,,,,,,,,,0,0,,,,,0,,,,,0,,,,,0,,,,,0,,,,,0,,,,,0,,,,,false,false",
        "1,320,beam+lm,8,0.5,-1,true,\"normaliser 1 without spaces, numbers\",3,40,0.1,0.05,0.3333333333333333,-0.02,-0.05,0.01,0.875,,,0.64,,,16,,0,,,335,2,7,100,200,300,400,7,80,300,412.5,500,0,,,,,0,,,,,0,,,,,0,,,,,0,,,,,true,true",
        "",
    ];
    assert_eq!(to_csv(&rows()), expected.join("\r\n"));
    assert_eq!(to_csv(&[]), format!("{}\r\n", expected[0]));
}

#[test]
fn rows_as_json() {
    let json = to_json(&rows()).unwrap();
    assert_eq!(json.lines().count(), 4);
    let values: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let pareto = |row: usize| {
        let row = &values[row];
        (&row["pareto_latency"], &row["pareto_compute"])
    };
    assert_eq!(pareto(0), (&false.into(), &false.into()));
    assert_eq!(pareto(1), (&true.into(), &true.into()));
    assert_eq!(values[1]["wip"], 0.64);
    let mut back: Vec<SweepRow> = serde_json::from_str(&json).unwrap();
    // Not a number is null.
    assert_eq!(back[1].cer, None);
    back[1].cer = rows()[1].cer;
    assert_eq!(format!("{back:?}"), format!("{:?}", rows()));
    assert_eq!(
        serde_json::from_str::<Vec<SweepRow>>(&to_json(&[]).unwrap()).unwrap(),
        []
    );
}

#[test]
fn each_front_has_its_own_cost() {
    let with = |id: usize, wer: f64, p95: f64, compute: f64| {
        let mut row = row(id);
        row.wer = Some(wer);
        row.latencies.perceived = Some(Percentiles {
            count: 1,
            p50: 0.0,
            p90: 0.0,
            p95,
            p99: 0.0,
        });
        row.compute_ms_per_s = Some(compute);
        row
    };
    let rows = [
        with(0, 0.3, 100.0, 50.0),
        with(1, 0.2, 300.0, 20.0),
        with(2, 0.2, 400.0, 10.0),
        row(3),
    ];
    let fronts = Fronts::of(&rows);
    assert_eq!(fronts.latency, [1, 0]);
    assert_eq!(fronts.compute, [2]);
    let csv = to_csv(&rows);
    let ends: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|line| line.trim_end().rsplit_once(",,").map_or("", |(_, end)| end))
        .collect();
    assert_eq!(
        ends,
        ["true,false", "true,false", "false,true", "false,false"]
    );
}

#[test]
fn times_nearer_than_two_per_cent_are_one() {
    let of = |wer: f64, compute: f64| SweepRow {
        wer: Some(wer),
        compute_ms_per_s: Some(compute),
        ..row(0)
    };
    // 10.1 is 10 with fewer errors; 10.3 is 3 % more than 10.
    let rows = [
        of(0.5, 10.0),
        of(0.4, 10.1),
        of(0.3, 10.3),
        of(0.3, 10.4),
        of(0.35, 10.35),
    ];
    assert_eq!(Fronts::of(&rows).compute, [2, 3, 1]);
}

#[test]
fn the_front_of_a_few() {
    let some = |a: f64, b: f64| (Some(a), Some(b));
    let points = [
        some(3.0, 1.0),
        some(1.0, 3.0),
        some(2.0, 2.0),
        some(2.0, 2.0),
        // beaten in one cost, equal in the other
        some(2.5, 2.0),
        some(2.0, 3.0),
        some(3.0, 2.0),
        (None, Some(0.0)),
        some(0.0, f64::NAN),
        some(f64::INFINITY, 0.0),
    ];
    assert_eq!(pareto_front(&points), [1, 2, 3, 0, 9]);
    assert_eq!(pareto_front(&[]), [0; 0]);
    assert_eq!(pareto_front(&[some(0.0, 1.0), some(-0.0, 1.0)]), [0, 1]);
}

proptest! {
    #[test]
    fn the_front_is_what_comparing_all_pairs_leaves(points in prop::collection::vec((any_cost(), any_cost()), 0..60)) {
        let known = |i: usize| match points[i] {
            (Some(a), Some(b)) if !a.is_nan() && !b.is_nan() => Some((a, b)),
            _ => None,
        };
        let beaten = |i: usize| {
            let (a, b) = known(i).unwrap();
            (0..points.len()).filter_map(known).any(|(x, y)| x <= a && y <= b && (x < a || y < b))
        };
        let mut front = pareto_front(&points);
        let costs: Vec<f64> = front.iter().map(|i| points[*i].0.unwrap()).collect();
        prop_assert!(costs.is_sorted());
        front.sort_unstable();
        let expected: Vec<usize> = (0..points.len()).filter(|i| known(*i).is_some() && !beaten(*i)).collect();
        prop_assert_eq!(front, expected);
    }
}

/// A few values, so that ties abound, or any.
fn any_cost() -> impl Strategy<Value = Option<f64>> {
    let few = (0_i8..6).prop_map(|n| Some(f64::from(n)));
    prop_oneof![6 => few, 2 => any::<f64>().prop_map(Some), 1 => Just(Some(-0.0)), 1 => Just(Some(f64::NAN)), 1 => Just(None)]
}
