"""Makes errors.json: pairs of texts and the errors jiwer counts in them.

Texts are compared as they are (no normaliser), by words and by characters.
For an empty reference jiwer gives the number of insertions as its rate.
"tables" counts the words that are wrong in all pairs together.

    python make_errors.py     # installs jiwer (../environment.py), writes errors.json beside itself
"""

import collections
import importlib.metadata
import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import environment

environment.enter("jiwer", environment.JIWER)

import jiwer

WORDS = "a the of and to in he she it was that his her with as had for on at by one two".split()
UNICODE = "naïve café straße Ærø 東京 こんにちは привет мир שלום नमस्ते हिन्दी 👍🏽 e\u0301t\u00e9 don’t ﬁn".split()
BY_HAND = [
    ("", ""),
    ("", "a"),
    ("", "three words here"),
    ("a", ""),
    ("three words here", ""),
    ("the cat sat", "the cat sat"),
    ("the cat sat", "cat sat"),
    ("the cat sat", "the cat"),
    ("the cat sat", "the the cat sat"),
    ("a b", "b a"),
    ("a b", "b c"),
    ("a b c", "c a b"),
    ("a b c d e f", "f e d c b a"),
    ("a a a", "a"),
    ("a", "a a a"),
    ("ab ab", "abab"),
    ("abab", "ab ab"),
    ("kitten", "sitting"),
    ("Saturday", "Sunday"),
    ("it's", "its"),
    ("  spaces  at the ends ", "spaces at the ends"),
    ("one word", "completely different thing altogether"),
    ("x " * 200, "y " * 3),
    ("y " * 3, "x " * 200),
]


def edited(words, vocabulary, rate, draw):
    out = []
    for word in words:
        action = draw.random() / rate if rate else 9
        if action < 1 / 3:
            continue
        out.append(draw.choice(vocabulary) if action < 2 / 3 else word)
        if 2 / 3 <= action < 1:
            out.append(draw.choice(vocabulary))
    return out


def generated(seed, count, vocabulary, edit_of_1024):
    """A long pair by a rule that is simple to write in another language."""
    state = seed

    def draw(n):
        nonlocal state
        state = (state * 1103515245 + 12345) % 2**31
        return (state >> 8) % n

    reference, hypothesis = [], []
    for _ in range(count):
        word = f"w{draw(vocabulary)}"
        reference.append(word)
        action = draw(1024)
        if action >= edit_of_1024:
            hypothesis.append(word)
        elif action % 3 == 0:
            hypothesis.append(f"w{draw(vocabulary)}")
        elif action % 3 == 1:
            hypothesis.extend([f"w{draw(vocabulary)}", word])
    return " ".join(reference), " ".join(hypothesis)


def counts(result, rate):
    return [result.hits, result.substitutions, result.deletions, result.insertions, rate]


def judged(reference, hypothesis):
    words = jiwer.process_words(reference, hypothesis)
    chars = jiwer.process_characters(reference, hypothesis)
    rates = [words.mer, words.wil, words.wip]
    return {"words": counts(words, words.wer), "chars": counts(chars, chars.cer), "rates": rates}


def tables(pairs):
    """Wrong words and how often, the most frequent first, then alphabetically. jiwer counts runs of
    neighbouring errors as one phrase; here they are taken apart."""
    output = jiwer.process_words([reference for reference, _ in pairs], [hypothesis for _, hypothesis in pairs])
    substituted, inserted, deleted = (collections.Counter() for _ in range(3))
    substitutions, insertions, deletions = jiwer.collect_error_counts(output)
    for (said, recognised), count in substitutions.items():
        for pair in zip(said.split(" "), recognised.split(" "), strict=True):
            substituted[pair] += count
    for phrases, words in ((insertions, inserted), (deletions, deleted)):
        for phrase, count in phrases.items():
            for word in phrase.split(" "):
                words[word] += count

    def ordered(counter):
        return [[*key, n] if isinstance(key, tuple) else [key, n]
                for key, n in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]  # fmt: skip

    return {"substitutions": ordered(substituted), "insertions": ordered(inserted), "deletions": ordered(deleted)}


def main():
    draw = random.Random(4)
    pairs = list(BY_HAND)
    for index in range(330):
        vocabulary = [WORDS, WORDS[:4], UNICODE, WORDS[:2]][index % 4]
        length = draw.choice([1, 2, 3, 5, 8, 13, 21, 40])
        reference = [draw.choice(vocabulary) for _ in range(length)]
        if index % 10 == 9:
            hypothesis = [draw.choice(vocabulary) for _ in range(draw.randrange(2 * length))]
        else:
            hypothesis = edited(reference, vocabulary, draw.choice([0.1, 0.3, 0.6, 0.9]), draw)
        pairs.append((" ".join(reference), " ".join(hypothesis)))
    for rate in (0.05, 0.4):
        reference = [draw.choice(WORDS) for _ in range(500)]
        pairs.append((" ".join(reference), " ".join(edited(reference, WORDS, rate, draw))))
    rules = [(1, 1500, 300, 200), (2, 1500, 5, 700), (3, 10_000, 3000, 150), (4, 10_000, 3000, 900)]
    golden = {
        "made_by": [f"{name}=={importlib.metadata.version(name)}" for name in ("jiwer", "rapidfuzz")],
        # counts are [hits, substitutions, deletions, insertions, rate], rates are [mer, wil, wip]
        "pairs": [{"reference": r, "hypothesis": h, **judged(r, h)} for r, h in pairs],
        "generated": [{"rule": rule, **judged(*generated(*rule))} for rule in rules],
        "tables": tables(pairs),
    }
    text = json.dumps(golden, ensure_ascii=False)
    text = text.replace('{"reference"', '\n{"reference"').replace('{"rule"', '\n{"rule"')
    text = text.replace('"tables"', '\n"tables"') + "\n"
    pathlib.Path(__file__).with_name("errors.json").write_text(text)
    print(len(pairs), "pairs,", len(text.encode()), "bytes")


main()
