/** The grid of runs and tasks by mouse and by arrow keys: the marker goes to a cell, and its task is shown next to the grid. */
import { visit } from "./read-page.ts";

const STEPS: Readonly<Record<string, readonly [column: number, row: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function enableGrid(): void {
  document.addEventListener("click", (event) => {
    const { target } = event;
    if (!(target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const name = target.closest<HTMLAnchorElement>(".run-grid th a");
    if (name !== null) {
      event.preventDefault();
      void visit(name.href);
    } else if (target.closest(".marker") === null) {
      const drawing = target.closest<SVGSVGElement>(".cells");
      if (drawing !== null) pickAt(drawing, event.clientX);
    }
  });
  document.addEventListener("keydown", (event) => {
    const marker = event.target instanceof Element ? event.target.closest<SVGAElement>(".marker") : null;
    const step = STEPS[event.key];
    if (marker === null || step === undefined) return;
    event.preventDefault();
    move(marker, step);
  });
}

function pickAt(drawing: SVGSVGElement, clientX: number): void {
  const links = listRuns(drawing);
  const { left, width } = drawing.getBoundingClientRect();
  const link = links[Math.floor(((clientX - left) / width) * links.length)];
  const marker = document.querySelector<SVGAElement>(".marker");
  if (link !== undefined && marker !== null) pick(marker, drawing, link);
}

function move(marker: SVGAElement, [columns, rows]: readonly [number, number]): void {
  const row = marker.closest("tr");
  const body = row?.parentElement;
  if (row === null || !(body instanceof HTMLTableSectionElement)) return;
  const links = listRuns(row);
  const path = marker.getAttribute("href");
  const link = links[links.findIndex((each) => each.getAttribute("href") === path) + columns];
  const drawing = body.rows[row.sectionRowIndex + rows]?.querySelector<SVGSVGElement>(".cells") ?? null;
  if (link !== undefined && drawing !== null) pick(marker, drawing, link);
}

/** Each column of the bars leads to its run. */
function listRuns(part: Element): readonly HTMLAnchorElement[] {
  return [...(part.closest(".run-grid-wrap")?.querySelectorAll<HTMLAnchorElement>("a[data-run]") ?? [])];
}

/** The marker goes there at once, so that the next key starts from it; what it shows comes from the server. */
function pick(marker: SVGAElement, drawing: SVGSVGElement, link: HTMLAnchorElement): void {
  const links = listRuns(drawing);
  const x = (links.indexOf(link) * drawing.width.baseVal.value) / links.length;
  drawing.append(marker);
  marker.setAttribute("transform", `translate(${x})`);
  marker.setAttribute("href", link.getAttribute("href") ?? "");
  const task = drawing.closest("tr")?.querySelector("th")?.textContent ?? "";
  const date = link.title.split(", ")[0] ?? "";
  marker.setAttribute("aria-label", `${task}, ${date}: ${readState(drawing, x)}`);
  marker.focus();
  const url = new URL(location.href);
  url.searchParams.set("run", link.dataset["run"] ?? "");
  url.searchParams.set("task", task);
  void visit(url.href);
}

/** The word of the path that has this place. */
function readState(drawing: SVGSVGElement, x: number): string {
  const inside = new DOMPoint(x + 1, 1);
  const paths = [...drawing.querySelectorAll<SVGPathElement>("path[data-state]")];
  const state = paths.find((path) => path.isPointInFill(inside))?.dataset["state"] ?? "none";
  return state.replaceAll("_", " ");
}
