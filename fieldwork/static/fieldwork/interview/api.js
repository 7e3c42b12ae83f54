// Requests to the server. Three outcomes: the answer; `Refused` (the server said no, with its error body);
// `Unreachable` (try again later). `LoggedOut` is of the last kind: somebody has to log in, in another tab, and
// everything goes on.

export class Refused extends Error {
  constructor(status, body) {
    super(body.message ?? String(status));
    this.status = status;
    this.code = body.code ?? "";
    this.fields = body.fields ?? {};
  }
}

export class Unreachable extends Error {}

export class LoggedOut extends Unreachable {}

const PATIENCE_MS = 15000;
// Nobody is logged in, somebody else is, or the token of the form is from before the last log-in.
const NOT_ME = [401, 403, 404];

// How the last request went: `ok`, `unreachable` or `logged_out`. Says `changed`.
export const link = Object.assign(new EventTarget(), { state: "ok" });

function linkIs(state) {
  if (link.state === state) return;
  link.state = state;
  link.dispatchEvent(new Event("changed"));
}

export async function get(url) {
  return watched(url, { method: "GET" });
}

export async function post(url, body = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  return watched(url, { method: "POST", headers, body: JSON.stringify(body) });
}

async function watched(url, options) {
  try {
    const body = await request(url, options);
    linkIs("ok");
    return body;
  } catch (error) {
    linkIs(error instanceof LoggedOut ? "logged_out" : error instanceof Unreachable ? "unreachable" : "ok");
    throw error;
  }
}

async function request(url, options) {
  const response = await answered(url, options);
  // A proxy without a server behind it, a server that starts, or one that is overloaded: all pass.
  if (response.status >= 500 || response.status === 429) throw new Unreachable();
  if (NOT_ME.includes(response.status)) throw new LoggedOut();
  const body = await response.json().catch(() => null);
  // A log-in page of the network in between is no answer of ours.
  if (body === null) throw new Unreachable();
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

async function answered(url, options) {
  try {
    return await fetch(url, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Unreachable();
  }
}

// The cookie's token is that of the last log-in, in whichever tab; the page's own is older.
function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  if (cookie) return cookie.slice("csrftoken=".length);
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}
