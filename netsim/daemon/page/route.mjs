// Addresses: of the page, #/project/NAME or #/project/NAME/SECTION, and of the REST interface.

export const SECTIONS = ["status", "log", "actions", "system"];

// Read the part of an address after the "#"; `name` is null where no project is meant.
export function parseRoute(hash) {
  const [place, name, section] = hash.replace(/^#?\/?/, "").split("/");
  if (place !== "project" || !name) {
    return { name: null, section: SECTIONS[0] };
  }
  return {
    name: decoded(name),
    section: SECTIONS.includes(section) ? section : SECTIONS[0],
  };
}

// Write it.
export function routeTo(name, section = SECTIONS[0]) {
  const project = `#/project/${encodeURIComponent(name)}`;
  return section === SECTIONS[0] ? project : `${project}/${section}`;
}

// The path of a project in the REST interface, or of something below it.
export function projectPath(name, ...more) {
  return ["projects", encodeURIComponent(name), ...more].join("/");
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
