// Finds and makes elements. Data only ever becomes text: there is no way in here to write HTML.

// The element of the page that has this id.
export function $(id) {
  return document.getElementById(id);
}

// Make an element: `properties` are of the DOM, or attributes if they hold a dash or are `role`.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "dataset") {
      Object.assign(made.dataset, value);
    } else if (name === "role" || name.includes("-")) {
      made.setAttribute(name, value);
    } else {
      made[name] = value;
    }
  }
  made.append(...children);
  return made;
}

// Change a text where it differs, so that nothing else is painted or read out.
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

// Make the children of an element these, in this order, and leave alone those that stay.
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) {
    if (!wanted.has(child)) {
      child.remove();
    }
  }
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) {
      next = next.nextElementSibling;
    } else {
      parent.insertBefore(child, next);
    }
  }
}
