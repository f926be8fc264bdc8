/** Makes a part of the page equal to a newer version of it, and leaves what did not change: focus, scrolling, selected text. */

/** Attributes that belong to the person at the page. */
const OWN: Readonly<Record<string, ReadonlySet<string>>> = {
  DETAILS: new Set(["open"]),
  DIALOG: new Set(["open"]),
};

const FIELDS = "input:not([type=hidden]), select, textarea";

export function morph(present: Element, next: Element): void {
  if (isFilledIn(present) || present.isEqualNode(next)) return;
  if (!isSameKind(present, next)) {
    present.replaceWith(next);
    return;
  }
  syncAttributes(present, next);
  syncChildren(present, next);
}

/** A form with fields is never touched, and one that has been sent waits for its answer. */
function isFilledIn(element: Element): boolean {
  return (
    element instanceof HTMLFormElement &&
    (element.dataset["sent"] !== undefined || element.querySelector(FIELDS) !== null)
  );
}

function isSameKind(present: Element, next: Element): boolean {
  return present.tagName === next.tagName && findKey(present) === findKey(next);
}

/** What an element stands for in its list: its id, or where the first link of its row leads. */
function findKey(node: Node): string | undefined {
  if (!(node instanceof Element)) return undefined;
  if (node.id !== "") return node.id;
  if (node.tagName !== "TR" && node.tagName !== "LI") return undefined;
  return node.querySelector("a[href]")?.getAttribute("href") ?? undefined;
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

/** Rows that stay are not moved, so that the one with the focus keeps it. */
function syncChildren(present: Element, next: Element): void {
  const wanted = [...next.childNodes];
  const wantedKeys = new Set(wanted.map(findKey));
  const former = [...present.childNodes];
  const kept = new Map<string, ChildNode>();
  for (const child of former) {
    const key = findKey(child);
    if (key === undefined) continue;
    if (!wantedKeys.has(key) || kept.has(key)) child.remove();
    else kept.set(key, child);
  }
  let at = present.firstChild;
  for (const child of wanted) {
    const key = findKey(child);
    const isOfPlace = key === undefined && at !== null && findKey(at) === undefined;
    const old = isOfPlace ? at : key === undefined ? null : (kept.get(key) ?? null);
    if (key !== undefined) kept.delete(key);
    if (old === null) {
      present.insertBefore(child, at);
      continue;
    }
    if (old === at) at = at.nextSibling;
    else present.insertBefore(old, at);
    if (old instanceof Element && child instanceof Element) morph(old, child);
    else if (!old.isEqualNode(child)) old.replaceWith(child);
  }
  while (at !== null) {
    const extra = at;
    at = at.nextSibling;
    extra.remove();
  }
}
