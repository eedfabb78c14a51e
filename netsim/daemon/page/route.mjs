// What the address of the page says: #/project/NAME, or #/project/NAME/SECTION.

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

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
