/** The compiled questionnaire read into objects with all their keys: the same as script.py. The JSON is described in docs/script.md. */

const SCRIPT_FORMAT = 1;

/** Items that are never asked: their value is computed, or brought by the case. */
export const UNASKED_TYPES = ["calculate", "preset"];

const ITEM_DEFAULTS = {
  label: {},
  hint: {},
  instruction: {},
  short: {},
  choices: null,
  choice_filter: null,
  relevant: null,
  required: false,
  read_only: false,
  constraint: null,
  constraint_message: {},
  calculation: null,
  default: null,
  missing: [],
  read_out: true,
  role: "",
  checkpoint: "",
  other_for: null,
  exported: true,
  appearance: "",
  ends: "",
};
const GROUP_DEFAULTS = { label: {}, relevant: null, appearance: "" };
const LOOP_DEFAULTS = { label: {}, relevant: null, over: null, count: null, choices: null };
const OPTION_DEFAULTS = {
  label: {},
  short: {},
  missing: null,
  exclusive: false,
  read_out: true,
  other: false,
  props: {},
};

/** A text in `language`, else in the default language, else in any, else empty. */
function textIn(texts, language, defaultLanguage) {
  return texts[language] || texts[defaultLanguage] || Object.values(texts).find((text) => text) || "";
}

/**
 * A whole compiled questionnaire. `nodes` is a Map of every item, group and loop by name, in the order of the questionnaire; each
 * has `loops` and `path` (names around it, outermost first). `derived` is where the flow keeps what it has compiled.
 */
export class Script {
  constructor(document) {
    if (document?.format !== SCRIPT_FORMAT) throw new Error(`only format ${SCRIPT_FORMAT} of a Script can be read`);
    this.title = document.title ?? {};
    this.languages = document.languages;
    this.defaultLanguage = document.default_language;
    this.missingTexts = document.missing_texts ?? {};
    this.choices = new Map();
    this.options = new Map();
    for (const [name, list] of Object.entries(document.choices ?? {})) {
      const options = list.map((option) => ({ ...OPTION_DEFAULTS, ...option }));
      this.choices.set(name, options);
      this.options.set(name, new Map(options.map((option) => [option.code, option])));
    }
    this.nodes = new Map();
    this.children = this.readChildren(document.children, [], []);
    this.derived = new Map();
  }

  readChildren(children, loops, path) {
    return children.map((child) => this.readNode(child, loops, path));
  }

  readNode(data, loops, path) {
    const defaults = { item: ITEM_DEFAULTS, group: GROUP_DEFAULTS, loop: LOOP_DEFAULTS }[data.kind];
    if (!defaults || this.nodes.has(data.name)) throw new Error(`${data.name}: not a node, or its name is used twice`);
    const node = { ...defaults, ...data, loops, path };
    this.nodes.set(node.name, node);
    if (node.kind !== "item") {
      const inside = node.kind === "loop" ? [...loops, node.name] : loops;
      node.children = this.readChildren(data.children, inside, [...path, node.name]);
    }
    return node;
  }

  /** The item called `name` (a key such as `attitude@KG` is also taken), or undefined. */
  item(name) {
    const node = this.nodes.get(nameOfKey(name));
    return node?.kind === "item" ? node : undefined;
  }

  /** All items in the order of the questionnaire. */
  items() {
    return [...this.nodes.values()].filter((node) => node.kind === "item");
  }

  /** The option of a choice list, or null. */
  option(listName, code) {
    return this.options.get(listName)?.get(code) ?? null;
  }

  /** A text in `language`, else in the default language, else in any, else empty. No piping (for that, renderText). */
  text(texts, language) {
    return textIn(texts, language, this.defaultLanguage);
  }

  /** The label of an option, or the code itself where there is none. */
  optionLabel(listName, code, language) {
    const option = this.option(listName, code);
    return (option && this.text(option.label, language)) || code;
  }

  /** The text of a missing answer: that of the item's own option for it, else that of the questionnaire, else the kind. */
  missingLabel(item, kind, language) {
    const own = (this.choices.get(item.choices) ?? []).find((option) => option.missing === kind);
    return this.text(own ? own.label : (this.missingTexts[kind] ?? {}), language) || kind;
  }
}

/** The name in an answer's key: `attitude` of `attitude@KG`. */
export function nameOfKey(key) {
  const at = key.indexOf("@");
  return at < 0 ? key : key.slice(0, at);
}

/** Read a Script document (JSON). Throws an Error when it is not one. */
export function loadScript(document) {
  return new Script(document);
}
