// What the browser keeps until the server has it, in IndexedDB: journal entries, what is being typed, and for each
// interview what is needed to send its entries later. All of it survives reloads, crashes and power cuts.

const NAME = "dala";
const ENTRIES = "entries";
const SITTINGS = "sittings";
const DRAFTS = "drafts";
// A disk that takes longer is treated as one that can't keep anything: the interviewer must not wait for it.
const PATIENCE_MS = 2000;

// Opens the store; where the browser has none (its disk is full, its settings forbid it) a store that keeps nothing.
export async function openStore() {
  try {
    const opening = Object.assign(indexedDB.open(NAME, 1), { onupgradeneeded: upgrade });
    return new Store(await inTime(promised(opening)));
  } catch (error) {
    return Object.assign(new NoStore(), { failure: error });
  }
}

function upgrade({ target }) {
  target.result.createObjectStore(ENTRIES, { keyPath: ["interview", "seq"] });
  target.result.createObjectStore(SITTINGS, { keyPath: "interview" });
  target.result.createObjectStore(DRAFTS, { keyPath: "interview" });
}

// Every method is asynchronous: what fails, fails as a promise that nobody can forget to handle.
class Store {
  constructor(db) {
    this.db = db;
  }

  // Resolves when the entry is on the disk, not before. What was being typed has become the entry.
  async add(interview, entry) {
    const transaction = this.db.transaction([ENTRIES, DRAFTS], "readwrite", { durability: "strict" });
    transaction.objectStore(ENTRIES).put({ interview, ...entry });
    transaction.objectStore(DRAFTS).delete(interview);
    return inTime(finished(transaction));
  }

  // Entries of an interview behind `seq`, in order.
  async after(interview, seq) {
    const range = IDBKeyRange.bound([interview, seq], [interview, Infinity], true);
    const rows = await promised(this.db.transaction(ENTRIES).objectStore(ENTRIES).getAll(range));
    return rows.map(({ interview: _, ...entry }) => entry);
  }

  // Forget what the server has acknowledged.
  async forget(interview, seq) {
    return this.change(ENTRIES, (entries) => entries.delete(IDBKeyRange.bound([interview, 0], [interview, seq])));
  }

  // A sitting: {interview, call, url, epoch, elapsed_ms, at}: how to send what is left of it, and its clock.
  async keepSitting(sitting) {
    return this.change(SITTINGS, (sittings) => sittings.put(sitting));
  }

  async sitting(interview) {
    return promised(this.db.transaction(SITTINGS).objectStore(SITTINGS).get(interview));
  }

  async sittings() {
    return promised(this.db.transaction(SITTINGS).objectStore(SITTINGS).getAll());
  }

  // An interview of which nothing has to be kept any more.
  async drop(interview) {
    await this.forget(interview, Infinity);
    await this.change(DRAFTS, (drafts) => drafts.delete(interview));
    await this.change(SITTINGS, (sittings) => sittings.delete(interview));
  }

  // What is being typed, question by question: {interview, key, typed, marked}.
  async keepDraft(draft) {
    return this.change(DRAFTS, (drafts) => drafts.put(draft));
  }

  async draft(interview) {
    return promised(this.db.transaction(DRAFTS).objectStore(DRAFTS).get(interview));
  }

  async change(name, write) {
    const transaction = this.db.transaction(name, "readwrite");
    write(transaction.objectStore(name));
    return finished(transaction);
  }
}

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

function inTime(promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("The disk is too slow.")), PATIENCE_MS));
  return Promise.race([promise, late]);
}

// Practice, and a browser without a store: the same manners, nothing kept. `failure` says that it should have been.
export class NoStore {
  async add() {
    if (this.failure) throw this.failure;
  }
  async after() {
    return [];
  }
  async sittings() {
    return [];
  }
  async forget() {}
  async keepSitting() {}
  async sitting() {}
  async drop() {}
  async keepDraft() {}
  async draft() {}
}
