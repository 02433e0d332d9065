// rten, built from ./rten by `cargo xtask bench`.
import init, { Peer } from "./rten/rten_peer.js";

export async function open(bytes, { n_mels, subsampling, left_frames, caches }) {
  await init();
  const peer = new Peer(bytes, caches.map(({ name }) => name), left_frames);
  return {
    start: () => peer.start(),
    run: features => peer.run(features, n_mels, features.length / n_mels / subsampling),
  };
}
