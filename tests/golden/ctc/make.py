"""Makes log_probs.f32 and cases.json: log-probs of the shipped model (whole take) over a few dev clips, and what
torch and torchaudio make of them.

Token rows and scores come from torchaudio's forced_align and merge_tokens, ln P(text) from
torch.nn.functional.ctc_loss (reduction none, f64). With --all the noise clips come after the dev clips, with an empty text, and levels.f32
has each row's level in dBFS: what benches/ctc measures gate, endpoints and keywords on.

    models/training/.venv/bin/python tests/golden/ctc/make.py            # the fixture, beside itself
    models/training/.venv/bin/python tests/golden/ctc/make.py --all DIR  # every dev and noise clip, into DIR; then
    ASR_CTC_DATA=DIR cargo test --release --no-default-features --test ctc -- --ignored --nocapture
    cargo bench --no-default-features --bench ctc -- DIR

Needs the speech that models/training/ needs. The files hold derived numbers and short texts, no audio.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchaudio

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path.insert(0, str(REPOSITORY / "models" / "training"))

from corpus import DEFAULT_SPEECH, Clip, decode, read_manifest  # noqa: E402
from model import WHOLE  # noqa: E402
from runtime import OnnxStream, take_features  # noqa: E402
from units import CHARACTERS  # noqa: E402

PER_CORPUS, LONGEST_SECONDS = 3, 4.0


def case(log_probs: np.ndarray, corpus: str, text: str) -> dict:
    if not text:
        return {"corpus": corpus, "text": "", "rows": len(log_probs), "tokens": [], "path_score": 0, "forward_score": 0}
    targets = torch.tensor([CHARACTERS.encode(text)], dtype=torch.int32)
    emissions = torch.from_numpy(log_probs)[None]
    path, scores = torchaudio.functional.forced_align(emissions, targets, blank=0)
    spans = torchaudio.functional.merge_tokens(path[0], scores[0])
    loss = torch.nn.functional.ctc_loss(
        emissions[0][:, None].double(),
        targets.long(),
        torch.tensor([len(log_probs)]),
        torch.tensor([targets.shape[1]]),
        blank=0,
        reduction="none",
    )
    return {
        "corpus": corpus,
        "text": text,
        "rows": len(log_probs),
        "tokens": [[s.token, s.start, s.end, round(s.score, 5)] for s in spans],
        "path_score": round(float(scores[0].double().sum()), 5),
        "forward_score": round(-float(loss[0]), 5),
    }


def levels_dbfs(samples: np.ndarray, rows: int) -> np.ndarray:
    """Level of each row's 320 samples, -120 dBFS at least."""
    padded = np.zeros(rows * 320)
    padded[: len(samples)] = samples[: len(padded)]
    return 10 * np.log10(np.maximum((padded.reshape(rows, 320) ** 2).mean(axis=1), 1e-12))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--all", type=Path)
    a = parser.parse_args()
    torch.set_num_threads(1)
    clips = [c for c in read_manifest(a.speech / "manifest.tsv") if c.split == "dev" and c.text]
    if not a.all:
        by_corpus: dict[str, list] = {}
        for clip in clips:
            if 1.5 < clip.seconds < LONGEST_SECONDS:
                by_corpus.setdefault(clip.corpus, []).append(clip)
        # Spread over each corpus, hence over its speakers.
        clips = [c for all_of in by_corpus.values() for c in all_of[:: -(-len(all_of) // PER_CORPUS)]]
    else:
        noise = sorted((a.speech / "noise").glob("*.opus"))
        clips += [Clip(path.stem, "noise", "", "", 0.0, path, "") for path in noise]
    run = OnnxStream(REPOSITORY / "models" / "base.int8.onnx")
    folder = a.all or HERE
    folder.mkdir(parents=True, exist_ok=True)
    cases, levels = [], []
    with open(folder / "log_probs.f32", "wb") as file:
        for clip in clips:
            samples = decode(clip.path).astype(np.float32) / 32768.0
            log_probs = run.run(take_features(samples, WHOLE), WHOLE)
            cases.append(case(log_probs, clip.corpus, clip.text))
            levels.append(levels_dbfs(samples, len(log_probs)))
            file.write(log_probs.astype("<f4").tobytes())
    if a.all:
        (folder / "levels.f32").write_bytes(np.concatenate(levels).astype("<f4").tobytes())
    made_by = [f"{m.__name__}=={m.__version__.split('+')[0]}" for m in (torch, torchaudio)]
    described = json.dumps({"made_by": made_by, "model": "models/base.int8.onnx", "cases": cases})
    (folder / "cases.json").write_text(described.replace('{"corpus"', '\n{"corpus"') + "\n", encoding="utf-8")
    print(len(cases), "cases,", sum(c["rows"] for c in cases), "rows")


main()
