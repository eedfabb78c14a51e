// What went wrong, in words.

const UNREACHABLE = "The bridge does not answer. What was shown stays here, and it is asked again.";
const TOO_MUCH = "This is too much data: choose a shorter time, or fewer fields";
const REFUSED = "The bridge does not accept this query";
const FAILED = "There is no data";

// What to tell of an error, and whether it may go away by itself.
export function wordsOf({ status, message, problems = [] }) {
  if (status === 0) {
    return { text: UNREACHABLE, again: true };
  }
  const first = status === 413 ? TOO_MUCH : status < 500 ? REFUSED : FAILED;
  const reason = `${first}: ${[message, ...problems].join("; ")}`;
  return { text: reason.replace(/[^.!?]$/, "$&."), again: status >= 500 };
}

// What to tell of nodes that have not answered, while others have.
export function missingWords(nodes) {
  const names = nodes.length > 1 ? `${nodes.slice(0, -1).join(", ")} and ${nodes.at(-1)}` : nodes[0];
  return `No answer from ${names}: what is shown of ${nodes.length > 1 ? "them" : "it"} is from before.`;
}
