// What handing a product to a second thread and waiting for its half would cost in a browser: the round trip between
// two threads over shared memory, with the engine's futexes (Atomics.wait, as WebAssembly's memory.atomic.wait32) and
// by spinning. Node has Chromium's engine, and needs no isolated page.
//
//     node benches/threads.mjs
import { Worker, isMainThread, workerData } from "node:worker_threads";

const ROUNDS = 20_000;
const [ASKED, TOLD, SPINS] = [0, 1, 2];

/** Waits until the cell is no longer `value`. */
function wait(cells, cell, value) {
  if (Atomics.load(cells, SPINS)) {
    while (Atomics.load(cells, cell) === value);
  } else {
    Atomics.wait(cells, cell, value);
  }
}

/** Microseconds of a round trip: the median, and the range of the middle nine tenths. */
function roundTrips(cells, spins) {
  Atomics.store(cells, SPINS, spins);
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.hrtime.bigint();
    const asked = Atomics.add(cells, ASKED, 1) + 1;
    Atomics.notify(cells, ASKED);
    while (Atomics.load(cells, TOLD) !== asked) wait(cells, TOLD, asked - 1);
    times.push(Number(process.hrtime.bigint() - began) / 1000);
  }
  times.sort((a, b) => a - b);
  return [0.5, 0.05, 0.95].map(share => times[Math.floor(share * times.length)].toFixed(1));
}

if (isMainThread) {
  const cells = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(new URL(import.meta.url), { workerData: cells });
  worker.unref();
  for (const [name, spins] of [["warm-up", 0], ["asleep", 0], ["spinning", 1], ["asleep", 0], ["spinning", 1]]) {
    const [median, low, high] = roundTrips(cells, spins);
    console.log(`${name}: ${median} µs (${low}–${high})`);
  }
  process.exit(0);
} else {
  const cells = workerData;
  for (let told = 0; ; told++) {
    while (Atomics.load(cells, ASKED) === told) wait(cells, ASKED, told);
    Atomics.store(cells, TOLD, told + 1);
    Atomics.notify(cells, TOLD);
  }
}
