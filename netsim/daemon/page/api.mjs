// The daemon's REST interface.

import { token } from "./token.mjs";

const PATIENCE = 8000; // milliseconds

// The daemon has answered, but not with what was asked for; or it has not answered: status 0.
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Api {
  // `answered` and `failed` hear how each request went; `unauthorized` that a token is needed.
  constructor({ answered, failed, unauthorized }) {
    Object.assign(this, { answered, failed, unauthorized });
  }

  // Ask for something; `stop` is an AbortSignal.
  get(path, parameters = {}, stop = null) {
    const query = new URLSearchParams(parameters).toString();
    return this.#request("GET", query ? `${path}?${query}` : path, stop);
  }

  remove(path) {
    return this.#request("DELETE", path, null);
  }

  async #request(method, path, stop) {
    const signals = [AbortSignal.timeout(PATIENCE), ...(stop ? [stop] : [])];
    const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
    let response;
    let body;
    try {
      const options = { method, headers, signal: AbortSignal.any(signals), cache: "no-store" };
      response = await fetch(`api/v1/${path}`, options);
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
      throw new ApiError(response.status, text(body?.error) ?? `HTTP status ${response.status}`);
    }
    return body;
  }
}

// The path of a project, or of something below it.
export function projectPath(name, ...more) {
  return ["projects", encodeURIComponent(name), ...more].join("/");
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
