// The interview screen begins: `call` and `texts` stand in the page as JSON (templates/fieldwork/calls/call.html).

import { $, h } from "./dom.js";
import { Screen } from "./screen.js";

const read = (id) => JSON.parse($(id).textContent);
const texts = read("texts");

// Should this program itself fail, the interviewer must know that what was said is kept, and what to do.
function confess(event) {
  if (event.reason?.name === "AbortError") return;
  $("alerts").replaceChildren(h("p.strip.bad", { role: "alert" }, texts.page_failed));
}
addEventListener("error", confess);
addEventListener("unhandledrejection", confess);

const screen = new Screen(read("call"), texts);
await screen.start();
document.body.dataset.ready = "true";
