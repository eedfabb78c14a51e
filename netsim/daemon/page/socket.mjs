// The WebSocket of one project: joins as a frontend, and comes back whenever it is lost.

import { Backoff } from "./backoff.mjs";
import { token } from "./token.mjs";

const PROTOCOL = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const IDS = 1e11; // what frontends use
const SETTLED = 5000; // milliseconds after which a connection counts as a good one

export function randomId() {
  return 1 + Math.floor(Math.random() * (IDS - 1));
}

export class ProjectSocket {
  #socket = null;
  #timer = null;
  #settled = null;
  #backoff = new Backoff();
  #ended = false;

  // `listener` has live(), lost(seconds until the next try), logged(payload), answered(id, payload).
  constructor(name, listener) {
    this.name = name;
    this.listener = listener;
    this.live = false;
    this.#open();
  }

  // Send an event; false where there is no connection.
  send(type, payload, id) {
    if (!this.live) {
      return false;
    }
    this.#write(type, payload, id);
    return true;
  }

  // The daemon is there again: do not wait any longer.
  hurry() {
    if (this.#timer !== null && !this.#ended) {
      this.#open();
    }
  }

  end() {
    this.#ended = true;
    this.#drop();
  }

  #open() {
    this.#drop();
    const { url, protocols } = address();
    const socket = new WebSocket(url, protocols);
    const hello = randomId();
    this.#socket = socket;
    socket.onopen = () => this.#write("handshake", { who: "web" }, hello);
    socket.onmessage = (event) => this.#received(event.data, hello);
    socket.onclose = () => this.#lost();
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#settled);
    this.#timer = null;
    this.live = false;
    if (this.#socket !== null) {
      this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close();
      this.#socket = null;
    }
  }

  #lost() {
    this.#drop();
    const wait = this.#backoff.next();
    this.#timer = setTimeout(() => this.#open(), wait * 1000);
    this.listener.lost(wait);
  }

  #write(type, payload, id) {
    const message = { "event-type": type, name: this.name, payload, "event-id": id };
    this.#socket.send(JSON.stringify(message));
  }

  #received(data, hello) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    const { "event-type": type, "event-id": id, payload } = message;
    if (type === "log") {
      this.listener.logged(payload);
    } else if (type === "handshake" && id === hello) {
      this.#joined(payload);
    } else if (type === "ack" || type === "action" || type === "error") {
      this.listener.answered(id, payload);
    }
  }

  #joined(payload) {
    if (payload?.result !== 200) {
      // A daemon that has just started may not know the project yet.
      this.#lost();
      return;
    }
    this.live = true;
    this.#settled = setTimeout(() => this.#backoff.reset(), SETTLED);
    this.listener.live();
  }
}

function address() {
  const url = new URL("ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = url.hash = "";
  const secret = token();
  if (secret && PROTOCOL.test(secret)) {
    return { url, protocols: [`netsim.token.${secret}`] };
  }
  if (secret) {
    url.searchParams.set("token", secret);
  }
  return { url, protocols: [] };
}
