// What is said where there is no question to ask: {state, title, text, tone, action, run, back} for a NoticePanel.

import { link } from "./api.js";

// Null where a question is on the screen.
export function noticeWords({ conversation, texts, practice, finish, back, leave }) {
  if (!conversation) return null;
  const { checkpoints } = conversation;
  const finishing = { action: texts.finish, run: finish };
  if (conversation.finishing || checkpoints.waiting) return waitingWords(conversation.finishing, texts);
  if (checkpoints.closed) {
    const text = checkpoints.closed.message || texts.quota_full_text;
    return { state: "closed", title: texts.quota_full, text, tone: "warn", ...finishing };
  }
  if (!conversation.atEnd) return null;
  const end = { state: "end", title: texts.end, tone: "good", back, hints: [[["PgUp"], texts.key_back]] };
  if (practice) return { ...end, text: texts.practice_end, action: texts.leave, run: leave };
  return { ...end, text: texts.end_text, ...finishing };
}

function waitingWords(finishing, texts) {
  const title = finishing ? texts.finishing : texts.checkpoint;
  const asking = finishing ? texts.sending : texts.checking;
  if (link.state === "ok") return { state: `asking ${title}`, title, text: asking, tone: "info" };
  const text = link.state === "logged_out" ? texts.waiting_for_log_in : texts.waiting_for_server;
  return { state: `${link.state} ${title}`, title, text, tone: "warn" };
}

// Nothing more is taken from this page. Answers that did not arrive are shown, so that somebody can enter them.
export function stoppedWords({ error, conversation, texts, entries }) {
  const lost = entries.filter(({ kind }) => kind === "answer").map((entry) => inWords(conversation, entry));
  return {
    title: error.code === "taken_over" ? texts.taken_over_title : texts.stopped_title,
    text: error.message,
    tone: "bad",
    more: lost.length ? [texts.not_taken, ...lost] : [],
    action: texts.to_ready,
  };
}

function inWords(conversation, { item, value }) {
  const step = conversation.state.step(item);
  return `${item}: ${step ? conversation.answerInWords(step) : JSON.stringify(value)}`;
}
