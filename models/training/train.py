"""Trains the model; stops when its time is up, and goes on from its last checkpoint when called again.

    python models/training/train.py --run base --minutes 100

The learning rate follows the elapsed share of `--minutes` (warm-up by steps, then flat, then linear
to zero), so that it has annealed when the time is over, however busy the machine. Checkpoints
(`runs/NAME/last.pt`: weights, running average, optimiser, step, seconds spent) and the log
(`runs/NAME/log.tsv`) are written as it goes. A file `runs/NAME/stop` ends it early, with a checkpoint.

`--workers 2` runs two processes of one thread each, on batches of their own, and averages their
gradients: on a busy 2-core CPU that is much faster than one process of two threads, whose threads
wait for each other at every operator.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F

import graph
from augment import LIGHT, Augmentation, spec_augment
from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, HERE, AudioCache, Clip, Shards, open_speech
from data import Batch, Batches, BatchOptions, feature_statistics
from evaluate import quick_scores
from model import TINY, WHOLE, Conformer, ModelConfig, parameter_count
from optimiser import Optimiser, has_bfloat16

CHUNKS = [WHOLE, 32, 16, 8, 4, 1]
CHUNK_CHANCES = [0.32, 0.16, 0.16, 0.16, 0.12, 0.08]
MIDDLE_SHARE = 0.3
"""Weight of the intermediate CTC loss."""


@dataclass(frozen=True)
class TrainOptions:
    run: Path
    minutes: float
    steps: int | None = None
    lr: float = 2e-3
    warm_up_steps: int = 200
    flat_share: float = 0.3
    optimiser: str = "muon"
    average: float = 0.999
    clip_norm: float = 2.0
    bf16: bool = True
    device: str = "cpu"
    start_from: Path | None = None
    curriculum: bool = True
    synthetic: float = 0.0
    log_every: int = 50
    save_seconds: float = 180.0
    score_seconds: float = 480.0
    seed: int = 0
    rank: int = 0
    workers: int = 1


def learning_rate(o: TrainOptions, step: int, share: float) -> float:
    """Warm-up, flat until `flat_share` of the time, then linear to zero."""
    rise = min(1.0, (step + 1) / o.warm_up_steps)
    fall = min(1.0, (1.0 - share) / (1.0 - o.flat_share))
    return o.lr * rise * max(0.0, fall)


def longest_seconds(share: float, most: float) -> float:
    """Curriculum: short clips first."""
    return 4.0 if share < 0.05 else 7.0 if share < 0.2 else most


def synthetic_schedule(share: float) -> float:
    """Of the share of synthetic clips: whole at first, a quarter in the last quarter, which is nearly all real."""
    return float(np.interp(share, [0.5, 0.75], [1.0, 0.25]))


class Trainer:
    def __init__(self, options: TrainOptions, config: ModelConfig, clips: list[Clip], cache: AudioCache,
                 noise: list[str], batch_options: BatchOptions, shards: Shards | None = None):  # fmt: skip
        self.o, self.batch_options = options, batch_options
        self.clips, self.cache = clips, cache
        self.device = torch.device(options.device)
        torch.manual_seed(options.seed)
        self.step, self.spent = 0, 0.0
        options.run.mkdir(parents=True, exist_ok=True)
        self.checkpoint = options.run / "last.pt"
        saved = torch.load(self.checkpoint, map_location="cpu", weights_only=True) if self.checkpoint.exists() else None
        if saved:
            self.model = Conformer(ModelConfig(**saved["config"] | {"dropout": config.dropout}))
            self.model.load_state_dict(saved["model"])
            self.step, self.spent = saved["step"], saved["seconds"]
        elif options.start_from:
            self.model = replace_dropout(graph.load(options.start_from), config.dropout)
        else:
            self.model = Conformer(config)
        self.batches = Batches(clips, cache, noise, batch_options, self.seed(), shards)
        if not saved and not options.start_from:
            mean, std = feature_statistics(self.batches.clips, cache)
            self.model.mean.copy_(mean)
            self.model.scale.copy_(1.0 / std)
        self.model.to(self.device).train()
        self.average = {k: v.clone() for k, v in (saved["average"] if saved else self.model.state_dict()).items()}
        self.average = {k: v.to(self.device) for k, v in self.average.items()}
        self.optimiser = Optimiser(self.model, options.optimiser)
        if saved:
            self.optimiser.load_state_dict(saved["optimiser"])
        self.rng = np.random.default_rng(self.seed() + 1)
        torch.manual_seed(self.seed() + 2)

    def seed(self) -> int:
        """Differs by worker and by where the run goes on, so that no draw is repeated."""
        return self.o.seed + 1000 * self.step + 100 * self.o.rank

    def share(self, total_seconds: float) -> float:
        """How much of the budget (seconds, or steps where these are limited too) is spent, from 0 to 1."""
        if (self.o.run / "stop").exists():
            return 1e6
        return max(self.spent / total_seconds, (self.step + 1) / self.o.steps if self.o.steps else 0.0)

    def share_gradients(self, share: float) -> float:
        """Averages gradients, and the elapsed share, over the workers; returns the latter."""
        if self.o.workers == 1:
            return share
        params = [p for p in self.model.parameters() if p.grad is not None]
        flat = torch.cat([p.grad.flatten() for p in params] + [torch.tensor([share], device=self.device)])
        dist.all_reduce(flat)
        flat /= self.o.workers
        for p, grad in zip(params, flat.split([p.numel() for p in params] + [1])):
            p.grad.copy_(grad.view_as(p))
        return float(flat[-1])

    def loss(self, batch: Batch, chunk: int) -> tuple[torch.Tensor, torch.Tensor]:
        """CTC of the head and of the middle, nats a character."""
        device = self.device
        features = self.model.normalise(batch.features.to(device))
        spec_augment(features, batch.lengths, self.batches.augmentation, self.rng)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.o.bf16):
            head, middle = self.model(features, chunk)
        rows = torch.full((head.shape[0],), head.shape[1])
        targets = batch.targets.to(device)
        characters = batch.target_lengths.sum()

        def ctc(log_probs: torch.Tensor) -> torch.Tensor:
            total = F.ctc_loss(log_probs.transpose(0, 1), targets, rows, batch.target_lengths, reduction="sum",
                               zero_infinity=True)  # fmt: skip
            return total / characters

        return ctc(head), ctc(middle)

    def update_average(self) -> None:
        decay = min(self.o.average, (1 + self.step) / (10 + self.step))
        for key, value in self.model.state_dict().items():
            self.average[key].lerp_(value, 1 - decay)

    def save(self) -> None:
        part = self.checkpoint.with_suffix(".part")
        torch.save(
            {
                "config": self.model.config.as_dict(),
                "model": {k: v.cpu() for k, v in self.model.state_dict().items()},
                "average": {k: v.cpu() for k, v in self.average.items()},
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.spent,
            },
            part,
        )
        part.rename(self.checkpoint)

    def averaged_model(self) -> Conformer:
        model = Conformer(self.model.config)
        model.load_state_dict({k: v.cpu() for k, v in self.average.items()})
        return model.eval()

    def write(self, line: str) -> None:
        print(line, flush=True)
        with open(self.o.run / "log.tsv", "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def train(self) -> None:
        o, total = self.o, self.o.minutes * 60.0
        begun = time.monotonic() - self.spent
        saved_at = scored_at = logged_at = self.spent
        sums, audio, counted = np.zeros(2), 0.0, 0
        share = self.share(total)
        for batch in self.batches:
            if share >= 1.0:
                break
            if o.curriculum:
                full = self.batch_options.augmentation
                self.batches.augmentation = LIGHT if share < 0.4 and full == Augmentation() else full
                self.batches.longest_seconds = longest_seconds(share, self.batch_options.longest_seconds)
            self.batches.synthetic_share = o.synthetic * synthetic_schedule(share)
            chances = CHUNK_CHANCES if share > 0.2 or not o.curriculum else [0.8, 0.2, 0, 0, 0, 0]
            chunk = CHUNKS[self.rng.choice(len(CHUNKS), p=chances)]
            head, middle = self.loss(batch, chunk)
            self.model.zero_grad(set_to_none=True)
            ((1 - MIDDLE_SHARE) * head + MIDDLE_SHARE * middle).backward()
            self.spent = time.monotonic() - begun
            share = self.share_gradients(self.share(total))
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), o.clip_norm)
            if torch.isfinite(norm):
                self.optimiser.step(learning_rate(o, self.step, share))
            self.step += 1
            if o.rank == 0:
                self.update_average()
            sums += [head.item(), middle.item()]
            audio += batch.seconds * o.workers
            counted += 1
            if o.rank:
                continue
            if self.step % o.log_every == 0:
                rate = audio / max(1e-9, self.spent - logged_at)
                lr = learning_rate(o, self.step, share)
                means = sums / counted
                self.write(f"{self.step}\t{self.spent / 60:.1f} min\tloss {means[0]:.3f}\tmiddle {means[1]:.3f}"
                           f"\tlr {lr:.1e}\tnorm {norm:.2f}\t{rate:.0f} s/s")  # fmt: skip
                sums, audio, counted, logged_at = np.zeros(2), 0.0, 0, self.spent
            if self.spent - saved_at > o.save_seconds:
                self.save()
                saved_at = self.spent
            if self.spent - scored_at > o.score_seconds:
                self.write(f"{self.step}\t{self.spent / 60:.1f} min\t" + self.scores())
                scored_at = self.spent
        if o.rank:
            return
        self.save()
        (o.run / "stop").unlink(missing_ok=True)
        self.write(f"{self.step}\tdone after {self.spent / 60:.1f} min")

    def scores(self) -> str:
        return quick_scores(self.averaged_model(), self.clips, self.cache)


def replace_dropout(model: Conformer, dropout: float) -> Conformer:
    """The same weights under another dropout."""
    changed = Conformer(replace(model.config, dropout=dropout))
    changed.load_state_dict(model.state_dict())
    return changed


def work(rank: int, a: argparse.Namespace) -> None:
    """One worker, from its arguments."""
    torch.set_num_threads(a.threads)
    if a.workers > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{a.port}", rank=rank, world_size=a.workers)
    clips, cache, noise = open_speech(a.speech, a.cache)
    options = TrainOptions(
        run=HERE / "runs" / a.run, minutes=a.minutes, lr=a.lr, optimiser=a.optimiser,
        bf16=not a.f32 and has_bfloat16(torch.device(a.device)),
        device=a.device, start_from=a.start_from, steps=a.steps, seed=a.seed, curriculum=not a.no_curriculum, rank=rank, workers=a.workers,
        synthetic=a.synthetic,
    )  # fmt: skip
    augmentation = LIGHT if a.augmentation == "light" else Augmentation()
    for family in a.without:
        augmentation = augmentation.without(family)
    sizes = {key: int(value) for key, value in (item.split("=") for item in a.set)}
    config = replace(TINY if a.config == "tiny" else ModelConfig(), **sizes)
    batches = BatchOptions(a.batch_seconds, augmentation=augmentation)
    shards = Shards(a.cache / "synth", cache) if a.synthetic else None
    trainer = Trainer(options, config, clips, cache, noise, batches, shards)
    if rank == 0:
        millions = parameter_count(trainer.model) / 1e6
        print(f"{millions:.2f} M parameters, {len(trainer.batches.clips)} clips, "
              f"from step {trainer.step} ({trainer.spent / 60:.1f} min)", flush=True)  # fmt: skip
    trainer.train()
    if a.workers > 1:
        dist.destroy_process_group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="base", help="name of the folder under runs/")
    parser.add_argument("--minutes", type=float, required=True, help="time budget, earlier calls counted in")
    parser.add_argument("--speech", type=Path, default=DEFAULT_SPEECH)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--config", choices=["base", "tiny"], default="base")
    parser.add_argument("--set", action="append", default=[], metavar="SIZE=N", help="another size, as d=160 blocks=10")
    parser.add_argument("--steps", type=int, help="budget in steps as well: whichever is spent first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--optimiser", choices=["muon", "adamw"], default="muon")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--batch-seconds", type=float, default=40.0, help="audio in a worker's batch")
    parser.add_argument("--start-from", type=Path, help="a shipped ONNX (float or int8) to start from")
    parser.add_argument("--augmentation", choices=["light", "full"], default="full",
                        help="light: for budgets of few epochs; full still starts light")  # fmt: skip
    parser.add_argument("--synthetic", type=float, default=0.0, help="share of synthetic clips (synth/make.py) until "
                        "half-time; from three quarters on a quarter of it")  # fmt: skip
    parser.add_argument("--without", action="append", default=[], metavar="FAMILY",
                        help="turn one augmentation off: a field of augment.Augmentation or specaugment")  # fmt: skip
    parser.add_argument("--no-curriculum", action="store_true", help="all lengths and chunks from the start")
    parser.add_argument("--f32", action="store_true", help="no bfloat16 autocast, though the machine has it")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=1, help="processes whose gradients are averaged (CPU)")
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--port", type=int, default=29617, help="on which the workers find each other")
    a = parser.parse_args()
    open_speech(a.speech, a.cache)
    if a.workers == 1:
        work(0, a)
    else:
        torch.multiprocessing.spawn(work, (a,), nprocs=a.workers)


if __name__ == "__main__":
    main()
