/** Box plots in rows with one axis below, as HTML. The five numbers come from the SQL. */
import type { Row } from "../compute-parts.ts";
import { columnAt, listColumns, numberOf, textOf, type Chart, type Column, type Drawing } from "./drawing.ts";
import { formatShort, formatTick, formatValue } from "./format.ts";
import { escapeHtml, round } from "./html.ts";
import { makeScale } from "./scale.ts";
import { WORDS } from "./words.ts";

const MOST_STEPS = 5;

export function drawBoxes(drawing: Drawing): Chart {
  const { language } = drawing;
  const name = columnAt(drawing, 0);
  const numbers = [1, 2, 3, 4, 5].map((index) => columnAt(drawing, index));
  const [, , median] = numbers;
  const remark = listColumns(drawing)[6];
  const rows = drawing.rows.filter((row) => numbers.every((column) => numberOf(row, column) !== null));
  const all = rows.flatMap((row) => numbers.map((column) => numberOf(row, column) ?? 0));
  const scale = makeScale(all.length === 0 ? [0, 1] : all, MOST_STEPS, false);
  const at = (value: number): number => scale.place(value) * 100;
  const as = columnAt(drawing, 3).as;
  const lines = scale.ticks.map((tick) => `<s style="left:${round(at(tick))}%"></s>`).join("");
  const boxes = rows.map((row) => {
    const [low = 0, first = 0, middle = 0, third = 0, high = 0] = numbers.map(
      (column) => numberOf(row, column) ?? 0,
    );
    const small = remark === undefined ? "" : ` <small>${describeRemark(row, remark, drawing)}</small>`;
    return (
      `<div class="bar box"><span><bdi>${escapeHtml(textOf(row, name))}</bdi>${small}</span>` +
      `<i>${lines}<u style="left:${round(at(low))}%;width:${round(at(high) - at(low))}%"></u>` +
      `<i style="left:${round(at(first))}%;width:${round(at(third) - at(first))}%"></i>` +
      `<em style="left:${round(at(middle))}%"></em></i><b>${escapeHtml(formatShort(middle, as, language))}</b></div>`
    );
  });
  const ticks = scale.ticks.map(
    (tick) => `<s style="left:${round(at(tick))}%">${escapeHtml(formatTick(tick, as, language))}</s>`,
  );
  const axis = `<div class="bar axis"><span></span><i>${ticks.join("")}</i><b></b></div>`;
  const list = rows.map(
    (row) => `${textOf(row, name)} ${formatShort(numberOf(row, median ?? name) ?? 0, as, language)}`,
  );
  return {
    html: `<div class="bars boxes">${boxes.join("")}${axis}</div><p class="key">${WORDS[language].boxKey}</p>`,
    description: `${median?.heading ?? ""}: ${list.join("; ")}.`,
  };
}

/** How many values the box is made of. */
function describeRemark(row: Row, { name, as, heading }: Column, { language }: Drawing): string {
  return escapeHtml(`${formatValue(row[name], as, language)} ${heading.toLowerCase()}`);
}
