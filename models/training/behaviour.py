"""What the model does off the beaten track: sounds that are not speech, spoilt speech, a very long take.

    python models/training/behaviour.py --model models/base.int8.onnx [--json behaviour.json]

* Empty text: noise clips held out of training (every eighth), and sounds made here, whole take.
* Degradation: greedy WER, mean over the dev corpora, of up to 40 clips a corpus after each kind of damage, whole take.
* Long take: dev clips end to end at 320 ms lookahead, chunk by chunk with caches (onnxruntime), against the same clips
  each on its own. At least 480 ms of silence between them, and each begins with a chunk, as it does on its own.
* Drift: late in that take, log-probs against those of a take that began only as long before as the caches can reach.
* All noise clips through the page's library, with its gate for non-speech and without (`--eval`).
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torchaudio

import graph
import rooms
from augment import limit_band, mix_noise, not_speech, reverberate, through_codec
from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, REPOSITORY, SAMPLE_RATE_HZ, AudioCache, Clip, open_speech
from data import training_noise
from evaluate import Runner, corpora, score, torch_runner, transcribe
from features import FRONT_END
from model import WHOLE
from runtime import FLUSH_MS, OnnxStream, take_features
from units import decode_greedy

LONG_TAKE_CHUNK = 8
"""320 ms lookahead."""


def dbfs(samples: np.ndarray, level: float) -> np.ndarray:
    """Scaled to this level, RMS."""
    return (samples * 10 ** (level / 20) / max(1e-6, float(np.sqrt(np.mean(samples**2))))).astype(np.float32)


def whisper(samples: np.ndarray) -> np.ndarray:
    """A stand-in for whispering: the smoothed spectral envelope over white noise, so nothing of the voice's pitch."""
    window = torch.hann_window(512)
    x = torch.stft(torch.from_numpy(samples), 512, 128, window=window, return_complex=True)
    envelope = torch.nn.functional.avg_pool1d((x.abs() ** 2).T[:, None], 13, 1, 6)[:, 0].T.sqrt()
    noise = torch.randn(len(samples), generator=torch.Generator().manual_seed(0))
    n = torch.stft(noise, 512, 128, window=window, return_complex=True)
    y = torch.istft(n * envelope / n.abs().mean(), 512, 128, window=window, length=len(samples)).numpy()
    # Whispering has no lower end, and is faint.
    return dbfs(torchaudio.functional.highpass_biquad(torch.from_numpy(y), SAMPLE_RATE_HZ, 300).numpy(), -38)


def damages(noise: np.ndarray) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    room = rooms.impulse_response(np.random.default_rng(99))
    return {
        "as it is": lambda x: x,
        "at -35 dBFS": lambda x: dbfs(x, -35),
        "clipped (20 dB too loud)": lambda x: np.clip(dbfs(x, -3), -1, 1),
        "8 kHz band": lambda x: limit_band(x, 8_000),
        "telephone (8 kHz, mu-law)": lambda x: through_codec(x, ("WAV", "ULAW", 8_000)),
        "in a room": lambda x: reverberate(x, room),
        "noise at 10 dB": lambda x: mix_noise(x, noise, 10.0, np.random.default_rng(1)),
        "whispered (simulated)": whisper,
    }


def sounds() -> dict[str, list[np.ndarray]]:
    """Made here, seeded, 5 s each."""
    rng = np.random.default_rng(12345)
    white = rng.standard_normal(5 * SAMPLE_RATE_HZ).astype(np.float32)
    at = np.arange(5 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    return {
        "digital silence": [np.zeros(5 * SAMPLE_RATE_HZ, np.float32)],
        "white noise, -60, -40, -20 dBFS": [dbfs(white, level) for level in (-60, -40, -20)],
        "sine 110, 440, 1760 Hz": [dbfs(np.sin(2 * np.pi * f * at), -20) for f in (110, 440, 1760)],
        "tones, clicks, coloured noise": [not_speech(5.0, rng) for _ in range(24)],
    }


def emptiness(run: Runner, cache: AudioCache, noise: list[str]) -> list[dict]:
    """Rows of {kind, clips, with_text, texts}."""
    trained = set(training_noise(noise))
    groups: dict[str, list[np.ndarray]] = {}
    for key in noise:
        if key not in trained:
            kind = key.removeprefix("noise:").rsplit(".", 1)[0]
            kind = "-".join(part for part in kind.split("-") if part.isalpha() and part.islower()) or "background"
            groups.setdefault(kind, []).append(cache.float_samples(key))
    rows = []
    for kind, clips in (dict(sorted(groups.items())) | sounds()).items():
        texts = [text for text in (transcribe(run, clip, WHOLE) for clip in clips) if text]
        rows.append({"kind": kind, "clips": len(clips), "with_text": len(texts), "texts": texts, "recorded": kind in groups})
    return rows


def degradation(run: Runner, clips: list[Clip], cache: AudioCache, noise: np.ndarray, count: int) -> dict[str, float]:
    """Mean WER over the corpora, by damage."""
    results = {}
    for name, damage in damages(noise).items():
        wers = []
        for chosen in corpora(clips, most=count).values():
            texts = [transcribe(run, damage(cache.float_samples(clip.id)).astype(np.float32), WHOLE) for clip in chosen]
            wers.append(score([clip.text for clip in chosen], texts)[0])
        results[name] = float(np.mean(wers))
    return results


def long_take(stream: OnnxStream, clips: list[Clip], cache: AudioCache, minutes: float) -> dict[str, float]:
    """WER of one long take and of its parts, each against what was said."""
    chosen, samples, flush = [], [], FLUSH_MS * SAMPLE_RATE_HZ // 1000
    step = LONG_TAKE_CHUNK * 4 * FRONT_END.hop_samples
    by_corpus = list(corpora(clips).values())
    order = np.random.default_rng(0).permutation(sum(map(len, by_corpus)))
    every = [clip for of_corpus in by_corpus for clip in of_corpus]
    while sum(map(len, samples)) < minutes * 60 * SAMPLE_RATE_HZ:
        clip = every[order[len(chosen) % len(order)]]
        chosen.append(clip)
        spoken = cache.float_samples(clip.id)
        samples.append(np.pad(spoken, (0, flush + -(len(spoken) + flush) % step)))
    said = " ".join(clip.text for clip in chosen)
    parts = {clip.id: transcribe(stream.run, cache.float_samples(clip.id), LONG_TAKE_CHUNK) for clip in chosen}
    of_parts = " ".join(" ".join(parts[clip.id] for clip in chosen).split())
    features = take_features(np.concatenate(samples), LONG_TAKE_CHUNK)
    log_probs = stream.run(features, LONG_TAKE_CHUNK)
    whole = decode_greedy(log_probs.argmax(axis=1).tolist())
    return {
        "drift": drift(stream, features, log_probs),
        "minutes": sum(map(len, samples)) / SAMPLE_RATE_HZ / 60, "clips": len(chosen), "wer_parts": score([said], [of_parts])[0],
        "wer_whole": score([said], [whole])[0], "wer_between": score([of_parts], [whole])[0],
    }  # fmt: skip


def drift(stream: OnnxStream, features: np.ndarray, log_probs: np.ndarray) -> float:
    """Largest |difference| of log-probs between the take and ones begun anew, over 10 s at a sixth, half and the end of it.

    Each new take begins as long before as anything can reach: in every block the cached frames of attention and
    convolution, and a chunk; where the take is too short for that, none is asked. Features [T, 80]."""
    blocks, reach = stream.shapes["cache_keys"][0], stream.left_frames + LONG_TAKE_CHUNK + stream.shapes["cache_conv"][2]
    before = -(-blocks * reach // LONG_TAKE_CHUNK) * LONG_TAKE_CHUNK
    asked = 250 // LONG_TAKE_CHUNK * LONG_TAKE_CHUNK
    rows = len(log_probs) * 4 // len(features)
    worst = 0.0
    for share in (1 / 6, 1 / 2, 1.0):
        end = int(share * len(features) / 4) // LONG_TAKE_CHUNK * LONG_TAKE_CHUNK
        start = end - asked - before
        if start < 0:
            continue
        anew = stream.run(features[4 * start : 4 * end], LONG_TAKE_CHUNK)[-rows * asked :]
        worst = max(worst, float(np.abs(anew - log_probs[rows * (end - asked) : rows * end]).max()))
    return worst


def in_the_page(program: Path, manifest: Path, speech: Path) -> list[dict]:
    """All noise clips by the program of `cargo xtask eval` with the default model of `manifest` and its language model: rows of {decoder, gate, clips, with_text, words}."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        listed, heard = Path(name) / "noise.tsv", Path(name) / "heard.tsv"
        lines = [f"noise\tnoise/{path.name}\t" for path in sorted((speech / "noise").glob("*.opus"))]
        listed.write_text("\n".join(["corpus\tpath\ttext", *lines]) + "\n", encoding="utf-8")
        for decoder in ("greedy", "beam+lm"):
            for gate in (True, False):
                command = [program, "--model", manifest, "--manifest", listed, "--audio-root", speech, "--lookahead", "whole",
                           "--decoder", decoder, "--resamples", "1", "--words", "0", "--hypotheses", heard]  # fmt: skip
                subprocess.run([*map(str, command), *([] if gate else ["--no-gate"])], check=True, stdout=subprocess.DEVNULL)
                with open(heard, newline="", encoding="utf-8") as file:
                    texts = [row["hypothesis"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
                rows.append({"decoder": decoder, "gate": gate, "clips": len(texts), "with_text": sum(map(bool, texts)),
                             "words": sum(len(text.split()) for text in texts)})  # fmt: skip
    return rows


def report(empty: list[dict], page: list[dict], damaged: dict[str, float], long: dict[str, float]) -> str:
    """Markdown."""
    recorded = [row for row in empty if row["recorded"]]
    total, wrong = sum(r["clips"] for r in recorded), sum(r["with_text"] for r in recorded)
    lines = ["| not speech | clips | with text |", "|---|---|---|"]
    lines += [f"| {row['kind']} | {row['clips']} | {row['with_text']} |" for row in empty]
    lines += [f"| recorded, all | {total} | {wrong} |", ""]
    lines += [f"All noise clips, {r['decoder']}, {'with' if r['gate'] else 'without'} the gate: {r['with_text']} of {r['clips']} "
              f"with text, {r['words']} words" for r in page]  # fmt: skip
    lines += ["", "| damage | mean WER |", "|---|---|"]
    lines += [f"| {name} | {100 * wer:.1f} |" for name, wer in damaged.items()]
    lines += ["", f"One take of {long['minutes']:.1f} minutes ({long['clips']} clips): WER {100 * long['wer_whole']:.1f}, "
              f"its parts {100 * long['wer_parts']:.1f}, one against the other {100 * long['wer_between']:.1f}; "
              f"log-probs of takes begun anew are at most {long['drift']:.1e} away"]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="ONNX file written by export.py")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--count", type=int, default=40, help="clips a corpus in the table of damages")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the long take")
    parser.add_argument("--eval", type=Path, default=REPOSITORY / "target" / "release" / "eval", help="the evaluation's program")
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    if not a.eval.exists():
        parser.error(f"{a.eval} is missing: cargo build --release --bin eval")
    torch.set_num_threads(1)
    run = torch_runner(graph.load(a.model).eval())
    clips, cache, noise = open_speech(a.speech, a.cache)
    hum = cache.float_samples(next(key for key in noise if "rain" in key))
    empty = emptiness(run, cache, noise)
    damaged = degradation(run, clips, cache, hum, a.count)
    long = long_take(OnnxStream(a.model), clips, cache, a.minutes)
    page = in_the_page(a.eval, a.model.with_name("manifest.toml"), a.speech)
    print(report(empty, page, damaged, long))
    if a.json:
        a.json.write_text(json.dumps({"empty": empty, "page": page, "damaged": damaged, "long": long}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
