// Samples what a page's workers run, over Chromium's DevTools protocol, and prints where the time goes.
//
//   node --experimental-websocket benches/profile.mjs PORT
//
// PORT is Chromium's debugging port. Prints "sampling" when it has begun; ends when its input does, and prints
// one JSON array of {function, operation, self_ms}, most first: `operation` is the model's that the function was
// called by or is, "" outside. `cargo xtask bench --profile` and `--layers` call it.

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

/** The model's operation that a function belongs to by its name, or "". */
const operationOf = (name) => name.match(/int8::ops::(attention|caches|depthwise|linear|norm|subsampling)::/)?.[1] ?? "";

/** Adds a profile's samples to the rows by function and operation. */
function add(rows, { nodes, samples, timeDeltas }) {
  const places = new Map();
  const visit = (id, outer) => {
    const { callFrame, children } = byId.get(id);
    const name = written(callFrame.functionName);
    const operation = operationOf(name) || outer;
    places.set(id, { function: name, operation });
    for (const child of children ?? []) visit(child, operation);
  };
  const byId = new Map(nodes.map((node) => [node.id, node]));
  visit(nodes[0].id, "");
  samples.forEach((id, index) => {
    const place = places.get(id);
    if (place.function === "(idle)") return;
    const key = `${place.operation} ${place.function}`;
    const row = rows.get(key) ?? { ...place, self_ms: 0 };
    row.self_ms += timeDeltas[index] / 1e3;
    rows.set(key, row);
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
const rows = new Map();
for (const session of sessions) add(rows, (await browser.send("Profiler.stop", {}, session)).profile);
console.log(JSON.stringify([...rows.values()].sort((a, b) => b.self_ms - a.self_ms)));
browser.close();
