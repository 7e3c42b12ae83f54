/**
 * Evaluation: a tree (docs/script.md) is compiled once into a closure, which is then called with an environment.
 * The same as language/evaluation.py. Parsing happens on the server only.
 */

import { FUNCTIONS } from "./functions.js";
import { differs, equals, finite, fromAnswer, missingKind, toBoolean, toNumber, toScalars, toText } from "./values.js";

const RELATIONS = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const ARITHMETIC = {
  "+": (a, b) => finite(a + b),
  "-": (a, b) => finite(a - b),
  "*": (a, b) => finite(a * b),
  div: (a, b) => finite(a / b),
  mod: (a, b) => finite(a % b),
};

/** The closure that evaluates the tree in an environment. It never fails on values: what makes no sense is NaN, '' or false. */
export function compileTree(tree, scope) {
  switch (tree[0]) {
    case "str": {
      const text = tree[1];
      return () => text;
    }
    case "num": {
      const number = finite(Number(tree[1]));
      return () => number;
    }
    case "ref":
      return scope.reference(tree[1]);
    case "self":
      return (env) => env.selfValue;
    case "prop": {
      const name = tree[1];
      return (env) => env.properties.get(name) ?? "";
    }
    case "neg": {
      const operand = compileTree(tree[1], scope);
      return (env) => finite(-toNumber(operand(env)));
    }
    case "op":
      return compileOperation(tree, scope);
    case "call":
      return compileCall(tree, scope);
    default:
      throw new Error(`unknown node of a syntax tree: ${tree[0]}`);
  }
}

function compileOperation(tree, scope) {
  const operator = tree[1];
  const left = compileTree(tree[2], scope);
  const right = compileTree(tree[3], scope);
  if (operator === "and") return (env) => toBoolean(left(env)) && toBoolean(right(env));
  if (operator === "or") return (env) => toBoolean(left(env)) || toBoolean(right(env));
  if (operator === "=") return (env) => equals(left(env), right(env));
  if (operator === "!=") return (env) => differs(left(env), right(env));
  const compare = RELATIONS[operator];
  if (compare) return (env) => related(left(env), right(env), compare);
  const calculate = ARITHMETIC[operator];
  return (env) => calculate(toNumber(left(env)), toNumber(right(env)));
}

function related(left, right, compare) {
  if (Array.isArray(left) || Array.isArray(right)) {
    return toScalars(left).some((a) => toScalars(right).some((b) => compare(toNumber(a), toNumber(b))));
  }
  return compare(toNumber(left), toNumber(right));
}

function compileCall(tree, scope) {
  const [, name, ...operands] = tree;
  if (name === "missing") return scope.missing(operands[0][1]);
  if (name === "position") return scope.position(operands.length ? operands[0][1] : null);
  if (name === "indexed-repeat") {
    const places = [];
    for (let place = 1; place + 1 < operands.length; place += 2) {
      places.push([operands[place][1], compileTree(operands[place + 1], scope)]);
    }
    return scope.indexed(operands[0][1], places);
  }
  const compiled = operands.map((operand) => compileTree(operand, scope));
  if (name === "jr:choice-name") return scope.choiceName(compiled[0], operands[1][1]);
  if (name === "if") {
    const [condition, then, otherwise] = compiled;
    return (env) => (toBoolean(condition(env)) ? then(env) : otherwise(env));
  }
  if (name === "coalesce") return (env) => coalesce(compiled, env);
  if (name === "today") return (env) => env.now.slice(0, 10);
  if (name === "now") return (env) => env.now.slice(0, 19);
  const call = FUNCTIONS[name];
  if (!call) throw new Error(`unknown function ${name}`);
  return (env) => call(...compiled.map((operand) => operand(env)));
}

function coalesce(candidates, env) {
  let value = "";
  for (const candidate of candidates) {
    value = candidate(env);
    if (toText(value) !== "") return value;
  }
  return value;
}

const plainScope = {
  reference: (name) => (env) => fromAnswer(env.answers.get(name)),
  missing: (name) => (env) => missingKind(env.answers.get(name)),
  position: () => () => NaN,
  indexed: () => () => "",
  choiceName: (code) => (env) => toText(code(env)),
};

/**
 * The value of an expression over answers by name (an object of answers as stored), without a questionnaire.
 * For an expression over a whole interview with its loops, `evaluate` of flow.js.
 */
export function evaluatePlain(tree, answers, { now = "", selfValue = "" } = {}) {
  const env = { answers: new Map(Object.entries(answers)), now, selfValue, properties: new Map() };
  return compileTree(tree, plainScope)(env);
}
