"""What the synthesisers are to say, and how it is spelt.

`spell` turns a written sentence into words as they are spoken, with the punctuation that gives prosody
(`say`) and without it (`text`, the training target). What it leaves to `normalise` is what the page's
normaliser (src/eval/normalise.rs, version 1) does: digits are spelled out without "and", everything but
letters and inner apostrophes is dropped. `normalise(text) == text` for every `text` made here.
"""

from __future__ import annotations

import lzma
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = ["", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split()]
IRREGULAR_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
                      "nine": "ninth", "twelve": "twelfth"}  # fmt: skip
LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", (
    "ay bee see dee ee eff jee aitch eye jay kay ell em en oh pee cue are ess tee you vee doubleyou ex why zee"
).split()))  # fmt: skip
"""How a letter's name is written so that every engine says it."""
ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miss", "dr": "doctor", "prof": "professor", "st": "saint", "jr": "junior",
    "sr": "senior", "vs": "versus", "etc": "et cetera", "no": "number", "dept": "department", "approx": "approximately",
    "ave": "avenue", "blvd": "boulevard", "rd": "road", "gen": "general", "col": "colonel", "capt": "captain",
    "lt": "lieutenant", "sgt": "sergeant", "rev": "reverend", "hon": "honorable", "gov": "governor", "sen": "senator",
}  # fmt: skip
"""Read so where a full stop follows. "No." only before a digit."""
SYMBOLS = {"&": " and ", "%": " percent ", "+": " plus ", "=": " equals ", "@": " at ", "#": " number ", "°": " degrees "}
APOSTROPHES = dict.fromkeys(map(ord, "‘’‛ʼ′´`"), "'")


def cardinal(number: int) -> str:
    """0 to 999 999 in words, without "and"."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f" {ONES[number % 10]}" if number % 10 else "")
    size, unit = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = f" {cardinal(number % size)}" if number % size else ""
    return f"{cardinal(number // size)} {unit}{rest}"


def digits(text: str) -> str:
    return " ".join(ONES[int(digit)] for digit in text)


def number(text: str) -> str:
    """As normalise.rs spells a word of digits only."""
    return digits(text) if len(text) > 6 or (len(text) > 1 and text[0] == "0") else cardinal(int(text))


def ordinal(value: int) -> str:
    *before, last = cardinal(value).split()
    last = IRREGULAR_ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return " ".join([*before, last])


def year(value: int) -> str:
    """1100 to 2099 as spoken, in pairs."""
    high, low = divmod(value, 100)
    if high == 20 and low < 10:
        return cardinal(value)
    if low == 0:
        return f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {'oh ' if low < 10 else ''}{cardinal(low)}"


NAMED_ENDINGS = "com org net edu gov dev info app blog"
SPELLED_ENDINGS = "io fm js uk au co tv ai"
ADDRESS = re.compile(
    r"\b(?:[\w+-]+(?:\.[\w+-]+)*@)?(?:[\w-]+\.)+(?:" + "|".join(f"{NAMED_ENDINGS} {SPELLED_ENDINGS}".split()) + r")\b", re.IGNORECASE
)
"""An e-mail address or the name of a host, of which the last label is one that people say."""
SIGNS = {"@": "at", ".": "dot", "-": "dash", "_": "underscore", "+": "plus"}


def _address(match: re.Match) -> str:
    """As people say it: signs by their names, numbers apart, letters by their names where the part is no word or is in
    capitals alone. Left as it is where a letter is none of a-z, or where a full stop without a space explains it better."""
    if not match[0].isascii() or re.search(r"[a-z]\.[A-Z][a-z]", match[0]):
        return match[0]
    said = []
    for written in re.findall(r"[A-Za-z]+|\d+|[@.+_-]", match[0]):
        part = written.lower()
        if part in SIGNS:
            said.append(SIGNS[part])
        elif part.isdigit():
            said.append(number(part))
        else:
            is_acronym = written.isupper() and len(part) <= 4 and "a" not in part and not match[0].isupper()
            is_word = part == "co" or not is_acronym and part not in SPELLED_ENDINGS.split() and re.search("[aeiouy]", part)
            said.append(part if is_word else " ".join(part))
    return " ".join(said)


def _clock(match: re.Match) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return cardinal(hour) if match[3] else f"{cardinal(hour)} o'clock"
    return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"


def _money(match: re.Match) -> str:
    whole, part = int(match[1].replace(",", "")), match[2]
    if whole > 999_999:
        return match[0]
    words = f"{cardinal(whole)} dollar{'' if whole == 1 else 's'}"
    return f"{words} {cardinal(int(part))}" if part and int(part) else words


def _number_in_text(match: re.Match) -> str:
    value = match[0].replace(",", "")
    is_year = "," not in match[0] and len(value) == 4 and 1100 <= int(value) < 2100
    return year(int(value)) if is_year else number(value)


def spell(sentence: str) -> str:
    """Numbers, symbols, abbreviations and addresses in words; case and punctuation kept."""
    s = unicodedata.normalize("NFKC", sentence.translate(APOSTROPHES))
    s = ADDRESS.sub(_address, s)
    s = re.sub(r"\bNo\.(?=\s*\d)", "number", s)
    pattern = r"\b(" + "|".join(key for key in ABBREVIATIONS if key != "no") + r")\.(?=\s|,|$)"
    s = re.sub(pattern, lambda m: ABBREVIATIONS[m[1].lower()], s, flags=re.IGNORECASE)
    s = re.sub(r"(?<=\d)\s*([ap])(?:\.m\.|m\b)|\b([ap])\.m\.", lambda m: f" {m[1] or m[2]} m", s, flags=re.IGNORECASE)
    s = re.sub(r"\b(\d{1,2}):(\d\d)\b(?=(\s*[ap] m)?)", _clock, s)
    s = re.sub(r"\$(\d[\d,]*)(?:\.(\d\d))?(?!\d)", _money, s)
    s = re.sub(r"\b(\d{1,3})(st|nd|rd|th)\b", lambda m: ordinal(int(m[1])), s)
    s = re.sub(r"\b\d+(?:\.\d+){2,}\b", lambda m: " point ".join(map(number, m[0].split("."))), s)
    s = re.sub(r"\b(\d+)\.(\d+)\b", lambda m: f"{number(m[1])} point {digits(m[2])}", s)
    s = re.sub(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+\b", _number_in_text, s)
    for symbol, words in SYMBOLS.items():
        s = s.replace(symbol, words)
    return " ".join(s.split())


def normalise(text: str) -> str:
    """The page's normaliser for text without digits (those are spelled already), a-z only: accents are dropped."""
    text = unicodedata.normalize("NFKD", text.translate(APOSTROPHES)).lower()
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"[^a-z']", " ", text)
    text = re.sub(r"(?<![a-z])'+|'+(?![a-z])", " ", text)
    return " ".join(text.split())


@dataclass(frozen=True)
class Line:
    """`say` goes to the engine, `text` is the target; `source` is the file or the kind of prompt."""

    say: str
    text: str
    source: str


def spelled_letters(letters: str) -> str:
    return " ".join(LETTERS[letter] for letter in letters)


def line_of(sentence: str, source: str, most_words: int) -> Line | None:
    """A written sentence as a line; None where it is unfit: too long, odd characters, acronyms, archaic spacing."""
    sentence = re.sub(r"\s+([,.;:?!]|'(?:s|ll|re|ve|d|m)\b)", r"\1", sentence.strip().strip('"“”-'))
    spoken = re.sub(r'["“”…]', "", spell(sentence))
    if re.search(r"[/\\_*<>{}|~^\[\]()]|--|\.\.|https?:", spoken):
        return None
    words = spoken.split()
    if not 2 <= len(words) <= most_words or re.search(r"\d", spoken) or re.search(r"\b\w\.\w|[a-z]\.[A-Z]", spoken) or not spoken.isascii():
        return None
    # Letters said one by one: single capitals, acronyms without a vowel. Other capitals may be either: left out.
    heard = []
    for word in words:
        core = word.strip(",.;:?!'-")
        if len(core) > 1 and core.isupper() and core.isalpha():
            if re.search("[AEIOUY]", core) or len(core) > 5:
                return None
            word = word.replace(core, spelled_letters(core.lower()))
        elif core in ("m", "M") or (len(core) == 1 and core.isalpha() and core not in "aAIO"):
            word = word.replace(core, LETTERS[core.lower()])
        elif core.lower() == "a" and heard[-1:] and (heard[-1] == "dot" or words[len(heard) + 1 : len(heard) + 2] in (["m"], ["m."])):
            word = word.replace(core, LETTERS["a"])
        heard.append(word)
    text = normalise(spoken)
    return Line(" ".join(heard), text, source) if text and max(map(len, text.split())) < 18 else None


NAMES = (
    "james mary robert linda john patricia michael jennifer david elizabeth william barbara richard susan joseph jessica "
    "thomas sarah charles karen daniel nancy matthew lisa anthony betty mark margaret paul sandra steven ashley andrew "
    "emily joshua donna kevin michelle brian carol george amanda edward melissa ronald deborah wei ming priya arjun fatima "
    "omar yuki kenji olga ivan sofia mateo ana luis ingrid lars chloe pierre amara kwame"
).split()
SURNAMES = (
    "smith johnson williams brown jones garcia miller davis rodriguez martinez wilson anderson taylor thomas moore jackson "
    "martin lee thompson white harris clark lewis robinson walker young allen king wright scott green baker adams nelson "
    "hill campbell mitchell roberts carter phillips evans turner parker collins edwards stewart morris murphy cook rogers "
    "chen wang singh kumar patel nguyen kim tanaka ivanov kowalski fernandez rossi"
).split()
COMMANDS = (
    "turn on the lights in the {room}|turn off the {room} lamp|set a timer for {n} minutes|set an alarm for {n} {half}|"
    "play the next song|stop the music|what's the weather in {place} today|call {name} {surname}|send a message to {name}|"
    "remind me to call {name} on {day}|open the {room} window|what time is it in {place}|turn the volume up|go back|"
    "start recording|stop|yes please|no thank you|hello world|good morning|good evening {name}|testing one two three|"
    "this is a test|can you hear me|how are you today|my name is {name}|hello my name is {name} {surname}|"
    "i live in {place}|see you on {day}|it is the {nth} of {month}|today is {day} {month} the {nth}|"
    "the meeting is on {day} at {n} {half}|i was born on {month} {nth}|delete the last word|new line|search for {place} hotels|"
    "book a table for {n} on {day}|cancel my alarm|how do you spell {name}|add milk and eggs to my shopping list|"
    "increase the brightness to {n} percent|where is the nearest train station|read my new messages|volume {n}|"
    "my phone number is {phone}|the code is {code}|room number {n}|flight {code} to {place}|chapter {n}|page {n}"
).split("|")
PLACES = (
    "london paris new york boston chicago seattle denver dublin sydney tokyo beijing shanghai delhi mumbai berlin madrid "
    "rome toronto texas california florida kentucky virginia pittsburgh glasgow manchester cairo nairobi lagos"
).replace("new york", "new_york").split()  # fmt: skip
ROOMS = "kitchen bedroom garage hall office garden bathroom".split() + ["living room"]
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()


def prompt(rng: np.random.Generator) -> Line:
    """A made-up line: letters, digits, names, addresses, commands ("~x" marks a letter said by its name)."""
    kind = rng.choice(["letters", "digits", "name", "address", "command", "numbers"], p=[0.2, 0.12, 0.08, 0.08, 0.4, 0.12])

    def pick(items: list[str]) -> str:
        return str(items[rng.integers(len(items))])

    if kind == "letters":
        length = int(rng.integers(2, 8))
        word = pick(NAMES + SURNAMES) if rng.random() < 0.5 else "".join(rng.choice(list(LETTERS), length))
        intro = f"{word}, " if rng.random() < 0.2 and word in NAMES else ""
        gap = ", " if rng.random() < 0.3 else " "
        text = normalise(intro + " ".join(word))
        return Line(intro + gap.join(LETTERS[c] for c in word) + ".", text, "letters")
    if kind == "digits":
        text = digits("".join(rng.choice(list("0123456789"), int(rng.integers(1, 9)))))
        say = text.replace(" ", ", ") if rng.random() < 0.3 else text
        return Line(say + ".", text, "digits")
    if kind == "name":
        text = f"{pick(NAMES)} {pick(SURNAMES)}"
        return Line(text.title() + ".", text, "name")
    if kind == "address":
        who = rng.choice([pick(NAMES), f"{pick(NAMES)} dot {pick(SURNAMES)}", f"{pick(SURNAMES)} {cardinal(int(rng.integers(1, 100)))}"])
        host = pick(["example", "mail", "gmail", "work", "school", "outlook", "home", "company", "hotmail"])
        text = f"{who} at {host} dot {pick(['com', 'org', 'net', 'edu'])}"
        return Line(text + ".", text, "address")
    if kind == "numbers":
        value = int(10 ** rng.uniform(0, 6))
        text = rng.choice([cardinal(value), year(int(rng.integers(1700, 2030))), ordinal(value % 100 + 1)])
        return Line(str(text) + ".", str(text), "numbers")
    number_words = cardinal(int(rng.integers(1, 60)))
    text = pick(COMMANDS).format(
        room=pick(ROOMS), n=number_words, half=pick(["in the morning", "tonight", "~p ~m", "~a ~m"]), place=pick(PLACES),
        name=pick(NAMES), surname=pick(SURNAMES), day=pick(DAYS), month=pick(MONTHS), nth=ordinal(int(rng.integers(1, 32))),
        phone=digits("".join(rng.choice(list("0123456789"), 7))),
        code="~" + " ~".join(rng.choice(list(LETTERS), 2)) + " " + digits(str(rng.integers(10, 999))),
    ).replace("_", " ")  # fmt: skip
    say = re.sub("~([a-z])", lambda m: LETTERS[m[1]], text)
    return Line(say + ".", text.replace("~", ""), "command")


SOURCES = {
    "common-voice-prompts": 0.46, "schema-guided-dialogue": 0.16, "changelog-transcripts": 0.12, "ljspeech": 0.06,
    "gutenberg": 0.04,
}  # fmt: skip
"""Share of each file; the rest (0.16) are prompts."""


class Texts:
    """Lines by source. Reads at most `most_lines` of a file, spread over it."""

    def __init__(self, folder: Path, most_lines: int = 60_000):
        self.lines: dict[str, list[str]] = {}
        for name in SOURCES:
            with lzma.open(folder / f"{name}.txt.xz", "rt", encoding="utf-8") as file:
                kept = [line for i, line in enumerate(file) if i % 20 == 0 or name != "changelog-transcripts"]
            self.lines[name] = kept[:: max(1, len(kept) // most_lines)]

    def draw(self, rng: np.random.Generator, most_words: int) -> Line:
        names = [*SOURCES, "prompt"]
        shares = [*SOURCES.values(), 1 - sum(SOURCES.values())]
        while True:
            name = names[rng.choice(len(names), p=shares)]
            if name == "prompt":
                return prompt(rng)
            lines = self.lines[name]
            line = line_of(lines[rng.integers(len(lines))], name, most_words)
            if line:
                return line
