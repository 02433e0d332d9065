#!/usr/bin/env bash
# The shipped model's recipe, from nothing to the exported model and its figures, in one command:
#
#     models/training/reproduce.sh            some eighteen and a half hours of training on two CPU cores, and some of the rest
#     models/training/reproduce.sh 0.02       the same in a fiftieth of the time: whether every step runs (much less is too little for splices)
#
# Time decides when a run ends, so weights and figures will differ from the shipped ones. It overwrites models/ and
# tests/golden/model in the copy of the repository that it stands in. Synthesis and runs that are done are not done again: a stopped call goes
# on where it was; runs and made speech are kept apart by the factor (runs/reproduce-1, cache/reproduce-1). The order, shares and
# rates are about those of RUNS.md, but all with 64 frames of left context; runs that only repeated others with other
# seeds are one here. The pseudo-labels (librispeech.tsv) were partly edited from what an earlier shipped model heard.
set -euo pipefail
cd "$(dirname "$0")"
scale=${1:-1}
export OMP_WAIT_POLICY=passive
py=.venv/bin/python
[ -x "$py" ] || python3 -m venv .venv
.venv/bin/pip install -q -r requirements.txt

top=reproduce-$scale
cache=cache/$top

scaled() { awk -v number="$1" -v scale="$scale" 'BEGIN { print number * scale }'; }
run() { # name, minutes, further arguments of train.py
    local name=$top/$1 minutes
    minutes=$(scaled "$2")
    shift 2
    [ -e "runs/$name/done" ] || "$py" train.py --run "$name" --minutes "$minutes" --workers 2 --cache "$cache" "$@"
    touch "runs/$name/done"
}
float() { # a checkpoint as a file that a run can start from
    "$py" export.py --checkpoint "runs/$top/$1/last.pt" --shipped "export/$top/$1" --work "export/$top/$1"
}

"$py" synth/make.py --hours "$(scaled 14)" --seed 0 --out "$cache/synth"

# From random weights, real speech mostly.
run first 100 --batch-seconds 24 --augmentation light
float first
run second 240 --start-from "export/$top"/first/base.f32.onnx --no-curriculum --synthetic 0.3 --augmentation light --batch-seconds 30
float second

# Texts that this model bears out, and new sentences of real words, cut by it; then two views under long masks, and a light run to end on.
"$py" pseudo.py --cache "$cache" --model "export/$top"/second/base.int8.onnx
"$py" splice.py --cache "$cache" --model "export/$top"/second/base.int8.onnx --hours "$(scaled 12)"
made=(--synthetic 0.2 --spliced 0.2 --pseudo 0.08)
run third 135 --start-from "export/$top"/second/base.f32.onnx --no-curriculum "${made[@]}" --untranscribed 0.02 --consistency 0.2 \
    --dropout 0.05 --augmentation masked --batch-seconds 18
float third
run fourth 70 --start-from "export/$top"/third/base.f32.onnx --no-curriculum "${made[@]}" --augmentation light --lr 1e-3 --batch-seconds 30

# The middle of these, half as deep again, at full strength and then lightly.
"$py" average.py "runs/$top"/{second,fourth}/last.pt --out "runs/$top/average.pt" --shares 1 2
[ -e "runs/$top/grown/last.pt" ] || "$py" grow.py "runs/$top/average.pt" --blocks 12 --out "runs/$top/grown/last.pt"
float grown
run fifth 568 --start-from "export/$top"/grown/base.f32.onnx --no-curriculum \
    --synthetic 0.25 --spliced 0.2 --pseudo 0.12 --dropout 0.05 --light-from 0.5 --batch-seconds 64

# The middle of both is what ships; and everything that is written about it.
"$py" average.py "runs/$top"/{grown,fifth}/last.pt --out "runs/$top/shipped.pt" --shares 1 3
"$py" export.py --checkpoint "runs/$top/shipped.pt"
"$py" word_times.py --manifest ../manifest.toml
"$py" golden.py
"$py" evaluate.py --model ../base.int8.onnx --masked --card ../README.md
(cd ../.. && cargo build --release --bin eval)
"$py" agreement.py --checkpoint "runs/$top/shipped.pt" --card ../README.md
"$py" behaviour.py --model ../base.int8.onnx --count 24
"$py" curve.py "runs/$top/fifth/log.tsv" ../learning-curve.svg
