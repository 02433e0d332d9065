//! Configurations: what is refused, and how the manifest writes them.

use super::*;

#[test]
fn every_bad_field_is_named() {
    type Break = fn(&mut LogMelConfig);
    let cases: [(&str, Break); 19] = [
        ("sample_rate_hz", |c| c.sample_rate_hz = 0),
        ("window_samples", |c| c.window_samples = 1),
        ("window_samples", |c| c.window_samples = usize::MAX),
        ("hop_samples", |c| c.hop_samples = 0),
        ("n_fft", |c| c.n_fft = 398),
        ("n_fft", |c| c.n_fft = 511),
        ("n_fft", |c| c.n_fft = 1 << 30),
        ("n_mels", |c| c.n_mels = 0),
        ("f_min_hz", |c| c.f_min_hz = -1.0),
        ("f_min_hz", |c| c.f_min_hz = f64::NAN),
        ("f_max_hz", |c| c.f_max_hz = 20.0),
        ("f_max_hz", |c| c.f_max_hz = 8000.5),
        ("pre_emphasis", |c| c.pre_emphasis = 1.5),
        ("pre_emphasis", |c| c.pre_emphasis = f64::NAN),
        ("gain", |c| c.gain = 0.0),
        ("gain", |c| c.gain = f64::INFINITY),
        ("scaling.floor", |c| c.scaling = Scaling::Ln { floor: 0.0 }),
        ("scaling.reference", |c| {
            c.scaling = Scaling::Db {
                reference: DbReference::Fixed(-1.0),
                floor: 1e-10,
                top_db: None,
            };
        }),
        ("scaling.top_db", |c| {
            c.scaling = Scaling::Db {
                reference: DbReference::Max,
                floor: 1e-10,
                top_db: Some(f64::NAN),
            };
        }),
    ];
    for (field, break_it) in cases {
        let mut config = LogMelConfig::model();
        break_it(&mut config);
        let error = config.validate().unwrap_err();
        assert!(
            matches!(error, FeatureError::Config { field: f, .. } if f == field),
            "{error}"
        );
        assert!(error.to_string().ends_with('.'), "{error}");
        assert_eq!(log_mel(&config, &[0.0; 1000]).unwrap_err(), error);
        assert_eq!(LogMel::new(config.clone()).err(), Some(error.clone()));
        assert_eq!(filterbank(&config).unwrap_err(), error);
        assert_eq!(resolution(&config).unwrap_err(), error);
    }
}

/// The front end as `models/manifest.toml` writes it.
const MANIFEST: &str = r#"
sample_rate_hz = 16000
window_samples = 400
window_shape = "hann"
hop_samples = 160
n_fft = 512
n_mels = 80
f_min_hz = 20.0
f_max_hz = 7600.0
mel_scale = "htk"
mel_norm = "none"
spectrum = "power"
scaling = { kind = "ln", floor = 1e-6 }
pre_emphasis = 0.0
framing = "valid"
"#;

#[test]
fn the_manifest_spells_the_model_preset() {
    let parsed: LogMelConfig = toml::from_str(MANIFEST).unwrap();
    assert_eq!(parsed, LogMelConfig::model());
    let only_sizes: String = MANIFEST
        .lines()
        .filter(|line| line.contains("_samples") || line.contains("n_") || line.contains("_hz"))
        .filter(|line| !line.contains('"'))
        .fold(String::new(), |text, line| text + line + "\n");
    assert_eq!(only_sizes.lines().count(), 7);
    assert_eq!(toml::from_str::<LogMelConfig>(&only_sizes).unwrap(), parsed);
}

#[test]
fn the_manifest_is_read_strictly() {
    let ln = "scaling = { kind = \"ln\", floor = 1e-6 }";
    for (from, to, complaint) in [
        (
            "n_mels = 80",
            "n_mels = 80\ndither = 1.0",
            "unknown field `dither`",
        ),
        ("n_mels = 80", "", "missing field `n_mels`"),
        ("n_mels = 80", "n_mels = -80", "invalid value"),
        ("\"hann\"", "\"hahn\"", "unknown variant `hahn`"),
        (
            ln,
            "scaling = { kind = \"ln\", floor = 1e-6, ceiling = 1 }",
            "unknown field `ceiling`",
        ),
        (
            ln,
            "scaling = { kind = \"ln\", floor = 1e-6, top_db = 80 }",
            "no top_db",
        ),
    ] {
        assert!(MANIFEST.contains(from));
        let error = toml::from_str::<LogMelConfig>(&MANIFEST.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }
    let db = "scaling = { kind = \"db\", floor = 1e-10, reference = \"max\", top_db = 80 }";
    let parsed: LogMelConfig = toml::from_str(&MANIFEST.replace(ln, db)).unwrap();
    assert_eq!(parsed.scaling, LogMelConfig::librosa_power_to_db().scaling);
}

#[test]
fn a_configuration_survives_the_message_to_the_page() {
    for name in ["model", "librosa_power_to_db", "kaldi_fbank"] {
        let config = preset(name);
        let bytes = postcard::to_allocvec(&config).unwrap();
        assert_eq!(
            postcard::from_bytes::<LogMelConfig>(&bytes).unwrap(),
            config
        );
    }
}
