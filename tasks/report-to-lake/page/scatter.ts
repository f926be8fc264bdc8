/** Points by two numbers. The first rows get their names, as long as there is room: the SQL's order says which matter. */
import { columnAt, numberOf, textOf, type Chart, type Column, type Drawing } from "./drawing.ts";
import { formatShort, formatTick } from "./format.ts";
import { drawAxes, drawFrames, estimateWidth, placeX, placeY, type Axis, type Frame } from "./frames.ts";
import { fillText } from "./fill-text.ts";
import { escapeHtml, round } from "./html.ts";
import { makeScale } from "./scale.ts";
import { WORDS } from "./words.ts";

interface Point {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const MOST_NAMES = { narrow: 5, wide: 14 } as const;
const NAME_CHARACTERS = 28;
/** Between the labels of the horizontal axis. */
const TICK_PIXELS = 125;

export function drawScatter(drawing: Drawing): Chart {
  const { language } = drawing;
  const [name, xColumn, yColumn] = [columnAt(drawing, 0), columnAt(drawing, 1), columnAt(drawing, 2)];
  const points = drawing.rows.flatMap((row): Point[] => {
    const [x, y] = [numberOf(row, xColumn), numberOf(row, yColumn)];
    return x === null || y === null ? [] : [{ name: textOf(row, name), x, y }];
  });
  const axisOf = (column: Column, values: readonly number[], most: number): Axis => {
    const scale = makeScale(values, most, true);
    const ticks = scale.ticks.map((value) => ({ value, label: formatTick(value, column.as, language) }));
    return { scale, name: column.heading, ticks };
  };
  const y = axisOf(
    yColumn,
    points.map((point) => point.y),
    5,
  );
  const html = drawFrames(
    y.ticks.map(({ label }) => label),
    (frame) => {
      const x = axisOf(
        xColumn,
        points.map((point) => point.x),
        Math.floor(frame.width / TICK_PIXELS),
      );
      const diagonal = drawDiagonal(drawing, frame, x, y);
      return drawAxes(frame, x, y) + diagonal + drawPoints(drawing, frame, points, x, y);
    },
  );
  return { html, description: describe(drawing, points) };
}

function drawPoints(drawing: Drawing, frame: Frame, points: readonly Point[], x: Axis, y: Axis): string {
  const hasDiagonal = drawing.block.diagonal !== undefined;
  const placed = points.map((point) => ({
    ...point,
    left: placeX(frame, x.scale, point.x),
    top: placeY(frame, y.scale, point.y),
  }));
  // The last rows first, so that the named ones are above them.
  const dots = placed.toReversed().map(({ name, left, top, ...point }) => {
    const title = frame.isWide ? `<title>${escapeHtml(name)}</title>` : "";
    const mark = hasDiagonal && point.y < point.x ? "d w" : "d";
    return `<circle class="${mark}" cx="${round(left)}" cy="${round(top)}" r="${frame.isWide ? 5 : 4}">${title}</circle>`;
  });
  return dots.join("") + drawNames(frame, placed);
}

function drawNames(
  frame: Frame,
  points: readonly { readonly name: string; readonly left: number; readonly top: number }[],
): string {
  const taken: Area[] = [];
  const names: string[] = [];
  const most = frame.isWide ? MOST_NAMES.wide : MOST_NAMES.narrow;
  for (const { name, left, top } of points.slice(0, most * 2)) {
    if (names.length === most) break;
    const text = shorten(name);
    const width = estimateWidth(text);
    const sides = [
      {
        side: "",
        at: left + 9,
        area: { left: left + 7, right: left + 9 + width, top: top - 8, bottom: top + 8 },
      },
      {
        side: " e",
        at: left - 9,
        area: { left: left - 9 - width, right: left - 7, top: top - 8, bottom: top + 8 },
      },
    ];
    const free = sides.find(
      ({ area }) =>
        area.left > frame.left &&
        area.right < frame.width &&
        !points.some((other) => isInside(other, area)) &&
        !taken.some((other) => isOver(area, other)),
    );
    if (free === undefined) continue;
    taken.push(free.area);
    names.push(
      `<text class="v${free.side}" x="${round(free.at)}" y="${round(top)}" dy="4">${escapeHtml(text)}</text>`,
    );
  }
  return names.join("");
}

function isInside(
  { left, top }: { readonly left: number; readonly top: number },
  { left: from, right: to, top: above, bottom: below }: Area,
): boolean {
  return left > from && left < to && top > above && top < below;
}

/** The whole name is in the data below. */
function shorten(name: string): string {
  const letters = Array.from(name);
  return letters.length <= NAME_CHARACTERS
    ? name
    : `${letters
        .slice(0, NAME_CHARACTERS - 1)
        .join("")
        .trimEnd()}…`;
}

function isOver(one: Area, other: Area): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

/** From 0 to where one of the axes ends. */
function drawDiagonal({ block, facts, language }: Drawing, frame: Frame, x: Axis, y: Axis): string {
  if (block.diagonal === undefined) return "";
  const end = Math.min(x.scale.to, y.scale.to);
  const [left, top] = [placeX(frame, x.scale, end), placeY(frame, y.scale, end)];
  const [zeroX, zeroY] = [placeX(frame, x.scale, 0), placeY(frame, y.scale, 0)];
  const text = fillText(block.diagonal, facts, language);
  return (
    `<path class="q" d="M${round(zeroX)} ${round(zeroY)}L${round(left)} ${round(top)}"/>` +
    `<text class="e h" x="${round(left)}" y="${round(top + 20)}">${escapeHtml(text)}</text>`
  );
}

function describe(drawing: Drawing, points: readonly Point[]): string {
  const { language } = drawing;
  const [xColumn, yColumn] = [columnAt(drawing, 1), columnAt(drawing, 2)];
  const { from, to } = WORDS[language];
  const range = (column: Column, values: readonly number[]): string =>
    `${column.heading} ${from} ${formatShort(Math.min(...values), column.as, language)} ${to} ${formatShort(Math.max(...values), column.as, language)}`;
  const xs = range(
    xColumn,
    points.map(({ x }) => x),
  );
  const ys = range(
    yColumn,
    points.map(({ y }) => y),
  );
  return points.length === 0 ? "" : `${points.length}: ${xs}; ${ys}.`;
}
