/** The state of one interview, and the walk that finds its route: the same as flow/state.py. */

import { answerOfValue, canonicalAnswer, sameAnswer, valueOfAnswer } from "./answers.js";
import { loopKeys, programOf } from "./program.js";
import { missingKind, toBoolean, toStored } from "./values.js";

/** What expressions see: values by key of what is on the route so far, and the place in the loops. */
class Environment {
  constructor(now, language, preset) {
    this.now = now;
    this.language = language;
    this.preset = preset;
    this.values = new Map();
    this.missing = new Map();
    // Keys on the route by name, for what stands in loops: node-sets are read from here.
    this.rounds = new Map();
    this.frames = [];
    this.selfValue = "";
    this.properties = new Map();
  }

  /** The same values, seen from another place in the loops. */
  at(frames) {
    const view = new Environment(this.now, this.language, this.preset);
    view.values = this.values;
    view.missing = this.missing;
    view.rounds = this.rounds;
    view.frames = frames;
    return view;
  }
}

/** A walk along the program with these answers. It stands at `step` (the first question without an answer) or at the end. */
class Walk {
  constructor(script, answers, context, language, until = null) {
    this.script = script;
    this.program = programOf(script);
    this.answers = answers;
    this.env = new Environment(context.now, language, context.preset ?? {});
    this.pc = 0;
    this.route = [];
    this.calculated = new Map();
    this.checkpoints = [];
    this.done = 0;
    this.ended = "";
    this.step = null;
    this.until = until;
    this.advance();
  }

  /** Go on until a question has no (valid) answer, or the key `until` is reached, or the end. */
  advance() {
    const { steps } = this.program;
    this.step = null;
    while (this.pc < steps.length) {
      const step = steps[this.pc];
      if (step.relevant && !toBoolean(step.relevant(this.env))) this.pc = step.skipTo;
      else if (step.op === "ask") {
        if (!this.passQuestion(step)) return;
      } else if (step.op === "compute") this.compute(step);
      else if (step.op === "begin") this.beginLoop(step);
      else if (step.op === "again") this.endRound(step);
      else this.pc += 1;
    }
  }

  /** Put the question on the route; go past it if it has an answer that can stand. */
  passQuestion(ask) {
    const step = this.newStep(ask);
    this.route.push(step);
    if (!this.answers.has(step.key) || step.key === this.until) {
      this.step = step;
      return false;
    }
    const answer = this.answers.get(step.key);
    if (problemsHere(this.script, ask, answer, this.env).length) {
      this.step = step;
      return false;
    }
    this.record(ask, step.key, answer);
    return true;
  }

  newStep(ask) {
    const frames = [...this.env.frames];
    const loops = frames.map((frame, depth) => ({
      name: ask.item.loops[depth],
      key: frame.keys[frame.index],
      position: frame.index + 1,
      count: frame.keys.length,
    }));
    return { key: this.keyHere(ask.item), item: ask.item, loops, grid: ask.grid, frames };
  }

  keyHere(node) {
    return node.name + (this.env.frames.at(-1)?.suffix ?? "");
  }

  /** Let expressions see the answer, and go past its question. */
  record(ask, key, answer) {
    this.remember(ask.item, key, valueOfAnswer(ask.item, answer));
    const kind = missingKind(answer);
    if (kind) this.env.missing.set(key, kind);
    this.done += ask.weight;
    this.ended = ask.item.ends;
    this.pc = this.ended ? this.program.steps.length : this.pc + 1;
  }

  remember(node, key, value) {
    this.env.values.set(key, value);
    if (this.env.frames.length) {
      if (!this.env.rounds.has(node.name)) this.env.rounds.set(node.name, []);
      this.env.rounds.get(node.name).push(key);
    }
    if (node.checkpoint && !this.checkpoints.includes(node.checkpoint)) this.checkpoints.push(node.checkpoint);
  }

  compute(step) {
    const key = this.keyHere(step.item);
    const result = step.calculation(this.env);
    const value = Array.isArray(result) ? toStored(result) : result;
    this.calculated.set(key, toStored(value));
    this.remember(step.item, key, value);
    this.pc += 1;
  }

  beginLoop(begin) {
    const keys = loopKeys(begin.keys(this.env), begin.counts);
    if (!keys.length) {
      this.pc = begin.skipTo;
      return;
    }
    this.enterRound(begin, keys, 0);
    this.pc += 1;
  }

  enterRound(step, keys, index) {
    const suffix = `${this.env.frames.at(-1)?.suffix ?? ""}@${keys[index]}`;
    this.env.frames.push({ keys, index, suffix });
    this.remember(step.node, step.node.name + suffix, keys[index]);
  }

  endRound(again) {
    const frame = this.env.frames.pop();
    if (frame.index + 1 < frame.keys.length) {
      this.enterRound(again, frame.keys, frame.index + 1);
      this.pc = again.body;
    } else this.pc += 1;
  }

  /** Estimated weight of what is still to be asked: the question here, those behind it, and the rounds of the loops around. */
  ahead() {
    if (!this.step) return 0;
    const { steps } = this.program;
    let weight = steps[this.pc].ahead + steps[this.pc].weight;
    this.step.item.loops.forEach((name, depth) => {
      const frame = this.env.frames[depth];
      const again = steps.find((step) => step.op === "again" && step.node.name === name);
      weight += (frame.keys.length - frame.index - 1) * again.weight;
    });
    return weight;
  }
}

/** What is wrong with a canonical answer at this place of the route: its option is not offered, the constraint fails. */
export function problemsHere(script, ask, answer, env) {
  const { item } = ask;
  if (item.read_only && answer !== true && !sameAnswer(answer, initialHere(script, ask, env))) return ["read_only"];
  if (answer === null || answer === true || missingKind(answer)) return [];
  if (ask.choiceFilter) {
    const offered = new Set(optionsHere(script, ask, env).map((option) => option.code));
    if (![answer].flat().every((code) => offered.has(code))) return ["not_offered"];
  }
  if (ask.constraint) {
    env.selfValue = valueOfAnswer(item, answer);
    const stands = toBoolean(ask.constraint(env));
    env.selfValue = "";
    if (!stands) return ["constraint"];
  }
  return [];
}

/** The options that the filter offers at this place; missing answers are not among them. */
export function optionsHere(script, ask, env) {
  if (ask.item.choices === null) return [];
  const options = script.choices.get(ask.item.choices).filter((option) => option.missing === null);
  if (!ask.choiceFilter) return options;
  const offered = options.filter((option) => {
    env.properties = new Map([...Object.entries(option.props), ["name", option.code]]);
    return toBoolean(ask.choiceFilter(env));
  });
  env.properties = new Map();
  return offered;
}

/** The default or calculation of the item at this place, null where it gives no possible answer. */
export function initialHere(script, ask, env) {
  if (!ask.initial) return null;
  return canonicalAnswer(script, ask.item, answerOfValue(ask.item, ask.initial(env))).answer;
}

/**
 * One interview in progress. Changed only by `apply`.
 *
 * answers: Map of all answers ever given, by key, in canonical form. route: steps {key, item, loops, grid} up to the first
 * unanswered one. current: the step on the screen, null at the end. frontier: the first step without an answer, or null.
 * complete, calculated (Map), language, status (running, paused, stopped).
 */
export class State {
  constructor(script, context, answers, language) {
    this.script = script;
    this.context = context;
    this.answers = answers;
    this.language = language;
    this.status = "running";
    this.walkAgain();
    this.cursor = this.end();
  }

  /** The place of the first unanswered question, or the place behind the last one. */
  end() {
    return this.walk.step ? this.walk.route.length - 1 : this.walk.route.length;
  }

  /** Find the route anew, from the first question. */
  walkAgain() {
    this.walk = new Walk(this.script, this.answers, this.context, this.language);
    this.places = new Map(this.walk.route.map((step, place) => [step.key, place]));
  }

  /** The question at the frontier got its answer: walk on from there. */
  goOn() {
    const known = this.walk.route.length;
    this.walk.advance();
    for (let place = known; place < this.walk.route.length; place += 1) {
      this.places.set(this.walk.route[place].key, place);
    }
  }

  get route() {
    return this.walk.route;
  }

  get current() {
    return this.walk.route[this.cursor] ?? null;
  }

  get frontier() {
    return this.walk.step;
  }

  get complete() {
    return this.walk.step === null;
  }

  /** The disposition code with which a note ended the interview early; empty where none did. */
  get ended() {
    return this.walk.ended;
  }

  get calculated() {
    return this.walk.calculated;
  }

  /** The step with this key, if it is on the route; else null. */
  step(key) {
    return this.walk.route[this.places.get(key)] ?? null;
  }

  /** What expressions see where the key stands: what comes before it on the route, not what comes after. */
  standpoint(key) {
    if (this.walk.step?.key === key) return this.walk.env;
    return new Walk(this.script, this.answers, this.context, this.language, key).env;
  }
}
