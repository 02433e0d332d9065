//! The manifest: what it says of the shipped files, the arithmetic on it, and what is
//! refused.

use asr_playground::model::{Lookahead, Manifest, Tokens};

use crate::{manifest_text, read, session, spec};

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

/// The page has them fetched before anything could tell it which they are.
#[test]
fn the_page_names_the_default_models_files() {
    let page = String::from_utf8(read("index.html")).unwrap();
    let (_, rest) = page
        .split_once("<meta name=\"first-files\" content=\"")
        .unwrap();
    let named: Vec<&str> = rest.split('"').next().unwrap().split(' ').collect();
    let spec = spec();
    let files = ["manifest.toml", &spec.file, &spec.tokens].map(|file| format!("models/{file}"));
    assert_eq!(named, files);
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
        "left_frames = 64",
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
    ("[12, 1, 10, 128]", "[12, 0, 10, 128]", "none of them 0"),
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
