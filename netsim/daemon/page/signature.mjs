// The arguments of an action: what to ask for, and what to send.
//
// Every argument is sent as a text, as frontends always did: programs in the field read it as
// a Python literal, and netsim's own link by the type of the argument.

// Read what a program says of an argument, such as "int = 3".
export function readArgument(name, description) {
  const text = typeof description === "string" ? description : "any";
  const [, type, value] = /^(.*?)(?:\s+=\s+([\s\S]*))?$/s.exec(text);
  const kind = { int: "whole", float: "number", bool: "yes" }[type] ?? (type === "str" ? "text" : "any");
  return { name, type: type || "any", kind, optional: value !== undefined, initial: initial(kind, value) };
}

// What to send for what was filled in; undefined to leave it out.
export function written(argument, value) {
  if (argument.kind === "yes") {
    return value ? "True" : "False";
  }
  const isText = argument.kind === "text";
  if (value === "" && argument.optional && !(isText && argument.initial !== "")) {
    return undefined;
  }
  return value;
}

// What a form begins with: the default value, where it can be written there.
function initial(kind, value) {
  if (kind === "yes") {
    return value === "True";
  }
  if (value === undefined || value === "None") {
    return "";
  }
  if (kind === "text") {
    return /^(["'])([^\\]*)\1$/.exec(value)?.[2] ?? "";
  }
  if (kind === "any") {
    return value.length <= 200 ? value : "";
  }
  return Number.isFinite(Number(value)) ? value : "";
}
