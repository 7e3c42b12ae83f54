/**
 * A Script as a flat list of instructions with compiled expressions, made once per Script: the same as flow/program.py.
 * Walking a list with a counter lets a walk stop at the question on the screen and go on from there when its answer comes.
 */

import { compileTree } from "./language.js";
import { nameOfKey } from "./script.js";
import { toNumber, toScalars, toText, words } from "./values.js";

const MAX_ROUNDS = 200;
// What a question counts for in the progress: one that is always asked, and one that hangs on a condition.
const SURE = 2;
const POSSIBLE = 1;

/** The program of a Script, compiled at the first call and kept with it: {steps, asks, usesLanguage}. */
export function programOf(script) {
  if (!script.derived.has("program")) script.derived.set("program", new ProgramCompiler(script).program());
  return script.derived.get("program");
}

/** Compile an expression that stands inside the loops `chain`; `own` is the item whose value is being checked. */
export function compileExpression(script, tree, chain, own = null) {
  return compileTree(tree, new ScriptScope(script, chain, own));
}

/** The keys of a loop: the parts of `over`, each once, or 1 to the count. */
export function loopKeys(value, counts) {
  if (counts) {
    const number = toNumber(value);
    const rounds = number >= 1 ? Math.min(MAX_ROUNDS, Math.trunc(number)) : 0;
    return Array.from({ length: rounds }, (_, place) => String(place + 1));
  }
  const keys = toScalars(value).flatMap((member) => words(toText(member)));
  return [...new Set(keys.filter((key) => !key.includes("@")))].slice(0, MAX_ROUNDS);
}

/** What a loop around a step adds to keys: the suffix of the innermost frame that counts. */
const suffixOf = (frames, count) => (count ? frames[count - 1].suffix : "");

/** Resolves names from a place inside the loops `chain`: the same round where the loops are shared, else all rounds. */
export class ScriptScope {
  constructor(script, chain, own = null) {
    this.script = script;
    this.chain = chain;
    this.own = own;
  }

  node(name) {
    const node = this.script.nodes.get(name);
    return node && node.kind !== "group" ? node : null;
  }

  loopsOf(node) {
    return node.kind === "loop" ? [...node.loops, node.name] : node.loops;
  }

  /** [how many loops this place shares with the node, whether those are all the loops around it] */
  shared(node) {
    const loops = this.loopsOf(node);
    let count = 0;
    while (count < Math.min(loops.length, this.chain.length) && loops[count] === this.chain[count]) count += 1;
    return [count, count === loops.length];
  }

  /** A function that gives the keys that `${name}` means; null for what has no value (unknown, group). */
  keysOf(name) {
    const node = this.node(name);
    if (!node) return null;
    const [count, single] = this.shared(node);
    if (single) return (env) => [name + suffixOf(env.frames, count)];
    return (env) => {
      const prefix = `${name}${suffixOf(env.frames, count)}@`;
      return (env.rounds.get(name) ?? []).filter((key) => key.startsWith(prefix));
    };
  }

  reference(name) {
    if (name === this.own) return (env) => env.selfValue;
    const node = this.node(name);
    if (!node) return () => "";
    const [count, single] = this.shared(node);
    if (single) return (env) => env.values.get(name + suffixOf(env.frames, count)) ?? "";
    const keysOf = this.keysOf(name);
    return (env) => keysOf(env).map((key) => env.values.get(key));
  }

  missing(name) {
    const keysOf = this.keysOf(name);
    if (!keysOf) return () => "";
    return (env) => {
      const [key] = keysOf(env);
      return key === undefined ? "" : (env.missing.get(key) ?? "");
    };
  }

  position(name) {
    const depth = name === null ? this.chain.length - 1 : this.chain.indexOf(name);
    return depth < 0 ? () => NaN : (env) => env.frames[depth].index + 1;
  }

  indexed(name, places) {
    const node = this.node(name);
    if (!node) return () => "";
    const loops = this.loopsOf(node);
    const given = new Map(places);
    const [common] = this.shared(node);
    return (env) => {
      let suffix = "";
      for (const [depth, loop] of loops.entries()) {
        let key;
        if (given.has(loop)) key = keyAt(env, loop, suffix, given.get(loop)(env));
        else if (depth < common) key = env.frames[depth].keys[env.frames[depth].index];
        else return "";
        suffix += `@${key}`;
      }
      return env.values.get(name + suffix) ?? "";
    };
  }

  choiceName(code, name) {
    const listName = this.node(name)?.choices ?? null;
    return (env) => labelOfCodes(this.script, listName, toText(code(env)), env.language);
  }
}

/** The key of a round: a number is its place from 1, text is the key itself. */
function keyAt(env, loop, suffix, given) {
  const place = Array.isArray(given) ? (given[0] ?? "") : given;
  if (typeof place !== "number") return toText(place);
  const prefix = `${loop}${suffix}@`;
  const keys = (env.rounds.get(loop) ?? []).filter((key) => key.startsWith(prefix));
  return Number.isInteger(place) && place >= 1 && place <= keys.length ? keys[place - 1].slice(prefix.length) : "";
}

/** The label of a code, or the labels of several codes parted by spaces, with commas between; unknown codes as they are. */
export function labelOfCodes(script, listName, text, language) {
  if (listName === null || script.option(listName, text)) return script.optionLabel(listName, text, language);
  return words(text)
    .map((code) => script.optionLabel(listName, code, language))
    .join(", ");
}

function callsFunction(tree, name) {
  if (!Array.isArray(tree)) return false;
  return (tree[0] === "call" && tree[1] === name) || tree.slice(1).some((child) => callsFunction(child, name));
}

/** What the case brings under this name; never something that objects have by themselves. */
function presetValue(env, name) {
  return Object.hasOwn(env.preset, name) ? String(env.preset[name]) : "";
}

class ProgramCompiler {
  constructor(script) {
    this.script = script;
    this.steps = [];
    this.asks = new Map();
    this.usesLanguage = false;
  }

  program() {
    for (const node of this.script.children) this.add(node, [], false, null);
    this.weigh();
    return { steps: this.steps, asks: this.asks, usesLanguage: this.usesLanguage };
  }

  compile(expression, chain, own = null) {
    if (!expression) return null;
    this.usesLanguage ||= callsFunction(expression.tree, "jr:choice-name");
    return compileExpression(this.script, expression.tree, chain, own);
  }

  add(node, chain, conditional, grid) {
    const relevant = this.compile(node.relevant, chain);
    const hangs = conditional || relevant !== null;
    if (node.kind === "item") this.addItem(node, relevant, chain, hangs, grid);
    else if (node.kind === "loop") this.addLoop(node, relevant, chain, hangs);
    else {
      const enter = { op: "enter", node, relevant };
      this.steps.push(enter);
      const isGrid = ["grid", "table-list"].includes(words(node.appearance)[0]);
      for (const child of node.children) this.add(child, chain, hangs, isGrid ? node.name : grid);
      enter.skipTo = this.steps.length;
    }
  }

  addLoop(node, relevant, chain, conditional) {
    const begin = {
      op: "begin",
      node,
      relevant,
      keys: this.compile(node.over ?? node.count, chain),
      counts: !node.over,
    };
    this.steps.push(begin);
    const body = this.steps.length;
    for (const child of node.children) this.add(child, [...chain, node.name], conditional, null);
    this.steps.push({ op: "again", node, relevant: null, body, weight: 0 });
    begin.skipTo = this.steps.length;
  }

  addItem(item, relevant, chain, conditional, grid) {
    const step = { node: item, item, relevant, skipTo: this.steps.length + 1 };
    const initial = this.compile(item.calculation ?? item.default, chain);
    if (item.type === "preset") {
      Object.assign(step, { op: "compute", calculation: (env) => presetValue(env, item.name) });
    } else if (item.type === "calculate") {
      Object.assign(step, { op: "compute", calculation: initial ?? (() => "") });
    } else {
      Object.assign(step, {
        op: "ask",
        weight: conditional ? POSSIBLE : SURE,
        choiceFilter: this.compile(item.choice_filter, chain),
        constraint: this.compile(item.constraint, chain, item.name),
        initial,
        grid,
      });
      this.asks.set(item.name, step);
    }
    this.steps.push(step);
  }

  /** Count what lies behind each instruction, for the progress: one round for each loop that has not begun. */
  weigh() {
    let ahead = 0;
    const ends = [];
    for (const step of [...this.steps].reverse()) {
      step.ahead = ahead;
      if (step.op === "again") ends.push(ahead);
      else if (step.op === "ask") ahead += step.weight;
      else if (step.op === "begin") this.steps[step.skipTo - 1].weight = ahead - ends.pop();
    }
  }
}

/** The question of a key in the program, or undefined. */
export function askOf(script, key) {
  return programOf(script).asks.get(nameOfKey(key));
}
