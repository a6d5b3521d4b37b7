// Arrow keys press the banner's links to the previous and the next scene, Escape the one that
// leaves. The links know where they lead; a key that something else on the page wants stays there.

const LINKS = {
  ArrowLeft: ".st-key-lesson-previous a",
  ArrowRight: ".st-key-lesson-next a",
  Escape: ".st-key-lesson-leave a",
};
const TAKEN = [
  "input",
  "textarea",
  "select",
  "iframe",
  "[contenteditable=true]",
  "[role=slider]",
  "[role=spinbutton]",
  "[role=combobox]",
  "[role=listbox]",
  "[role=menu]",
  "[role=radiogroup]",
  "[role=tablist]",
  "[role=grid]",
  "[data-testid=stDataFrame]",
  "[data-testid=stButtonGroup]",
].join(",");
const OPEN = "[role=dialog], [role=listbox], [role=menu], [data-testid=stPopoverBody]";

export default function () {
  document.addEventListener("keydown", pressed);
  document.body.dataset.keys = "lecture"; // they are heard from now on
  return () => document.removeEventListener("keydown", pressed);
}

function pressed(event) {
  const link = LINKS[event.key] && newest(document.querySelectorAll(LINKS[event.key]));
  if (!link || wanted(event)) return;
  event.preventDefault();
  link.click();
}

// While a page is replaced, the links of the one before may still stand above the new ones.
function newest(links) {
  const all = [...links];
  return all.findLast((link) => !link.closest("[data-stale=true]")) ?? all.at(-1);
}

function wanted(event) {
  const held = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (held || event.repeat || event.defaultPrevented || document.querySelector(OPEN)) return true;
  return event.key !== "Escape" && event.target.closest?.(TAKEN) !== null;
}
