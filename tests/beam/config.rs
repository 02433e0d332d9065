//! Settings out of range are refused, with words for a person.

use asr_playground::decode::beam::BeamConfigError;
use asr_playground::decode::{BeamConfig, Hotword, PrefixBeam};

use super::support::{beam, letters};

fn hotword(phrase: &str, boost: f32) -> BeamConfig {
    BeamConfig {
        hotwords: vec![Hotword {
            phrase: phrase.to_owned(),
            boost,
        }],
        ..BeamConfig::default()
    }
}

#[test]
fn settings_out_of_range() {
    let config = BeamConfig::default();
    config.validate().unwrap();
    let cases: [(BeamConfig, &str); 12] = [
        (
            BeamConfig {
                width: 0,
                ..config.clone()
            },
            "width is 0; it can be 1 to 1024",
        ),
        (
            BeamConfig {
                n_best: 2000,
                ..config.clone()
            },
            "n_best is 2000; it can be 1 to 1024",
        ),
        (
            BeamConfig {
                token_min_ln: 0.5,
                ..config.clone()
            },
            "token_min_ln is 0.5; it can be -1000 to 0",
        ),
        (
            BeamConfig {
                tokens_per_row: 0,
                ..config.clone()
            },
            "tokens_per_row is 0; it can be 1 to 4096",
        ),
        (
            BeamConfig {
                beam_ln: f32::NAN,
                ..config.clone()
            },
            "beam_ln is NaN; it can be 0 to 1000",
        ),
        (
            BeamConfig {
                lm_weight: -0.5,
                ..config.clone()
            },
            "lm_weight is -0.5; it can be 0 to 5",
        ),
        (
            BeamConfig {
                word_bonus: f32::INFINITY,
                ..config.clone()
            },
            "word_bonus is inf; it can be -10 to 10",
        ),
        (
            BeamConfig {
                unknown_word_penalty: -1.0,
                ..config.clone()
            },
            "unknown_word_penalty is -1; it can be 0 to 1000",
        ),
        (
            BeamConfig {
                commit_rows: 0,
                ..config
            },
            "commit_rows is 0; it can be 1 to 3000",
        ),
        (hotword(" \t", 1.0), "a hotword has no letters in it"),
        (hotword("hello", 51.0), "boost is 51; it can be 0 to 50"),
        (
            hotword(&"x".repeat(101), 1.0),
            &format!(
                "the hotword {:?} is longer than 100 characters",
                "x".repeat(101)
            ),
        ),
    ];
    for (config, message) in cases {
        let refused = PrefixBeam::new(&letters(), 10, config.clone(), None).unwrap_err();
        assert_eq!(refused.to_string(), message);
        let mut running = beam(BeamConfig::default(), None);
        assert_eq!(running.set_config(config).unwrap_err().to_string(), message);
        assert_eq!(running.config(), &BeamConfig::default());
    }
    let many = BeamConfig {
        hotwords: vec![
            Hotword {
                phrase: "a".to_owned(),
                boost: 1.0
            };
            1001
        ],
        ..BeamConfig::default()
    };
    assert_eq!(
        many.validate(),
        Err(BeamConfigError::ManyHotwords { count: 1001 })
    );
}

#[test]
fn settings_are_data() {
    let config = hotword("hello there", 3.5);
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<BeamConfig>(&json).unwrap(), config);
    assert_eq!(
        serde_json::from_str::<BeamConfig>("{}").unwrap(),
        BeamConfig::default()
    );
}
