/** A choice in a list of filters shows its result at once. */

export function enableFilters(): void {
  document.addEventListener("change", (event) => {
    if (!(event.target instanceof HTMLSelectElement)) return;
    event.target.closest<HTMLFormElement>("form[data-send]")?.requestSubmit();
  });
  // Empty fields would only make the address longer. Forms that change something send what they show.
  document.addEventListener("formdata", (event) => {
    if (!(event.target instanceof HTMLFormElement) || event.target.method !== "get") return;
    const names = [...event.formData.keys()].filter((name) => event.formData.get(name) === "");
    for (const name of names) event.formData.delete(name);
  });
}
