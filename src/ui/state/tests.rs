//! Hash and query, there and back, and hostile ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use asr_playground::decode::{BeamConfig, DecoderKind, DecoderSettings, EndpointConfig, Hotword};
use asr_playground::model::Arithmetic;

use super::hash::MAX_NAME;
use super::*;

#[test]
fn the_default_page_has_an_empty_hash() {
    assert_eq!(PageSettings::default().to_hash(), "");
    assert_eq!(PageSettings::from_hash(""), PageSettings::default());
    assert_eq!(PageSettings::from_hash("#"), PageSettings::default());
}

#[test]
fn what_is_written_is_read_back() {
    for lookahead in LOOKAHEADS {
        for pace in [Pace::Fast, Pace::RealTime] {
            for bits in 0..8_u8 {
                for theme in [Theme::System, Theme::Light, Theme::Dark] {
                    let settings = PageSettings {
                        recognizer: recognizer(lookahead, bits),
                        other: recognizer(Lookahead::Ms(0), 7 - bits),
                        view: View::ALL[usize::from(bits) % View::ALL.len()],
                        lesson: (bits & 1 != 0).then(|| "sum-over-paths".to_owned()),
                        sweep: Axes {
                            lookaheads: vec![lookahead],
                            hotwords: vec![bits & 1 != 0],
                            ..Axes::default()
                        },
                        fillers: bits & 2 != 0,
                        normaliser: if bits & 4 != 0 {
                            Normaliser::none()
                        } else {
                            Normaliser::default()
                                .with("lower-case", bits & 1 == 0)
                                .unwrap()
                        },
                        model: (bits == 5).then(|| "small".to_owned()),
                        clip: (bits > 3).then(|| "short-digits.wav".to_owned()),
                        pace,
                        microphone: MicrophoneWishes {
                            echo_cancellation: bits & 1 != 0,
                            noise_suppression: bits & 2 != 0,
                            auto_gain: bits & 4 != 0,
                        },
                        theme,
                    };
                    let hash = settings.to_hash();
                    assert_eq!(PageSettings::from_hash(&hash), settings, "{hash}");
                }
            }
        }
    }
}

#[test]
fn an_example_reads_as_written() {
    let settings = PageSettings::from_hash("#lookahead=whole&clip=a.wav&pace=fast&gain=on");
    assert_eq!(settings.recognizer.lookahead, Lookahead::WholeTake);
    assert_eq!(settings.clip.as_deref(), Some("a.wav"));
    assert_eq!(settings.pace, Pace::Fast);
    assert!(settings.microphone.auto_gain && !settings.microphone.echo_cancellation);
}

/// Encoded as Python's `urllib.parse.quote(value, safe="")` does it.
#[test]
fn a_link_that_a_messenger_encoded_reads_the_same() {
    for (encoded, plain) in [
        ("decoder=beam%2Blm", "decoder=beam+lm"),
        ("b.decoder=beam%2blm", "b.decoder=beam+lm"),
        (
            "hotwords=it%27s%2Bme%3A2.5%2Cyou%3A3",
            "hotwords=it's+me:2.5,you:3",
        ),
        ("normaliser=lower%2Dcase", "normaliser=lower-case"),
    ] {
        let read = PageSettings::from_hash(encoded);
        assert_ne!(read, PageSettings::default(), "{encoded}");
        assert_eq!(read, PageSettings::from_hash(plain), "{encoded}");
    }
    let hidden = Query::parse("?hide=takes%2Csweep").hide;
    assert_eq!(hidden, Query::parse("?hide=takes,sweep").hide);
}

#[test]
fn bad_values_fall_back() {
    for hash in [
        "lookahead=-1",
        "lookahead=161",
        "lookahead=99999999999999999999",
        "lookahead=NaN",
        "lookahead=",
        "lookahead",
        "arithmetic=int3",
        "decoder=magic",
        "beam=0",
        "beam=129",
        "beam=-1",
        "beam=8.5",
        "alpha=NaN",
        "alpha=inf",
        "alpha=-1",
        "beta=1e30",
        "clip=../../etc/passwd",
        "clip=a%2fb",
        "clip=%2e%2e%2fa",
        "clip=%FF",
        "clip=%",
        "%=%2",
        "clip=.hidden",
        "pace=ludicrous",
        "echo=1",
        "theme=pink",
        "view=cellar",
        "nbest=0",
        "nbest=21",
        "hotwords=:5",
        "hotwords=a:NaN",
        "hotwords=a:51",
        "hotwords=%3Cscript%3E:5",
        "endpoints=maybe",
        "normaliser=magic",
        "b.beam=0",
        "b.b.beam=4",
        "=",
        "&&&=&",
        "unknown=on",
        "\u{1F984}=\u{1F984}",
    ] {
        assert_eq!(
            PageSettings::from_hash(hash),
            PageSettings::default(),
            "{hash}"
        );
    }
    let long = format!("clip={}", "a".repeat(MAX_NAME + 1));
    assert_eq!(PageSettings::from_hash(&long).clip, None);
}

#[test]
fn a_bad_clip_is_never_written() {
    let settings = PageSettings {
        clip: Some("a&pace=fast".to_owned()),
        ..PageSettings::default()
    };
    assert_eq!(settings.to_hash(), "");
}

#[test]
fn the_query_speaks_for_tests() {
    let on = Query {
        autorun: true,
        pace: None,
        hide: BTreeSet::new(),
    };
    assert_eq!(Query::parse(""), on);
    assert_eq!(Query::parse("?autorun=perhaps&pace=1"), on);
    assert_eq!(
        Query::parse("?autorun=off&pace=fast"),
        Query {
            autorun: false,
            pace: Some(Pace::Fast),
            hide: BTreeSet::new(),
        }
    );
}
fn recognizer(lookahead: Lookahead, bits: u8) -> Settings {
    Settings {
        lookahead,
        arithmetic: Arithmetic::ALL[usize::from(bits & 1)],
        decoder: DecoderSettings {
            kind: DecoderKind::ALL[usize::from(bits) % 3],
            beam: BeamConfig {
                width: 1 << bits.min(7),
                n_best: 1 + usize::from(bits),
                lm_weight: f32::from(bits) / 7.0,
                hotwords: (0..bits % 3)
                    .map(|n| Hotword {
                        phrase: format!("it's {}", "abc".repeat(usize::from(n) + 1)),
                        boost: 2.5,
                    })
                    .collect(),
                ..BeamConfig::default()
            },
        },
        endpoint: (bits & 2 != 0).then(EndpointConfig::default),
        ..Settings::default()
    }
}

#[test]
fn every_view_but_the_first_is_a_part_that_a_link_can_leave_out() {
    for view in View::ALL.into_iter().skip(1) {
        assert!(PARTS.iter().any(|(name, _)| *name == view.name()));
    }
    let query = Query::parse("?hide=takes,<b>,sweep,,nonsense");
    assert_eq!(
        query.hide.into_iter().collect::<Vec<_>>(),
        ["sweep", "takes"]
    );
}
