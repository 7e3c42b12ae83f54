// Small manners of every page. Nothing here is needed to read a page or to send a form.

const body = document.body;

// Menus and confirmations close by Escape or a click elsewhere; one menu is open at a time.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const close = event.target.closest("[data-close]");
  if (close) close.closest("details").open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = event.target.closest?.("details.menu[open], details.confirm[open]") ?? document.querySelector("details.menu[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
    return;
  }
  // A single key works only where nobody is typing, and Enter belongs to what has the focus.
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest?.("input, select, textarea, [contenteditable]")) return;
  if (["Enter", " "].includes(event.key) && event.target.closest?.("a, button, summary")) return;
  const goal = document.querySelector(`[data-hotkey="${CSS.escape(event.key)}"]`);
  if (!goal) return;
  event.preventDefault();
  if (goal.matches("input, select, textarea")) goal.focus();
  else goal.click();
});

// An opened confirmation puts the cursor where the reason is written.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.confirm[open]")) event.target.querySelector("input:not([type=hidden]), button")?.focus();
}, true);

// Filters apply at once.
document.addEventListener("change", (event) => {
  event.target.closest?.("form[data-autosubmit]")?.requestSubmit();
});

// A form that is being sent is not sent a second time by a double click. After some seconds it may be: the
// answer can be a file, or the connection can have failed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// Rows of a table that is on the page as a whole, filtered while typing: <input data-filter-rows="#table">.
document.addEventListener("input", (event) => {
  const selector = event.target.dataset?.filterRows;
  if (!selector) return;
  const wanted = event.target.value.trim().toLocaleLowerCase();
  for (const row of document.querySelectorAll(`${selector} tbody tr`)) {
    row.hidden = wanted !== "" && !row.textContent.toLocaleLowerCase().includes(wanted);
  }
});

// Errors of htmx requests are said on the page, where messages stand.
function say(text) {
  const place = document.querySelector("#messages");
  if (!place) return;
  const strip = document.createElement("p");
  strip.className = "strip bad";
  strip.textContent = text;
  place.replaceChildren(strip);
}
document.addEventListener("htmx:responseError", () => say(body.dataset.textFailed));
document.addEventListener("htmx:sendError", () => say(body.dataset.textOffline));

document.querySelector("[data-focus]")?.focus();
