"""How much later than the sound the model writes a word, by lookahead.

    python models/training/word_times.py --model models/base.int8.onnx

Festival says sentences and tells where each of its words begins and ends. The same take is force-aligned with its
text by the model's CTC, chunk by chunk as on the page; what is tabled is the median of the model's time less
Festival's, of the first row of a word's first letter and of the end of its last letter's row. The medians over all
lookaheads go into the manifest as the model's `lateness`, which the page takes off the times of words.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio

import graph
from alignment import align_clip
from corpus import DEFAULT_SPEECH, REPOSITORY, SAMPLE_RATE_HZ, read_manifest
from evaluate import LOOKAHEAD_CHUNKS, Runner, torch_runner

VOICES = ["kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"]
ROW_MS = 20
SCHEME = """
(voice_{voice})
(set! utt (SynthText "{text}"))
(utt.save.wave utt "{wave}" 'riff)
(mapcar (lambda (word) (format t "%s %f %f\\n" (item.name word) (item.feat word "word_start") (item.feat word "word_end")))
        (utt.relation.items utt 'Word))
"""


def say(voice: str, text: str, folder: Path) -> tuple[np.ndarray, list[tuple[str, float, float]]]:
    """f32 samples at 16 kHz, and each word with its first and last millisecond."""
    wave, script = folder / "said.wav", folder / "say.scm"
    script.write_text(SCHEME.format(voice=voice, text=text, wave=wave), encoding="utf-8")
    told = subprocess.run(["festival", "-b", str(script)], check=True, capture_output=True, text=True).stdout
    samples, rate_hz = soundfile.read(str(wave), dtype="float32")
    samples = torchaudio.functional.resample(torch.from_numpy(samples), rate_hz, SAMPLE_RATE_HZ).numpy()
    rows = [line.split() for line in told.splitlines()]
    return samples, [(word, 1000 * float(start), 1000 * float(end)) for word, start, end in rows]


def model_times(run: Runner, samples: np.ndarray, text: str, chunk: int) -> list[tuple[float, float]]:
    """First and last millisecond of each word by the model's forced alignment."""
    return [(ROW_MS * word.start, ROW_MS * word.end) for word in align_clip(run, samples, text, chunk)]


def write(manifest: Path, file: str, start_ms: int, end_ms: int) -> None:
    """Sets `lateness` of the model whose file is `file`, before its `flush_ms`."""
    head, model = manifest.read_text(encoding="utf-8").split(f'file = "{file}"', 1)
    model = re.sub(r"^lateness = .*\n", "", model, count=1, flags=re.M)
    line = f"lateness = {{ start_ms = {start_ms}, end_ms = {end_ms} }}\n"
    model = re.sub(r"^flush_ms = ", lambda found: line + found[0], model, count=1, flags=re.M)
    manifest.write_text(f'{head}file = "{file}"{model}', encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "base.int8.onnx")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--manifest", type=Path, help="write the model's lateness here (models/manifest.toml)")
    parser.add_argument("--sentences", type=int, default=60, help="of the dev corpora, shared out over the voices")
    a = parser.parse_args()
    torch.set_num_threads(1)
    run = torch_runner(graph.load(a.model).eval())
    texts = [c.text for c in read_manifest(a.speech / "manifest.tsv") if c.split == "dev" and 4 <= len(c.text.split()) <= 12]
    late: dict[int | None, list[tuple[float, float]]] = {ms: [] for ms in LOOKAHEAD_CHUNKS}
    with tempfile.TemporaryDirectory() as name:
        for i, text in enumerate(texts[:: max(1, len(texts) // a.sentences)][: a.sentences]):
            samples, said = say(VOICES[i % len(VOICES)], text, Path(name))
            if [word for word, _, _ in said] != text.split():
                continue
            for ms, chunk in LOOKAHEAD_CHUNKS.items():
                found = model_times(run, samples, text, chunk)
                late[ms] += [(start - s, end - e) for (start, end), (_, s, e) in zip(found, said)]
    print("| lookahead | words | start late by, ms (median; quartiles) | end late by, ms |\n|---|---|---|---|")
    for ms, pairs in late.items():
        cells = ["{1:.0f} ({0:.0f} to {2:.0f})".format(*np.percentile(column, [25, 50, 75])) for column in zip(*pairs)]
        print(f"| {'whole take' if ms is None else f'{ms} ms'} | {len(pairs)} | {cells[0]} | {cells[1]} |")
    start_ms, end_ms = (round(float(np.median(column))) for column in zip(*(pair for pairs in late.values() for pair in pairs)))
    print(f"lateness: {start_ms} and {end_ms} ms")
    if a.manifest:
        write(a.manifest, a.model.name, start_ms, end_ms)


if __name__ == "__main__":
    main()
