"""Our log-mel front end beside torchaudio and kaldi-native-fbank, by turns in one run, one thread each.

    cargo xtask bench --log-mel --peers

It runs in the training's environment (models/training/requirements.txt), with kaldi-native-fbank besides. Prints median
milliseconds a second of audio, their spread, the ratio to ours turn by turn, and how far the values are
from ours. torchaudio sets a window of 400 in the middle of 512 samples where ours begins with it, so its
values are of other instants: it is compared by time alone.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import torch
import torchaudio

TURNS, RATE, BATCH = 9, 16_000, 512
ROOT = Path(__file__).resolve().parents[2]
# It takes its own times: what Cargo does before is in none.
OURS = [os.environ.get("CARGO", "cargo"), "bench", "--quiet", "--no-default-features", "--bench", "features", "--"]


def torchaudio_log_mel():
    mel = torchaudio.transforms.MelSpectrogram(
        RATE, n_fft=512, win_length=400, hop_length=160, f_min=20.0, f_max=7600.0, n_mels=80, center=False
    )

    @torch.inference_mode()
    def run(audio):
        return torch.log(torch.clamp(mel(torch.from_numpy(audio)), min=1e-6)).T.numpy()

    return run


def kaldi(batch):
    """The whole signal, a list, at once, or in batches as it would arrive; an array would first be
    converted, which takes longer than the features do."""
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0.0
    options.frame_opts.preemph_coeff = 0.0
    options.frame_opts.remove_dc_offset = False
    options.frame_opts.window_type = "hann"
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = 80
    options.mel_opts.low_freq = 20.0
    options.mel_opts.high_freq = 7600.0
    options.use_energy = False

    def run(samples):
        fbank = knf.OnlineFbank(options)
        for start in range(0, len(samples), batch or len(samples)):
            fbank.accept_waveform(RATE, samples[start : start + (batch or len(samples))])
        fbank.input_finished()
        return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])

    return run


def main():
    torch.set_num_threads(1)
    peers = {
        "torchaudio": torchaudio_log_mel(),
        "kaldi-native-fbank": kaldi(None),
        "kaldi-native-fbank, streaming": kaldi(BATCH),
    }
    times, values = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(TURNS + 1):
            ours = json.loads(subprocess.check_output([*OURS, folder], cwd=ROOT))
            audio = np.fromfile(Path(folder) / "audio.f32", np.float32)
            samples = audio.tolist()
            found = {f"ours, {name}": ms for name, ms in ours.items()}
            for name, run in peers.items():
                start = time.perf_counter()
                values[name] = run(samples if name.startswith("kaldi") else audio)
                found[name] = (time.perf_counter() - start) * 1e3 * RATE / len(audio)
            # The first turn warms up.
            if turn:
                for name, ms in found.items():
                    times.setdefault(name, []).append(ms)
        log_mel = np.fromfile(Path(folder) / "log-mel.f32", np.float32).reshape(-1, 80)
    for name, all_ms in times.items():
        print(f"{name:30} {statistics.median(all_ms):7.3f} ms/s  ({min(all_ms):.3f}–{max(all_ms):.3f})")
    for name in peers:
        mine = times["ours, streaming" if "streaming" in name else "ours, batch"]
        ratios = [theirs / ours for theirs, ours in zip(times[name], mine)]
        print(f"{name} ÷ ours: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
    for name, frames in values.items():
        if name.startswith("kaldi"):
            assert frames.shape == log_mel.shape, (name, frames.shape, log_mel.shape)
            # Ours has a floor of 1e-6.
            loud = log_mel > np.log(1e-5)
            print(f"{name}: mean |difference| {np.abs(frames - log_mel)[loud].mean():.2g} where it is loud enough")


if __name__ == "__main__":
    main()
