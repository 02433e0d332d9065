"""Makes statistics.json: percentiles by numpy, bootstrap intervals by scipy, and both in closed form.

    pip install numpy==2.4.6 scipy==1.17.1
    python make_statistics.py     # writes statistics.json beside itself
"""

import importlib.metadata
import json
import pathlib

import numpy as np
from scipy import stats

LEVEL = 0.95
SHARES = [0.5, 0.9, 0.95, 0.99]


def percentiles(random, count):
    values = np.round(random.gamma(2.0, 150.0, count) - 40.0, 3)
    return {"values": values.tolist(), "p": np.quantile(values, SHARES).tolist()}


def interval(random, count):
    """Utterances of unlike length and difficulty: [errors, words], and the interval of their ratio."""
    words = random.integers(1, 25, count)
    errors = random.binomial(words, random.beta(1.0, 3.0, count))
    result = stats.bootstrap((errors, words), lambda e, w, axis: e.sum(axis) / w.sum(axis), paired=True, vectorized=True,
                             method="percentile", confidence_level=LEVEL, n_resamples=100_000, batch=1000, rng=random)  # fmt: skip
    low, high = result.confidence_interval
    return {"utterances": np.stack([errors, words], 1).tolist(), "low": low, "high": high}


def one_word_each(count, wrong):
    """With one word an utterance the outcomes are binomial, so the interval is known exactly."""
    binomial = stats.binom(count, wrong / count)
    low, high = binomial.ppf((1 - LEVEL) / 2), binomial.ppf((1 + LEVEL) / 2)
    # Far enough from a step of the distribution that 10,000 outcomes do not miss it.
    for bound, end in ((low, (1 - LEVEL) / 2), (high, (1 + LEVEL) / 2)):
        assert binomial.cdf(bound) - end > 0.006 and end - binomial.cdf(bound - 1) > 0.006, (count, wrong)
    return {"count": count, "wrong": wrong, "low": low / count, "high": high / count}


def improvement(count, better, worse):
    """One word an utterance; the new setting gets `better` of them right that the old had wrong, and `worse` the
    other way. The probability that more are drawn of the first kind than of the second."""
    step = np.array([better, count - better - worse, worse]) / count
    total = np.ones(1)
    for _ in range(count):
        total = np.convolve(total, step)
    return {"count": count, "better": better, "worse": worse, "probability": float(total[:count].sum())}


def main():
    random = np.random.default_rng(7)
    golden = {
        "made_by": [f"{name}=={importlib.metadata.version(name)}" for name in ("numpy", "scipy")],
        "percentiles": [percentiles(random, count) for count in (1, 2, 3, 4, 20, 101, 250)],
        "intervals": [interval(random, count) for count in (12, 60, 400)],
        "one_word_each": [one_word_each(count, wrong) for count, wrong in ((20, 6), (40, 15), (50, 25), (60, 1))],
        "improvements": [improvement(*case) for case in ((30, 6, 3), (50, 5, 5), (40, 1, 9), (25, 4, 0), (10, 0, 0))],
    }
    text = json.dumps(golden).replace('{"', '\n{"')
    pathlib.Path(__file__).with_name("statistics.json").write_text(text.lstrip() + "\n")
    print(len(text), "bytes")


main()
