/** A choice in a list of filters shows its result at once. */

export function enableFilters(): void {
  document.addEventListener("change", (event) => {
    if (!(event.target instanceof HTMLSelectElement)) return;
    event.target.closest<HTMLFormElement>("form[data-send]")?.requestSubmit();
  });
  // Empty fields would only make the address longer.
  document.addEventListener("formdata", (event) => {
    const names = [...event.formData.keys()].filter((name) => event.formData.get(name) === "");
    for (const name of names) event.formData.delete(name);
  });
}
