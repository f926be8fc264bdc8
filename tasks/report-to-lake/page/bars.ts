/** Bars with a name and a value each, as HTML: they fit every width, and long names break into lines. */
import { columnAt, listColumns, numberOf, textOf, type Chart, type Drawing } from "./drawing.ts";
import { formatShort, formatValue } from "./format.ts";
import { escapeHtml, round } from "./html.ts";
import { WORDS } from "./words.ts";

export function drawBars(drawing: Drawing): Chart {
  const { rows, block, language } = drawing;
  const [name, length] = [columnAt(drawing, 0), columnAt(drawing, 1)];
  const remark = listColumns(drawing)[2];
  const values = rows.map((row) => numberOf(row, length) ?? 0);
  const least = Math.min(0, ...values);
  const most = Math.max(0, block.to ?? 0, ...values);
  const share = (value: number): number => (value / (most - least || 1)) * 100;
  const zero = share(-least);
  const describe = (value: number | null): string =>
    value === null ? WORDS[language].unknown : formatShort(value, length.as, language);
  const bars = rows.map((row) => {
    const value = numberOf(row, length);
    const width = share(Math.abs(value ?? 0));
    const start = (value ?? 0) < 0 ? zero - width : zero;
    const bar = width === 0 ? "" : `<i style="left:${round(start)}%;width:${round(width)}%"></i>`;
    const small = remark === undefined ? "" : formatValue(row[remark.name], remark.as, language);
    return (
      `<div class="bar${(value ?? 0) < 0 ? " less" : ""}"><span><bdi>${escapeHtml(textOf(row, name))}</bdi>` +
      `${small === "" ? "" : ` <small><bdi>${escapeHtml(small)}</bdi></small>`}</span>` +
      `<i>${bar}</i><b>${escapeHtml(describe(value))}</b></div>`
    );
  });
  const [first, last] = [rows[0], rows.at(-1)].map((row) =>
    row === undefined ? "" : `${textOf(row, name)} (${describe(numberOf(row, length))})`,
  );
  const { from, to } = WORDS[language];
  return {
    html: `<div class="bars">${bars.join("")}</div>`,
    description: `${length.heading}: ${rows.length}, ${from} ${first ?? ""} ${to} ${last ?? ""}.`,
  };
}
