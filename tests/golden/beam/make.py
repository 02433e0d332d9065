"""Makes the fixtures of tests/beam/golden.rs and equal.rs: real log-probs and what other decoders say of them.

    python make.py fixture LOG_PROBS ARPA    # writes clips.u8, small.arpa and peers.json beside itself
    python make.py equal LOG_PROBS ARPA NAME # equal/NAME.rows and .json: more clips, the whole ARPA, all set alike
    python make.py all LOG_PROBS ARPA OUT    # the same decoders over every clip, texts and times to OUT

The decoders are installed into .tools/ by ../environment.py, which says what that needs. LOG_PROBS.f32 holds float32 rows of 29 tokens, LOG_PROBS.json their clips: [{"id", "corpus", "rows", "text"}],
made by logprobs.py (dev clips, whole take). ARPA is the language model, as `cargo xtask lm arpa` writes it.

clips.u8 has one byte a value, -20 times the log-prob, at most 255: the clips of each corpus whose rows are the surest,
for where rows are flat, many texts lie within a tenth of a nat and no two searches rank them alike. small.arpa is the model's n-grams over
the words of the clips' references and the model's 50 most probable ones, the improbable ones left
out; its probabilities do not sum to 1,
which no decoder minds.

equal/ has 20 clips of each corpus (both of LibriVox that are short enough), evenly spaced over those no longer than 5.2 s,
NAME being the lookahead, `whole` or `320`. There everything is set alike that has a setting (EqualPeers):
- The rows hold the tokens of ln p >= -5 only, pyctcdecode's default, so that nobody has tokens to leave out.
- pyctcdecode has no look-ahead inside words, but a hook for it: it is given ours (SameLookAhead). Without, it charges open words that no word
  begins with by their length, which it gives back at their end.
- flashlight's look-ahead is p(word | <s>) if one follows its examples, and its bonus comes at a word's end; it is given ours too (promise).
- A row with a certain space is put after each clip for all, since ours adds up "text" and "text ". Texts of flashlight's without language model
  that differ in spaces only are added up afterwards.
- An unknown word is charged pyctcdecode's default.

What is set so that the decoders mean the same, in both fixtures:
- pyctcdecode: alpha and beta are ours; `unk_score_offset` is log10 and weighted with alpha, so that ours
  (nats, unweighted) is -alpha * ln 10 * offset. It has no look-ahead inside words, ours is on all the same:
  it moves pruning, not scores. Its empty last word (see WithoutEmptyWords) is taken away.
- flashlight: sums over paths with `log_add`; KenLM's scores stay log10, so its weight is alpha * ln 10. It spells
  only words of its lexicon: our unknown-word penalty is 1000 here. Its words end in a space, the last one too, so
  that a row with a certain space is put after each clip, for both. Its LM look-ahead is ours (`SmearingMode.MAX`).
"""

import json
import math
import os
import pathlib
import sys
import time
from importlib.metadata import version

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import environment

environment.enter("peers", environment.DECODERS)

import kenlm
import numpy as np
from flashlight.lib.text.decoder import (
    CriterionType,
    LexiconDecoder,
    LexiconDecoderOptions,
    LexiconFreeDecoder,
    LexiconFreeDecoderOptions,
    SmearingMode,
    Trie,
    ZeroLM,
)
from flashlight.lib.text.decoder.kenlm import KenLM
from flashlight.lib.text.dictionary import Dictionary
from pyctcdecode import Alphabet, BeamSearchDecoderCTC, LanguageModel

HERE = pathlib.Path(__file__).parent
TOKENS = ["", " ", "'", *"abcdefghijklmnopqrstuvwxyz"]
BLANK, SPACE = 0, 1
ALPHA, BETA, UNKNOWN_OFFSET = 0.5, 1.0, -4.0
WIDTH, TOKEN_MIN_LN, BEAM_LN = int(os.environ.get("WIDTH", 200)), -8.0, 20.0
CLIPS, EQUAL_CLIPS = 50, 80
CUT_LN, STEPS_A_NAT = -5.0, 8192


def clips(prefix):
    values = np.fromfile(f"{prefix}.f32", np.float32).reshape(-1, len(TOKENS))
    start = 0
    for clip in json.loads(pathlib.Path(f"{prefix}.json").read_text()):
        yield clip, values[start : start + clip["rows"]]
        start += clip["rows"]


def words_of(arpa):
    """Words of an ARPA file with their log10 probability."""
    words, inside = {}, False
    for line in open(arpa, encoding="utf-8"):
        if line.startswith("\\"):
            inside = line.startswith("\\1-grams")
        elif inside and line.strip():
            fields = line.rstrip("\n").split("\t")
            words[fields[1]] = float(fields[0])
    for mark in ("<s>", "</s>", "<unk>"):
        words.pop(mark, None)
    return words


def prune(arpa, words, out):
    """The n-grams of up to three words that have nothing but `words` in them, the improbable ones left out."""
    keep = words | {"<s>", "</s>", "<unk>"}
    floor, kept = {1: -math.inf, 2: -1.7, 3: -0.7}, set()
    sections, order = {}, 0
    for line in open(arpa, encoding="utf-8"):
        if line.startswith("\\"):
            order = int(line[1]) if line.endswith("-grams:\n") else 0
        elif order and line.strip():
            fields = line.rstrip("\n").split("\t")
            gram = tuple(fields[1].split(" "))
            if not keep.issuperset(gram) or float(fields[0]) < floor.get(order, math.inf):
                continue
            if order == 1 or {gram[:-1], gram[1:]} <= kept:
                kept.add(gram)
                # The longest n-grams have no back-off.
                sections.setdefault(order, []).append("\t".join(fields[: 2 if order == 3 else 3]) + "\n")
    with open(out, "w", encoding="utf-8") as file:
        file.write("\\data\\\n" + "".join(f"ngram {n}={len(lines)}\n" for n, lines in sections.items()))
        for n, lines in sections.items():
            file.write(f"\n\\{n}-grams:\n" + "".join(lines))
        file.write("\n\\end\\\n")


def with_space(rows):
    """And a row with a certain space."""
    end = np.full((1, len(TOKENS)), -1e4, np.float32)
    end[0, SPACE] = 0
    return np.concatenate([rows, end])


class WithoutEmptyWords(LanguageModel):
    """pyctcdecode scores a hypothesis that ends in a space as if an unknown word, "", came last."""

    def score(self, prev_state, word, is_last_word=False):
        if word:
            return super().score(prev_state, word, is_last_word)
        end = self._get_raw_end_score(prev_state) if is_last_word else 0.0
        return self.alpha * end * math.log(10), prev_state


class SameLookAhead(WithoutEmptyWords):
    """Gives pyctcdecode our look-ahead: an open word is worth the best unigram of the words that it can become, and the bonus."""

    def __init__(self, model, words, *weights):
        super().__init__(model, words, *weights)
        nothing, after = kenlm.State(), kenlm.State()
        model.NullContextWrite(nothing)
        self.best = {}
        for word in words:
            score = model.BaseScore(nothing, word, after)
            for end in range(1, len(word) + 1):
                self.best[word[:end]] = max(score, self.best.get(word[:end], -math.inf))
        self.unknown = model.BaseScore(nothing, "<unk>", after) + self.unk_score_offset

    def score_partial_token(self, partial_token):
        return self.alpha * math.log(10) * self.best.get(partial_token, self.unknown) + self.beta


class Peers:
    unknown_offset, width, beam_ln, token_min_ln = UNKNOWN_OFFSET, WIDTH, BEAM_LN, TOKEN_MIN_LN
    language_model, ends_in_space = WithoutEmptyWords, False

    def __init__(self, arpa):
        words = sorted(words_of(arpa))
        model = self.language_model(kenlm.Model(str(arpa)), words, ALPHA, BETA, self.unknown_offset)
        alphabet = Alphabet.build_alphabet(TOKENS)
        self.pyctcdecode = BeamSearchDecoderCTC(alphabet, model)
        self.pyctcdecode_plain = BeamSearchDecoderCTC(alphabet, None)
        options = LexiconFreeDecoderOptions(self.width, len(TOKENS), self.beam_ln, 0.0, 0.0, True, CriterionType.CTC)
        self.free = LexiconFreeDecoder(options, ZeroLM(), SPACE, BLANK, [])
        dictionary = Dictionary()
        for word in [*words, "<unk>"]:
            dictionary.add_entry(word)
        self.words = [dictionary.get_entry(i) for i in range(dictionary.index_size())]
        self.lm = KenLM(str(arpa), dictionary)
        trie = Trie(len(TOKENS), SPACE)
        for word in words:
            index = dictionary.get_index(word)
            trie.insert([*(TOKENS.index(c) for c in word), SPACE], index, self.promise(index))
        trie.smear(SmearingMode.MAX)
        options = LexiconDecoderOptions(
            self.width, len(TOKENS), self.beam_ln, ALPHA * math.log(10), BETA, -math.inf, 0.0, True, CriterionType.CTC
        )
        unknown = dictionary.get_index("<unk>")
        self.lexicon = LexiconDecoder(options, trie, self.lm, SPACE, BLANK, unknown, [], False)

    def promise(self, word):
        """What flashlight's look-ahead takes a word for, log10."""
        return self.lm.score(self.lm.start(False), word)[1]

    def pyctc(self, decoder, rows):
        beams = decoder.decode_beams(
            rows.copy(), beam_width=self.width, beam_prune_logp=-self.beam_ln, token_min_logp=self.token_min_ln
        )
        return beams[0][0].strip()

    def flashlight_free(self, rows):
        rows = np.ascontiguousarray(rows, np.float32)
        return self.text_of(self.free.decode(rows.ctypes.data, *rows.shape)[0])

    def text_of(self, hypothesis):
        text, last = "", BLANK
        for token in hypothesis.tokens[1:-1]:
            if token not in (last, BLANK):
                text += TOKENS[token]
            last = token
        return " ".join(text.split())

    def flashlight_lexicon(self, rows):
        rows = np.ascontiguousarray(rows if self.ends_in_space else with_space(rows), np.float32)
        best = self.lexicon.decode(rows.ctypes.data, *rows.shape)[0]
        return " ".join(self.words[w] for w in best.words if w >= 0)

    def decode(self, rows):
        """Text and seconds by decoder."""
        runs = {
            "pyctcdecode": lambda: self.pyctc(self.pyctcdecode_plain, rows),
            "pyctcdecode_lm": lambda: self.pyctc(self.pyctcdecode, rows),
            "flashlight": lambda: self.flashlight_free(rows),
            "flashlight_lm": lambda: self.flashlight_lexicon(rows),
        }
        answers = {}
        for name, run in runs.items():
            start = time.perf_counter()
            answers[name] = (run(), time.perf_counter() - start)
        return answers


class EqualPeers(Peers):
    """Set as ours is in everything that has a setting; what that takes is said above."""

    unknown_offset, width, beam_ln = -10.0, 1000, 40.0
    # The rows hold no token that is to be left out: this is below all of them.
    token_min_ln = -20.0
    language_model, ends_in_space = SameLookAhead, True

    def promise(self, word):
        # flashlight gives the bonus at a word's end, ours at its first letter.
        return self.lm.score(self.lm.start(True), word)[1] + BETA / (ALPHA * math.log(10))

    def flashlight_free(self, rows):
        # It keeps texts apart that differ in spaces only, which ours adds up.
        rows = np.ascontiguousarray(rows, np.float32)
        sums = {}
        for hypothesis in self.free.decode(rows.ctypes.data, *rows.shape):
            text = self.text_of(hypothesis)
            sums[text] = np.logaddexp(sums.get(text, -np.inf), hypothesis.score)
        return max(sums, key=sums.get)


def short_clips(prefix):
    """Clips that are no longer than 260 rows, by corpus."""
    by_corpus = {}
    for clip, rows in clips(prefix):
        if clip["rows"] <= 260:
            by_corpus.setdefault(clip["corpus"], []).append((clip, rows))
    return by_corpus


def fixture(prefix, arpa):
    by_corpus = short_clips(prefix)
    share = -(-CLIPS // len(by_corpus))
    surest = [sorted(all, key=lambda c: -c[1].max(axis=1).mean())[:share] for all in by_corpus.values()]
    chosen = [clip for some in surest for clip in some]
    probable = sorted(words_of(arpa).items(), key=lambda item: -item[1])[:50]
    words = {word for word, _ in probable} | {w for clip, _ in chosen for w in clip["text"].split()}
    prune(arpa, words & words_of(arpa).keys(), HERE / "small.arpa")
    peers, answers, data = Peers(HERE / "small.arpa"), [], []
    for clip, rows in chosen:
        data.append(np.clip(np.rint(-20 * rows), 0, 255).astype(np.uint8))
        answers.append(answer(peers, clip, data[-1].astype(np.float32) / -20))
    (HERE / "clips.u8").write_bytes(np.concatenate(data).tobytes())
    write(peers, answers, HERE / "peers.json")


def equal(prefix, arpa, name):
    """Clips evenly spaced over those of each corpus that are no longer than 5.2 s."""
    by_corpus = short_clips(prefix)
    share = EQUAL_CLIPS // len(by_corpus)
    peers, answers, data = EqualPeers(arpa), [], bytearray()
    for all_of in by_corpus.values():
        for clip, rows in all_of[:: max(1, len(all_of) // share)][:share]:
            cut, packed = pack(rows)
            data += packed
            answers.append(answer(peers, clip, with_space(cut)))
            print(len(answers), clip["id"], file=sys.stderr)
    (HERE / "equal").mkdir(exist_ok=True)
    (HERE / f"equal/{name}.rows").write_bytes(data)
    write(peers, answers, HERE / f"equal/{name}.json")


def pack(rows):
    """The tokens of each row that are no less probable than exp(-5), as they are read back and as bytes: how many, then
    each with its index and -8192 times its ln p in 16 bits, the low byte first."""
    rows = rows - np.logaddexp.reduce(rows.astype(np.float64), axis=1, keepdims=True)
    cut, packed = np.full(rows.shape, -1e4, np.float32), bytearray()
    for to, row in zip(cut, rows):
        used = np.flatnonzero((row >= CUT_LN) | (row == row.max()))
        values = np.rint(-STEPS_A_NAT * row[used]).astype(np.uint16)
        to[used] = values / -STEPS_A_NAT
        packed.append(len(used))
        for token, value in zip(used, values):
            packed += bytes([token, value & 255, value >> 8])
    return cut, packed


def answer(peers, clip, rows):
    return {"rows": clip["rows"], **{name: text for name, (text, _) in peers.decode(rows).items()}}


def write(peers, answers, path):
    names = ("pyctcdecode", "flashlight-text", "kenlm", "numpy")
    settings = {"alpha": ALPHA, "beta": BETA, "unknown_offset": peers.unknown_offset, "width": peers.width,
                "token_min_ln": peers.token_min_ln, "beam_ln": peers.beam_ln}  # fmt: skip
    lines = ",\n".join(json.dumps(answer) for answer in answers)
    head = json.dumps({"made_by": [f"{name}=={version(name)}" for name in names], **settings})
    path.write_text(f'{head[:-1]}, "clips": [\n{lines}\n]}}\n')


def everything(prefix, arpa, out):
    peers = Peers(arpa)
    with open(out, "w", encoding="utf-8") as file:
        for clip, rows in clips(prefix):
            answers = peers.decode(rows)
            file.write(json.dumps({"id": clip["id"], "rows": len(rows), **answers}) + "\n")
            file.flush()


if __name__ == "__main__":
    {"fixture": fixture, "equal": equal, "all": everything}[sys.argv[1]](*sys.argv[2:])
