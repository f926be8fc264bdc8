/** A block's rows as a table: what it shows, or the data below a chart. End tags that HTML does not need are left out. */
import { listColumns, type Drawing } from "./drawing.ts";
import { formatValue } from "./format.ts";
import { escapeHtml } from "./html.ts";

/** `label`: the name of the region that can be scrolled. */
export function drawTable(drawing: Drawing, label: string): string {
  const { rows, language } = drawing;
  const columns = listColumns(drawing);
  const heads = columns.map(
    ({ heading, as }) => `<th scope="col"${as === "text" ? "" : " class=r"}>${escapeHtml(heading)}`,
  );
  const lines = rows.map((row) => {
    const cells = columns.map(({ name, as }, index) => {
      const text = escapeHtml(formatValue(row[name], as, language));
      if (index === 0) return `<th scope="row"><bdi>${text}</bdi>`;
      return as === "text" ? `<td><bdi>${text}</bdi>` : `<td class=r>${text}`;
    });
    return `<tr>${cells.join("")}`;
  });
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table>` +
    `<thead><tr>${heads.join("")}<tbody>${lines.join("")}</table></div>`
  );
}
