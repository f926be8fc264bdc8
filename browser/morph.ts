/** Makes a part of the page equal to a newer version of it, and leaves what did not change: focus, scrolling, selected text. */

/** Attributes that belong to the person at the page. */
const OWN: Readonly<Record<string, ReadonlySet<string>>> = {
  DETAILS: new Set(["open"]),
  DIALOG: new Set(["open"]),
  INPUT: new Set(["value", "checked"]),
  TD: new Set(["tabindex"]),
};

export function morph(present: Element, next: Element): void {
  // A form that is being filled in is never touched.
  if (present.tagName === "FORM" || present.isEqualNode(next)) return;
  if (present.tagName !== next.tagName || present.id !== next.id) {
    present.replaceWith(next);
    return;
  }
  syncAttributes(present, next);
  syncChildren(present, next);
}

function syncAttributes(present: Element, next: Element): void {
  const own = OWN[present.tagName];
  for (const { name, value } of next.attributes) {
    if (own?.has(name) !== true && present.getAttribute(name) !== value) present.setAttribute(name, value);
  }
  for (const name of present.getAttributeNames()) {
    if (own?.has(name) !== true && !next.hasAttribute(name)) present.removeAttribute(name);
  }
}

function syncChildren(present: Element, next: Element): void {
  const wanted = [...next.childNodes];
  const found = [...present.childNodes];
  for (const [index, child] of wanted.entries()) {
    const old = found[index];
    if (old === undefined) present.append(child);
    else if (old instanceof Element && child instanceof Element) morph(old, child);
    else if (!old.isEqualNode(child)) old.replaceWith(child);
  }
  for (const extra of found.slice(wanted.length)) extra.remove();
}
