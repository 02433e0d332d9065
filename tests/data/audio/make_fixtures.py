#!/usr/bin/env python3
"""Makes the audio files of this folder and expected.json, what other tools decode them to.

Speech is espeak-ng's (its output is unrestricted), the rest is synthesised here; nothing
is anyone else's recording. Made with: espeak-ng 1.51, sox 14.4.2, flac 1.4.2, lame 3.100,
oggenc 1.4.2 (vorbis-tools), opusenc 0.2 (libopus 1.3.1), python 3.11, numpy 2.4.6,
soundfile 0.14.0 (libsndfile 1.2.2, which decodes MP3 with mpg123 and Opus with libopus).

    python3 tests/data/audio/make_fixtures.py

All files come out byte-identical each time with these versions, but for the time stamp
that sox puts into AIFF; expected.json is made anew with them.
"""

import json
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf

HERE = Path(__file__).resolve().parent
TMP = Path(tempfile.mkdtemp())
PICKS = 48


def run(*command):
    subprocess.run([str(c) for c in command], check=True, capture_output=True)


def source(rate, channels, seconds, name):
    """A float WAV of speech, another delay, level and tone in each channel."""
    path = TMP / f"{name}-source.wav"
    said = TMP / "said.wav"
    if not said.exists():
        run("espeak-ng", "-v", "en-us", "-s", "160", "-w", said, "five eight")
    x, said_rate = sf.read(said)
    at = np.arange(int(seconds * rate)) / rate
    rng = np.random.default_rng(7)
    columns = []
    for c in range(channels):
        speech = np.interp(at + 0.12 - 0.01 * c, np.arange(len(x)) / said_rate, x)
        tone = 0.1 * np.sin(2 * np.pi * (220 + 55 * c) * at)
        columns.append(0.6 / (1 + 0.2 * c) * speech + tone + 0.001 * rng.standard_normal(len(at)))
    sf.write(path, np.stack(columns, 1), rate, subtype="FLOAT")
    return path


def ogg_crc(page):
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def patch_opus_head(data, at, value):
    """Changes bytes of the identification header and the checksum of its page."""
    page_end = 27 + data[26] + sum(data[27 : 27 + data[26]])
    page = bytearray(data[:page_end])
    head = 27 + page[26]
    page[head + at : head + at + len(value)] = value
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", ogg_crc(page))
    return bytes(page) + data[page_end:]


def expectation(path, decoded_as, tolerance, codec, rate=None):
    x, found_rate = sf.read(decoded_as, always_2d=True)
    mono = x.mean(1)
    picks = np.linspace(0, len(mono) - 1, PICKS).astype(int)
    return {
        "file": path.name,
        "codec": codec,
        "sample_rate_hz": rate or found_rate,
        "channels": x.shape[1],
        "frames": len(mono),
        "rms": round(float(np.sqrt((mono**2).mean())), 7),
        "tolerance": tolerance,
        "picks": [[int(i), round(float(mono[i]), 7)] for i in picks],
    }


def main():
    expected = []

    def add(name, codec, tolerance, *command_after_source, rate, channels, seconds):
        out = HERE / name
        src = source(rate, channels, seconds, name)
        command = [src if c == "SRC" else out if c == "OUT" else c for c in command_after_source]
        run(*command)
        decoded_as = out
        if out.suffix == ".oga":  # libsndfile refuses FLAC in Ogg
            decoded_as = TMP / "oga.wav"
            run("flac", "--silent", "--force", "-d", "-o", decoded_as, out)
        expected.append(expectation(out, decoded_as, tolerance, codec))

    sox = ["sox", "-D", "SRC"]
    exact = 1e-7
    add("u8-mono-8k.wav", "PCM 8-bit", exact, *sox, "-b", "8", "OUT", rate=8000, channels=1, seconds=0.5)
    add("s16-mono-16k.wav", "PCM 16-bit", exact, *sox, "-b", "16", "OUT", rate=16000, channels=1, seconds=0.3)
    add("s16-stereo-44k1.wav", "PCM 16-bit", exact, *sox, "-b", "16", "OUT", rate=44100, channels=2, seconds=0.05)
    add("s24-stereo-48k.wav", "PCM 24-bit", exact, *sox, "-b", "24", "OUT", rate=48000, channels=2, seconds=0.03)
    add("s32-mono-22k.wav", "PCM 32-bit", exact, *sox, "-b", "32", "-e", "signed", "OUT", rate=22050, channels=1, seconds=0.06)
    add("f32-mono-16k.wav", "PCM 32-bit float", exact, *sox, "-b", "32", "-e", "floating-point", "OUT", rate=16000, channels=1, seconds=0.08)
    add("f64-mono-11k.wav", "PCM 64-bit float", exact, *sox, "-b", "64", "-e", "floating-point", "OUT", rate=11025, channels=1, seconds=0.08)
    add("s24-six-48k.wav", "PCM 24-bit", exact, *sox, "-b", "24", "OUT", rate=48000, channels=6, seconds=0.01)
    add("s16-eight-16k.wav", "PCM 16-bit", exact, *sox, "-b", "16", "OUT", rate=16000, channels=8, seconds=0.04)
    add("s16-mono-192k.wav", "PCM 16-bit", exact, *sox, "-b", "16", "OUT", rate=192000, channels=1, seconds=0.01)
    add("s16-mono-16k.aiff", "AIFF 16-bit", exact, *sox, "-b", "16", "OUT", rate=16000, channels=1, seconds=0.1)

    flac = ["sh", "-c", 'sox -D "$1" -b "$3" -t wav - | flac --silent --force --best --no-padding --output-name="$2" -', "sh", "SRC", "OUT"]
    add("s16-mono-16k.flac", "FLAC 16-bit", exact, *flac, "16", rate=16000, channels=1, seconds=0.5)
    add("s24-stereo-96k.flac", "FLAC 24-bit", exact, *flac, "24", rate=96000, channels=2, seconds=0.02)
    add("s16-eight-16k.flac", "FLAC 16-bit", exact, *flac, "16", rate=16000, channels=8, seconds=0.03)
    oga = [c.replace("--best", "--best --ogg --serial-number=1") for c in flac]
    add("s16-mono-16k.oga", "FLAC 16-bit", exact, *oga, "16", rate=16000, channels=1, seconds=0.1)

    mp3 = ["sh", "-c", 'sox -D "$1" -b 16 -t wav - | lame --quiet $3 - "$2"', "sh", "SRC", "OUT"]
    add("cbr-mono-22k.mp3", "MP3", 1e-6, *mp3, "-b 64", rate=22050, channels=1, seconds=0.6)
    add("vbr-stereo-44k1.mp3", "MP3", 1e-6, *mp3, "-V 5 --tt title", rate=44100, channels=2, seconds=0.3)
    add("no-header-mono-16k.mp3", "MP3", 1e-6, *mp3, "-b 32 -t", rate=16000, channels=1, seconds=0.4)

    vorbis = ["sh", "-c", 'sox -D "$1" -b 16 -t wav - | oggenc -Q -s 1 -q 2 -o "$2" -', "sh", "SRC", "OUT"]
    add("mono-16k.ogg", "Vorbis", 1e-6, *vorbis, rate=16000, channels=1, seconds=0.6)
    add("stereo-44k1.ogg", "Vorbis", 1e-6, *vorbis, rate=44100, channels=2, seconds=0.3)

    def add_opus(name, options, tolerance, rate, channels, seconds, gain_db=0):
        """The expectation is libopus at 16 kHz, which libsndfile uses when the header
        says that the input had that rate."""
        src, wav, out = source(rate, channels, seconds, name), TMP / "opus.wav", HERE / name
        run("sox", "-D", src, "-b", "16", wav)
        run("opusenc", "--quiet", "--serial", "1", "--discard-comments", *options, wav, out)
        data = out.read_bytes()
        if gain_db:
            data = patch_opus_head(data, 16, struct.pack("<h", round(gain_db * 256)))
            out.write_bytes(data)
        at_16k = TMP / name
        at_16k.write_bytes(patch_opus_head(data, 12, struct.pack("<I", 16000)))
        expected.append(expectation(out, at_16k, tolerance, "Opus"))

    add_opus("speech-mono-16k.opus", ["--bitrate", "24"], 6e-5, 16000, 1, 1.3)
    add_opus("music-stereo-44k1.opus", ["--bitrate", "64", "--music"], 6e-5, 44100, 2, 0.5)
    add_opus("hybrid-mono-48k.opus", ["--bitrate", "32", "--speech", "--framesize", "60"], 6e-5, 48000, 1, 0.5)
    add_opus("gain-mono-16k.opus", ["--bitrate", "16"], 6e-5, 16000, 1, 0.4, gain_db=-6)
    add_opus("six-48k.opus", ["--bitrate", "128"], 6e-5, 48000, 6, 0.2)

    (HERE / "expected.json").write_text(
        "[\n" + ",\n".join(json.dumps(e) for e in expected) + "\n]\n"
    )
    total = sum(p.stat().st_size for p in HERE.iterdir() if p.suffix not in (".py", ".json"))
    print(f"{len(expected)} files, {total} bytes")


if __name__ == "__main__":
    main()
