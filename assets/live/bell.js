// Waits at the server for news of a run, and has the page ask for its figures once there is some.

const REST = 150; // milliseconds after news: what comes together is shown together
const bells = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  if (!bells.has(parentElement)) bells.set(parentElement, new Bell());
  bells.get(parentElement).hear(data, () => setTriggerValue("news", true));
  return () => {
    if (!parentElement.isConnected) bells.get(parentElement)?.silence();
  };
}

class Bell {
  hear({ url, after }, ring) {
    this.ring = ring;
    if (url === this.url) {
      this.last = Math.max(this.last, after);
      return;
    }
    this.silence();
    this.url = url;
    this.last = after;
    this.leaving = new AbortController();
    this.wait(url, this.leaving.signal);
  }

  silence() {
    this.leaving?.abort();
    this.url = undefined;
  }

  async wait(url, signal) {
    while (!signal.aborted) {
      await inSight();
      let news;
      try {
        const answer = await fetch(`${url}?after=${this.last}`, { signal });
        if (!answer.ok) return; // the page still asks at its interval
        if (answer.status === 204) continue;
        news = Number(await answer.text());
      } catch {
        if (!signal.aborted) this.url = undefined; // the next message tries again
        return;
      }
      if (news > this.last) {
        this.last = news;
        this.ring();
      }
      await new Promise((done) => setTimeout(done, REST));
    }
  }
}

// A tab that nobody looks at waits for nothing.
function inSight() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}
