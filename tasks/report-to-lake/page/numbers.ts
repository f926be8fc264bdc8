/** Figures in cards: each column of the one row, with its detail below. */
import { JobFault } from "../../sql-to-lake/engine/job.ts";
import { listColumns, type Chart, type Drawing } from "./drawing.ts";
import { formatShort, formatValue, readNumber } from "./format.ts";
import { escapeHtml } from "./html.ts";

export function drawNumbers(drawing: Drawing): Chart {
  const { rows, block, language } = drawing;
  const [row = {}] = rows;
  if (rows.length > 1)
    throw new JobFault(
      "REPORT_NOT_AS_DECLARED",
      `The part ${block.part} has ${rows.length} rows, and a number shows one.`,
    );
  const columns = listColumns(drawing);
  const details = new Set(columns.map(({ detail }) => detail));
  const show = (name: string): string => {
    const column = columns.find((one) => one.name === name);
    const value = row[name];
    if (column === undefined) return "";
    const number = readNumber(value);
    return column.as === "text" || number === null
      ? formatValue(value, column.as, language)
      : formatShort(number, column.as, language);
  };
  const shown = columns.filter(({ name }) => !details.has(name));
  const cards = shown.map(({ name, heading, detail, as }) => {
    const below =
      detail === undefined ? "" : `<dd class="detail"><bdi>${escapeHtml(show(detail))}</bdi></dd>`;
    const look = as === "text" ? ' class="words"' : "";
    return `<div><dt>${escapeHtml(heading)}</dt><dd${look}><bdi>${escapeHtml(show(name))}</bdi></dd>${below}</div>`;
  });
  return { html: `<dl class="figures">${cards.join("")}</dl>`, description: "" };
}
