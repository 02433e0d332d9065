"""Makes greedy.json: random log-probs and what other tools decode from them.

Words and their rows come from transformers' Wav2Vec2CTCTokenizer (word offsets);
confidences from scipy's softmax over the runs itertools.groupby finds.

    pip install transformers==4.57.6 numpy==2.4.6 scipy==1.17.1
    python make.py            # writes greedy.json beside itself
"""

import itertools
import json
import pathlib
import tempfile

import numpy
import scipy
import scipy.special
import transformers

ENGLISH = ["<blank>", "<space>", "'", *"abcdefghijklmnopqrstuvwxyz"]
SMALL = ["<blank>", "<space>", "a", "b", "c"]
SAMPLES_PER_ROW = 320


def tokenizer_of(tokens):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "vocab.json")
        path.write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
        return transformers.Wav2Vec2CTCTokenizer(
            str(path),
            pad_token="<blank>",
            word_delimiter_token="<space>",
            clean_up_tokenization_spaces=False,
        )


def rows_of(generator, tokens, count, *, stay, blank, decimals, normalised, holes):
    """Rows whose best token mostly stays, is blank, or is drawn anew."""
    best, rows = 0, []
    for _ in range(count):
        draw = generator.random()
        if draw > stay:
            best = 0 if generator.random() < blank else int(generator.integers(len(tokens)))
        row = generator.normal(0, 1.5, len(tokens))
        row[best] += 3
        if normalised:
            row = scipy.special.log_softmax(row)
        row = numpy.round(row, decimals).astype(numpy.float32)
        row[generator.random(len(tokens)) < holes] = -numpy.inf
        rows.append(row)
    return numpy.array(rows)


def decode(tokens, rows):
    best = [int(i) for i in rows.argmax(axis=1)]
    decoded = tokenizer_of(tokens).decode(best, output_word_offsets=True)
    probabilities = scipy.special.softmax(rows.astype(numpy.float64), axis=1).max(axis=1)
    runs, row = [], 0
    for token, run in itertools.groupby(best):
        length = len(list(run))
        if token > 1:
            runs.append((row, row + length, float(probabilities[row : row + length].max())))
        row += length
    words = []
    for word in decoded.word_offsets:
        first, end = int(word["start_offset"]), int(word["end_offset"])
        peaks = [peak for start, stop, peak in runs if first <= start and stop <= end]
        assert len(peaks) == len(word["word"])
        words.append(
            {"text": word["word"], "first_row": first, "end_row": end, "confidence": float(numpy.mean(peaks))}
        )
    return words


def case(name, tokens, generator, count, **shape):
    rows = rows_of(generator, tokens, count, **shape)
    return {
        "name": name,
        "tokens": tokens,
        "samples_per_row": SAMPLES_PER_ROW,
        # null stands for minus infinity
        "rows": [[None if numpy.isinf(v) else round(float(v), 6) for v in row] for row in rows],
        "words": decode(tokens, rows),
    }


def main():
    generator = numpy.random.default_rng(20)
    plain = dict(stay=0.45, blank=0.4, decimals=3, normalised=True, holes=0.0)
    cases = [
        *(case(f"small {i}", SMALL, generator, 60, **plain) for i in range(12)),
        *(case(f"english {i}", ENGLISH, generator, 50, **plain) for i in range(3)),
        case("ties", SMALL, generator, 80, **{**plain, "decimals": 0}),
        case("ties in logits", SMALL, generator, 80, **{**plain, "decimals": 0, "normalised": False}),
        case("logits", SMALL, generator, 60, **{**plain, "normalised": False}),
        case("minus infinity", SMALL, generator, 80, **{**plain, "holes": 0.3}),
        case("mostly spaces", ["<blank>", "<space>", "a"], generator, 60, **plain),
        case("blanks only", SMALL, generator, 5, **{**plain, "stay": 1.0, "decimals": 1}),
    ]
    golden = {
        "made_by": [f"{m.__name__}=={m.__version__}" for m in (transformers, numpy, scipy)],
        "cases": cases,
    }
    text = json.dumps(golden, ensure_ascii=False)
    text = text.replace('{"name"', '\n{"name"').replace('"words"', '\n "words"') + "\n"
    pathlib.Path(__file__).with_name("greedy.json").write_text(text)
    print(len(cases), "cases,", sum(len(c["words"]) for c in cases), "words,", len(text), "bytes")


main()
