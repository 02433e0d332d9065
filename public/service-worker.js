// The offline copy of the playground. It has to be JavaScript: browsers start service
// workers from a script alone. `cargo xtask stage` fills in the next two lines.
//
// One cache a build. It is filled whole and checked (SHA-256) while the build before goes
// on serving, or not at all; so page, worker and models are always of one build. A new one
// waits until no page of the old one is open, or until the person says so (`activate`).
"use strict";

const BUILD = "build-id";
const FILES = ["build-files"];

const PREFIX = `asr-playground ${self.registration.scope} `;
const CACHE = PREFIX + BUILD;
const PAGE = new URL("./", self.registration.scope).href;

self.addEventListener("install", event => event.waitUntil(fill()));
self.addEventListener("activate", event => event.waitUntil(tidy()));
self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && url.href.startsWith(PAGE)) event.respondWith(answer(event.request, url));
});
self.addEventListener("message", event => {
  if (event.data === "activate") self.skipWaiting();
  if (event.data === "tidy") event.waitUntil(tidy());
});

/** Puts every file of the build into its cache. Fails, and leaves nothing, if one is missing. */
async function fill() {
  const cache = await caches.open(CACHE);
  try {
    for (const [path, hash] of FILES) {
      const url = new URL(path, PAGE).href;
      if (await cache.match(url)) continue;
      await cache.put(url, await have(url, hash));
    }
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** A file as the build has it: from an older build's cache, the browser's own, or the host. */
async function have(url, hash) {
  const tries = [
    () => caches.match(url),
    () => fetch(url, { cache: "force-cache" }),
    () => fetch(url, { cache: "reload" }),
  ];
  for (const get of tries) {
    const response = await get();
    if (!response || !response.ok) continue;
    const bytes = await response.arrayBuffer();
    if (await digest(bytes) !== hash) continue;
    const type = response.headers.get("Content-Type");
    return new Response(bytes, { headers: type ? { "Content-Type": type } : {} });
  }
  throw new Error(`${url} is not of build ${BUILD}`);
}

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, byte => byte.toString(16).padStart(2, "0")).join("");
}

/** Drops older builds, unless another open page may still be one of theirs. */
async function tidy() {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.length > 1) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
}

/** From the build's cache; files of an older page, named by their hash, from its cache. */
async function answer(request, url) {
  const wanted = request.mode === "navigate" && (url.pathname === new URL(PAGE).pathname || url.pathname.endsWith("/index.html"))
    ? PAGE
    : url.origin + url.pathname;
  const cache = await caches.open(CACHE);
  return await cache.match(wanted) || await older(wanted) || fetch(request);
}

async function older(url) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === CACHE) continue;
    const response = await (await caches.open(name)).match(url);
    if (response) return response;
  }
}
