/** Reads a page again and puts what is new into place. */
import { morph } from "./morph.ts";

/** `false` if the server did not answer. `url`: the page's own, or another view of it. */
export async function readPage(url: string): Promise<boolean> {
  let text: string;
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" } });
    if (response.redirected) {
      location.assign(response.url);
      return true;
    }
    text = await response.text();
  } catch {
    return false;
  }
  const next = new DOMParser().parseFromString(text, "text/html");
  document.title = next.title;
  document.documentElement.dataset["now"] = next.documentElement.dataset["now"] ?? "";
  for (const id of ["icons", "main", "heartbeat", "footer"]) {
    const present = document.querySelector(`#${id}`);
    const newer = next.querySelector(`#${id}`);
    if (present !== null && newer !== null) morph(present, newer);
  }
  document.dispatchEvent(new Event("page-read"));
  return true;
}

/** Goes to another view without loading the frame again. */
export async function visit(url: string): Promise<void> {
  if (!(await readPage(url))) {
    location.assign(url);
    return;
  }
  history.pushState(null, "", url);
}

addEventListener("popstate", () => {
  void readPage(location.href);
});
