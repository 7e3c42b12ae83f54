// The keys, in words: [[names of keys, what they do], ...].

export function languageKeys(call) {
  return call.languages.map(({ name }, index) => [[`Ctrl+${index + 1}`], name]);
}

export function callKeys(texts) {
  return [
    [["F6"], texts.key_appointment],
    [["F7"], texts.key_outcome],
    [["F4"], texts.key_note],
  ];
}

// Those of use at this question: what stands at the foot of the screen.
export function questionKeys({ call, texts, entry, practice }) {
  const missing = entry?.missing.map(({ kind }) => kind) ?? [];
  return [
    [["Enter"], texts.key_next],
    [["PgUp"], texts.key_back],
    ...(entry?.several ? [[[texts.space], texts.key_space_short]] : []),
    ...(missing.includes("dk") ? [[["F8"], texts.key_dk]] : []),
    ...(missing.includes("refused") ? [[["F9"], texts.key_refused]] : []),
    ...languageKeys(call),
    ...(practice ? [] : callKeys(texts)),
  ];
}

// All of them, by what they are for: [[title, keys], ...].
export function allKeys({ call, texts, practice }) {
  const answering = [
    [["0–9"], texts.key_digits],
    [[texts.letters], texts.key_letters],
    [[texts.space], texts.key_space],
    [["↑", "↓"], texts.key_arrows],
    [["F8"], texts.key_dk],
    [["F9"], texts.key_refused],
    [["F10"], texts.key_na],
    [["Ctrl+Enter"], texts.key_new_line],
  ];
  const moving = [
    [["Enter", "PgDn"], texts.key_next],
    [["PgUp", "Shift+Enter"], texts.key_back],
    [["Ctrl+End"], texts.key_first_unanswered],
  ];
  const around = [
    ...languageKeys(call),
    ...(practice ? [] : callKeys(texts)),
    [["Alt+1", "Alt+2", "Alt+3"], texts.key_side],
    [["Esc"], texts.key_cancel],
    [["F1"], texts.key_help],
  ];
  return [
    [texts.keys_answering, answering],
    [texts.keys_moving, moving],
    [texts.keys_call, around],
  ];
}
