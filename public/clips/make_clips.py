#!/usr/bin/env python3
"""Makes the bundled clips and clips.json.

Every sentence here was written for this project and every clip is synthetic speech, so
nothing is a recording of a person. Licences of what spoke them:

* espeak-ng (GPL-3.0-or-later) is a program whose output is unrestricted: the sound is the
  user's.
* flite's voices are compiled from CMU data: kal (kal_diphone; CMU and the University of
  Edinburgh), awb, rms, slt (CMU ARCTIC). All are under free, BSD-like licences: use, copying
  and distribution for any purpose, with the notice kept in the voice's own package.
* festival (free, X11-like licence) with cmu_us_slt_arctic_hts: the ARCTIC licence again.

Noise, rooms and the telephone are computed below from fixed seeds.

Made with: espeak-ng 1.51, flite 2.2, festival 2.5.0 with festvox-us-slt-hts 0.2010.10.25,
opusenc 0.2 (libopus 1.3.1), python 3.11, numpy 2.4.6, scipy 1.17.1, soundfile 0.14.0,
soxr 1.1.0. These versions make the same bytes again.

    python3 public/clips/make_clips.py
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.signal as ss
import soundfile as sf
import soxr

HERE = Path(__file__).resolve().parent
TMP = Path(tempfile.mkdtemp())
RATE = 16_000


# --- voices -----------------------------------------------------------------------------


def speak(voice, text, rate=RATE, speed=1.0):
    """Speech at `rate`, peak 0.5. Voices: "flite:NAME", "espeak:NAME", "festival:slt"."""
    engine, name = voice.split(":")
    wav = TMP / "said.wav"
    if engine == "flite":
        stretch = f"duration_stretch={1 / speed}"
        command = ["flite", "-voice", name, "--setf", stretch, "-t", text, "-o", wav]
        subprocess.run(command, check=True)
    elif engine == "espeak":
        words_a_minute = str(int(160 * speed))
        command = ["espeak-ng", "-v", name, "-s", words_a_minute, "-w", wav, text]
        subprocess.run(command, check=True)
    else:
        script = f"(Parameter.set 'Duration_Stretch {1 / speed})"
        command = ["text2wave", "-eval", "(voice_cmu_us_slt_arctic_hts)", "-eval", script, "-o", wav]
        subprocess.run(command, input=text, text=True, check=True)
    x, found_rate = sf.read(wav)
    x = soxr.resample(x, found_rate, rate, quality="VHQ")
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.abs(x).max())
    x = x[loud[0] : loud[-1] + 1]
    return 0.5 * x / np.abs(x).max()


def pad(x, before=0.4, after=0.6, rate=RATE):
    return np.concatenate([np.zeros(int(before * rate)), x, np.zeros(int(after * rate))])


def join(*parts, gap=0.45, rate=RATE):
    out = []
    for part in parts:
        out += [part, np.zeros(int(gap * rate))]
    return np.concatenate(out[:-1])


# --- rooms, noises, lines ---------------------------------------------------------------


def rms(x):
    return np.sqrt(np.mean(x**2))


def coloured(n, seed, slope_db_per_octave=-3.0, rate=RATE):
    """Noise whose level falls with frequency."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    hz = np.maximum(np.fft.rfftfreq(n, 1 / rate), 40.0)
    y = np.fft.irfft(spectrum * (hz / 1000) ** (slope_db_per_octave / 6.02), n)
    return y / rms(y)


def room_tone(x, seed, level_db=-66.0, rate=RATE):
    """What a quiet room sounds like under everything."""
    return x + 10 ** (level_db / 20) * coloured(len(x), seed, -4.5, rate)


def at_snr(speech, noise, snr_db):
    active = speech[np.abs(speech) > 0.01]
    return speech + noise / rms(noise) * rms(active) * 10 ** (-snr_db / 20)


def fan(n, seed):
    """Broad noise that breathes, with the hum of blades."""
    t = np.arange(n) / RATE
    hum = sum(np.sin(2 * np.pi * 96 * k * t + k) / k for k in range(1, 6))
    return coloured(n, seed, -5.0) * (1 + 0.15 * np.sin(2 * np.pi * 1.3 * t)) + 0.4 * hum


def babble(n, seed):
    """Six voices that say nothing to the point."""
    rng = np.random.default_rng(seed)
    texts = [
        "we could take the train on sunday if the weather is good",
        "she told me that the garden was full of apples this year",
        "nobody had seen the green umbrella since the summer before",
        "put the kettle on and tell me what happened at the market",
        "there are seven chairs in the hall and only two tables",
        "he always reads the paper before he goes out to work",
    ]
    voices = ["en-us+f2", "en-gb+m3", "en-us+m5", "en-gb+f4", "en-us+f3", "en-gb+m1"]
    mix = np.zeros(n)
    for text, voice in zip(texts, voices):
        x = speak("espeak:" + voice, text)
        x = np.tile(np.concatenate([x, np.zeros(RATE // 4)]), n // len(x) + 2)
        start = rng.integers(len(x) - n)
        mix += x[start : start + n] * rng.uniform(0.7, 1.0)
    return reverberate(mix, 0.5, 3, wet=0.9)


def reverberate(x, rt60, seed, wet=0.6):
    """A direct path, then noise that falls by 60 dB in `rt60` seconds, duller as it goes."""
    n = int(rt60 * RATE)
    t = np.arange(n) / RATE
    tail = np.random.default_rng(seed).standard_normal(n) * 10 ** (-3 * t / rt60)
    tail = ss.lfilter([0.35], [1, -0.65], tail)
    tail[: int(0.004 * RATE)] = 0
    y = ss.fftconvolve(x, tail / np.sqrt(np.sum(tail**2)))[: len(x)]
    return (1 - wet) * x + wet * y


def telephone(x):
    """300–3400 Hz and mu-law's 8 bits, at 8 kHz."""
    x = soxr.resample(x, RATE, 8000, quality="VHQ")
    x = ss.sosfiltfilt(ss.butter(4, [300, 3400], "bandpass", fs=8000, output="sos"), x)
    x = 0.7 * x / np.abs(x).max()
    y = np.round(127 * np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)) / 127
    return np.sign(y) * np.expm1(np.abs(y) * np.log(256)) / 255


# --- clips ------------------------------------------------------------------------------

STORY = [
    "the road went down to the sea and we followed it until the sun was low",
    "there was a small white house at the end with a light in the window",
    "an old man came to the door and asked us where we had come from",
    "we told him that we had walked all day and that we were very tired",
    "he gave us bread and hot soup and a place to sleep by the fire",
    "in the morning the boat was waiting and the water was as still as glass",
]


def clips():
    """Yields (file, title, reference, voice, note, samples, rate)."""
    # First what the bundled model hears best: it runs by itself when the page opens.
    say = "enter four five eight"
    x = room_tone(pad(speak("flite:rms", say)), 2)
    yield "digits.flac", "Digits", say, "flite rms", "three digits after a command", x, RATE

    say = "the house stood on a hill and the door was open"
    x = room_tone(pad(speak("flite:slt", say)), 1)
    yield "sentence.flac", "Short sentence", say, "flite slt", "quiet room", x, RATE

    parts = ["yes", "go", "january third", "stop", "repeat", "no"]
    x = room_tone(pad(join(*(speak("flite:slt", p, speed=0.9) for p in parts))), 3)
    yield "commands.opus", "Commands", " ".join(parts), "flite slt", "one word at a time", x, RATE

    name, letters = "my name is anna brown", "a n n a b r o w n"
    spelled = speak("flite:rms", letters.upper().replace(" ", ", "), speed=0.95)
    x = room_tone(pad(join(speak("flite:rms", name), spelled)), 4)
    yield "spelled.opus", "A name, spelled", f"{name} {letters}", "flite rms", "single letters", x, RATE

    x = room_tone(pad(join(*(speak("flite:awb", s) for s in STORY), gap=0.9)), 5)
    yield "story.opus", "Half a minute", " ".join(STORY), "flite awb", "six sentences, a Scottish voice", x, RATE

    say = "we have to leave now because the last train goes at ten and it will not wait"
    x = room_tone(pad(speak("flite:slt", say, speed=1.6)), 6)
    yield "fast.flac", "Fast", say, "flite slt", "1.6 times the usual rate", x, RATE

    say = "please open the window and let the air come in"
    x = pad(speak("flite:slt", say))
    x = at_snr(x, fan(len(x), 7), 10)
    yield "fan.opus", "Fan", say, "flite slt", "a fan, 10 dB below the voice", x, RATE

    say = "i will meet you at the station after eight"
    x = pad(speak("flite:rms", say))
    x = at_snr(x, babble(len(x), 8), 10)
    yield "babble.opus", "People talking", say, "flite rms", "six voices, 10 dB below the one", x, RATE

    say = "the king spoke to his people from the stairs of the great hall"
    x = room_tone(reverberate(pad(speak("flite:rms", say), after=1.2), 0.9, 9), 9)
    yield "hall.opus", "Large hall", say, "flite rms", "reverberation time 0.9 s", x, RATE

    say = "she came in without a sound and sat down by the fire"
    x = pad(speak("flite:slt", say))
    x = room_tone(x * 10 ** (-35 / 20) / np.abs(x).max(), 10, -84)
    yield "quiet.flac", "Quiet", say, "flite slt", "peaks at -35 dBFS", x, RATE

    say = "the number is three one four one five nine"
    x = telephone(room_tone(pad(speak("flite:rms", say)), 11))
    yield "telephone.flac", "Telephone", say, "flite rms", "300-3400 Hz, 8 kHz, 8-bit mu-law", x, 8000

    ask, answer = "is there any water in the well", "yes there is but it is very cold"
    left = pad(speak("espeak:en-us", ask, rate=48_000), rate=48_000)
    right = pad(speak("festival:slt", answer, rate=48_000), before=0.2, rate=48_000)
    stereo = np.zeros((len(left) + len(right) - 24_000, 2))
    stereo[: len(left)] += np.outer(left, [0.9, 0.35])
    stereo[-len(right) :] += np.outer(right, [0.35, 0.9])
    for c in range(2):
        stereo[:, c] = room_tone(stereo[:, c], 12 + c, -66, 48_000)
    yield "two-voices.flac", "Two voices", f"{ask} {answer}", "espeak-ng en-us, festival slt", "48 kHz stereo, left asks, right answers", stereo, 48_000

    x = room_tone(np.zeros(5 * RATE), 14, -62)
    yield "silence.flac", "Silence", "", "none", "an empty room: nothing should be recognised", x, RATE


def store(file, x, rate):
    """16 bits, undithered: the room tone does that."""
    assert np.abs(x).max() < 1
    path = HERE / file
    if path.suffix == ".flac":
        sf.write(path, x, rate, subtype="PCM_16")
        return
    wav = TMP / "clip.wav"
    sf.write(wav, x, rate, subtype="PCM_16")
    options = ["--quiet", "--serial", "1", "--discard-comments", "--bitrate", "32", "--speech"]
    subprocess.run(["opusenc", *options, wav, path], check=True)


def main():
    manifest = []
    for file, title, reference, voice, note, x, rate in clips():
        store(file, x, rate)
        manifest.append(
            {
                "file": file,
                "title": title,
                "reference": reference,
                "seconds": round(len(x) / rate, 2),
                "voice": voice,
                "note": note,
            }
        )
    lines = ",\n".join("  " + json.dumps(entry) for entry in manifest)
    (HERE / "clips.json").write_text(f"[\n{lines}\n]\n")
    total = sum((HERE / entry["file"]).stat().st_size for entry in manifest)
    print(f"{len(manifest)} clips, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
