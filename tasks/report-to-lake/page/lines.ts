/** Lines over an axis of years or other numbers: a NULL is a gap, and the highest and the lowest point have their values. */
import { columnAt, listColumns, numberOf, type Chart, type Column, type Drawing } from "./drawing.ts";
import { formatShort, formatTick } from "./format.ts";
import { drawAxes, drawFrames, estimateWidth, placeX, placeY, type Frame } from "./frames.ts";
import { escapeHtml, round } from "./html.ts";
import { makeScale, type Scale } from "./scale.ts";
import { WORDS } from "./words.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Between the labels of the horizontal axis. */
const LABEL_PIXELS = 62;

export function drawLines(drawing: Drawing): Chart {
  const { language, rows } = drawing;
  const over = columnAt(drawing, 0);
  const lines = listColumns(drawing)
    .slice(1)
    .filter((column) => column.as === columnAt(drawing, 1).as);
  const xs = rows.flatMap((row) => numberOf(row, over) ?? []);
  const ys = lines.flatMap((line) => rows.flatMap((row) => numberOf(row, line) ?? []));
  const y = makeScale(ys.length === 0 ? [0, 1] : ys, 5, false);
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const x: Scale = {
    from,
    to,
    ticks: [],
    place: (value) => (to === from ? 0.5 : (value - from) / (to - from)),
  };
  const as = columnAt(drawing, 1).as;
  const yTicks = y.ticks.map((value) => ({ value, label: formatTick(value, as, language) }));
  const svg = drawFrames(
    yTicks.map(({ label }) => label),
    (frame) => {
      const xTicks = chooseTicks(frame, from, to).map((value) => ({
        value,
        label: formatTick(value, over.as, language),
      }));
      const name = lines.length === 1 ? columnAt(drawing, 1).heading : "";
      const axes = drawAxes(
        frame,
        { scale: x, name: over.heading, ticks: xTicks },
        { scale: y, name, ticks: yTicks },
      );
      return axes + lines.map((line, index) => drawLine(drawing, frame, { x, y }, line, index)).join("");
    },
  );
  const legend =
    lines.length === 1
      ? ""
      : `<p class="key">${lines.map(({ heading }, index) => `<span class="l${index}">${escapeHtml(heading)}</span>`).join(" ")}</p>`;
  return { html: legend + svg, description: describe(drawing, lines) };
}

function drawLine(
  drawing: Drawing,
  frame: Frame,
  { x, y }: { readonly x: Scale; readonly y: Scale },
  line: Column,
  index: number,
): string {
  const { language } = drawing;
  const runs = listRuns(drawing, line);
  const at = (point: Point): string =>
    `${round(placeX(frame, x, point.x))} ${round(placeY(frame, y, point.y))}`;
  const paths = runs.map((run) => `<path class="l l${index}" d="M${run.map(at).join("L")}"/>`);
  const points = runs.flat();
  const dots = points.map((point) => {
    const [left, top] = at(point).split(" ");
    return `<circle class="l${index}" cx="${left ?? ""}" cy="${top ?? ""}" r="${frame.isWide ? 4 : 3}"/>`;
  });
  const [high, low] = [pick(points, (a, b) => a > b), pick(points, (a, b) => a < b)];
  const labels = [high, ...(low?.x === high?.x ? [] : [low])].flatMap((point) => {
    if (point === undefined || index > 0) return [];
    const text = formatShort(point.y, line.as, language);
    const half = estimateWidth(text) / 2;
    const left = Math.min(Math.max(placeX(frame, x, point.x), frame.left + half), frame.width - half);
    const top = placeY(frame, y, point.y) + (point === high ? -10 : 20);
    return `<text class="v c" x="${round(left)}" y="${round(top)}">${escapeHtml(text)}</text>`;
  });
  return [...paths, ...dots, ...labels].join("");
}

/** Points without a gap between them. */
function listRuns(drawing: Drawing, line: Column): readonly (readonly Point[])[] {
  const over = columnAt(drawing, 0);
  const runs: Point[][] = [[]];
  for (const row of drawing.rows) {
    const [x, y] = [numberOf(row, over), numberOf(row, line)];
    if (x === null || y === null) runs.push([]);
    else runs.at(-1)?.push({ x, y });
  }
  return runs.filter((run) => run.length > 0);
}

function pick(
  points: readonly Point[],
  isBetter: (one: number, other: number) => boolean,
): Point | undefined {
  return points.reduce<Point | undefined>(
    (best, point) => (best === undefined || isBetter(point.y, best.y) ? point : best),
    undefined,
  );
}

function chooseTicks({ width, left, right }: Frame, from: number, to: number): readonly number[] {
  if (!Number.isFinite(from)) return [];
  const most = Math.max(2, Math.floor((width - left - right) / LABEL_PIXELS));
  const step = [1, 2, 5, 10, 20, 25, 50, 100].find((one) => (to - from) / one <= most) ?? 1000;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step);
}

function describe(drawing: Drawing, lines: readonly Column[]): string {
  const { language } = drawing;
  const { from, to } = WORDS[language];
  const over = columnAt(drawing, 0);
  return lines
    .map((line) => {
      const points = listRuns(drawing, line).flat();
      const [first, last] = [points[0], points.at(-1)].map((point) =>
        point === undefined
          ? ""
          : `${formatTick(point.x, over.as, language)} (${formatShort(point.y, line.as, language)})`,
      );
      return `${line.heading}, ${from} ${first ?? ""} ${to} ${last ?? ""}.`;
    })
    .join(" ");
}
