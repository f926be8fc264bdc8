/** A choice in a list of filters shows its result at once. */

export function enableFilters(): void {
  document.addEventListener("change", (event) => {
    if (!(event.target instanceof HTMLSelectElement)) return;
    event.target.closest<HTMLFormElement>("form[data-send]")?.requestSubmit();
  });
  // Empty fields would only make the address longer.
  document.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) {
      if (value === "") event.formData.delete(name);
    }
  });
}
