/** Buttons that copy a command. They are shown only here, because they need a script. */

const SHOWN_MS = 2_000;

export function enableCopying(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    if (button !== null) void copy(button);
  });
  document.documentElement.dataset["script"] = "on";
}

async function copy(button: HTMLElement): Promise<void> {
  const { copy: text = "", copied = "" } = button.dataset;
  const label = button.querySelector("span");
  if (label === null) return;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission the text is at least selected.
    const code = button.parentElement?.querySelector("code");
    if (code !== null && code !== undefined) getSelection()?.selectAllChildren(code);
    return;
  }
  const before = label.textContent;
  label.textContent = copied;
  announce(copied);
  setTimeout(() => {
    label.textContent = before;
  }, SHOWN_MS);
}

/** Read aloud by screen readers. */
function announce(text: string): void {
  const place = document.querySelector("#announce");
  if (place !== null) place.textContent = text;
}
