// Runs one of the other runtimes over chunks, with its caches, in a worker of its own: the message
// `{runtime, model, contract}` opens one, `{features, frames, keep}` runs a take in chunks of so many
// feature frames and answers the sum of the chunks' times and, with `keep`, all their rows:
// `{ms, logProbs}`.
"use strict";

let peer, contract;

const answers = {
  async open({ runtime, model, contract: given }) {
    contract = given;
    const { open } = await import(`./${runtime}.js`);
    const bytes = await (await fetch(model)).arrayBuffer();
    const began = performance.now();
    peer = await open(new Uint8Array(bytes), contract);
    return { ms: performance.now() - began };
  },

  async run({ features, frames, keep }) {
    const values = new Float32Array(await (await fetch(features)).arrayBuffer());
    const chunk = frames * contract.n_mels;
    peer.start();
    let ms = 0;
    const rows = [];
    for (let at = 0; at < values.length; at += chunk) {
      const began = performance.now();
      const logProbs = await peer.run(values.subarray(at, at + chunk));
      ms += performance.now() - began;
      if (keep) rows.push(...logProbs);
    }
    return { ms, logProbs: rows };
  },
};

onmessage = async ({ data: [name, request] }) => {
  try {
    postMessage({ answer: await answers[name](request) });
  } catch (error) {
    postMessage({ error: String(error?.message ?? error) });
  }
};
