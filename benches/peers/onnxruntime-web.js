// onnxruntime-web in one thread, as its documentation sets it up; the caches are its tensors.
import * as ort from "./onnxruntime-web/ort.wasm.bundle.min.mjs";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL("./onnxruntime-web/ort-wasm-simd-threaded.wasm", import.meta.url).href };

export async function open(bytes, { n_mels, subsampling, left_frames, caches }) {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  let state, left;
  return {
    start() {
      left = 0;
      state = {};
      for (const { name, shape } of caches) {
        state[name] = new ort.Tensor("float32", new Float32Array(shape.reduce((a, b) => a * b)), shape);
      }
    },
    async run(features) {
      const frames = features.length / n_mels;
      const outputs = await session.run({
        ...state,
        features: new ort.Tensor("float32", features, [1, frames, n_mels]),
        left_len: new ort.Tensor("int64", BigInt64Array.of(BigInt(left)), [1]),
      });
      for (const { name } of caches) state[name] = outputs[`${name}_next`];
      left = Math.min(left_frames, left + frames / subsampling);
      return outputs.log_probs.data;
    },
  };
}
