// What the answer to an action says.

import { isObject } from "./format.mjs";

const MOST_TEXT = 20000;
const SENTENCES = {
  404: "The program is not connected.",
  429: "Too many actions are waiting.",
};

// Read the payload of an answer: `{ state, text }`; the state is done, failed or late.
export function readOutcome(payload) {
  const answer = isObject(payload?.action) ? payload.action : payload;
  if (!isObject(answer)) {
    return { state: "done", text: asText(answer) };
  }
  if (typeof answer.reason === "string") {
    return refused(answer);
  }
  if (answer.error !== undefined && answer.error !== null) {
    return { state: "failed", text: asText(answer.error) };
  }
  return { state: "done", text: asText("result" in answer ? answer.result : answer) };
}

function refused({ result, reason, problems }) {
  const more = Array.isArray(problems) ? problems.map(asText) : [];
  const text = [SENTENCES[result] ?? reason, ...more].join("\n");
  return { state: result === 504 ? "late" : "failed", text };
}

function asText(value) {
  const text = typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value, null, 1);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} …` : text;
}
