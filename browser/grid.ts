/** The grid of runs and tasks by mouse and by arrow keys. A cell leads to its task in its run. */
import { visit } from "./read-page.ts";

const STEPS: Readonly<Record<string, readonly [column: number, row: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function enableGrid(): void {
  document.addEventListener("click", (event) => {
    const cell = findCell(event.target);
    if (cell !== null) void open(cell);
  });
  document.addEventListener("keydown", (event) => {
    const cell = findCell(event.target);
    if (cell === null) return;
    const step = STEPS[event.key];
    if (event.key === "Enter") {
      event.preventDefault();
      follow(cell);
    } else if (step !== undefined) {
      event.preventDefault();
      move(cell, step);
    }
  });
  // One cell is a tab stop: the chosen one, or the newest.
  document.addEventListener("focusin", (event) => {
    const region = event.target instanceof Element ? event.target.closest(".run-grid-wrap") : null;
    if (region !== null && event.target === region) pickFirst(region)?.focus();
  });
}

function findCell(target: EventTarget | null): HTMLTableCellElement | null {
  return target instanceof Element ? target.closest<HTMLTableCellElement>(".run-grid tbody td") : null;
}

function pickFirst(region: Element): HTMLElement | null {
  const cell =
    region.querySelector<HTMLElement>("td.is-selected") ??
    region.querySelector<HTMLElement>("tbody tr td:last-child");
  if (cell !== null) cell.tabIndex = -1;
  return cell;
}

function move(cell: HTMLTableCellElement, [columns, rows]: readonly [number, number]): void {
  const table = cell.closest("table");
  const row = cell.parentElement;
  if (table === null || !(row instanceof HTMLTableRowElement)) return;
  const next = table.rows[row.rowIndex + rows]?.cells[cell.cellIndex + columns];
  if (next?.tagName !== "TD") return;
  next.tabIndex = -1;
  next.focus();
  void open(next);
}

/** Shows the cell's task next to the grid. */
async function open(cell: HTMLTableCellElement): Promise<void> {
  const url = findUrl(cell);
  if (url !== null) await visit(url);
}

/** Leads to its run. */
function follow(cell: HTMLTableCellElement): void {
  findColumn(cell)?.click();
}

function findUrl(cell: HTMLTableCellElement): string | null {
  const link = findColumn(cell);
  const task = cell.parentElement?.querySelector<HTMLElement>("th")?.dataset["task"];
  const pick = link?.dataset["pick"];
  if (pick === undefined || task === undefined) return null;
  const url = new URL(pick, location.href);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  url.searchParams.set("task", task);
  return url.href;
}

function findColumn(cell: HTMLTableCellElement): HTMLAnchorElement | null {
  return cell.closest("table")?.tHead?.rows[0]?.cells[cell.cellIndex]?.querySelector("a") ?? null;
}
