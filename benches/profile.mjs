// Samples what a page's workers run, over Chromium's DevTools protocol, and prints where the time goes.
//
//   node --experimental-websocket benches/profile.mjs PORT
//
// PORT is Chromium's debugging port. Prints "sampling" when it has begun; ends when its input does, and prints
// one JSON array of {function, self_ms}, most first. `cargo xtask bench --profile` calls it.

const PORT = process.argv[2];
const SAMPLE_EVERY_US = 200;

/** A connection to the browser: send(method, params, session) and what it tells by itself. */
async function connect() {
  const { webSocketDebuggerUrl } = await (await fetch(`http://127.0.0.1:${PORT}/json/version`)).json();
  const socket = new WebSocket(webSocketDebuggerUrl);
  const waiting = new Map();
  const told = [];
  let last = 0;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    const settle = waiting.get(message.id);
    waiting.delete(message.id);
    if (!settle) return told.forEach((hear) => hear(message));
    if (message.error) settle.reject(new Error(message.error.message));
    else settle.resolve(message.result);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`no answer from port ${PORT}`));
  });
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params, sessionId }));
    });
  return { send, hear: (handler) => told.push(handler), close: () => socket.close() };
}

/** Sessions of all workers of the page. */
async function workers(browser) {
  const sessions = [];
  browser.hear(({ method, params }) => {
    if (method === "Target.attachedToTarget" && params.targetInfo.type === "worker") sessions.push(params.sessionId);
  });
  const { targetInfos } = await browser.send("Target.getTargets");
  for (const { targetId } of targetInfos.filter(({ type }) => type === "page")) {
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    const attach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
    await browser.send("Target.setAutoAttach", attach, sessionId);
  }
  return sessions;
}

/** A function's name without the hash that Rust puts after it. */
const written = (name) => name.replace(/::h[0-9a-f]{16}$/, "") || "(no name)";

/** Adds a profile's samples to the time by function. */
function add(times, { nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, written(callFrame.functionName)]));
  samples.forEach((id, index) => {
    const name = names.get(id);
    if (name !== "(idle)") times.set(name, (times.get(name) ?? 0) + timeDeltas[index] / 1e3);
  });
}

const browser = await connect();
const sessions = await workers(browser);
for (const session of sessions) {
  await browser.send("Profiler.enable", {}, session);
  await browser.send("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_US }, session);
  await browser.send("Profiler.start", {}, session);
}
console.log("sampling");
for await (const _ of process.stdin);
const times = new Map();
for (const session of sessions) add(times, (await browser.send("Profiler.stop", {}, session)).profile);
const rows = [...times].map(([name, self_ms]) => ({ function: name, self_ms }));
console.log(JSON.stringify(rows.sort((a, b) => b.self_ms - a.self_ms)));
browser.close();
