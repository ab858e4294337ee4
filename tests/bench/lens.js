// Put into the page before anything else: how long frames are and take, and when the first step was seen.
(() => {
  const seen = { intervals: [], work: [], arrived: 0, painted: 0, recording: false };
  window.bench = seen;

  // A message that is posted in a frame's first callback is heard when the frame has been laid out and painted.
  const channel = new MessageChannel();
  let began = 0;
  channel.port1.onmessage = () => {
    if (seen.recording) seen.work.push(performance.now() - began);
    if (!seen.painted && seen.arrived && document.querySelector(".token")) seen.painted = performance.now();
  };
  let before = 0;
  const frame = (now) => {
    began = performance.now();
    if (seen.recording && before) seen.intervals.push(now - before);
    before = now;
    channel.port2.postMessage(0);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  const { WebSocket } = window;
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", (event) => {
        if (!seen.arrived && event.data.includes('"type":"steps"')) seen.arrived = performance.now();
      });
    }
  };
})();
