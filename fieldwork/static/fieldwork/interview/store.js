// What the browser keeps until the server has it: journal entries, in IndexedDB. They survive reloads, crashes and power cuts.

const NAME = "dala";
const ENTRIES = "entries";

export async function openStore() {
  const db = await promised(Object.assign(indexedDB.open(NAME, 1), { onupgradeneeded: upgrade }));
  return new Store(db);
}

function upgrade(event) {
  event.target.result.createObjectStore(ENTRIES, { keyPath: ["interview", "seq"] });
}

class Store {
  constructor(db) {
    this.db = db;
  }

  // Resolves when the entry is on the disk, not before.
  add(interview, entry) {
    const transaction = this.db.transaction(ENTRIES, "readwrite", { durability: "strict" });
    transaction.objectStore(ENTRIES).put({ interview, ...entry });
    return finished(transaction);
  }

  // Entries of an interview behind `seq`, in order.
  async after(interview, seq) {
    const range = IDBKeyRange.bound([interview, seq], [interview, Infinity], true);
    const rows = await promised(this.db.transaction(ENTRIES).objectStore(ENTRIES).getAll(range));
    return rows.map(({ interview: _, ...entry }) => entry);
  }

  // Forget what the server has acknowledged.
  forget(interview, seq) {
    const transaction = this.db.transaction(ENTRIES, "readwrite");
    transaction.objectStore(ENTRIES).delete(IDBKeyRange.bound([interview, 0], [interview, seq]));
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

// Practice: the same manners, nothing kept.
export class NoStore {
  async add() {}
  async after() {
    return [];
  }
  async forget() {}
}
