/** The sum of ids as a bar and as a ledger: every id is in one place, or the page says that it is not. */
import { findImbalance, type Reconciliation } from "../../../model/records/reconciliation.ts";
import { html, type Html, type Piece } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import { showCount } from "./figures.ts";

/** With the class that colours it. */
export const SUM_PARTS = [
  ["stored", "part-stored"],
  ["alreadyStored", "part-already"],
  ["notFound", "part-missing"],
  ["failed", "part-failed"],
  ["remaining", "part-remaining"],
] as const;

/** What a sum shows: these parts of a reconciliation. */
export type SumFigures = Omit<Reconciliation, "freshFailed">;

export function addSums(sums: readonly SumFigures[]): SumFigures {
  const total = (part: keyof SumFigures): number => sums.reduce((all, sum) => all + sum[part], 0);
  return {
    asked: total("asked"),
    stored: total("stored"),
    alreadyStored: total("alreadyStored"),
    notFound: total("notFound"),
    failed: total("failed"),
    remaining: total("remaining"),
  };
}

/** An open sum may have ids that remain. */
export function doesSumHold(sum: SumFigures, mayRemain: boolean): boolean {
  return findImbalance({ ...sum, freshFailed: 0 }, mayRemain) === undefined;
}

const WIDTH = 1_000;

export function drawSumBar(sum: SumFigures, isThin = false): Html {
  const total = Math.max(1, sum.asked);
  let x = 0;
  const parts = SUM_PARTS.map(([part, style]) => {
    const width = (sum[part] / total) * WIDTH;
    const drawn =
      sum[part] > 0 && html`<rect class="${style}" x="${round(x)}" width="${round(width)}" height="8"/>`;
    x += width;
    return drawn;
  });
  return html`<svg class="bar${isThin && " is-thin"}" viewBox="0 0 ${WIDTH} 8" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`;
}

export type SumNames = Readonly<Record<keyof SumFigures, string>>;

export function showLedger(sum: SumFigures, names: SumNames): Html {
  return html`<dl class="ledger">${SUM_PARTS.map(
    ([part, style]) => html`<dt class="${style}">${names[part]}</dt><dd>${showCount(sum[part])}</dd>`,
  )}<dt class="sum">${names.asked}</dt><dd class="sum">${showCount(sum.asked)}</dd></dl>`;
}

export function showHolds(isHolding: boolean, text: Piece): Html {
  return html`<span class="holds" data-state="${isHolding ? "success" : "failed"}">${icon(isHolding ? "success" : "failed")}${text}</span>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
