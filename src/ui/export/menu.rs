//! The menu that saves a take's words, audio and figures.

use asr_playground::decode::{Word, fillers};
use asr_playground::eval::latency::PerceivedLatencies;
use asr_playground::eval::normalise::{NORMALISER_VERSION, Normaliser};
use asr_playground::eval::wer::ErrorCounts;
use leptos::prelude::*;

use super::super::download::{self, media};
use super::super::menu::Menu;
use super::super::options::FILLERS;
use super::super::page::{ModelStatus, Origin, Page, Phase, use_page};
use super::super::reference::{Verdict, Verdicts};
use super::super::tail::largest;
use super::super::wav;
use super::captions;
use super::tables::{Report, words_json};

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Txt,
    Srt,
    Vtt,
    Json,
    Wav,
    FiguresCsv,
    FiguresJson,
}

impl Kind {
    const WORDS: [Self; 4] = [Self::Txt, Self::Srt, Self::Vtt, Self::Json];
    const REST: [Self; 3] = [Self::Wav, Self::FiguresCsv, Self::FiguresJson];

    /// What the button says, what it is for, and the end of the file's name.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Txt => ("Text", "The words alone", ".txt"),
            Self::Srt => ("Subtitles, SRT", "For video players and editors", ".srt"),
            Self::Vtt => ("Subtitles, WebVTT", "For videos on web pages", ".vtt"),
            Self::Json => ("JSON", "Words with times and confidence", ".words.json"),
            Self::Wav => ("Audio, WAV", "As the model heard it: 16 kHz, mono", ".wav"),
            Self::FiguresCsv => (
                "Figures, CSV",
                "Settings, errors, latencies",
                ".figures.csv",
            ),
            Self::FiguresJson => ("Figures, JSON", "The same, for programs", ".figures.json"),
        }
    }
}

/// The menu.
#[component]
pub fn SaveMenu() -> impl IntoView {
    let page = use_page();
    let verdict = expect_context::<Verdicts>().0;
    let open = RwSignal::new(false);
    let nothing = Signal::derive(move || page.phase.get() != Phase::Finished);
    let fillers = move || page.settings.with(|s| s.fillers);
    let item = move |kind: Kind| {
        let (label, purpose, ending) = kind.words();
        let testid = format!("save{}", ending.replace('.', "-"));
        view! {
            <button
                type="button"
                class="menu-item"
                data-testid=testid
                on:click=move |_| {
                    open.set(false);
                    save(page, verdict, kind);
                }
            >
                <span class="field-name">{label}</span>
                <span class="hint">{purpose}</span>
            </button>
        }
    };
    view! {
        <Menu
            label="Save"
            testid="save"
            icon="M10 3.5V13M6 9.5l4 4 4-4M3.5 13.5v3h13v-3"
            open=open
            disabled=nothing
        >
            <p class="menu-title">"The words"</p>
            <p class="hint menu-note" data-testid="save-fillers">
                {move || {
                    if fillers() {
                        "Without fillers, as they are struck out; JSON has them, marked."
                    } else {
                        "Fillers included; the switch “Strike out fillers” leaves them out."
                    }
                }}
            </p>
            {Kind::WORDS.map(item).collect_view()}
            <p class="menu-title">"The take"</p>
            {Kind::REST.map(item).collect_view()}
        </Menu>
    }
}

fn save(page: Page, verdict: Memo<Verdict>, kind: Kind) {
    let name = format!("{}{}", stem(&title(page)), kind.words().2);
    let words = words(page);
    let saved = match kind {
        Kind::Txt => {
            let texts: Vec<&str> = words.read.iter().map(|word| word.text.as_str()).collect();
            download::save_text(&name, media::TEXT, &format!("{}\n", texts.join(" ")))
        }
        Kind::Srt => download::save_text(&name, media::SRT, &captions::srt(&words.read)),
        Kind::Vtt => download::save_text(&name, media::VTT, &captions::vtt(&words.read)),
        Kind::Json => {
            let file = words_json(&words.all, &words.fillers, &hash(page));
            download::save_text(&name, media::JSON, &file)
        }
        Kind::Wav => {
            let file = page.handles.with_value(|h| wav::encode(&h.audio));
            download::save_bytes(&name, media::WAV, &file)
        }
        Kind::FiguresCsv | Kind::FiguresJson => {
            let report = report(page, verdict);
            if kind == Kind::FiguresCsv {
                download::save_text(&name, media::CSV, &report.csv())
            } else {
                download::save_text(&name, media::JSON, &report.json())
            }
        }
    };
    if let Err(words) = saved {
        download::not_saved(page, &words);
    }
}

/// The words of the take in view.
struct Words {
    all: Vec<Word>,
    /// Which of them are fillers that are struck out.
    fillers: Vec<bool>,
    /// Those that are not.
    read: Vec<Word>,
}

fn words(page: Page) -> Words {
    let all: Vec<Word> = page.transcript.with_untracked(|t| t.words.clone());
    let fillers = if page.settings.with_untracked(|s| s.fillers) {
        fillers::mark(&all, &FILLERS)
    } else {
        vec![false; all.len()]
    };
    let kept = all.iter().zip(&fillers).filter(|(_, filler)| !**filler);
    let read = kept.map(|(word, _)| word.clone()).collect();
    Words { all, fillers, read }
}

/// Errors and latencies are those that the page shows.
fn report(page: Page, verdict: Memo<Verdict>) -> Report {
    let latency = page.latency.get_untracked();
    let perceived = latency.as_ref().and_then(|l| l.perceived.as_ref());
    // Without a reference there is nothing that errors could be counted against.
    let given = |counts: &ErrorCounts| counts.reference_len() > 0;
    let (words, chars) = verdict.with_untracked(|v| {
        let words = v.words.as_ref().map(|words| words.counts);
        (words.filter(given), v.chars.filter(given))
    });
    Report {
        title: title(page),
        settings_hash: hash(page),
        model: page.model.with_untracked(|model| match model {
            ModelStatus::Ready(info) => info.name.clone(),
            _ => String::new(),
        }),
        normaliser: normaliser_words(page.settings.with_untracked(|s| s.normaliser)),
        words,
        chars,
        figures: page.figures.get_untracked(),
        perceived_ms: perceived.and_then(PerceivedLatencies::percentiles),
        longest_wait_ms: perceived.and_then(|p| largest(&p.stable_ms().collect::<Vec<_>>())),
        unstable_partial_word_ratio: latency
            .as_ref()
            .and_then(|latency| latency.stability.unstable_partial_word_ratio()),
    }
}

fn normaliser_words(normaliser: Normaliser) -> String {
    let off: Vec<&str> = normaliser
        .steps()
        .filter(|(_, on)| !on)
        .map(|(step, _)| step.id)
        .collect();
    if off.is_empty() {
        format!("version {NORMALISER_VERSION}")
    } else {
        format!("version {NORMALISER_VERSION} without {}", off.join(" "))
    }
}

fn hash(page: Page) -> String {
    page.settings
        .with_untracked(super::super::state::PageSettings::to_hash)
}

/// What the take in view is called.
fn title(page: Page) -> String {
    page.origin.with_untracked(|origin| match origin {
        Some(Origin::Clip(clip)) => clip.file.clone(),
        Some(Origin::File(name)) => name.clone(),
        Some(Origin::Microphone) | None => "take".to_owned(),
    })
}

/// A file's name without its ending, and without what file systems refuse.
fn stem(title: &str) -> String {
    let stem = title.rsplit_once('.').map_or(title, |(stem, _)| stem);
    let safe: String = stem
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '-' | '_' | ' ') {
                c
            } else {
                '_'
            }
        })
        .take(80)
        .collect();
    let safe = safe.trim();
    if safe.is_empty() {
        "take".to_owned()
    } else {
        safe.to_owned()
    }
}
