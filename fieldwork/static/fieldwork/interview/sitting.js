// A sitting: one page that has the interview open. It takes up what an earlier life of the page left, keeps the clock,
// and hands over when the interview is opened elsewhere.

import { Refused } from "./api.js";
import { Conversation } from "./conversation.js";
import { Journal } from "./journal.js";

// A clock that goes on over a reload must not count a night.
const LONGEST_SITTING_MS = 4 * 60 * 60 * 1000;

// Gives {journal, conversation, elapsed, draft}. `elapsed()` is the milliseconds since the interview began.
export async function openSitting({ call, interview, script, store, practice }) {
  let elapsed = () => interview.elapsed_ms;
  const journal = new Journal({
    store,
    interview: interview.uid,
    url: interview.urls?.journal,
    epoch: interview.epoch,
    acknowledged: interview.last_seq,
    clock: () => elapsed(),
    practice,
  });
  // A store that fails has nothing to give; the journal says so on the screen.
  const kept = (promise, otherwise) =>
    promise.catch((error) => {
      journal.diskError = error;
      return otherwise;
    });
  const unsent = await kept(journal.recover(), []);
  const conversation = new Conversation({ interview, script, journal, practice });
  conversation.replay(unsent);
  const known = await kept(store.sitting(interview.uid), null);
  const base = Math.max(interview.elapsed_ms, unsent.at(-1)?.elapsed_ms ?? 0, clockOf(known, call));
  const began = performance.now();
  elapsed = () => base + performance.now() - began;
  await kept(store.keepSitting(sittingOf({ call, interview, elapsed_ms: base })));
  return { journal, conversation, elapsed, draft: await kept(store.draft(interview.uid), null) };
}

// What the clock of this very call shows after a reload. In another call it goes on from the last entry. The clock
// places the questions on the recording.
function clockOf(known, call) {
  const passed = known && known.call === call.id ? Date.now() - known.at : -1;
  return passed >= 0 && passed < LONGEST_SITTING_MS ? known.elapsed_ms + passed : 0;
}

function sittingOf({ call, interview, elapsed_ms }) {
  const { uid, epoch, urls } = interview;
  return { interview: uid, call: call.id, url: urls?.journal, epoch, elapsed_ms, at: Date.now() };
}

// Another tab of this browser learns at once that this one has taken over; one elsewhere learns it from the server.
export function announceSitting({ uid, epoch }, texts, takenOver) {
  const channel = new BroadcastChannel("dala-interview");
  channel.onmessage = ({ data }) => {
    if (data.uid !== uid || data.epoch <= epoch) return;
    takenOver(new Refused(409, { code: "taken_over", message: texts.taken_over }));
  };
  channel.postMessage({ uid, epoch });
}
