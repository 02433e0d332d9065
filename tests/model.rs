//! The model on its golden fixtures: `PyTorch`'s log-probs on the same features, written
//! by `models/training/golden.py` (torch, versions pinned in
//! `models/training/requirements.txt`) for the very weights that ship.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use asr_playground::model::{Lookahead, Manifest, ModelError, ModelSpec, Session, Tokens};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Largest |Δ log-prob| between Rust and `PyTorch` for the same weights. Measured 1.5e-5.
const SAME_WEIGHTS: f32 = 1e-3;

/// Mean |Δ log-prob| that storing the weights as int8 may cost. Measured 1.1e-2.
const INT8_MEAN: f32 = 0.05;

fn path(relative: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), relative].iter().collect()
}

fn read(relative: &str) -> Vec<u8> {
    fs::read(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

fn floats(relative: &str) -> Vec<f32> {
    let bytes = read(relative);
    let words = bytes.chunks_exact(4);
    words
        .map(|word| f32::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

fn manifest_text() -> String {
    String::from_utf8(read("models/manifest.toml")).unwrap()
}

fn spec() -> ModelSpec {
    Manifest::parse(&manifest_text())
        .unwrap()
        .model(None)
        .unwrap()
        .clone()
}

fn session() -> Session {
    let spec = spec();
    Session::load(&spec, &read(&format!("models/{}", spec.file))).unwrap()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// A spec for another file: the shipped one's with this content.
fn spec_of(bytes: &[u8]) -> ModelSpec {
    ModelSpec {
        bytes: bytes.len() as u64,
        sha256: hexadecimal(&Sha256::digest(bytes)),
        ..spec()
    }
}

#[derive(Deserialize)]
struct Golden {
    int8_model_sha256: String,
    lookaheads: Vec<Run>,
    int8_lookaheads: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    lookahead_ms: Option<u32>,
    chunk_frames: usize,
    file: String,
}

impl Run {
    fn lookahead(&self) -> Lookahead {
        self.lookahead_ms
            .map_or(Lookahead::WholeTake, Lookahead::Ms)
    }

    fn log_probs(&self) -> Vec<f32> {
        floats(&format!("tests/golden/model/{}", self.file))
    }
}

fn golden() -> Golden {
    let golden: Golden = serde_json::from_slice(&read("tests/golden/model/golden.json")).unwrap();
    assert_eq!(
        golden.int8_model_sha256,
        spec().sha256,
        "the fixtures are of another model: run models/training/golden.py"
    );
    golden
}

fn features() -> Vec<f32> {
    floats("tests/golden/model/features.bin")
}

/// Plays features chunk by chunk.
fn play(session: &mut Session, lookahead: Lookahead, features: &[f32]) -> Vec<f32> {
    let frame = session.spec().subsampling * session.spec().front_end.n_mels;
    let mut state = session.start();
    let mut log_probs = Vec::new();
    let mut rest = features;
    while !rest.is_empty() {
        let chunk = session
            .chunk_frames(lookahead, Some(rest.len() / frame))
            .unwrap();
        let (now, later) = rest.split_at(chunk * frame);
        let before = log_probs.len();
        let rows = session.run(&mut state, now, &mut log_probs).unwrap();
        assert_eq!(rows, chunk * session.spec().rows_per_frame);
        assert_eq!(log_probs.len() - before, rows * session.tokens());
        rest = later;
    }
    log_probs
}

/// Largest and mean |a − b|.
fn distance(a: &[f32], b: &[f32]) -> (f32, f32) {
    assert_eq!(a.len(), b.len());
    let apart = || a.iter().zip(b).map(|(a, b)| (a - b).abs());
    (
        apart().fold(0.0, f32::max),
        apart().sum::<f32>() / a.len() as f32,
    )
}

/// The words greedy decoding would read off: indices of the best tokens.
fn best(log_probs: &[f32], tokens: usize) -> Vec<usize> {
    let row_best = |row: &[f32]| {
        (0..tokens)
            .max_by(|a, b| row[*a].total_cmp(&row[*b]))
            .unwrap()
    };
    log_probs.chunks(tokens).map(row_best).collect()
}

#[test]
fn chunks_with_caches_equal_the_masked_whole() {
    let (mut session, features) = (session(), features());
    for run in golden().int8_lookaheads {
        let lookahead = run.lookahead();
        let left = Some(features.len() / 320);
        assert_eq!(
            session.chunk_frames(lookahead, left).unwrap(),
            run.chunk_frames
        );
        let (worst, mean) = distance(&play(&mut session, lookahead, &features), &run.log_probs());
        println!("{lookahead}: max {worst:.1e}, mean {mean:.1e}");
        assert!(worst < SAME_WEIGHTS, "{lookahead}: {worst}");
    }
}

#[test]
fn int8_weights_stay_near_the_float_ones() {
    let (mut session, features) = (session(), features());
    for run in golden().lookaheads {
        let (lookahead, float) = (run.lookahead(), run.log_probs());
        let int8 = play(&mut session, lookahead, &features);
        let (worst, mean) = distance(&int8, &float);
        let tokens = session.tokens();
        let agreeing = best(&int8, tokens).into_iter().zip(best(&float, tokens));
        let agreeing =
            agreeing.filter(|(a, b)| a == b).count() as f32 / (int8.len() / tokens) as f32;
        println!("{lookahead}: max {worst:.1e}, mean {mean:.1e}, same best token {agreeing:.3}");
        assert!(mean < INT8_MEAN, "{lookahead}: mean {mean}");
        assert!(agreeing > 0.95, "{lookahead}: {agreeing}");
    }
}

#[test]
#[ignore = "the float file is 13 MB and not committed; models/training/export.py writes it"]
fn float_weights_equal_pytorch() {
    let bytes = read("models/training/export/base.f32.onnx");
    let mut session = Session::load(&spec_of(&bytes), &bytes).unwrap();
    let features = features();
    for run in golden().lookaheads {
        let lookahead = run.lookahead();
        let (worst, mean) = distance(&play(&mut session, lookahead, &features), &run.log_probs());
        println!("{lookahead}: max {worst:.1e}, mean {mean:.1e}");
        assert!(worst < SAME_WEIGHTS, "{lookahead}: {worst}");
    }
}

#[test]
#[ignore = "a measurement: cargo test --release --test model loading -- --ignored --nocapture"]
fn loading_and_running() {
    let ms = |started: Instant| started.elapsed().as_secs_f64() * 1e3;
    let (spec, bytes) = (spec(), read("models/base.int8.onnx"));
    let started = Instant::now();
    let mut session = Session::load(&spec, &bytes).unwrap();
    println!("load {:.0} ms", ms(started));
    for frames in [8, 1, 4, 16, 32, 256] {
        let started = Instant::now();
        session.prepare(frames).unwrap();
        let plan_ms = ms(started);
        let features = &features()[..frames * 320];
        let mut state = session.start();
        let mut runs: Vec<f64> = (0..40)
            .map(|_| {
                let started = Instant::now();
                session.run(&mut state, features, &mut Vec::new()).unwrap();
                ms(started)
            })
            .collect();
        runs.sort_by(f64::total_cmp);
        println!(
            "{frames:3} frames ({:5} ms of audio): plan {plan_ms:.0} ms, run {:.1} ms at best, median {:.1}",
            frames * 40,
            runs[0],
            runs[20]
        );
    }
}

#[test]
fn rows_are_probabilities() {
    let mut session = session();
    let log_probs = play(&mut session, Lookahead::Ms(640), &features());
    for row in log_probs.chunks(session.tokens()) {
        let sum: f32 = row.iter().map(|log_prob| log_prob.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    }
}

#[test]
fn runs_are_deterministic() {
    let (mut one, mut other, features) = (session(), session(), features());
    for lookahead in [Lookahead::Ms(160), Lookahead::WholeTake] {
        let first = play(&mut one, lookahead, &features);
        assert_eq!(
            first,
            play(&mut one, lookahead, &features),
            "the same session"
        );
        assert_eq!(
            first,
            play(&mut other, lookahead, &features),
            "another session"
        );
    }
}

#[test]
fn a_cloned_state_goes_on_by_itself() {
    let (mut session, features) = (session(), features());
    let chunk = 8 * 320;
    let mut state = session.start();
    let mut rows = Vec::new();
    session
        .run(&mut state, &features[..chunk], &mut rows)
        .unwrap();
    assert_eq!(state.left_length(), 8);
    let mut copy = state.clone();
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    session
        .run(&mut state, &features[chunk..2 * chunk], &mut expected)
        .unwrap();
    session
        .run(&mut copy, &features[chunk..2 * chunk], &mut found)
        .unwrap();
    assert_eq!(expected, found);
    assert_ne!(expected[..29], rows[..29]);
}

#[test]
fn long_takes_run_in_full_chunks_and_a_remainder() {
    let mut session = session();
    let spec = spec();
    let chunks = |mut left: usize| {
        let mut chunks = Vec::new();
        while left > 0 {
            let chunk = spec.chunk_frames(Lookahead::WholeTake, Some(left)).unwrap();
            chunks.push(chunk);
            left = left.saturating_sub(chunk);
        }
        chunks
    };
    assert_eq!(chunks(1), [32]);
    assert_eq!(chunks(512), [512]);
    assert_eq!(chunks(513), [512, 32]);
    assert_eq!(chunks(1100), [512, 512, 96]);
    let twice = [features(), features(), features()].concat();
    let log_probs = play(&mut session, Lookahead::WholeTake, &twice);
    assert_eq!(log_probs.len(), 3 * 512 * 29);
    assert_eq!(session.prepared(), [512, 256]);
}

#[test]
fn a_file_that_is_not_the_manifests_is_refused_before_parsing() {
    let (spec, good) = (spec(), read("models/base.int8.onnx"));
    let refusal = |bytes: &[u8]| Session::load(&spec, bytes).err().unwrap();

    assert!(matches!(refusal(&[]), ModelError::Empty { .. }));
    let cut = refusal(&good[..good.len() / 2]);
    assert!(matches!(cut, ModelError::Length { .. }), "{cut}");
    assert!(
        cut.to_string()
            .contains("it was cut off or is another file. Fetch it again")
    );

    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert!(matches!(refusal(&flipped), ModelError::Hash { .. }));

    // Of the right length, but nothing like ONNX: were it parsed first, the error
    // would be the parser's.
    let noise: Vec<u8> = (0..good.len()).map(|i| ((i * 7919) >> 3) as u8).collect();
    assert!(matches!(refusal(&noise), ModelError::Hash { .. }));
}

/// `y = Relu(x)`, x f32 \[1, T\], written by `onnx` 1.23.2.
const RELU_ONNX: &str = "08083a400a0c0a0178120179220452656c75120472656c755a140a0178120f0a0d\
080112090a0208010a0312015462140a0179120f0a0d080112090a0208010a0312015442040a001011";

#[test]
fn a_verified_file_that_does_not_fit_is_refused_in_words() {
    let relu: Vec<u8> = (0..RELU_ONNX.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&RELU_ONNX[at..at + 2], 16).unwrap())
        .collect();
    let refusal = |bytes: &[u8]| Session::load(&spec_of(bytes), bytes).err().unwrap();
    let message = refusal(&relu).to_string();
    assert!(
        message.contains("its inputs are x, and should be cache_conv, cache_features,"),
        "{message}"
    );

    for bytes in [
        &b"not a protobuf at all"[..],
        &[0; 64],
        &relu[..40],
        b"\x0a",
    ] {
        let error = refusal(bytes);
        assert!(
            matches!(
                error,
                ModelError::Graph { .. } | ModelError::Contract { .. }
            ),
            "{error}"
        );
    }

    let good = read("models/base.int8.onnx");
    let mut spec = spec();
    spec.caches[1].shape[2] = 64;
    let message = Session::load(&spec, &good).err().unwrap().to_string();
    assert!(
        message.contains("cache_keys is F32 [8, 1, 128, 128] for a chunk of one encoder frame, and should be F32 [8, 1, 64, 128]"),
        "{message}"
    );
    let spec = ModelSpec {
        rows_per_frame: 1,
        ..self::spec()
    };
    let message = Session::load(&spec, &good).err().unwrap().to_string();
    assert!(message.contains("log_probs is F32 [1, 2, 29]"), "{message}");
}

#[test]
fn bad_chunks_are_refused_and_change_nothing() {
    let (mut session, features) = (session(), features());
    let chunk = 4 * 320;
    let mut state = session.start();
    let mut log_probs = Vec::new();
    session
        .run(&mut state, &features[..chunk], &mut log_probs)
        .unwrap();
    let (before, kept) = (state.clone(), log_probs.clone());
    let mut refused = |features: &[f32]| {
        session
            .run(&mut state, features, &mut log_probs)
            .unwrap_err()
    };

    for count in [0, 1, 319, 321, 80] {
        let expected = ModelError::FeatureCount {
            found: count,
            multiple: 320,
        };
        assert_eq!(refused(&features[..count]), expected);
    }
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut damaged = features[..chunk].to_vec();
        damaged[700] = bad;
        assert_eq!(
            refused(&damaged),
            ModelError::FeatureNotFinite { index: 700 }
        );
    }
    assert_eq!(
        refused(&vec![0.0; 513 * 320]),
        ModelError::ChunkLength {
            frames: 513,
            most: 512
        }
    );
    let error = refused(&vec![f32::MAX; chunk]);
    assert!(
        matches!(error, ModelError::OutputNotFinite { .. }),
        "{error}"
    );

    assert_eq!(log_probs, kept);
    let (mut again, mut expected) = (before, Vec::new());
    session
        .run(&mut again, &features[chunk..2 * chunk], &mut expected)
        .unwrap();
    let mut found = Vec::new();
    session
        .run(&mut state, &features[chunk..2 * chunk], &mut found)
        .unwrap();
    assert_eq!(found, expected);
}

#[test]
fn plans_are_built_lazily_and_their_number_is_bounded() {
    let mut session = session();
    assert!(session.prepared().is_empty());
    for frames in [1, 2, 3, 4, 5, 6, 7, 8] {
        session.prepare(frames).unwrap();
    }
    session.prepare(1).unwrap();
    session.prepare(9).unwrap();
    assert_eq!(session.prepared(), [3, 4, 5, 6, 7, 8, 1, 9]);
    for frames in [0, 513, usize::MAX] {
        assert_eq!(
            session.prepare(frames),
            Err(ModelError::ChunkLength { frames, most: 512 })
        );
    }
}

#[test]
fn the_shipped_manifest_describes_the_shipped_files() {
    let spec = spec();
    let tokens =
        Tokens::parse(&String::from_utf8(read(&format!("models/{}", spec.tokens))).unwrap());
    assert_eq!(tokens.unwrap().len(), session().tokens());
    assert_eq!(
        (spec.encoder_frame_samples(), spec.row_samples()),
        (640, 320)
    );
    let lookaheads = [0, 160, 320, 640, 1280].map(Lookahead::Ms);
    assert_eq!(
        spec.lookaheads(),
        [&lookaheads[..], &[Lookahead::WholeTake]].concat()
    );
    let chunks = lookaheads.map(|lookahead| spec.chunk_frames(lookahead, None).unwrap());
    assert_eq!(chunks, [1, 4, 8, 16, 32]);
    assert_eq!(spec.chunk_samples(Lookahead::Ms(320)), 8 * 640);
    let error = spec.chunk_frames(Lookahead::Ms(200), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "This model has no lookahead of 200 ms: \
         choose one of 0 ms, 160 ms, 320 ms, 640 ms, 1280 ms, whole take."
    );
}

/// Samples of a take, and samples of silence that `padded_samples` of
/// `models/training/runtime.py` appends for each lookahead and the whole take.
const FLUSH: [(i64, [i64; 6]); 11] = [
    (0, [7920, 7920, 10480, 10480, 20720, 20720]),
    (1, [7919, 7919, 10479, 10479, 20719, 20719]),
    (399, [7521, 7521, 10081, 10081, 20321, 20321]),
    (400, [8160, 10080, 10080, 10080, 20320, 20320]),
    (8_000, [7600, 7600, 7600, 12720, 12720, 12720]),
    (16_000, [7920, 9840, 9840, 14960, 25200, 25200]),
    (151_731, [7869, 9789, 12349, 12349, 12349, 12349]),
    (320_000, [7920, 7920, 7920, 7920, 7920, 7920]),
    (327_680, [7920, 7920, 10480, 10480, 20720, 20720]),
    (480_001, [7919, 9199, 11759, 11759, 11759, 11759]),
    (28_800_000, [7920, 7920, 10480, 15600, 15600, 15600]),
];

#[test]
fn silence_after_a_take_fills_its_last_chunk() {
    let spec = spec();
    for (take, silences) in FLUSH {
        let found = spec
            .lookaheads()
            .into_iter()
            .map(|l| spec.flush_samples(l, take).unwrap());
        assert_eq!(found.collect::<Vec<_>>(), silences, "{take} samples");
    }
    for take in 0..2_000 {
        for lookahead in spec.lookaheads() {
            let total = take + spec.flush_samples(lookahead, take).unwrap();
            let encoder_frames = spec.feature_frames(total) / 4;
            let chunk = spec
                .chunk_frames(lookahead, Some(encoder_frames as usize))
                .unwrap() as i64;
            assert_eq!(
                spec.feature_frames(total) % (4 * chunk),
                0,
                "{take} samples, {lookahead}"
            );
            // 480 ms, less what a hop cuts off.
            assert!(total - take > 7_680 - 160, "{take} samples, {lookahead}");
        }
    }
    assert!(spec.flush_samples(Lookahead::Ms(40), 0).is_err());
}

/// An edit of the shipped manifest, and words of the refusal.
const REFUSALS: [(&str, &str, &str); 26] = [
    (
        "format = 1",
        "format = 2",
        "format of the manifest cannot be used: it is 2",
    ),
    ("format = 1", "format = ", "(line 2)"),
    (
        "default = \"base\"",
        "default = \"best\"",
        "it is \"best\", and no model is named so.",
    ),
    (
        "language = \"en\"",
        "language = \"en\"\nspeed = 3",
        "unknown field `speed`",
    ),
    ("language = \"en\"", "", "missing field `language`"),
    (
        "file = \"base.int8.onnx\"",
        "file = \"../base.int8.onnx\"",
        "the plain name of a file",
    ),
    (
        "file = \"base.int8.onnx\"",
        "file = \"http://x/y.onnx\"",
        "the plain name of a file",
    ),
    (
        "tokens = \"tokens.txt\"",
        "tokens = \".tokens\"",
        "tokens of base cannot be used",
    ),
    (
        "sha256 = \"",
        "sha256 = \"A",
        "64 lower-case hexadecimal digits",
    ),
    ("bytes = ", "bytes = 1000", "between 1 and"),
    ("bytes = ", "bytes = -", "invalid value"),
    (
        "precision = \"int8\"",
        "precision = \"int3\"",
        "unknown variant `int3`",
    ),
    (
        "\nsample_rate_hz = 16000\nsub",
        "\nsample_rate_hz = 8000\nsub",
        "it is 8000, and must be 16000.",
    ),
    (
        "subsampling = 4",
        "subsampling = 0",
        "it is 0, and must be between 1 and 64.",
    ),
    ("subsampling = 4", "subsampling = 4.5", "invalid type"),
    (
        "rows_per_frame = 2",
        "rows_per_frame = 3",
        "must divide the 640 samples",
    ),
    ("blank = 0", "blank = 28", "it is 28, and must be 0."),
    (
        "left_frames = 128",
        "left_frames = 99999999999",
        "left_frames of base cannot be used",
    ),
    ("[0, 160, 320,", "[0, 320, 160,", "ascending"),
    (
        "[0, 160, 320,",
        "[0, 150, 320,",
        "150 ms is not a whole number of encoder frames.",
    ),
    (
        "whole_take_frames = 512",
        "whole_take_frames = 16",
        "must divide whole_take_frames (16)",
    ),
    (
        "whole_take_multiple = 32",
        "whole_take_multiple = 0",
        "whole_take_multiple of base",
    ),
    (
        "flush_ms = 480",
        "flush_ms = 4294967295",
        "flush_ms of base cannot be used",
    ),
    (
        "hop_samples = 160",
        "hop_samples = 0",
        "hop_samples of base cannot be used",
    ),
    (
        "name = \"cache_conv\"",
        "name = \"left_len\"",
        "\"left_len\" is empty or names another",
    ),
    ("[8, 1, 10, 128]", "[8, 0, 10, 128]", "none of them 0"),
];

#[test]
fn unusable_manifests_are_refused_in_words() {
    let good = manifest_text();
    for (from, to, words) in REFUSALS {
        assert!(good.contains(from), "{from:?} is not in the manifest");
        let error = Manifest::parse(&good.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{to:?}: {error}");
    }
    for text in [
        "",
        "format",
        "\u{0}",
        "format = 1\ndefault = \"a\"\nmodel = []",
    ] {
        assert!(Manifest::parse(text).is_err(), "{text:?}");
    }
    let manifest = Manifest::parse(&good).unwrap();
    assert_eq!(manifest.model(None), manifest.model(Some("base")));
    assert_eq!(
        manifest.model(Some("large")).unwrap_err().to_string(),
        "There is no model \"large\" in the manifest: choose one of base."
    );
}

#[test]
fn several_models_share_a_manifest() {
    let text = manifest_text();
    let one = &text[text.find("[[model]]").unwrap()..];
    let two = one.replacen("name = \"base\"", "name = \"small\"", 1);
    let manifest = Manifest::parse(&format!("{text}\n{two}")).unwrap();
    assert_eq!(manifest.models().len(), 2);
    assert_eq!(manifest.model(None).unwrap().name, "base");
    assert_eq!(manifest.model(Some("small")).unwrap().name, "small");
    let error = Manifest::parse(&format!("{text}\n{one}"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("two models are named \"base\"."), "{error}");
}
