// Captures the microphone for the worker, past the page.
//
// The page makes the node, then posts `{port}` to it (a MessagePort cannot travel in
// processorOptions). From then on this end sends over that port
//   Float32Array(512)  channel 0 at the context's rate, its buffer transferred, not copied;
//   {gap_frames: n}    n frames went missing here (the audio thread was starved), between
//                      the samples sent before and those sent after; the batch before it
//                      may be shorter;
//   {end: true}        after the last, shorter batch: nothing more comes.
// The page posts `{stop: true}` to end it.

const BATCH_FRAMES = 512;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.output = null; // the MessagePort to the worker
    this.stopped = false;
    this.batch = new Float32Array(BATCH_FRAMES);
    this.filled = 0;
    this.nextFrame = -1; // where the next quantum should start; -1: not started
    this.port.onmessage = ({ data }) => {
      if (data.port) this.output = data.port;
      // Here, not in process(): a suspended context calls that no more.
      if (data.stop) this.finish();
    };
  }

  // Called by the browser for each quantum (128 frames, or what `inputs` says).
  // Returning false lets the node be collected.
  process(inputs) {
    if (this.stopped) return false;
    const channel = inputs[0] && inputs[0][0];
    // Nothing is kept from before the port came: the worker hears from its first frame on.
    if (!this.output) return true;
    // `currentFrame` counts on through frames for which process() was not called. A quantum
    // without a channel (the source is not connected yet, or has ended) is no sound either.
    const length = channel ? channel.length : 0;
    if (this.nextFrame >= 0 && length > 0 && currentFrame > this.nextFrame) {
      this.flush();
      this.output.postMessage({ gap_frames: currentFrame - this.nextFrame });
    }
    if (length > 0) {
      this.append(channel);
      this.nextFrame = currentFrame + length;
    }
    return true;
  }

  append(samples) {
    let taken = 0;
    while (taken < samples.length) {
      const n = Math.min(samples.length - taken, BATCH_FRAMES - this.filled);
      this.batch.set(samples.subarray(taken, taken + n), this.filled);
      this.filled += n;
      taken += n;
      if (this.filled === BATCH_FRAMES) this.flush();
    }
  }

  // Sends what there is of the batch.
  flush() {
    if (this.filled === 0) return;
    const whole = this.filled === BATCH_FRAMES;
    const samples = whole ? this.batch : this.batch.slice(0, this.filled);
    this.output.postMessage(samples, [samples.buffer]);
    if (whole) this.batch = new Float32Array(BATCH_FRAMES);
    this.filled = 0;
  }

  finish() {
    this.stopped = true;
    this.port.onmessage = null;
    if (!this.output) return;
    this.flush();
    this.output.postMessage({ end: true });
    this.output = null;
  }
}

registerProcessor("capture", Capture);
