// Waits at the server for news of a run, and hands the figures that come to the charts of the page.

const REST = 150; // milliseconds after news: what comes together is shown together
const bells = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  if (!bells.has(parentElement)) bells.set(parentElement, new Bell());
  bells.get(parentElement).hear(data, () => setTriggerValue("again", true));
  return () => {
    if (!parentElement.isConnected) bells.get(parentElement)?.silence();
  };
}

class Bell {
  hear({ url, after }, again) {
    this.again = again;
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
        const answer = await fetch(`${url}&after=${this.last}`, { signal });
        if (!answer.ok) return; // the page still asks at its interval
        if (answer.status === 204) continue;
        news = await answer.json();
      } catch {
        if (!signal.aborted) this.url = undefined; // the next message tries again
        return;
      }
      if (news.number > this.last) this.tell(news);
      await new Promise((done) => setTimeout(done, REST));
    }
  }

  tell({ number, figures }) {
    this.last = number;
    const shown = figures.map(handed);
    if (!shown.length || shown.includes(false)) this.again();
  }
}

// Whether a chart took it.
function handed(figure) {
  const detail = { key: figure.key, message: JSON.stringify(figure) };
  return !dispatchEvent(new CustomEvent("alf-figure", { detail, cancelable: true }));
}

// A tab that nobody looks at waits for nothing.
function inSight() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}
