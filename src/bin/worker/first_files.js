// Put before the worker's loader by `cargo xtask stage`: asks for the files that are named in the worker's
// address while the worker's own module is fetched and compiled. src/bin/worker/loading.rs takes the answers.
self.firstFiles = new Map();
for (const file of location.hash.slice(1).split(",").filter(Boolean)) {
  const answer = fetch(file);
  // Why it failed is told by who takes it.
  answer.catch(() => {});
  self.firstFiles.set(file, answer);
}
