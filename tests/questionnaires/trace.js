/* What the tests ask of the browser's engine. trace.py asks Python the same. */

const plain = (value) => (typeof value === "number" && Number.isNaN(value) ? { nan: true } : Array.isArray(value) ? value.map(plain) : value);

const scripts = new Map();

const FUNCTIONS_OF_TESTS = {
  expressions(cases) {
    return cases.map(([tree, answers, now]) => plain(evaluatePlain(tree, answers, { now })));
  },

  conversions(trees) {
    return trees.map((tree) => {
      const value = evaluatePlain(tree, {});
      return [toText(value), plain(toNumber(value)), toBoolean(value), toStored(value)];
    });
  },

  dates(days) {
    return days.map((day) => [civilFromDays(day), daysFromCivil(...civilFromDays(day)), dateText(day)]);
  },

  flow(document, entries, context, trees) {
    const identity = JSON.stringify(document);
    if (!scripts.has(identity)) {
      if (scripts.size > 50) scripts.clear();
      scripts.set(identity, loadScript(document));
    }
    return traceOfFlow(scripts.get(identity), entries, context, trees);
  },
};

function traceOfFlow(script, entries, context, trees) {
  const state = start(script, context);
  const steps = entries.map((entry) => [apply(state, entry), positionOf(state)]);
  const again = restore(script, JSON.parse(JSON.stringify(snapshot(state))), context);
  return {
    begin: positionOf(start(script, context)),
    steps,
    end: summaryOf(state),
    again: summaryOf(again),
    values: trees.map((tree) => [null, ...answerableKeys(state)].map((key) => plain(evaluate(state, tree, key)))),
  };
}

function positionOf(state) {
  return {
    current: state.current?.key ?? null,
    frontier: state.frontier?.key ?? null,
    complete: state.complete,
    ended: state.ended,
    route: answerableKeys(state),
    progress: progress(state),
    status: state.status,
    language: state.language,
    calculated: Object.fromEntries(state.calculated),
  };
}

function summaryOf(state) {
  return {
    ...positionOf(state),
    snapshot: snapshot(state),
    document: documentOf(state),
    strata: valuesByRole(state, "stratum"),
    screened: checkpointReached(state, "screener"),
    steps: state.route.map((step) => ({
      key: step.key,
      loops: step.loops,
      grid: step.grid,
      heading: heading(state, step, state.language),
      label: renderText(state, step.item.label, state.language, step),
      shown: showValue(state, step.key, state.language),
      options: options(state, step.key).map((option) => option.code),
      missing: missingAnswers(state, step.key, state.language).map(({ kind, code, text }) => [kind, code, text]),
      initial: initialAnswer(state, step.key),
      problems: [null, {}, { missing: "dk" }, "1", 1, 2.5, ["1", "2"], "2021-02-29", true].map((value) =>
        checkAnswer(state, step.key, value),
      ),
    })),
  };
}

function run(name, texts) {
  return JSON.stringify(FUNCTIONS_OF_TESTS[name](...texts.map((text) => JSON.parse(text))));
}
