//! Files and chunks that must be refused, in words, without a panic.

use asr_playground::model::{Arithmetic, ModelError, ModelSpec, Session};

use crate::{features, read, session, spec, spec_of};

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

    // "Selu" in the place of "Relu".
    let mut selu = relu.clone();
    let at = relu.windows(4).position(|name| name == b"Relu").unwrap();
    selu[at] = b'S';
    let message = refusal(&selu).to_string();
    assert!(
        message.contains("cannot be run here: it has operators that are not read here: Selu."),
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
    spec.caches[1].shape[2] = 32;
    let message = Session::load(&spec, &good).err().unwrap().to_string();
    assert!(
        message.contains("cache_keys is F32 [12, 1, 64, 128] for a chunk of one encoder frame, and should be F32 [12, 1, 32, 128]"),
        "{message}"
    );
    let spec = ModelSpec {
        rows_per_frame: 1,
        ..crate::spec()
    };
    let message = Session::load(&spec, &good).err().unwrap().to_string();
    assert!(message.contains("log_probs is F32 [1, 2, 29]"), "{message}");
}

#[test]
fn bad_chunks_are_refused_and_change_nothing() {
    let (mut session, features) = (session(), features());
    let chunk = 4 * 320;
    let mut state = session.start(Arithmetic::Int8);
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
