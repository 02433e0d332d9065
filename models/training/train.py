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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F

import graph
from augment import AUGMENTATIONS, LIGHT, Augmentation, spec_augment
from corpus import DEFAULT_CACHE, DEFAULT_SPEECH, HERE, AudioCache, Clip, Shards, open_speech
from data import Batch, Batches, BatchOptions, Made, feature_statistics
from evaluate import quick_scores
from grow import grown
from model import TINY, WHOLE, Conformer, ModelConfig, parameter_count
from optimiser import Optimiser, has_bfloat16
from units import units_of

CHUNKS = [WHOLE, 32, 16, 8, 4, 1]
CHUNK_CHANCES = [0.32, 0.16, 0.16, 0.16, 0.12, 0.08]
MIDDLE_SHARE = 0.3
"""Weight of the intermediate CTC loss."""
FRAMES_A_SECOND = 25
LETTERS_PER_ROW = 0.25
"""About what speech has; puts the consistency of a row on the scale of the losses, nats a character."""


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
    anew: Sequence[str] = ()
    curriculum: bool = True
    light_from: float = 1.0
    light: Augmentation = LIGHT
    consistency: float = 0.0
    teach: float = 0.0
    log_every: int = 50
    save_seconds: float = 180.0
    score_seconds: float = 480.0
    seed: int = 0
    rank: int = 0
    workers: int = 1

    @property
    def checkpoint(self) -> Path:
        """What the run goes on from."""
        return self.run / "last.pt"


def learning_rate(o: TrainOptions, step: int, share: float) -> float:
    """Warm-up, flat until `flat_share` of the time, then linear to zero."""
    rise = min(1.0, (step + 1) / o.warm_up_steps)
    fall = min(1.0, (1.0 - share) / (1.0 - o.flat_share))
    return o.lr * rise * max(0.0, fall)


def longest_seconds(share: float, most: float) -> float:
    """Curriculum: short clips first."""
    return 4.0 if share < 0.05 else 7.0 if share < 0.2 else most


def made_schedule(share: float) -> float:
    """Of the shares of made clips: whole at first, a quarter in the last quarter, which is nearly all recorded."""
    return float(np.interp(share, [0.5, 0.75], [1.0, 0.25]))


def taught(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Mean Kullback-Leibler divergence by row of the student from the teacher, which is held fixed, on the scale of the
    losses. Both [B, rows, V] log-probabilities. Of a chunked forward and the whole utterance's: in-place distillation of
    dual-mode recognisers (Yu et al. 2021, arXiv:2010.06030)."""
    apart = F.kl_div(student, teacher.detach(), reduction="sum", log_target=True)
    return apart / (student.shape[0] * student.shape[1] * LETTERS_PER_ROW)


def consistency(log_probs: torch.Tensor) -> torch.Tensor:
    """How far the two views of each clip are apart (CR-CTC: Yao et al. 2024, arXiv:2410.05101): the mean of both
    divergences, each view taught by the other. [2B, rows, V], views end to end."""
    one, other = log_probs.chunk(2)
    return (taught(one, other) + taught(other, one)) / 2


class Trainer:
    def __init__(self, options: TrainOptions, config: ModelConfig, clips: list[Clip], cache: AudioCache,
                 noise: list[str], batch_options: BatchOptions, made: Sequence[Made] = ()):  # fmt: skip
        self.o, self.batch_options = options, batch_options
        self.clips, self.cache = clips, cache
        self.device = torch.device(options.device)
        torch.manual_seed(options.seed)
        self.step, self.spent = 0, 0.0
        options.run.mkdir(parents=True, exist_ok=True)
        self.checkpoint = options.checkpoint
        saved = torch.load(self.checkpoint, map_location="cpu", weights_only=True) if self.checkpoint.exists() else None
        if saved:
            self.model = Conformer(ModelConfig(**saved["config"] | {"dropout": config.dropout}))
            self.model.load_state_dict(saved["model"])
            self.step, self.spent = saved["step"], saved["seconds"]
        else:
            self.model = Conformer(config)
            if options.start_from:
                take_over(self.model, graph.load(options.start_from), options.anew)
        self.batches = Batches(clips, cache, noise, batch_options, self.seed(), made)
        if not saved and not options.start_from:
            mean, std = feature_statistics(self.batches.clips, cache)
            self.model.mean.copy_(mean)
            self.model.scale.copy_(1.0 / std)
        # The subsampling's convolutions take half as long on a CPU when channels lie together.
        self.model.to(self.device, memory_format=torch.channels_last).train()
        self.average = {k: v.clone() for k, v in (saved["average"] if saved else self.model.state_dict()).items()}
        self.average = {k: v.to(self.device) for k, v in self.average.items()}
        self.optimiser = Optimiser(self.model, options.optimiser)
        if saved:
            self.optimiser.load_state_dict(saved["optimiser"])
        self.rng = np.random.default_rng(self.seed() + 1)
        torch.manual_seed(self.seed() + 2)

    @property
    def views(self) -> int:
        """How often each clip of a batch goes through the model."""
        return 2 if self.o.consistency else 1

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

    def loss(self, batch: Batch, chunk: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """CTC of the head and of the middle; nats a character. Then what else draws the head: the consistency of two views of
        each clip, or the whole utterance's forward that teaches the chunked one."""
        device, views = self.device, self.views
        features = self.model.normalise(batch.features.to(device)).repeat(views, 1, 1)
        spec_augment(features, views * batch.lengths, self.batches.augmentation, self.rng)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.o.bf16):
            head, middle = self.model(features, chunk)
        known = batch.transcribed.repeat(views)
        rows = torch.full((int(known.sum()),), head.shape[1])
        targets, lengths = batch.targets.to(device).repeat(views), batch.target_lengths.repeat(views)
        characters = lengths.sum().clamp(min=1)

        def ctc(log_probs: torch.Tensor) -> torch.Tensor:
            if not known.any():
                return log_probs.sum() * 0.0
            total = F.ctc_loss(log_probs[known].transpose(0, 1), targets, rows, lengths[known], reduction="sum",
                               zero_infinity=True)  # fmt: skip
            return total / characters

        if self.o.teach and chunk != WHOLE:
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=self.o.bf16):
                whole, _ = self.model(features, WHOLE)
            return ctc(head), ctc(middle), taught(head, whole)
        return ctc(head), ctc(middle), consistency(head) if views == 2 else head.new_zeros(())

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
        sums, audio, counted = np.zeros(3), 0.0, 0
        share = self.share(total)
        for batch in self.batches:
            if share >= 1.0:
                break
            if o.curriculum:
                full = self.batch_options.augmentation
                self.batches.augmentation = LIGHT if share < 0.4 and full == Augmentation() else full
                self.batches.longest_seconds = longest_seconds(share, self.batch_options.longest_seconds)
            if share >= o.light_from:
                self.batches.augmentation = o.light
            self.batches.made_scale = made_schedule(share)
            chances = CHUNK_CHANCES if share > 0.2 or not o.curriculum else [0.8, 0.2, 0, 0, 0, 0]
            chunk = CHUNKS[self.rng.choice(len(CHUNKS), p=chances)]
            head, middle, apart = self.loss(batch, chunk)
            self.model.zero_grad(set_to_none=True)
            ((1 - MIDDLE_SHARE) * head + MIDDLE_SHARE * middle + (o.teach or o.consistency) * apart).backward()
            self.spent = time.monotonic() - begun
            share = self.share_gradients(self.share(total))
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), o.clip_norm)
            if torch.isfinite(norm):
                self.optimiser.step(learning_rate(o, self.step, share))
            self.step += 1
            if o.rank == 0:
                self.update_average()
            sums += [head.item(), middle.item(), apart.item()]
            audio += batch.seconds * o.workers * self.views
            counted += 1
            if o.rank:
                continue
            if self.step % o.log_every == 0:
                rate = audio / max(1e-9, self.spent - logged_at)
                lr = learning_rate(o, self.step, share)
                means = sums / counted
                views_apart = f"\tapart {means[2]:.3f}" if o.consistency or o.teach else ""
                self.write(f"{self.step}\t{self.spent / 60:.1f} min\tloss {means[0]:.3f}\tmiddle {means[1]:.3f}{views_apart}"
                           f"\tlr {lr:.1e}\tnorm {norm:.2f}\t{rate:.0f} s/s")  # fmt: skip
                sums, audio, counted, logged_at = np.zeros(3), 0.0, 0, self.spent
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


def take_over(model: Conformer, other: Conformer, anew: Sequence[str] = ()) -> None:
    """Gives `model` what `other` has of the same name and shape, but for the parts named in `anew`. Where `model` has
    more blocks, `other` is grown first.

    Raises ValueError where the intermediate head is then after another block."""
    if model.config.blocks > other.config.blocks:
        other = grown(other, model.config.blocks)
        if model.config.middle != other.config.middle:
            raise ValueError(f"with {model.config.blocks} blocks grown from fewer, --set middle={other.config.middle}")
    shapes = {name: weight.shape for name, weight in model.state_dict().items()}
    fits = {name: weight for name, weight in other.state_dict().items()
            if shapes.get(name) == weight.shape and name.split(".")[0] not in anew}  # fmt: skip
    model.load_state_dict(fits, strict=False)
    if len(fits) < len(shapes):
        print(f"of {len(shapes)} weights and buffers {len(shapes) - len(fits)} start anew", flush=True)


def work(rank: int, a: argparse.Namespace) -> None:
    """One worker, from its arguments."""
    torch.set_num_threads(a.threads)
    if a.workers > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{a.port}", rank=rank, world_size=a.workers)
    clips, cache, noise = open_speech(a.speech, a.cache)
    augmentation, light = AUGMENTATIONS[a.augmentation], LIGHT
    for family in a.without:
        augmentation, light = augmentation.without(family), light.without(family)
    options = TrainOptions(
        run=HERE / "runs" / a.run, minutes=a.minutes, lr=a.lr, optimiser=a.optimiser,
        bf16=not a.f32 and has_bfloat16(torch.device(a.device)),
        device=a.device, start_from=a.start_from, anew=a.anew, steps=a.steps, seed=a.seed, curriculum=not a.no_curriculum,
        light_from=a.light_from, light=light, rank=rank, workers=a.workers,
        consistency=a.consistency, teach=a.teach,
    )  # fmt: skip
    sizes = {key: int(value) for key, value in (item.split("=") for item in a.set)}
    config = TINY if a.config == "tiny" else ModelConfig()
    if a.start_from and not options.checkpoint.exists():
        config = graph.load(a.start_from).config
    config = replace(config, **sizes, dropout=a.dropout)
    batches = BatchOptions(
        a.batch_seconds, augmentation=augmentation, untranscribed=a.untranscribed, units=units_of(config.tokens, a.cache),
        rows_a_second=FRAMES_A_SECOND * config.rows_per_frame,
    )  # fmt: skip
    kinds = [("synth", a.synthetic, False), ("splice", a.spliced, False), ("pseudo", a.pseudo, True)]
    made = [Made(Shards(a.cache / name, cache), share, to_the_end) for name, share, to_the_end in kinds if share]
    trainer = Trainer(options, config, clips, cache, noise, batches, made)
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
    parser.add_argument("--start-from", type=Path, help="a shipped ONNX (float or int8) whose sizes and weights to start from; "
                        "sizes can be changed (--set), and what still fits is kept: further blocks (--set blocks=12 --set middle=6) begin as identities")  # fmt: skip
    parser.add_argument("--anew", action="append", default=[], metavar="PART", help="a part of the model (head, middle, ...) "
                        "that starts from random weights all the same")  # fmt: skip
    parser.add_argument("--augmentation", choices=list(AUGMENTATIONS), default="full",
                        help="light: for budgets of few epochs; full still starts light; masked: full with long masks, for consistency")  # fmt: skip
    parser.add_argument("--light-from", type=float, default=1.0, metavar="SHARE", help="augmentation is light from this share of the time on")
    parser.add_argument("--synthetic", type=float, default=0.0, help="share of synthetic clips (synth/make.py) until "
                        "half-time; from three quarters on a quarter of it")  # fmt: skip
    parser.add_argument("--spliced", type=float, default=0.0, help="the same of spliced clips (splice.py)")
    parser.add_argument("--pseudo", type=float, default=0.0, help="share of pseudo-labelled clips (pseudo.py), to the end")
    parser.add_argument("--untranscribed", type=float, default=0.0, help="share of clips without text, for the consistency only")
    parser.add_argument("--consistency", type=float, default=0.0, metavar="WEIGHT", help="of the loss between two views of "
                        "each clip; both count as audio of the batch")  # fmt: skip
    parser.add_argument("--teach", type=float, default=0.0, metavar="WEIGHT", help="of the whole utterance's forward as a "
                        "teacher of the chunked one; not with --consistency")  # fmt: skip
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--without", action="append", default=[], metavar="FAMILY",
                        help="turn one augmentation off: a field of augment.Augmentation or specaugment")  # fmt: skip
    parser.add_argument("--no-curriculum", action="store_true", help="all lengths and chunks from the start")
    parser.add_argument("--f32", action="store_true", help="no bfloat16 autocast, though the machine has it")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=1, help="processes whose gradients are averaged (CPU)")
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--port", type=int, default=29617, help="on which the workers find each other")
    a = parser.parse_args()
    if a.teach and a.consistency:
        parser.error("--teach or --consistency, not both")
    open_speech(a.speech, a.cache)
    if a.workers == 1:
        work(0, a)
    else:
        torch.multiprocessing.spawn(work, (a,), nprocs=a.workers)


if __name__ == "__main__":
    main()
