/** The sum of ids as a bar and as a ledger: every id is in one place, or the page says that it is not. */
import type { Reconciliation, SumVerdict } from "../../../model/records/reconciliation.ts";
import { html, type Html, type Piece } from "../frame/html.ts";
import { icon, type IconName } from "../frame/icons.ts";
import type { Language, Words } from "../frame/language.ts";
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

export function showLedger(sum: SumFigures, language: Language): Html {
  const names = SUM_WORDS[language];
  return html`<dl class="ledger">${SUM_PARTS.map(
    ([part, style]) => html`<dt class="${style}">${names[part]}</dt><dd>${showCount(sum[part])}</dd>`,
  )}<dt class="sum">${names.asked}</dt><dd class="sum">${showCount(sum.asked)}</dd></dl>`;
}

export const VERDICT_LOOKS = {
  holds: "success",
  open: "running",
  remains: "late",
  broken: "failed",
} as const satisfies Readonly<Record<SumVerdict, IconName>>;

/** `text`: instead of the verdict's own words. */
export function showVerdict(verdict: SumVerdict, language: Language, text?: Piece): Html {
  const look = VERDICT_LOOKS[verdict];
  return html`<span class="holds" data-state="${look}">${icon(look)}${text ?? SUM_WORDS[language].verdicts[verdict]}</span>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

interface SumWords extends Readonly<Record<keyof SumFigures, string>> {
  readonly verdicts: Readonly<Record<SumVerdict, string>>;
}

export const SUM_WORDS: Words<SumWords> = {
  en: {
    asked: "asked",
    stored: "stored",
    alreadyStored: "already stored",
    notFound: "not found",
    failed: "failed",
    remaining: "remaining",
    verdicts: {
      holds: "adds up",
      open: "not final: its run is open",
      remains: "ids have no outcome",
      broken: "does not add up",
    },
  },
  pt: {
    asked: "pedidos",
    stored: "armazenados",
    alreadyStored: "já armazenados",
    notFound: "não encontrados",
    failed: "com falha",
    remaining: "restantes",
    verdicts: {
      holds: "a soma fecha",
      open: "parcial: a execução está aberta",
      remains: "há ids sem resultado",
      broken: "a soma não fecha",
    },
  },
};
