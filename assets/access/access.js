// What Streamlit's own elements lack for keyboards, screen readers and the Back button, put right after every change.

const LISTS = "ul[data-testid=stSidebarNavItems], ul[data-testid=stSidebarNavItems] li";
const BOXES = "[data-testid=stCode] pre, .katex, .katex-display, [data-testid=stTable] div, [data-testid=stMarkdownContainer], [data-testid=stMarkdownContainer] > div";
const SCROLLS = /auto|scroll/;
const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex]";

// Sections between the list and its entries break it as a list: readers are given the links alone.
function plainLists() {
  for (const element of document.querySelectorAll(LISTS)) element.role ??= "presentation";
}

// A box that scrolls sideways, or a long text of code, can be scrolled with arrow keys once it takes the focus.
function scrollableBoxes() {
  for (const box of document.querySelectorAll(BOXES)) {
    const { overflowX, overflowY } = getComputedStyle(box);
    const across = box.scrollWidth > box.clientWidth + 1 && SCROLLS.test(overflowX); // not cut off
    const down = box.tagName === "PRE" && box.scrollHeight > box.clientHeight + 1 && SCROLLS.test(overflowY);
    if (!across && !down) continue;
    if (box.querySelector(FOCUSABLE) || box.closest("button, label, a")) continue;
    box.tabIndex = 0;
    box.role = "group";
    box.ariaLabel = across ? "Scrolls sideways" : "Scrolls";
  }
}

// A link that leads nowhere now is said to be so; its dimmed words need no contrast then.
function deadLinks() {
  for (const link of document.querySelectorAll("[data-testid=stPageLink-NavLink]")) {
    const dead = link.hasAttribute("disabled") ? "true" : null;
    if (link.ariaDisabled !== dead) link.ariaDisabled = dead;
  }
}

// Streamlit tells the address of another page in two steps, and completes one without a workspace. Nobody saw
// the address in between, and Back must not lead to it.
const WORKSPACE = "w";
const STEPS = 2000; // milliseconds between the two at most

function oneStepBack() {
  let since = performance.now();
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, url) => {
    const next = new URL(url, location.href);
    const second = next.search === location.search && performance.now() - since < STEPS;
    const part = second || !new URLSearchParams(location.search).has(WORKSPACE);
    since = performance.now();
    (part ? history.replaceState.bind(history) : push)(state, unused, url);
  };
  addEventListener("popstate", () => (since = performance.now()), true);
}

let waiting = false;
function later() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    plainLists();
    scrollableBoxes();
    deadLinks();
  }, 200);
}

export default function () {
  later();
  if (globalThis.alfAccess) return;
  oneStepBack();
  globalThis.alfAccess = new MutationObserver(later);
  globalThis.alfAccess.observe(document.body, { childList: true, subtree: true });
}
