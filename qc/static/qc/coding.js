// The coder's bench by keyboard: what the typed codes mean, moving between answers, searching the frame.

const bench = () => document.getElementById("bench");
const codes = () => document.getElementById("codes");
const search = () => document.getElementById("frame-search");
const buttons = () => [...document.querySelectorAll("#frame-tree [data-code]")];

function typed() {
  return codes()?.value.split(/[\s,;]+/).filter(Boolean) ?? [];
}

// Under the line of codes: their labels, so that a slip of the finger is seen before Enter.
function explain() {
  const chosen = document.getElementById("chosen");
  if (!chosen) return;
  const numbers = typed();
  const known = new Map(buttons().map((button) => [button.dataset.code, button]));
  for (const [number, button] of known) button.setAttribute("aria-pressed", String(numbers.includes(number)));
  chosen.replaceChildren(
    ...numbers.map((number) => {
      const chip = document.createElement("span");
      const button = known.get(number);
      chip.className = button ? "chip" : "chip unknown";
      chip.textContent = `${number} ${button ? button.querySelector(".code-label").textContent : chosen.dataset.unknown}`;
      return chip;
    }),
  );
}

function toggle(number) {
  const numbers = typed();
  const rest = numbers.filter((other) => other !== number);
  codes().value = (rest.length < numbers.length ? rest : [...numbers, number]).join(" ");
  codes().focus();
  explain();
}

function move(by) {
  const links = [...document.querySelectorAll(".groups a")];
  const at = links.findIndex((link) => link.getAttribute("aria-current"));
  links[at + by]?.click();
}

function filter() {
  const wanted = search().value.trim().toLowerCase();
  for (const button of buttons()) {
    const text = `${button.textContent} ${button.title}`.toLowerCase();
    button.closest("li").hidden = !text.includes(wanted);
  }
}

// --- what is typed while a code is on its way --------------------------------------------------------------------------

// The keys since the last code was sent; null while nothing is on its way. They belong to the next answer.
let ahead = null;

const isSending = (event) => event.target.matches?.(".code-form");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isSending(event)) ahead = [];
});

// A code that was refused, or did not arrive, stays to be mended; what was typed behind it was meant for another answer.
for (const outcome of ["htmx:beforeOnLoad", "htmx:sendError", "htmx:sendAbort", "htmx:timeout"]) {
  document.addEventListener(outcome, (event) => {
    const { status } = event.detail.xhr;
    if (isSending(event) && (status < 200 || status >= 400)) ahead = null;
  });
}

document.addEventListener(
  "keydown",
  (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ahead === null || ctrlKey || metaKey || altKey || (key.length > 1 && key !== "Enter" && key !== "Backspace")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) ahead.push(key);
  },
  true,
);

function typeAhead(field) {
  const keys = ahead ?? [];
  ahead = null;
  while (field && keys.length) {
    const key = keys.shift();
    if (key === "Enter") {
      field.form.requestSubmit(); // sets `ahead` to what is typed from now on
      ahead?.unshift(...keys);
      break;
    }
    field.value = key === "Backspace" ? field.value.slice(0, -1) : field.value + key;
  }
}

document.addEventListener("input", (event) => {
  if (event.target === codes()) explain();
  if (event.target === search()) filter();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-code]");
  if (button && codes()) toggle(button.dataset.code);
});

document.addEventListener("keydown", (event) => {
  if (!bench()) return;
  if (event.target === search()) {
    // Enter takes the first code that is left.
    if (event.key === "Enter") {
      const first = buttons().find((button) => !button.closest("li").hidden);
      if (first) toggle(first.dataset.code);
    }
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      search().value = "";
      filter();
      codes()?.focus();
    }
    return;
  }
  if (event.target !== codes()) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "/") search().focus();
  else return;
  event.preventDefault();
});

function ready() {
  const field = codes();
  typeAhead(field);
  explain();
  field?.focus();
  // Whoever types fast has begun already.
  if (field?.value === field?.defaultValue) field?.select();
  document.querySelector(".groups [aria-current]")?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:load", ready);
ready();
