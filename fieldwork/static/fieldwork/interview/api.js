// Requests to the server. Three outcomes: the answer, `Refused` (the server said no, with its error body), `Unreachable` (try again later).

export class Refused extends Error {
  constructor(status, body) {
    super(body.message ?? String(status));
    this.status = status;
    this.code = body.code ?? "";
    this.fields = body.fields ?? {};
  }
}

export class Unreachable extends Error {}

const PATIENCE_MS = 15000;

export async function get(url) {
  return request(url, { method: "GET" });
}

export async function post(url, body = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
  return request(url, { method: "POST", headers, body: JSON.stringify(body) });
}

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Unreachable();
  }
  // A proxy without a server behind it, a server that starts, or one that is overloaded: all pass.
  if (response.status >= 500 || response.status === 429) throw new Unreachable();
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

function csrfToken() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}
