// The keyboard of the interview screen. What a key means does not depend on the keyboard's language: on the Kazakh one
// the row of digits types letters, and codes have to be typed all the same.
//
// While an act is being kept, keys wait and are handled after it, in order: fast typing is neither lost nor does it
// fall onto the wrong question.

const MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock"];
const UNFINISHED = ["Dead", "Process", "Unidentified"];
// Keys with a meaning here; the browser must not do its own thing with them (F7: text cursor, F6: address line).
const FUNCTIONS = ["F1", "F4", "F6", "F7", "F8", "F9", "F10"];
const NAMED = [...FUNCTIONS, "Enter", "Shift+Enter", "Ctrl+Enter", "Ctrl+End", "PageUp", "PageDown", "Backspace"];
// About as long as it takes to see that something is wrong.
const REST_MS = 500;
const REPEATABLE = ["Backspace", "PageUp", "PageDown", "ArrowUp", "ArrowDown"];

// {name, text, digit, target}: `name` as in "Shift+Enter", "Ctrl+1", "ә"; `text` what it types, if anything; `digit`
// the digit printed on the key. Null for what is left to the browser.
function pressOf(event) {
  if (event.isComposing || event.metaKey) return null;
  if (MODIFIERS.includes(event.key) || UNFINISHED.includes(event.key)) return null;
  const typesLetter = event.getModifierState("AltGraph");
  const ctrl = event.ctrlKey && !typesLetter;
  const alt = event.altKey && !typesLetter;
  const letter = event.key.length === 1;
  const printed = letter ? /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] : "";
  const digit = /^\d$/.test(event.key) ? event.key : (printed ?? "");
  const key = (ctrl || alt) && digit ? digit : event.key;
  const name = [ctrl && "Ctrl", alt && "Alt", event.shiftKey && !letter && "Shift", key].filter(Boolean).join("+");
  return { name, digit, text: letter && !ctrl && !alt ? event.key : "", target: event.target };
}

const isOurs = ({ name, text }) => text !== "" || NAMED.includes(name) || /^(Ctrl|Alt)\+\d$/.test(name);

export class Keyboard {
  // `handle` takes a press and says whether it was of use.
  constructor(handle) {
    this.handle = handle;
    this.waiting = [];
    this.holds = 0;
    this.deafUntil = 0;
    document.addEventListener("keydown", (event) => this.pressed(event));
    document.addEventListener("beforeinput", (event) => this.inserted(event));
  }

  pressed(event) {
    const press = pressOf(event);
    if (!press) return;
    if (this.isDeaf && isOurs(press)) {
      event.preventDefault();
      return;
    }
    const idle = event.repeat && !press.text && !REPEATABLE.includes(press.name);
    if (this.holds) {
      if (!isOurs(press)) return;
      event.preventDefault();
      if (!event.repeat) this.waiting.push(press);
    } else if (idle || this.handle(press, event.repeat)) event.preventDefault();
    if (FUNCTIONS.includes(press.name)) event.preventDefault();
  }

  // Text that comes without a key (from a picker of letters, from dictation) waits too.
  inserted(event) {
    if (!(this.holds || this.isDeaf) || !event.data || !event.cancelable) return;
    event.preventDefault();
    if (this.isDeaf) return;
    for (const text of event.data) {
      this.waiting.push({ name: text, text, digit: /\d/.test(text) ? text : "", target: null });
    }
  }

  // Keys that are pressed while `run` works wait for it.
  async hold(run) {
    this.holds += 1;
    try {
      return await run();
    } finally {
      this.holds -= 1;
      while (this.waiting.length && !this.holds) this.handle(this.waiting.shift(), false);
    }
  }

  // What was typed for a question that does not come.
  forget() {
    this.waiting.length = 0;
  }

  // The question stays, and whoever types fast has not seen it yet: what comes in the next moment was meant for another.
  rest() {
    this.forget();
    this.deafUntil = performance.now() + REST_MS;
  }

  get isDeaf() {
    return performance.now() < this.deafUntil;
  }
}
