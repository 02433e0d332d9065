// The most that this thread's vectors do, now, in milliseconds of a thousand million operations: `null` is answered by
// `{integers, floats, relaxed_integers, relaxed_floats}`, a list of `[rows, inputs, outputs]` by a list of what the
// model's own kernel takes at these shapes.
"use strict";

const module = fetch(new URL("./ceiling.wasm", import.meta.url)).then(response => WebAssembly.instantiateStreaming(response));

/** Milliseconds of a thousand million of the operations that `run` says it did. */
function timed(run) {
  const began = performance.now();
  const operations = run();
  return (performance.now() - began) * 1e9 / operations;
}

onmessage = async ({ data: shapes }) => {
  const { exports } = (await module).instance;
  if (shapes) {
    postMessage(shapes.map(([rows, inputs, outputs]) => {
      exports.prepare(rows, inputs, outputs);
      // About 20 ms each, after as much again that warms up.
      const rounds = Math.ceil(4e8 / (rows * inputs * outputs));
      exports.multiply(rounds);
      return timed(() => exports.multiply(rounds));
    }));
    return;
  }
  const answer = {};
  for (const kind of ["integers", "floats", "relaxed_integers", "relaxed_floats"]) {
    // About 20 ms.
    answer[kind] = timed(() => exports[kind](5e6));
  }
  postMessage(answer);
};
