"""Buttons that copy a text, or the address of what is on the screen."""

from __future__ import annotations

import streamlit as st

_HTML = """<button type="button" class="alf-copy" aria-live="polite"></button>"""
_CSS = """
.alf-copy {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color);
  background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  padding: 0.35rem 0.9rem;
}
.alf-copy:hover, .alf-copy:focus-visible {
  border-color: var(--st-primary-color); color: var(--st-primary-color);
}
"""
_JS = """
export default function ({ parentElement, data }) {
  const button = parentElement.querySelector("button");
  button.textContent = data.label;
  const say = (text) => {
    button.textContent = text;
    setTimeout(() => { button.textContent = data.label; }, 1500);
  };
  const byHand = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copy refused"));
  };
  button.onclick = () => {
    const text = data.text ?? window.location.href;
    const copied = window.isSecureContext ? navigator.clipboard.writeText(text) : byHand(text);
    copied.then(() => say("Copied"), () => say(data.refused));
  };
}
"""
_component = st.components.v2.component("alf_copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_link() -> None:
    """Copies the address bar, which holds the whole workspace."""
    data = {"label": "Copy link", "text": None, "refused": "Copy it from the address bar"}
    _component(key="copy link", data=data)


def copy_text(label: str, text: str, key: str) -> None:
    """Copies a text of which the label shows enough to know it; shows all where that fails."""
    _component(key=key, data={"label": label, "text": text, "refused": text})
