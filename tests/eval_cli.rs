//! `cargo xtask eval` and `sweep` as programs: what their options do, and what they refuse.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Clips of the page with errors in them.
const CLIPS: [&str; 4] = [
    "sentence.flac",
    "commands.opus",
    "fast.flac",
    "spelled.opus",
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of this test's own.
fn scratch(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("eval_cli");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// A manifest of clips of the page, with their references.
fn manifest(name: &str, clips: &[&str]) -> PathBuf {
    let list = std::fs::read(repository().join("public/clips/clips.json")).unwrap();
    let list: Vec<Value> = serde_json::from_slice(&list).unwrap();
    let mut text = "corpus\tpath\ttext\n".to_owned();
    for clip in clips {
        let described = list.iter().find(|described| described["file"] == *clip);
        let reference = described.map_or("nothing", |d| d["reference"].as_str().unwrap());
        text.extend(["clips\t", clip, "\t", reference, "\n"]);
    }
    scratch(name, text)
}

/// Runs the program over a manifest.
fn run(task: &str, manifest: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eval"))
        .current_dir(repository())
        .args([task, "--audio-root", "public/clips", "--manifest"])
        .arg(manifest)
        .args(options)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What a run prints; it succeeds and says nothing else.
fn printed(task: &str, manifest: &Path, options: &[&str]) -> String {
    let output = run(task, manifest, options);
    let said = text(&output.stderr);
    assert!(
        output.status.success() && !said.contains("left out"),
        "{said}"
    );
    text(&output.stdout).to_owned()
}

fn json(task: &str, manifest: &Path, options: &[&str]) -> Vec<Value> {
    serde_json::from_str(&printed(task, manifest, &[options, &["--json"]].concat())).unwrap()
}

/// What is said to options that cannot be; nothing is printed.
fn refusal(manifest: &Path, options: &[&str]) -> String {
    let output = run("sweep", manifest, options);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    text(&output.stderr).to_owned()
}

/// The recognised texts, by setting.
fn texts(name: &str, manifest: &Path, options: &[&str]) -> HashMap<String, Vec<String>> {
    let path = scratch(name, "");
    let options = [options, &["--hypotheses", path.to_str().unwrap()]].concat();
    printed("sweep", manifest, &options);
    let mut texts: HashMap<String, Vec<String>> = HashMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let of_setting = texts.entry(fields[2].to_owned()).or_default();
        of_setting.push(fields[4].to_owned());
    }
    texts
}

#[test]
fn a_clip_that_cannot_be_recognised_is_left_out_and_named() {
    let audio = repository().join("public/clips");
    let noise = scratch("noise.wav", b"RIFF, but no audio");
    let noise = noise.to_str().unwrap();
    let some = manifest(
        "some.tsv",
        &["missing.flac", "digits.flac", noise, "sentence.flac"],
    );
    let output = run("sweep", &some, &["--json", "--jobs", "2"]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&rows[0]["clips"], &rows[0]["words"]),
        (&2.into(), &15.into())
    );
    let left_out: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("left out"))
        .collect();
    assert_eq!(left_out.len(), 2, "{said}");
    let missing = audio.join("missing.flac");
    let missing = missing
        .strip_prefix(repository())
        .unwrap()
        .display()
        .to_string();
    assert!(
        left_out[0].starts_with(&format!("left out: {missing}: ")),
        "{said}"
    );
    assert!(
        left_out[1].starts_with(&format!("left out: {noise}: ")),
        "{said}"
    );

    let none = manifest("none.tsv", &["missing.flac", noise]);
    let said = refusal(&none, &[]);
    assert!(said.contains("no clip could be recognised"), "{said}");
    assert!(
        said.contains("missing.flac: ") && said.contains("noise.wav: "),
        "{said}"
    );
}

/// With one token a row there is one text, and it is the greedy decoder's.
#[test]
fn pruning_of_tokens_can_be_set() {
    let clips = manifest("pruning.tsv", &CLIPS);
    let decoders = ["--no-gate", "--decoder", "greedy", "--decoder", "beam"];
    for (name, pruning) in [
        ("tokens", ["--tokens", "1"]),
        ("token_min", ["--token-min", "0"]),
    ] {
        let texts = texts(name, &clips, &[&decoders[..], &pruning[..]].concat());
        assert_eq!(texts["320 ms, beam 8"], texts["320 ms, greedy"], "{name}");
    }
    let free = texts("free", &clips, &decoders);
    assert_ne!(free["320 ms, beam 8"], free["320 ms, greedy"]);
}

#[test]
fn pruning_of_hypotheses_and_the_look_ahead_can_be_set() {
    let clips = manifest("hypotheses.tsv", &CLIPS);
    let lm = ["--decoder", "beam+lm"];
    let usual = texts("usual", &clips, &lm);
    for (name, changed) in [
        ("beam_min", &["--beam-min", "0"][..]),
        ("blind", &["--no-look-ahead"]),
    ] {
        assert_ne!(
            texts(name, &clips, &[&lm[..], changed].concat()),
            usual,
            "{name}"
        );
    }
}

/// Where words are decided early their rivals are gone, and no oracle can pick them.
#[test]
fn an_oracle_of_whole_clips_is_better() {
    let half_a_minute = manifest("oracle.tsv", &["story.opus"]);
    let options = [
        "--decoder",
        "beam+lm",
        "--lookahead",
        "320",
        "--nbest",
        "100",
        "--beam",
        "100",
        // Words that are none are among the rivals.
        "--unknown",
        "6",
    ];
    let oracle = |more: &[&str]| {
        let rows = json("eval", &half_a_minute, &[&options[..], more].concat());
        (
            rows[0]["oracle_wer"].as_f64().unwrap(),
            rows[0]["wer"].as_f64().unwrap(),
        )
    };
    let (whole, _) = oracle(&["--commit-rows", "3000"]);
    let (late, wer) = oracle(&[]);
    assert!(whole < late && late <= wer, "{whole} {late} {wer}");
}

#[test]
fn the_interval_has_the_level_and_seed_asked_for() {
    let clips = manifest("interval.tsv", &CLIPS);
    let interval = |options: &[&str]| {
        let rows = json("sweep", &clips, options);
        let end = |end: &str| rows[0]["wer_interval"][end].as_f64().unwrap();
        (end("low"), end("high"))
    };
    let usual = interval(&[]);
    assert_eq!(
        interval(&["--level", "0.95", "--seed", "1", "--resamples", "10000"]),
        usual
    );
    let narrow = interval(&["--level", "0.5"]);
    assert!(
        usual.0 < narrow.0 && narrow.1 < usual.1,
        "{usual:?} {narrow:?}"
    );
    let few = |seed| interval(&["--resamples", "7", "--seed", seed]);
    assert_ne!(few("1"), few("2"));
    assert!(printed("sweep", &clips, &["--level", "0.999"]).contains("(99.9 %)"));
}

/// Every setting is compared with the first on the same clips, by corpus and for their mean.
#[test]
fn means_have_intervals_and_settings_are_compared_with_the_first() {
    let clips = manifest("compared.tsv", &CLIPS);
    let text = std::fs::read_to_string(&clips).unwrap();
    let two: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(index, line)| match index {
            0..=2 => line.to_owned(),
            _ => line.replacen("clips", "others", 1),
        })
        .collect();
    let two = scratch("two_corpora.tsv", two.join("\n"));
    let options = [
        "--lookahead",
        "320",
        "--decoder",
        "greedy",
        "--decoder",
        "beam+lm",
        "--words",
        "0",
    ];
    let rows = json("eval", &two, &options);
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row["corpus"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["clips", "clips", "others", "others", "mean", "mean"]
    );
    for pair in rows.chunks_exact(2) {
        let wer = |row: &Value| row["wer"].as_f64().unwrap();
        let [first, second] = pair else { panic!() };
        assert!(first["wer_change"].is_null());
        let change = &second["wer_change"];
        let difference = change["difference"].as_f64().unwrap();
        assert!((difference - (wer(second) - wer(first))).abs() < 1e-12);
        let [low, high] = ["low", "high"].map(|end| change["interval"][end].as_f64().unwrap());
        assert!(low <= difference && difference <= high, "{change}");
        for row in pair {
            let ends = row["wer_interval"].as_array().unwrap();
            assert!(ends[0].as_f64().unwrap() <= wer(row) && wer(row) <= ends[1].as_f64().unwrap());
        }
    }
    let mean = |of: &str| {
        let figure = |row: usize| rows[row][of].as_f64().unwrap();
        (f64::midpoint(figure(1), figure(3)) - figure(5)).abs()
    };
    assert!(mean("wer") < 1e-12 && mean("cer") < 1e-12);
    // The mean over two corpora is surer than that over one of them.
    let width = |row: usize| {
        let ends = rows[row]["wer_interval"].as_array().unwrap();
        ends[1].as_f64().unwrap() - ends[0].as_f64().unwrap()
    };
    assert!(width(5) < width(1).max(width(3)) && width(5) > 0.0);
    let table = printed("eval", &two, &options);
    let heads = table.lines().next().unwrap();
    assert!(heads.contains("Δ  ") && heads.contains("lower"), "{heads}");
    let last = table.lines().nth(6).unwrap();
    assert!(last.starts_with("mean") && last.contains(" to "), "{last}");
    let swept = &json("sweep", &clips, &options[2..6])[1]["wer_change"];
    assert!(swept["probability"].is_number());
}

#[test]
fn tables_have_every_metric_and_how_many_words_were_timed() {
    let clips = manifest("metrics.tsv", &CLIPS);
    let row = &json("sweep", &clips, &[])[0];
    let usual = printed("sweep", &clips, &[]);
    let all = printed("sweep", &clips, &["--metrics", "all"]);
    let figure = |table: &str, head: &str| {
        let mut lines = table.lines();
        let heads = lines.next().unwrap();
        // Figures stand to the right, under the ends of their heads.
        let end = heads
            .find(head)
            .unwrap_or_else(|| panic!("no {head} in {heads}"))
            + head.len();
        let cells: String = lines.next().unwrap().chars().take(end).collect();
        cells.split_whitespace().next_back().unwrap().to_owned()
    };
    for (head, name) in [
        ("MER %", "mer"),
        ("WIL %", "wil"),
        ("WIP %", "wip"),
        ("WER %", "wer"),
    ] {
        let rate = row[name].as_f64().unwrap();
        assert_eq!(figure(&all, head), format!("{:.1}", rate * 100.0));
    }
    assert!(!usual.contains("MER") && all.contains("UPSR"));
    let words = row["latencies"]["perceived"]["count"].as_u64().unwrap();
    assert!(words > 0);
    assert_eq!(figure(&usual, "timed"), format!("{words}/{words}"));
    for (head, name) in [("first p50", "first_partial"), ("final p50", "final_text")] {
        let latency = &row["latencies"][name];
        assert_eq!(latency["count"], CLIPS.len(), "{name}");
        // Compute differs a little from run to run.
        let shown: f64 = figure(&usual, head).parse().unwrap();
        assert!(
            (shown - latency["p50"].as_f64().unwrap()).abs() < 300.0,
            "{head} {shown}"
        );
    }
    let eval = printed(
        "eval",
        &clips,
        &["--lookahead", "320", "--metrics", "all", "--words", "0"],
    );
    assert_eq!(figure(&eval, "MER %"), figure(&all, "MER %"));
}

#[test]
fn hotwords_are_spelled_and_those_that_cannot_be_are_refused() {
    let clips = manifest("hotwords.tsv", &["sentence.flac"]);
    let hotwords = [
        "--decoder",
        "beam",
        "--hotword",
        "The-Hill=20",
        "--hotword",
        "hot",
    ];
    let refused = refusal(&clips, &hotwords);
    assert!(refused.contains("'hot' is no hotword"), "{refused}");
    let refused = refusal(&clips, &["--hotword", "4x4=5"]);
    assert!(
        refused.contains("\"4x4\" has a '4', which the model never writes"),
        "{refused}"
    );
    let heard = |phrase: &str| texts("heard", &clips, &["--decoder", "beam", "--hotword", phrase]);
    assert_eq!(heard("THE—DOOR=20"), heard("the door=20"));
    let said = |phrase: &str| format!(" {} ", heard(phrase)["320 ms, beam 8, hotwords"][0]);
    assert!(said("THE—DOOR=20").contains(" the door "));
    assert!(!said("zebra=20").contains(" door "));
}

#[test]
fn language_models_are_known_by_their_content() {
    let clips = manifest("models.tsv", &["sentence.flac"]);
    let arpa = std::fs::read(repository().join("tests/golden/beam/small.arpa")).unwrap();
    let lm =
        |path: &Path| ["--decoder", "beam+lm", "--lm", path.to_str().unwrap()].map(str::to_owned);
    let options = lm(&scratch("small.txt", arpa));
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    assert_eq!(json("sweep", &clips, &options)[0]["clips"], 1);
    let refused = |name: &str, content: &str| {
        let options = lm(&scratch(name, content));
        refusal(&clips, &options.each_ref().map(String::as_str))
    };
    assert!(refused("page.arpa", "<!doctype html>").contains("neither"));
    let russian =
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-99 <s>\n-1 </s>\n-1 <unk>\n-1 дом\n\n\\end\\\n";
    assert!(refused("russian.arpa", russian).contains("different alphabets"));
    let positive = russian.replace("-1 дом", "1 house");
    assert!(refused("positive.arpa", &positive).contains("Line 8 of the ARPA file"));
}

#[test]
fn options_out_of_range_are_refused_in_words() {
    let clips = manifest("range.tsv", &["digits.flac"]);
    for (options, words) in [
        (
            ["--tokens", "0"],
            "tokens_per_row is 0; it can be 1 to 4096",
        ),
        (
            ["--token-min", "1"],
            "token_min_ln is 1; it can be -1000 to 0",
        ),
        (["--beam-min", "-1"], "beam_ln is -1; it can be 0 to 1000"),
        (
            ["--commit-rows", "3001"],
            "commit_rows is 3001; it can be 1 to 3000",
        ),
        (["--level", "1"], "'1' is no level"),
        (["--resamples", "0"], "'0' resamples are not possible"),
        (["--seed", "x"], "x"),
        (["--metrics", "some"], "there are no metrics 'some'"),
    ] {
        let said = refusal(&clips, &options);
        assert!(said.starts_with("eval: ") && said.contains(words), "{said}");
    }
}
