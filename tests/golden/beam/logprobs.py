"""Log-probs of the dev clips, for make.py: LOG_PROBS.f32 and LOG_PROBS.json.

    models/training/.venv/bin/python tests/golden/beam/logprobs.py whole|320 OUT

Runs the shipped int8 file with onnxruntime, chunk by chunk with caches, as the page does.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "models/training"))

from corpus import DEFAULT_SPEECH, decode, read_manifest  # noqa: E402
from model import WHOLE  # noqa: E402
from runtime import OnnxStream, take_features  # noqa: E402

CHUNKS = {"whole": WHOLE, "320": 8}


def main(lookahead, out):
    clips = [c for c in read_manifest(DEFAULT_SPEECH / "manifest.tsv") if c.split == "dev" and c.text]
    chunk, stream, told = CHUNKS[lookahead], OnnxStream(ROOT / "models/base.int8.onnx"), []
    with open(f"{out}.f32", "wb") as file:
        for clip in clips:
            samples = decode(clip.path).astype(np.float32) / 32768
            rows = stream.run(take_features(samples, chunk), chunk).astype(np.float32)
            file.write(rows.tobytes())
            told.append({"id": clip.id, "corpus": clip.corpus, "rows": len(rows), "text": clip.text})
    Path(f"{out}.json").write_text(json.dumps(told))


main(*sys.argv[1:])
