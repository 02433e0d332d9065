// The most that this thread's vectors do, now: any message is answered by the milliseconds of a thousand million
// operations, `{integers, floats, relaxed_integers, relaxed_floats}`.
"use strict";

const module = fetch(new URL("./ceiling.wasm", import.meta.url)).then(response => WebAssembly.instantiateStreaming(response));

onmessage = async () => {
  const { exports } = (await module).instance;
  const answer = {};
  for (const kind of ["integers", "floats", "relaxed_integers", "relaxed_floats"]) {
    const began = performance.now();
    // About 20 ms.
    const operations = exports[kind](5e6);
    answer[kind] = (performance.now() - began) * 1e9 / operations;
  }
  postMessage(answer);
};
