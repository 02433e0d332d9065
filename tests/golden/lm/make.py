"""Makes the language model's golden files: python make.py LMPLZ

corpus.txt    sentences of a small grammar of our own, words drawn by a Zipf law
lmplz.arpa    KenLM's trigram model of it: LMPLZ is the program lmplz, built with CMake
              from the source distribution of kenlm 0.3.0 (PyPI)
scores.json   log10 p of each word and of the end, and the length of the n-gram that was
              found, of some sentences, by the Python module of kenlm 0.3.0

for lmplz.arpa, and for pruned.arpa, which is lmplz.arpa without some of its n-grams.
"""

import json
import pathlib
import random
import subprocess
import sys

import kenlm

HERE = pathlib.Path(__file__).parent
GRAMMAR = {
    "S": ["NP VP", "NP VP PP", "PP NP VP", "please VI the N", "letter L L L"],
    "NP": ["the N", "a N", "my A N", "the A N", "we", "they"],
    "VP": ["VI", "VT NP", "VT NP PP", "don't VI"],
    "PP": ["near NP", "under the N", "after NP"],
    "N": "river lamp garden horse letter window road teacher boat cloud".split(),
    "A": "old quiet green narrow first".split(),
    "VI": "wait sing open close hurry".split(),
    "VT": "see carry paint remember follow".split(),
    "L": "a b c d e f g".split(),
}


def expand(symbol, draw):
    if symbol not in GRAMMAR:
        return [symbol]
    options = GRAMMAR[symbol]
    weights = [1 / (rank + 1) for rank in range(len(options))]
    option = draw.choices(options, weights)[0]
    return [word for part in option.split() for word in (expand(part, draw) if part != symbol else [part])]


def without_some(arpa):
    """Every third trigram left out, and every fifth bigram that nothing is built on."""
    sections, order = {1: [], 2: [], 3: []}, 0
    for line in arpa.splitlines():
        if line.endswith("-grams:"):
            order = int(line[1])
        elif order and "\t" in line:
            sections[order].append(line)
    trigrams = [line for index, line in enumerate(sections[3]) if index % 3]
    needed = set()
    for line in trigrams:
        words = line.split("\t")[1].split()
        needed |= {tuple(words[:2]), tuple(words[1:])}
    bigrams = [
        line
        for index, line in enumerate(sections[2])
        if index % 5 or tuple(line.split("\t")[1].split()) in needed
    ]
    sections = {1: sections[1], 2: bigrams, 3: trigrams}
    text = "\\data\\\n" + "".join(f"ngram {order}={len(lines)}\n" for order, lines in sections.items())
    for order, lines in sections.items():
        text += f"\n\\{order}-grams:\n" + "\n".join(lines) + "\n"
    return text + "\n\\end\\\n"


def main():
    draw = random.Random(7)
    corpus = [" ".join(expand("S", draw)) for _ in range(400)]
    (HERE / "corpus.txt").write_text("\n".join(corpus) + "\n")
    arpa = HERE / "lmplz.arpa"
    command = [sys.argv[1], "-o", "3", "-S", "20%", "--arpa", arpa, "--text", HERE / "corpus.txt"]
    subprocess.run(command, check=True)
    (HERE / "pruned.arpa").write_text(without_some(arpa.read_text()))

    sentences = corpus[:20] + [" ".join(draw.choices(" ".join(corpus).split(), k=12)) for _ in range(40)]
    sentences += ["the zebra will sing", "zebra zebra", "", "a b c d e f g", "we see the unseen river"]
    scores = {}
    for name in ("lmplz", "pruned"):
        model = kenlm.Model(str(HERE / f"{name}.arpa"))
        scores[name] = [
            {"sentence": sentence, "scores": [[round(p, 6), n] for p, n, _ in model.full_scores(sentence)]}
            for sentence in sentences
        ]
    (HERE / "scores.json").write_text(json.dumps({"kenlm": "0.3.0", "models": scores}, indent=None) + "\n")


if __name__ == "__main__":
    main()
