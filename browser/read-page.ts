/** Reads a page again and puts what is new into place. */
import { morph } from "./morph.ts";

const PATIENCE_MS = 10_000;
/** A form's page keeps what is in it. */
const PARTS = ["icons", "main:not([data-keep])", "heartbeat", "footer"];

/** `replaced`: another page was asked for meanwhile. `failed`: the server did not answer, or not with a page. */
export type ReadOutcome = "read" | "replaced" | "failed";

let former = new AbortController();

/** `url`: the page's own, or another view of it. */
export async function readPage(url: string): Promise<ReadOutcome> {
  former.abort();
  const own = new AbortController();
  former = own;
  let next: Document;
  try {
    const response = await fetch(url, {
      headers: { Accept: "text/html" },
      signal: AbortSignal.any([own.signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    if (response.redirected) {
      location.assign(response.url);
      return "replaced";
    }
    next = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    return own.signal.aborted ? "replaced" : "failed";
  }
  if (own.signal.aborted) return "replaced";
  // A proxy's page, or one that says that the database cannot be read now, is not this page.
  if (next.querySelector("#main") === null) return "failed";
  document.title = next.title;
  document.documentElement.dataset["now"] = next.documentElement.dataset["now"] ?? "";
  for (const part of PARTS) {
    const present = document.querySelector(`#${part}`);
    const newer = next.querySelector(`#${part}`);
    if (present !== null && newer !== null) morph(present, newer);
  }
  document.dispatchEvent(new Event("page-read"));
  return "read";
}

let shown = withoutPlace(location.href);

/** Goes to another view without loading the frame again. */
export async function visit(url: string): Promise<void> {
  const outcome = await readPage(url);
  if (outcome === "failed") location.assign(url);
  if (outcome !== "read") return;
  shown = withoutPlace(url);
  history.pushState(null, "", url);
}

/** After a page that was visited the browser only changes its address. */
export function enableGoingBack(): void {
  addEventListener("popstate", () => {
    const wanted = withoutPlace(location.href);
    if (wanted === shown) return;
    shown = wanted;
    void readPage(location.href).then((outcome) => {
      if (outcome === "failed") location.reload();
    });
  });
}

function withoutPlace(url: string): string {
  return url.split("#")[0] ?? url;
}
