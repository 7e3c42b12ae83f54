// Questions with the same options, as one table: rows are asked one after the other.

import { h } from "./dom.js";

// The rows that are asked: passed ones that were left out are not shown, those to come are.
function rowsOf({ script, state, step }) {
  const isRow = ({ type }) => type === "select_one" || type === "select_multiple";
  const rows = script.nodes.get(step.grid).children.filter(isRow);
  const now = rows.findIndex(({ name }) => name === step.item.name);
  return rows.filter((row, index) => index >= now || state.places.has(keyOf(row, step)));
}

function keyOf(row, step) {
  return row.name + step.key.slice(step.item.name.length);
}

export function isFirstRow(conversation) {
  const [first] = rowsOf(conversation);
  return !first || keyOf(first, conversation.step) === conversation.step.key;
}

export function gridOf(conversation, entry, onChoose) {
  const { options } = entry;
  const column = ({ code, label }) => h("th", { scope: "col" }, h("span.code", code), conversation.text(label));
  const rows = rowsOf(conversation).map((row) => gridRow({ conversation, entry, row, options, onChoose }));
  const head = h("thead", h("tr", h("td"), options.map(column)));
  return h("table.grid", { lang: conversation.language }, head, h("tbody", rows));
}

function gridRow({ conversation, entry, row, options, onChoose }) {
  const key = keyOf(row, conversation.step);
  const now = key === conversation.step.key;
  const given = now ? entry.marked : codesOf(conversation.state.answers.get(key));
  const cells = options.map(({ code }) => {
    const sign = given.has(code) ? "●" : now ? "○" : "";
    return h(given.has(code) ? "td.given" : "td", now ? { onclick: () => onChoose(code) } : {}, sign);
  });
  const step = conversation.state.step(key);
  const missing = !now && conversation.state.answers.get(key)?.missing && step ? conversation.answerInWords(step) : "";
  const head = h("th", { scope: "row" }, conversation.text(row.label), missing ? h("small", missing) : null);
  return h(now ? "tr.row-now" : "tr", head, cells);
}

function codesOf(answer) {
  return new Set(typeof answer === "string" || Array.isArray(answer) ? [answer].flat() : []);
}
