"""Make the golden vectors of the log-mel front end.

    python tests/golden/features/make.py

writes, beside itself,

    NAME.s16      synthetic audio: 16-bit little-endian mono; a sample is value / 32768
    CASE.f32      features, [frames, n_mels] row-major, 32-bit little-endian floats
    cases.json    what made each file, and the configuration that must reproduce it

Made with: librosa 0.11.0, torch 2.11.0, torchaudio 2.11.0, numpy 2.4.6, scipy 1.17.1,
espeak-ng 1.51 (the script refuses others, so that a difference is seen for what it is).

The tools are given float64 audio where they let us: librosa's STFT computes in float64
anyway, torch in the type of its input. So what the tolerance of tests/features
measures is our arithmetic and not the rounding of a float32 FFT, which in the quiet
bands of a loud frame is above 1e-4. The case `model_float32` is the exception: exactly
what the training pipeline computes. Its own rounding is 1.6e-4 of the mel energy, so it
has a wider tolerance.
"""

import io
import json
import pathlib
import subprocess
import warnings

import librosa
import numpy as np
import scipy
import scipy.io.wavfile
import scipy.signal
import torch
import torchaudio

HERE = pathlib.Path(__file__).parent
RATE = 16000
PINNED = {
    "librosa": "0.11.0",
    "torch": "2.11.0",
    "torchaudio": "2.11.0",
    "numpy": "2.4.6",
    "scipy": "1.17.1",
    "espeak-ng": "1.51",
}


def check_versions():
    found = {m.__name__: m.__version__.split("+")[0] for m in (librosa, torch, torchaudio, np, scipy)}
    said = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True).stdout
    found["espeak-ng"] = said.split("text-to-speech: ")[1].split()[0]
    if found != PINNED:
        raise SystemExit(f"The golden vectors are made with {PINNED}; this is {found}.")


# --- audio -------------------------------------------------------------------


def chirp():
    """0.3 s from 50 Hz to 7.9 kHz, then a rest of digital silence."""
    t = np.arange(int(0.3 * RATE)) / RATE
    sweep = 0.6 * scipy.signal.chirp(t, 50.0, t[-1], 7900.0, method="logarithmic")
    return np.concatenate([sweep, np.zeros(int(0.05 * RATE))])


def noise():
    """0.2 s of white noise whose level falls by 60 dB, around an offset of 0.05."""
    n = int(0.2 * RATE)
    level = 0.3 * 10.0 ** (-3.0 * np.arange(n) / n)
    return 0.05 + level * np.random.default_rng(7).standard_normal(n)


def speech():
    """The word "recognise", by a synthesiser."""
    wav = subprocess.run(
        ["espeak-ng", "-v", "en-us", "-s", "160", "--stdout", "recognise"],
        capture_output=True,
        check=True,
    ).stdout
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a piped header does not know its length
        rate, samples = scipy.io.wavfile.read(io.BytesIO(wav))
    assert rate == 22050
    return scipy.signal.resample_poly(samples / 32768.0, 320, 441)[: int(0.7 * RATE)]


def mix():
    """A quarter of a second of speech, with noise 40 dB below, of odd length."""
    part = speech()[2000:6001]
    return part + 0.003 * np.random.default_rng(11).standard_normal(len(part))


def tiny():
    """Fewer samples than half a window, so that mirroring goes to and fro."""
    return noise()[:90]


def to_s16(x):
    return np.clip(np.round(x * 32768.0), -32768, 32767).astype("<i2")


# --- the model's front end, as the training pipeline computes it ---------------


def model_front_end(x, dtype):
    """models/training's features, in torch: [frames, 80]."""
    frames = torch.from_numpy(x).to(dtype).unfold(0, 400, 160)
    frames = frames * torch.hann_window(400, dtype=dtype)
    power = torch.fft.rfft(torch.nn.functional.pad(frames, (0, 112))).abs() ** 2
    bank = torchaudio.functional.melscale_fbanks(257, 20.0, 7600.0, 80, RATE, norm=None, mel_scale="htk")
    return torch.log(torch.clamp(power @ bank.to(dtype), min=1e-6)).numpy()


# --- cases: (name, audio, configuration, features, how) ------------------------

LIBROSA = {
    "sample_rate_hz": RATE,
    "mel_scale": "slaney",
    "mel_norm": "slaney",
    "f_min_hz": 0.0,
}
KALDI = {
    "sample_rate_hz": RATE,
    "window_samples": 400,
    "hop_samples": 160,
    "n_fft": 512,
    "f_min_hz": 20.0,
    "f_max_hz": 8000.0,
    "mel_shape": "mel",
    "window_shape": "povey",
    "pre_emphasis": 0.97,
    "remove_dc": True,
    "scaling": {"kind": "ln", "floor": 2.0**-23},
}


def presets(audio):
    for name in ("chirp", "noise", "speech"):
        x = audio[name]
        yield f"model_{name}", name, "model", model_front_end(x, torch.float64), "models/training, float64"
        mel = librosa.feature.melspectrogram(y=x, sr=RATE, n_fft=400, hop_length=160, n_mels=80)
        how = "librosa melspectrogram(n_fft=400, hop_length=160, n_mels=80), power_to_db(ref=np.max)"
        yield f"librosa_{name}", name, "librosa_power_to_db", librosa.power_to_db(mel, ref=np.max).T, how
        fbank = torchaudio.compliance.kaldi.fbank(torch.from_numpy(x)[None], num_mel_bins=80)
        yield f"kaldi_{name}", name, "kaldi_fbank", fbank.numpy(), "torchaudio kaldi.fbank(num_mel_bins=80)"
    x = audio["speech"]
    yield "model_float32", "speech", "model", model_front_end(x, torch.float32), "models/training, float32"


def librosa_case(name, x, config, log, **options):
    """One librosa case; `log` makes decibels or nats of the mel spectrogram."""
    mel = librosa.feature.melspectrogram(y=x, sr=config.get("sample_rate_hz", RATE), **options)
    called = ", ".join(f"{k}={v}" for k, v in options.items())
    return name, {**LIBROSA, **config}, log(mel).T, f"librosa melspectrogram({called})"


def librosa_cases(x, tiny_x):
    def nats(floor):
        return lambda mel: np.log(np.maximum(floor, mel))

    ln = {"kind": "ln", "floor": 1e-10}
    yield librosa_case(
        "magnitude_hamming", x,
        {"window_samples": 400, "hop_samples": 80, "n_fft": 1024, "n_mels": 40, "f_max_hz": 8000.0,
         "window_shape": "hamming", "spectrum": "magnitude", "scaling": ln, "framing": "centre_zeros"},
        nats(1e-10), n_fft=1024, win_length=400, hop_length=80, n_mels=40, window="hamming", power=1.0,
    )
    yield librosa_case(
        "htk_reflect_no_norm", x,
        {"window_samples": 512, "hop_samples": 128, "n_fft": 512, "n_mels": 64, "f_min_hz": 60.0,
         "f_max_hz": 7000.0, "mel_scale": "htk", "mel_norm": "none", "scaling": ln, "framing": "centre_reflect"},
        nats(1e-10), n_fft=512, hop_length=128, n_mels=64, fmin=60.0, fmax=7000.0, htk=True, norm=None,
        pad_mode="reflect",
    )
    yield librosa_case(
        "reflect_tiny", tiny_x,
        {"window_samples": 400, "hop_samples": 160, "n_fft": 400, "n_mels": 20, "f_max_hz": 8000.0,
         "scaling": ln, "framing": "centre_reflect"},
        nats(1e-10), n_fft=400, hop_length=160, n_mels=20, pad_mode="reflect",
    )
    yield librosa_case(
        "valid_rectangular_8_khz", x,
        {"window_samples": 256, "hop_samples": 100, "n_fft": 256, "n_mels": 23, "f_max_hz": 4000.0,
         "window_shape": "rectangular", "sample_rate_hz": 8000, "mel_scale": "htk", "scaling": ln},
        nats(1e-10), n_fft=256, hop_length=100, n_mels=23, htk=True, center=False, window="boxcar",
    )
    yield librosa_case(
        "odd_window_centred", x,
        {"window_samples": 301, "hop_samples": 111, "n_fft": 420, "n_mels": 23, "f_max_hz": 8000.0,
         "scaling": ln, "framing": "centre_zeros"},
        nats(1e-10), n_fft=420, win_length=301, hop_length=111, n_mels=23,
    )
    yield librosa_case(
        "hop_beyond_window", x,
        {"window_samples": 200, "hop_samples": 333, "n_fft": 256, "n_mels": 30, "f_max_hz": 8000.0,
         "scaling": ln, "framing": "centre_zeros"},
        nats(1e-10), n_fft=256, win_length=200, hop_length=333, n_mels=30,
    )
    yield librosa_case(
        "db_fixed_reference", x,
        {"sample_rate_hz": 22050, "window_samples": 1024, "hop_samples": 256, "n_fft": 1024, "n_mels": 128,
         "f_max_hz": 11025.0, "framing": "centre_zeros",
         "scaling": {"kind": "db", "reference": {"fixed": 0.25}, "floor": 1e-8}},
        lambda mel: librosa.power_to_db(mel, ref=0.25, amin=1e-8, top_db=None),
        n_fft=1024, hop_length=256, n_mels=128,
    )
    yield librosa_case(
        "db_of_magnitude", x,
        {"window_samples": 400, "hop_samples": 160, "n_fft": 400, "n_mels": 40, "f_max_hz": 8000.0,
         "framing": "centre_zeros", "spectrum": "magnitude",
         "scaling": {"kind": "db", "reference": "max", "floor": 1e-5, "top_db": 30.0}},
        lambda mel: librosa.amplitude_to_db(mel, ref=np.max, amin=1e-5, top_db=30.0),
        n_fft=400, hop_length=160, n_mels=40, power=1.0,
    )


def kaldi_case(name, x, config, **options):
    fbank = torchaudio.compliance.kaldi.fbank(torch.from_numpy(x)[None], **options)
    called = ", ".join(f"{k}={v}" for k, v in options.items())
    return name, {**KALDI, **config}, fbank.numpy(), f"torchaudio kaldi.fbank({called})"


def kaldi_cases(x):
    name, config, features, how = kaldi_case("kaldi_16_bit", x * 32768.0, {"n_mels": 80, "gain": 32768.0}, num_mel_bins=80)
    yield name, config, features, how + " of waveform * 32768"
    yield kaldi_case(
        "kaldi_hamming", x, {"n_mels": 23, "window_shape": "hamming_symmetric", "spectrum": "magnitude"},
        window_type="hamming", use_power=False,
    )
    yield kaldi_case(
        "kaldi_hanning", x,
        {"n_mels": 40, "window_shape": "hann_symmetric", "pre_emphasis": 0.0, "remove_dc": False, "hop_samples": 80,
         "window_samples": 320, "f_min_hz": 100.0, "f_max_hz": 7600.0},
        num_mel_bins=40, window_type="hanning", preemphasis_coefficient=0.0, remove_dc_offset=False, frame_shift=5.0,
        frame_length=20.0, low_freq=100.0, high_freq=-400.0,
    )


def torchaudio_case(x):
    """torchaudio.transforms.MelSpectrogram: reflected, Slaney scale, area norm."""
    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=RATE, n_fft=1024, win_length=640, hop_length=200, f_min=30.0, n_mels=64, norm="slaney",
        mel_scale="slaney",
    ).to(torch.float64)
    config = {
        "sample_rate_hz": RATE, "window_samples": 640, "hop_samples": 200, "n_fft": 1024, "n_mels": 64,
        "f_min_hz": 30.0, "f_max_hz": 8000.0, "mel_scale": "slaney", "mel_norm": "slaney",
        "scaling": {"kind": "ln", "floor": 1e-9}, "framing": "centre_reflect",
    }
    features = torch.log(torch.clamp(mel(torch.from_numpy(x)), min=1e-9)).T.numpy()
    return "torchaudio_mel_spectrogram", config, features, "torchaudio.transforms.MelSpectrogram"


def bands(dense, centres_hz):
    """A few bands of a filterbank [n_mels, bins], and all centres."""
    some = {}
    for band in (0, 1, 25, 79):
        bins = np.flatnonzero(dense[band] > 0)
        some[band] = {"first_bin": int(bins[0]), "weights": [float(w) for w in dense[band][bins]]}
    return {"bands": some, "centres_hz": [float(hz) for hz in centres_hz]}


def filterbanks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # "empty filters detected"
        model = torchaudio.functional.melscale_fbanks(257, 20.0, 7600.0, 80, RATE, norm=None, mel_scale="htk")
        slaney = librosa.filters.mel(sr=RATE, n_fft=400, n_mels=80)
    return {
        "model": bands(model.T.numpy(), librosa.mel_frequencies(82, fmin=20.0, fmax=7600.0, htk=True)[1:-1]),
        "librosa_power_to_db": bands(slaney, librosa.mel_frequencies(82, fmin=0.0, fmax=8000.0)[1:-1]),
        "kaldi_fbank": bands(*torchaudio.compliance.kaldi.get_mel_banks(80, 512, 16000.0, 20.0, 0.0, 100.0, -500.0, 1.0)),
    }


def main():
    check_versions()
    audio = {}
    for make in (chirp, noise, speech, mix, tiny):
        samples = to_s16(make())
        samples.tofile(HERE / f"{make.__name__}.s16")
        audio[make.__name__] = samples.astype(np.float64) / 32768.0
    all_cases = list(presets(audio))
    for name, config, features, how in (
        *librosa_cases(audio["mix"], audio["tiny"]),
        *kaldi_cases(audio["mix"]),
        torchaudio_case(audio["mix"]),
    ):
        source = "tiny" if name == "reflect_tiny" else "mix"
        all_cases.append((name, source, config, features, how))
    written = []
    for name, source, config, features, how in all_cases:
        np.ascontiguousarray(features).astype("<f4").tofile(HERE / f"{name}.f32")
        shape = list(features.shape)
        case = {"name": name, "audio": source, "config": config, "shape": shape, "made_by": how}
        if name == "model_float32":
            case["tolerance"] = 5e-4
        written.append(case)
    document = {"made_with": PINNED, "cases": written, "filterbanks": filterbanks()}
    (HERE / "cases.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
