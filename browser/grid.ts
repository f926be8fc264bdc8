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
    const name = target.closest<HTMLAnchorElement>(".run-names a");
    if (name !== null) {
      event.preventDefault();
      void visit(name.href);
    } else if (target.closest(".marker") === null) {
      const drawing = target.closest<SVGSVGElement>(".cells");
      if (drawing !== null) pickAt(drawing, event);
    }
  });
  document.addEventListener("pointermove", (event) => {
    const drawing = event.target instanceof Element ? event.target.closest<SVGSVGElement>(".cells") : null;
    showPointed(drawing === null ? null : findRow(drawing, event));
  });
  document.addEventListener("keydown", (event) => {
    const marker = event.target instanceof Element ? event.target.closest<SVGAElement>(".marker") : null;
    const step = STEPS[event.key];
    if (marker === null || step === undefined) return;
    event.preventDefault();
    move(marker, step);
  });
}

/** The table's row with the same number; its name is shown as if it was pointed at. */
function showPointed(row: HTMLTableRowElement | null): void {
  const former = document.querySelector(".is-pointed");
  if (former === row) return;
  former?.classList.remove("is-pointed");
  row?.classList.add("is-pointed");
}

function listRows(part: Element): readonly HTMLTableRowElement[] {
  return [...(part.closest(".run-grid")?.querySelectorAll<HTMLTableRowElement>("tbody tr") ?? [])];
}

function findRow(drawing: SVGSVGElement, { clientY }: MouseEvent): HTMLTableRowElement | null {
  const rows = listRows(drawing);
  const { top, height } = drawing.getBoundingClientRect();
  return rows[Math.floor(((clientY - top) / height) * rows.length)] ?? null;
}

function pickAt(drawing: SVGSVGElement, event: MouseEvent): void {
  const links = listRuns(drawing);
  const { left, width } = drawing.getBoundingClientRect();
  const link = links[Math.floor(((event.clientX - left) / width) * links.length)];
  const row = findRow(drawing, event);
  const marker = document.querySelector<SVGAElement>(".marker");
  if (link !== undefined && row !== null && marker !== null) pick(marker, row, link);
}

function move(marker: SVGAElement, [columns, rows]: readonly [number, number]): void {
  const links = listRuns(marker);
  const path = marker.getAttribute("href");
  const link = links[links.findIndex((each) => each.getAttribute("href") === path) + columns];
  const present = marker.transform.baseVal.consolidate()?.matrix.f ?? 0;
  const row = listRows(marker)[Math.round(present / heightOfRow(marker)) + rows];
  if (link !== undefined && row !== undefined) pick(marker, row, link);
}

function heightOfRow(marker: SVGAElement): number {
  return (marker.ownerSVGElement?.height.baseVal.value ?? 0) / Math.max(1, listRows(marker).length);
}

/** Each column of the bars leads to its run. */
function listRuns(part: Element): readonly HTMLAnchorElement[] {
  return [...(part.closest(".run-grid-wrap")?.querySelectorAll<HTMLAnchorElement>("a[data-run]") ?? [])];
}

/** The marker goes there at once, so that the next key starts from it; what it shows comes from the server. */
function pick(marker: SVGAElement, row: HTMLTableRowElement, link: HTMLAnchorElement): void {
  const drawing = marker.ownerSVGElement;
  if (drawing === null) return;
  const links = listRuns(marker);
  const x = (links.indexOf(link) * drawing.width.baseVal.value) / links.length;
  const y = row.sectionRowIndex * heightOfRow(marker);
  marker.setAttribute("transform", `translate(${x} ${y})`);
  marker.setAttribute("href", link.getAttribute("href") ?? "");
  const task = row.querySelector("th")?.textContent ?? "";
  const date = link.title.split(", ")[0] ?? "";
  marker.setAttribute("aria-label", `${task}, ${date}: ${readState(drawing, new DOMPoint(x + 1, y + 1))}`);
  marker.focus();
  const url = new URL(location.href);
  url.searchParams.set("run", link.dataset["run"] ?? "");
  url.searchParams.set("task", task);
  void visit(url.href);
}

/** The word of the path that has this place. */
function readState(drawing: SVGSVGElement, place: DOMPoint): string {
  const paths = [...drawing.querySelectorAll<SVGPathElement>("path[data-state]")];
  const state = paths.find((path) => path.isPointInFill(place))?.dataset["state"] ?? "none";
  return state.replaceAll("_", " ");
}
