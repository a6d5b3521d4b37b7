"""Twenty viewers of one race, for ten minutes: is what they see new, does the server stay small?

    python -m benchmarks.soak
    python -m benchmarks.soak --viewers 20 --minutes 10

Starts the app with an empty home. A browser starts the race of the default losses on the built-in
images and keeps watching as a control; the viewers speak Streamlit's protocol as its own page does
(``viewer``), each on a connection and a session of its own.

An *update* is the evaluation of one loss after one epoch. Its *age* is the time from its row in
the run store to its arrival: for a viewer, what carries the figure with it; in the browser, the
figure's new description in the page. An *answer* is the time from a page's request to the end of
the script's run. Memory and processor time are those of the server's process, without the worker
that trains. Memory is a straight line fitted to all samples but those of the first two minutes (a
fifth of shorter soaks). Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from playwright.async_api import Page, async_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed

from alfs_core.training.store import RunStore
from benchmarks.goals import Goal, at_most
from benchmarks.viewer import Hear, Told, Viewer
from pages.common.workspace import label
from tests.browser.harness import FLAGS, ROOT, chromium_path, served

LATE = 1.0  # seconds
AGE = 0.25  # seconds, the 95th percentile
SLOPE = 1.0  # MB a minute
SETTLING = 120.0  # seconds
SAMPLE = 2.0  # seconds between two looks at the server
STAGGER = 0.1  # seconds between two arrivals
RACE = "train_length=minutes&train_images_air_3=5000&train_minutes={minutes:g}"
MARGIN = 4  # minutes that the race is planned longer than the soak
PATIENCE = 120_000  # milliseconds
FIGURE = "Share of clean test labels predicted"
SAID = re.compile(rb'"alt": "(' + FIGURE.encode() + rb'[^"]*)"')
HEAD = 4000  # bytes of a figure's message that hold its description
WATCH = """(figure) => {
  window.seen = {};
  const look = () => {
    for (const node of document.querySelectorAll(`[aria-label^="${figure}"]`)) {
      const said = node.ariaLabel;
      window.seen[said] ??= Date.now() / 1000;
    }
  };
  look();
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"],
  });
}"""

Update = tuple[str, int]  # loss, epoch


@dataclass
class Sights:
    """When one pair of eyes first saw each description of the figure, in seconds since 1970.

    They are open from ``opened`` on, and count from their first sight on: before it a page loads.
    """

    opened: float = field(default_factory=time.time)
    seen: dict[str, float] = field(default_factory=dict)

    @property
    def since(self) -> float:
        """The first sight; where there was none, the opening."""
        return min(self.seen.values(), default=self.opened)

    def ages(self, told: Mapping[Update, float], until: float) -> list[float]:
        """Seconds from each row that was written meanwhile to its sight.

        A later epoch shows the earlier ones too; what was not seen at all is as old as it became.
        """
        sights = {name: self._epochs(name) for name, _ in told}
        return [
            min([at for at, shown in sights[name] if shown >= epoch], default=until) - written
            for (name, epoch), written in told.items()
            if self.since <= written < until - LATE
        ]

    def _epochs(self, name: str) -> list[tuple[float, int]]:
        """(time, epoch) of a loss."""
        said = re.compile(rf"(?<![\w+]){re.escape(name)}: [\d.]+ % at epoch (\d+)")
        found = ((at, said.search(words)) for words, at in self.seen.items())
        return [(at, int(match[1])) for at, match in found if match]


@dataclass
class Watcher:
    """A viewer, what it saw, and why it was cut off, if it was."""

    viewer: Viewer
    sights: Sights
    error: str = ""


@dataclass
class Load:
    """The server's process over time: (seconds, MB, processor seconds) for each sample."""

    process: psutil.Process
    samples: list[tuple[float, float, float]] = field(default_factory=list)

    async def follow(self) -> None:
        """Sample until cancelled."""
        began = time.monotonic()
        while True:
            times, memory = self.process.cpu_times(), self.process.memory_info().rss / 1e6
            self.samples.append((time.monotonic() - began, memory, times.user + times.system))
            await asyncio.sleep(SAMPLE)

    @property
    def share(self) -> float:
        """Processor seconds in a second."""
        (first, _, used), (last, _, used_then) = self.samples[0], self.samples[-1]
        return (used_then - used) / (last - first)

    @property
    def settled(self) -> np.ndarray:
        """Minutes and MB (2, N) of the samples after the first two minutes, or the first fifth."""
        at, memory, _ = np.array(self.samples).T
        late = at > min(SETTLING, 0.2 * at[-1])
        return np.stack([at[late] / 60, memory[late]])

    @property
    def slope(self) -> float:
        """MB a minute once settled."""
        return float(np.polyfit(*self.settled, 1)[0])


@dataclass
class Soak:
    """Everything that was measured; ``told`` are the times of the updates' rows."""

    watchers: list[Watcher]
    browser: Sights
    load: Load
    told: dict[Update, float]
    until: float

    @property
    def ages(self) -> list[float]:
        """Of every update at every viewer."""
        return [age for one in self.watchers for age in one.sights.ages(self.told, self.until)]

    @property
    def drawn(self) -> list[float]:
        """The ages in the browser."""
        return self.browser.ages(self.told, self.until)

    @property
    def waits(self) -> list[float]:
        """Seconds until each request was answered."""
        return [wait for one in self.watchers for wait in one.viewer.waits]


@contextlib.contextmanager
def application() -> Iterator[tuple[str, psutil.Process, Path]]:
    """The address of a fresh server, its process, and its run store."""
    with tempfile.TemporaryDirectory() as home, served(ROOT / "app.py", ALFLAB_HOME=home) as url:
        children = psutil.Process().children()
        server = next(child for child in children if "streamlit" in child.cmdline())
        yield url, server, Path(home) / "runs.sqlite"


async def start_race(page: Page, url: str, minutes: float) -> str:
    """Start a race as a reader does; its address once it is drawn."""
    await page.goto(f"{url}/live?{RACE.format(minutes=minutes)}")
    await page.get_by_role("button", name="Start the race").click(timeout=PATIENCE)
    await page.wait_for_url(re.compile("run="), timeout=PATIENCE)
    await page.locator(f'[aria-label^="{FIGURE}"]').first.wait_for(timeout=PATIENCE)
    return page.url


def reader(sights: Sights) -> Told:
    """Notes the description of the figure in each answer to the bell."""

    def told(came: float, body: bytes) -> None:
        if words := SAID.search(body):
            sights.seen.setdefault(words[1].decode(), came)

    return told


def listener(sights: Sights) -> Hear:
    """An ear that notes each new description of the figure."""

    def hear(came: float, message: ForwardMsg) -> None:
        sent = message.delta.new_element.bidi_component.bytes
        if words := SAID.search(sent[:HEAD]):
            sights.seen.setdefault(words[1].decode(), came)

    return hear


async def watch(address: str, seconds: float, delay: float) -> Watcher:
    """What one viewer saw that came a little after the first."""
    await asyncio.sleep(delay)
    sights = Sights()
    watcher = Watcher(Viewer(address, listener(sights), reader(sights)), sights)
    try:
        await watcher.viewer.stay(seconds - delay)
    except (OSError, ConnectionClosed) as error:
        watcher.error = f"{type(error).__name__}: {error}"
    return watcher


async def soak(viewers: int, minutes: float) -> Soak:
    """Watch a race with that many viewers and one browser."""
    with application() as (url, server, store):
        async with async_playwright() as playwright:
            path = chromium_path()
            chromium = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            page = await chromium.new_page()
            address = await start_race(page, url, minutes + MARGIN)
            await page.evaluate(WATCH, FIGURE)
            browser, load = Sights(), Load(server)
            following = asyncio.create_task(load.follow())
            delays = (STAGGER * place for place in range(viewers))
            watchers = await asyncio.gather(*(watch(address, 60 * minutes, d) for d in delays))
            until = time.time()
            browser.seen = await page.evaluate("window.seen")
            following.cancel()
            await chromium.close()
        return Soak(watchers, browser, load, updates(store), until)


def updates(path: Path) -> dict[Update, float]:
    """When the row of each evaluation was written, in seconds since 1970, from the one run."""
    store = RunStore(path)
    (run,) = store.list()
    store.close()
    names = [label(spec) for spec in run.config.losses]
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT time, body FROM events WHERE kind = 'Epoch'").fetchall()
    told = ((written, json.loads(body)) for written, body in rows)
    return {(names[epoch["loss"]], epoch["epoch"]): written for written, epoch in told}


def report(measured: Soak) -> None:
    """Print what was measured."""
    print(f"{len(measured.told)} updates, {len(measured.watchers)} viewers and a browser")
    print(f"{'milliseconds':24}{'p50':>8}{'p95':>8}{'max':>8}{'n':>9}{'late':>6}")
    for name, seconds in (
        ("age at the viewers", measured.ages),
        ("age in the browser", measured.drawn),
        ("answer", measured.waits),
    ):
        quantiles = "".join(f"{1000 * x:8.0f}" for x in np.percentile(seconds, [50, 95, 100]))
        late = sum(x > LATE for x in seconds)
        print(f"{name:24}{quantiles}{len(seconds):9,}{late:6}")
    unanswered = sum(one.viewer.unanswered for one in measured.watchers)
    seconds = sum(measured.until - one.sights.opened for one in measured.watchers)
    traffic = sum(one.viewer.received for one in measured.watchers) / seconds / 1000
    print(f"requests before the last answer had come: {unanswered}")
    print(f"{traffic:.1f} kB/s to each viewer, before compression")
    memory = [mb for _, mb, _ in measured.load.samples]
    print(
        f"server: {measured.load.share:.2f} cores; memory {memory[0]:.0f} MB at the start, "
        f"{memory[-1]:.0f} MB at the end, {max(memory):.0f} MB at most"
    )
    for one in measured.watchers:
        if one.error:
            print(f"a viewer was cut off: {one.error}")


def goals(measured: Soak) -> list[Goal]:
    """What is claimed of a class that watches one race."""
    ages, drawn = measured.ages, measured.drawn
    return [
        at_most("p95 of the ages, ms", 1000 * float(np.percentile(ages, 95)), 1000 * AGE),
        at_most("late updates at the viewers", sum(age > LATE for age in ages), 0),
        at_most("late updates in the browser", sum(age > LATE for age in drawn), 0),
        at_most("viewers cut off", sum(bool(one.error) for one in measured.watchers), 0),
        at_most("growth of memory, MB a minute", measured.load.slope, SLOPE),
    ]


def main() -> int:
    """Measure what the options ask for; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    measured = asyncio.run(soak(options.viewers, options.minutes))
    report(measured)
    reached = goals(measured)
    print(*reached, sep="\n")
    return 0 if all(goal.reached for goal in reached) else 1


if __name__ == "__main__":
    sys.exit(main())
