// Entries of earlier interviews that never reached the server: the browser was closed without a connection, the
// computer went down. They are sent when the next call begins, by whoever sits here then.

import { post, Refused, Unreachable } from "./api.js";

const BATCH = 50;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

// Sends them; gives the refusals of those that can't be taken any more: [{call, message, entries}].
export async function sendLeftovers(store, current) {
  const refused = [];
  for (const sitting of await store.sittings()) {
    if (sitting.interview === current) continue;
    const problem = await sendOne(store, sitting);
    if (problem) refused.push(problem);
  }
  return refused;
}

async function sendOne(store, { interview, call, url, epoch, at }) {
  let entries = await store.after(interview, 0);
  try {
    while (entries.length) {
      const { last_seq } = await post(url, { epoch, entries: entries.slice(0, BATCH) });
      if (last_seq < entries[0].seq) throw new Unreachable();
      entries = entries.filter(({ seq }) => seq > last_seq);
      await store.forget(interview, last_seq);
    }
    await store.drop(interview);
  } catch (error) {
    if (error instanceof Refused) {
      await store.drop(interview);
      return { call, message: error.message, entries };
    }
    if (!(error instanceof Unreachable)) throw error;
    // Perhaps it is somebody else's, who has to log in here. Answers don't stay on a computer for ever.
    if (Date.now() - at > WEEK_MS) await store.drop(interview);
  }
  return null;
}
