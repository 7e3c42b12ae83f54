// Small tools for building what is on the screen. Texts are always text, never HTML.

export const $ = (id) => document.getElementById(id);

// h("p.hint", "text", child, ...): an element with classes; objects set properties, arrays are flattened, null is left
// out.
export function h(selector, ...parts) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const part of parts.flat(Infinity)) {
    if (part === null || part === undefined || part === false || part === "") continue;
    if (typeof part === "object" && !(part instanceof Node)) Object.assign(element, part);
    else element.append(part);
  }
  return element;
}

export function fill(element, ...parts) {
  const isThere = (part) => part !== null && part !== undefined && part !== false && part !== "";
  element.replaceChildren(...parts.flat(Infinity).filter(isThere));
}

// "Row {row} of {rows}" with its values.
export function say(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function minutes(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const rest = String(seconds % 60).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${rest}`;
}

export function key(name) {
  return h("kbd", name);
}
