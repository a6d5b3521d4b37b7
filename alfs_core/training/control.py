"""Pause, resume and stop, from another thread."""

import threading
import time


class Stop(Exception):
    """Raised in the training threads where the run is to end."""


class Control:
    """What a run obeys; ``clock`` counts seconds that were not spent in a pause."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._go = threading.Event()
        self._go.set()
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._paused_at: float | None = None
        self._lost = 0.0

    @property
    def paused(self) -> bool:
        """Whether training stands still."""
        return not self._go.is_set() and self.reason is None

    @property
    def stopped(self) -> bool:
        """Whether the run is to end."""
        return self.reason is not None

    @property
    def clock(self) -> float:
        """Seconds since the run began, without its pauses."""
        with self._lock:
            until = time.monotonic() if self._paused_at is None else self._paused_at
            return until - self._began - self._lost

    def begin(self) -> None:
        """Set the clock to zero; it stands there while the run is paused."""
        with self._lock:
            self._began, self._lost = time.monotonic(), 0.0
            if self._paused_at is not None:
                self._paused_at = self._began

    def pause(self) -> None:
        """Let training stand still at its next step."""
        with self._lock:
            if self._paused_at is None and self.reason is None:
                self._paused_at = time.monotonic()
                self._go.clear()

    def resume(self) -> None:
        """Let training go on."""
        with self._lock:
            if self._paused_at is not None:
                self._lost += time.monotonic() - self._paused_at
                self._paused_at = None
            self._go.set()

    def stop(self, reason: str = "stopped") -> None:
        """End the run at its next step; the first reason given counts."""
        if self.reason is None:
            self.reason = reason
        self.resume()

    def checkpoint(self) -> None:
        """Wait while paused; raise Stop where the run is to end."""
        self._go.wait()
        if self.reason is not None:
            raise Stop(self.reason)
