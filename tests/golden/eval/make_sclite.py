"""Makes sclite.json, and dev_errors.json when given hypotheses: the errors that sclite counts.

    python make_sclite.py                    # of the pairs in errors.json, in their order
    python make_sclite.py --hypotheses TSV   # of these too: what `cargo xtask eval --hypotheses TSV` writes

jiwer and, for root, sctk are installed by ../environment.py. Counts are [hits, substitutions, deletions, insertions]. sclite aligns by weights, 4 for a substitution, 3 for an
insertion or a deletion, where jiwer counts each as 1; so it may take an insertion and a deletion where jiwer takes
two substitutions. Words are numbered before they are compared, for sclite reads some characters as markup, and so
that the texts of recordings which are not ours stay out of the repository: which words are equal is all that
alignment depends on.
"""

import argparse
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import environment

environment.enter("jiwer", environment.JIWER)
environment.need_sctk()

import jiwer

HERE = pathlib.Path(__file__).parent
VERSION = f"sctk {environment.SCTK}"
SCORES = re.compile(r"^id: \(u-(\d+)\)\nScores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)", re.MULTILINE)


def numbered(pairs):
    numbers = {}
    return [tuple([numbers.setdefault(word, len(numbers)) for word in text.split()] for text in pair) for pair in pairs]


def sclite(pairs):
    """The counts of every pair. A pair without any words is left to sclite as well."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for side in (0, 1):
            files.append(pathlib.Path(folder, f"{side}.trn"))
            lines = [" ".join(f"w{number}" for number in pair[side]) for pair in pairs]
            files[-1].write_text("".join(f"{line} (u-{index})\n" for index, line in enumerate(lines)))
        command = ["sctk", "sclite", "-r", files[0], "trn", "-h", files[1], "trn", "-i", "rm", "-o", "pra", "stdout"]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    counts = {int(index): [int(n) for n in numbers] for index, *numbers in SCORES.findall(shown)}
    assert len(counts) == len(pairs), f"{len(counts)} of {len(pairs)} pairs"
    return [counts[index] for index in range(len(pairs))]


def of_jiwer(reference, hypothesis):
    result = jiwer.process_words(*(" ".join(map(str, side)) for side in (reference, hypothesis)))
    return [result.hits, result.substitutions, result.deletions, result.insertions]


def write(name, golden):
    text = json.dumps(golden, separators=(",", ":")).replace("[[", "\n[[")
    (HERE / name).write_text(text + "\n")
    print(name, len(text), "bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hypotheses", type=pathlib.Path)
    hypotheses = parser.parse_args().hypotheses
    pairs = [(pair["reference"], pair["hypothesis"]) for pair in json.loads((HERE / "errors.json").read_text())["pairs"]]
    write("sclite.json", {"made_by": VERSION, "counts": sclite(numbered(pairs))})
    if hypotheses:
        with hypotheses.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        pairs = numbered([(row["reference"].lower(), row["hypothesis"]) for row in rows])
        # [reference, hypothesis, jiwer's counts, sclite's counts]
        clips = [[*pair, of_jiwer(*pair), counts] for pair, counts in zip(pairs, sclite(pairs), strict=True)]
        write("dev_errors.json", {"made_by": [VERSION, "jiwer==4.0.0"], "clips": clips})
        theirs = [sum(sum(clip[peer][1:]) for clip in clips) for peer in (2, 3)]
        same = [sum(clip[2] == clip[3] for clip in clips), sum(sum(c[2][1:]) == sum(c[3][1:]) for c in clips)]
        print(f"{len(clips)} clips; errors of jiwer {theirs[0]}, sclite {theirs[1]};")
        print(f"clips with the same counts {same[0]}, the same number of errors {same[1]}")


main()
