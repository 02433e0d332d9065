"""The whole pipeline on a toy, in under two minutes: `cargo xtask test-training`.

    models/training/.venv/bin/python models/training/tiny.py

First the text normaliser of the synthesis, against a table and against the examples in src/eval/normalise.rs, and
its shards, made twice.
The "speech" is made here: every letter is a chord of its own, words are strings of chords. So no data and
no synthesiser are needed, and a model that learns nothing cannot pass. Checks: training lowers the loss and
goes on from its checkpoint; export agrees with PyTorch (export.py's own checks); int8 text is near the float
text; every lookahead reads the toy speech; splices and pseudo-labelled clips hold the words they should; a shipped int8 file starts a new run far ahead of random weights.
"""

from __future__ import annotations

import lzma
import re
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch

import alignment
import export
import graph
import pseudo
import splice
from augment import NONE, Augmentation, Lengthening, reverberate
from average import average
from corpus import REPOSITORY, SAMPLE_RATE_HZ, AudioCache, Clip, open_speech
from data import BatchOptions
from depthwise import ShiftedProducts
from evaluate import LOOKAHEAD_CHUNKS, corpora, evaluate, table, torch_runner
from features import FRONT_END
from grow import grown
from model import TINY, Conformer, Dropout
from runtime import OnnxStream
from train import Trainer, TrainOptions

WORDS = ["tea", "ate", "net", "tone", "note", "one", "ten", "eat", "neat", "oat"]
MOST_CER = 0.35
"""Well above what the toy reaches (about 0.05) and far below silence's 1.0."""


SPOKEN = [
    # written, said, target text
    ("Dr. Lee paid $3.50.", "doctor Lee paid three dollars fifty.", "doctor lee paid three dollars fifty"),
    ("It was 1984, at 5:30 pm.", "It was nineteen eighty four, at five thirty pee em.",
     "it was nineteen eighty four at five thirty p m"),
    ("Meet at 9:00 a.m. on the 2nd", "Meet at nine ay em on the second", "meet at nine a m on the second"),
    ("1,250 of 42, 007", "one thousand two hundred fifty of forty two, zero zero seven",
     "one thousand two hundred fifty of forty two zero zero seven"),
    ("Mail bob.lee@example.com now", "Mail bob dot lee at example dot com now", "mail bob dot lee at example dot com now"),
    ("Write to John_Smith99@GMAIL.com", "Write to john underscore smith ninety nine at gmail dot com",
     "write to john underscore smith ninety nine at gmail dot com"),
    ("It is on news.bbc.co.uk today", "It is on news dot bee bee see dot co dot you kay today",
     "it is on news dot b b c dot co dot u k today"),
    ("Take node.js 2.0.1, not 2.5.", "Take node dot jay ess two point zero point one, not two point five.",
     "take node dot j s two point zero point one not two point five"),
    ("See IBM.com and open.ai today", "See eye bee em dot com and open dot ay eye today", "see i b m dot com and open dot a i today"),
    ("That is in.Info follows", None, None),
    ("I saw NBC & a 3.5% rise", "I saw en bee see and a three point five percent rise",
     "i saw nbc and a three point five percent rise"),
    ("“Don’t — well-known,” he said.", None, None),
    ("the well-known 'dogs' don’t bark", "the well-known 'dogs' don't bark", "the well known dogs don't bark"),
]  # fmt: skip


def check_text() -> None:
    """The table above, and every example of the page's normaliser that is ASCII and no year."""
    from synth.text import line_of, normalise, spell

    for written, said, target in SPOKEN:
        line = line_of(written, "table", 20)
        assert (line.say, line.text) == (said, target) if line else said is None, f"{written!r} gave {line}"
    rust = (REPOSITORY / "src" / "eval" / "normalise.rs").read_text(encoding="utf-8")
    examples = re.findall(r'before: "([^"\\]+)",\s+after: "([^"\\]+)"', rust)
    examples = [(before, after) for before, after in examples if before.isascii() and not re.search(r"b2b|\d{4}", after)]
    assert len(examples) >= 3, "the normaliser's examples were not found"
    for before, after in examples:
        want = " ".join(normalise(spell(after)).split())
        assert normalise(spell(before)) == want, f"{before!r} gave {normalise(spell(before))!r}, want {want!r}"


def check_synthesis(folder: Path) -> None:
    """A shard made twice is the same, byte for byte, and one of another number or seed is not. Needs the three engines."""
    from synth import make
    from synth.text import SOURCES, Texts

    for name in SOURCES:
        with lzma.open(folder / f"{name}.txt.xz", "wt", encoding="utf-8") as file:
            file.write("The cat sat on the mat.\nGive me five of these, please.\nWe saw a dog in the park today.\n")
    texts, made = Texts(folder), {}
    for turn, seed in [("one", 0), ("two", 0), ("three", 1)]:
        for number in range(4):
            make.make_shard(number, texts, make.Options(folder / turn, folder, seed, clips=3, most_words=16))
            shard = folder / turn / f"{number:05d}"
            made[turn, number] = [(shard / file).read_bytes() for file in ("audio.i16", "manifest.tsv")]
    assert all(len(audio) > 20_000 for audio, _ in made.values()), "the synthesisers said next to nothing"
    assert all(made["one", number] == made["two", number] for number in range(4)), "a shard made again is another"
    different = {audio for (turn, _), (audio, _) in made.items() if turn != "two"}
    assert len(different) == 8, "number or seed made no difference"


def say(text: str, rng: np.random.Generator) -> np.ndarray:
    """f32 [N]: a chord of 110 to 150 ms a letter, 100 ms of near silence for a space, faint noise throughout."""
    parts = []
    for letter in f" {text} ":
        at = np.arange(int(rng.uniform(0.11, 0.15) * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        if letter == " ":
            parts.append(np.zeros(int(0.1 * SAMPLE_RATE_HZ)))
            continue
        place = ord(letter) - ord("a")
        tones = sum(np.sin(2 * np.pi * f * at) for f in (200 + 45 * place, 1500 + 170 * place))
        parts.append(0.1 * tones * np.sin(np.pi * np.linspace(0, 1, len(at))) ** 0.5)
    joined = np.concatenate(parts)
    return (joined + 1e-3 * rng.standard_normal(len(joined))).astype(np.float32)


def make_speech(folder: Path) -> None:
    """A manifest of 300 training and 20 dev clips, and their WAV files."""
    rng = np.random.default_rng(0)
    (folder / "noise").mkdir(parents=True)
    lines = ["id\tcorpus\tspeaker\tsplit\tseconds\tpath\ttext"]
    for i in range(320):
        text = " ".join(rng.choice(WORDS, int(rng.integers(1, 4))))
        samples = say(text, rng)
        soundfile.write(folder / f"{i}.wav", samples, SAMPLE_RATE_HZ)
        split = "train" if i < 300 else "dev"
        lines.append(f"{i}\ttoy\tnobody\t{split}\t{len(samples) / SAMPLE_RATE_HZ:.2f}\t{i}.wav\t{text.upper()}")
    (folder / "manifest.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def check_splicing(model: Path, clips: list[Clip], cache: AudioCache) -> None:
    """Words are found in nearly all clips, in order and apart, and joined ones are as long as their parts."""
    known = {clip.id: clip for clip in splice.sources(clips, cache, cache.folder)}
    assert known.keys() == {clip.id for clip in clips if clip.split == "train"}
    words = splice.aligned(model, list(known.values()), cache)
    assert len(words) > 0.9 * len(known), f"{len(words)} of {len(known)} clips could be aligned"
    for key, found in words.items():
        assert [word.text for word in found] == [known[key].text.split()[word.place] for word in found]
        assert all(a.end <= b.start for a, b in zip(found, found[1:])), f"words of {key} overlap"
    _, runs = splice.Voices(words, known).draw(np.random.default_rng(0))
    samples = splice.join(runs, cache)
    assert len(samples) == sum(run[-1].end - run[0].start for run in runs) and np.isfinite(samples).all()


def check_pseudo_labels(model_path: Path, clips: list[Clip], cache: AudioCache) -> None:
    """A right text is believed whole; a word nobody made out and a wrong one end a stretch, and what is too short is left out."""
    run = torch_runner(graph.load(model_path).eval())
    chosen = [clip for clip in clips if clip.split == "train" and len(clip.text.split()) >= pseudo.LEAST_WORDS][:40]
    whole = 0
    for one, other in zip(chosen[::2], chosen[1::2]):
        samples = np.concatenate([cache.float_samples(clip.id) for clip in (one, other)])
        parts = list(pseudo.borne_out(run, samples, f"{one.text} {other.text}"))
        if [text for _, text in parts] != [f"{one.text} {other.text}"]:
            continue
        whole += 1
        assert len(parts[0][0]) == len(samples)
        [(heard, text)] = pseudo.borne_out(run, samples, f"{one.text} {alignment.UNHEARD}")
        apart = (len(heard) - len(cache.float_samples(one.id))) / SAMPLE_RATE_HZ
        # This model writes at once; the cuts are for one that is late by 0.1 to 0.2 s.
        assert text == one.text and abs(apart) < 0.3, f"{one.text}: cut {apart:.2f} s from its end"
        last = one.text.split()[-1]
        said = [text for _, text in pseudo.borne_out(run, samples, f"{one.text.removesuffix(last)}buzz {other.text}")]
        assert said == [other.text], f"{one.text} {other.text}: with buzz for {last}: {said}"
    assert whole > 0.8 * len(chosen) / 2, f"{whole} of {len(chosen) // 2} right texts are believed"


def check_average(run: Path) -> None:
    """Of a run and one whose weights are twice as large, one part to three: 1.75 times the first's."""
    saved = torch.load(run, weights_only=True)
    twice = run.with_name("twice.pt")
    torch.save(saved | {"average": {key: 2 * value for key, value in saved["average"].items()}}, twice)
    mean = average([run, twice], [1.0, 3.0])["average"]
    assert all(torch.allclose(mean[key], 1.75 * value) for key, value in saved["average"].items())


def check_growing(small: Conformer) -> None:
    """Deeper by half and twice as deep it says the same, chunk by chunk and of the middle too; thrice is refused."""
    small = small.eval()
    features = torch.randn(2, 200, FRONT_END.n_mels, generator=torch.Generator().manual_seed(0))
    for blocks in (3, 4):
        large = grown(small, blocks).eval()
        assert len(large.blocks) == blocks
        with torch.no_grad():
            for chunk in (1, 8, 0):
                apart = max(float((a - b).abs().max()) for a, b in zip(small(features, chunk), large(features, chunk)))
                assert apart < 1e-3, f"{blocks} blocks, chunk {chunk}: {apart:.1e} apart"
    try:
        grown(small, 6)
    except ValueError:
        return
    raise AssertionError("growing to thrice the blocks was not refused")


def check_quick_forms() -> None:
    """What was written anew for speed: the depthwise convolution and its gradients as PyTorch's own, the reverberation as
    numpy's convolution, the lengths foretold of augmented clips, the dropout's share and scale."""
    torch.manual_seed(0)
    conv = torch.nn.Conv1d(16, 16, 5, groups=16)
    x = torch.randn(3, 20, 16, requires_grad=True)
    want = conv(x.transpose(1, 2)).transpose(1, 2)
    above = torch.randn_like(want)
    inputs = (x, conv.weight, conv.bias)
    got = ShiftedProducts.apply(x, conv.weight[:, 0].T, conv.bias)
    torch.testing.assert_close(got, want)
    torch.testing.assert_close(torch.autograd.grad(got, inputs, above), torch.autograd.grad(want, inputs, above))

    rng = np.random.default_rng(0)
    samples, response = rng.standard_normal(5_000, dtype=np.float32), rng.standard_normal(700, dtype=np.float32)
    wet = np.convolve(samples, response)
    want = wet * np.sqrt(np.mean(samples**2) / np.mean(wet**2))
    np.testing.assert_allclose(reverberate(samples, response), want, atol=1e-4)

    lengths = set()
    for _ in range(40):
        drawn = Lengthening.draw(Augmentation(speed=0.5, silence=0.5, room=0.5), [response], rng)
        length = len(drawn.apply(samples, rng))
        assert abs(drawn.seconds(len(samples) / SAMPLE_RATE_HZ) * SAMPLE_RATE_HZ - length) < 4, drawn
        lengths.add(length)
    assert len(lengths) > 20

    dropout, ones = Dropout(0.25), torch.ones(4, 50, 100)
    dropout.draw(ones)
    one, other = dropout(ones), dropout(ones)
    assert set(one.unique().tolist()) == {0.0, float(torch.tensor(1 / 0.75))} and not torch.equal(one, other)
    assert abs(float(one.mean()) - 1) < 0.03 and torch.equal(dropout.eval()(ones), ones)


def first_loss(trainer: Trainer) -> float:
    """Loss of one batch as the trainer stands, nats a character."""
    with torch.no_grad():
        return float(trainer.loss(next(iter(trainer.batches)), 8)[0])


def main() -> None:
    begun = time.monotonic()
    torch.set_num_threads(1)
    check_text()
    check_quick_forms()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if all(map(shutil.which, ["espeak-ng", "flite", "festival"])):
            check_synthesis(folder)
        else:
            print("no synthesisers installed: their shards are not checked")
        make_speech(folder / "speech")
        clips, cache, noise = open_speech(folder / "speech", folder / "cache")
        batches = BatchOptions(seconds=12.0, pool=100, augmentation=replace(NONE, gain=0.5))
        options = TrainOptions(
            run=folder / "run", minutes=1.5, steps=200, lr=4e-3, warm_up_steps=20, bf16=False, curriculum=False,
            average=0.95, score_seconds=1e9,
        )  # fmt: skip
        random_loss = first_loss(Trainer(options, TINY, clips, cache, noise, batches))
        Trainer(options, TINY, clips, cache, noise, batches).train()
        masked = replace(batches, augmentation=replace(batches.augmentation, time_masks=1, time_mask_frames=4))
        further = replace(options, minutes=3.0, steps=450, consistency=0.2)
        resumed = Trainer(further, TINY, clips, cache, noise, masked)
        assert resumed.step > 0 and resumed.spent > 0, "the second call did not go on from the checkpoint"
        resumed.train()

        check_average(folder / "run" / "last.pt")
        model = export.load_checkpoint(folder / "run" / "last.pt")
        check_growing(model)
        report = export.export(model, folder / "shipped", folder / "work", "tiny")
        print({key: f"{value:.1e}" for key, value in report.items()})
        rows = evaluate(OnnxStream(folder / "shipped" / "tiny.int8.onnx").run, corpora(clips), cache, list(LOOKAHEAD_CHUNKS))
        print(table(rows))
        worst = max(row["cer"] for row in rows)
        assert worst < MOST_CER, f"CER {worst:.2f}: the toy speech was not learnt"

        check_splicing(folder / "shipped" / "tiny.int8.onnx", clips, cache)
        check_pseudo_labels(folder / "shipped" / "tiny.int8.onnx", clips, cache)
        warm = replace(options, run=folder / "warm", start_from=folder / "shipped" / "tiny.int8.onnx")
        warm_loss = first_loss(Trainer(warm, TINY, clips, cache, noise, batches))
        print(f"first loss: random {random_loss:.2f}, from the shipped int8 file {warm_loss:.2f}")
        assert warm_loss < 0.5 * random_loss, "the warm start did not carry the weights over"
    print(f"tiny: all checks passed in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
