/** The button of a form that changes something locks when it is pressed. */

export function enableOnce(): void {
  document.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches("form[data-once]")) return;
    if (event.target.dataset["sent"] !== undefined) {
      event.preventDefault();
      return;
    }
    event.target.dataset["sent"] = "";
    for (const button of event.target.querySelectorAll("button"))
      button.setAttribute("aria-disabled", "true");
  });
  // A page that comes back from the browser's memory can be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLElement>("form[data-sent]")) {
      delete form.dataset["sent"];
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    }
  });
}
