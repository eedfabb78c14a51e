// A server's REST interface.

import { token } from "./token.mjs";

// The server has answered, but not with what was asked for; or it has not answered: status 0.
// `problems` are all that it has found, each a text.
export class ApiError extends Error {
  constructor(status, message, problems = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

export class Api {
  // `base` stands before all paths, and `patience` is in milliseconds. `answered` and `failed` hear
  // how each request went; `unauthorized` that a token is needed.
  constructor({ base = "", patience = 8000, answered, failed, unauthorized }) {
    Object.assign(this, { base, patience, answered, failed, unauthorized });
  }

  // Ask for something; `stop` is an AbortSignal.
  async get(path, parameters = {}, stop = null) {
    const query = new URLSearchParams(parameters).toString();
    return (await this.#request(query ? `${path}?${query}` : path, { method: "GET" }, stop)).body;
  }

  // Send JSON; the answer's body, and its headers.
  post(path, json, stop = null) {
    const options = { method: "POST", body: JSON.stringify(json), headers: { "Content-Type": "application/json" } };
    return this.#request(path, options, stop);
  }

  async remove(path) {
    await this.#request(path, { method: "DELETE" }, null);
  }

  async #request(path, options, stop) {
    const signals = [AbortSignal.timeout(this.patience), ...(stop ? [stop] : [])];
    const headers = { ...options.headers, ...(token() ? { Authorization: `Bearer ${token()}` } : {}) };
    let response;
    let body;
    try {
      const more = { headers, signal: AbortSignal.any(signals), cache: "no-store" };
      response = await fetch(`${this.base}${path}`, { ...options, ...more });
      body = parsed(await response.text());
    } catch (error) {
      if (stop?.aborted) {
        throw new ApiError(-1, "no longer needed");
      }
      this.failed();
      throw new ApiError(0, String(error?.message ?? error));
    }
    this.answered();
    if (response.status === 401) {
      this.unauthorized();
    }
    if (!response.ok || (body === null && response.status !== 204)) {
      const problems = Array.isArray(body?.problems) ? body.problems.filter(text) : [];
      throw new ApiError(response.status, text(body?.error) ?? `HTTP status ${response.status}`, problems);
    }
    return { body, headers: response.headers };
  }
}

// Errors of a proxy on the way are no JSON.
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function text(value) {
  return typeof value === "string" ? value : null;
}
