/** The newest sum of every dataset: every id is in one place, or the page says that it is not. */
import { joinVerdicts, judgeSum } from "../../../model/records/reconciliation.ts";
import { listDatasetSums, type DatasetSum } from "../../../state/pages/overview.ts";
import { html, type Html } from "../frame/html.ts";
import type { Words } from "../frame/language.ts";
import type { PageTools } from "../frame/page.ts";
import { showCount } from "./figures.ts";
import { panel } from "./panel.ts";
import { pathOfDataset } from "./run-links.ts";
import { addSums, drawSumBar, showLedger, showVerdict } from "./sum.ts";

export function readDatasetSums({ query, lakeId, keep }: PageTools): readonly DatasetSum[] {
  return keep("sums of datasets", () => listDatasetSums(query, lakeId));
}

export function showEveryId(tools: PageTools, sums: readonly DatasetSum[]): Html {
  const { language, href } = tools;
  const words = WORDS[language];
  if (sums.length === 0) return html``;
  const verdict = joinVerdicts(sums.map(judgeSum));
  const total = addSums(sums.map(({ sum }) => sum));
  return panel({
    id: "ids",
    title: words.title,
    aside: showVerdict(verdict, language),
    isFailed: verdict === "broken",
    body: html`<div class="panel-body stack">${drawSumBar(total)}${showLedger(total, language)}</div>
<ul class="sums">${sums.map(
      (entry) =>
        html`<li><h3><a href="${href(pathOfDataset(entry.dataset))}">${entry.dataset}</a>${showVerdict(judgeSum(entry), language)}</h3>${drawSumBar(entry.sum, true)}<p>${words.line(showCount(entry.sum.asked), showCount(entry.sum.failed), showCount(entry.sum.notFound))}</p></li>`,
    )}</ul>`,
    footer: html`<a href="${href("/ids")}">${words.missing}</a>`,
  });
}

interface EveryIdWords {
  readonly title: string;
  readonly line: (asked: string, failed: string, notFound: string) => string;
  readonly missing: string;
}

const WORDS: Words<EveryIdWords> = {
  en: {
    title: "Every id",
    line: (asked, failed, notFound) => `${asked} asked, ${failed} failed, ${notFound} not found`,
    missing: "Which ids are missing, and why",
  },
  pt: {
    title: "Todos os ids",
    line: (asked, failed, notFound) => `${asked} pedidos, ${failed} com falha, ${notFound} não encontrados`,
    missing: "Quais ids faltam, e por quê",
  },
};
