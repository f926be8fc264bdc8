/** Every id of the run in one place: an equation, a bar, and a row for each task. */
import { joinVerdicts, judgeSum } from "../../../model/records/reconciliation.ts";
import { listRunSums } from "../../../state/reports.ts";
import { html, type Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { showCount } from "../parts/figures.ts";
import { panel, scrollTable } from "../parts/panel.ts";
import { addSums, drawSumBar, showVerdict, SUM_PARTS, SUM_WORDS } from "../parts/sum.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { RUN_WORDS } from "./words.ts";

export function showSums({ query, language, keep }: PageTools, dagRunId: number): Html {
  const sums = keep(`sums of run ${dagRunId}`, () => listRunSums(query, dagRunId));
  if (sums.length === 0) return html``;
  const words = RUN_WORDS[language];
  const names = SUM_WORDS[language];
  const total = addSums(sums.map(({ sum }) => sum));
  const verdict = joinVerdicts(sums.map(judgeSum));
  return panel({
    id: "sum",
    title: words.everyId,
    aside: showVerdict(
      verdict,
      language,
      verdict === "holds" ? words.addsUp(showCount(total.asked)) : undefined,
    ),
    isFailed: verdict === "broken",
    body: html`<div class="panel-body stack"><p class="equation"><span><small>${names.asked}</small>${showCount(total.asked)}</span>${SUM_PARTS.map(
      ([part, style], index) =>
        html`<span class="${style}"><small>${names[part]}</small><span><i>${index === 0 ? "=" : "+"}</i>${showCount(total[part])}</span></span>`,
    )}</p>${drawSumBar(total)}
${scrollTable(
  words.sumsByTask,
  html`<table class="table is-inset"><thead><tr><th scope="col">${COMMON_WORDS[language].task}</th><th scope="col" class="number">${names.asked}</th>${SUM_PARTS.map(([part]) => html`<th scope="col" class="number">${names[part]}</th>`)}<th scope="col">${words.sum}</th></tr></thead><tbody>${sums.map(
    ({ taskId, sum, kept, isOpen, hasLimit }) =>
      html`<tr><th scope="row">${taskId}${kept > 0 && html`<small>${words.kept(kept)}</small>`}</th><td class="number">${showCount(sum.asked)}</td>${SUM_PARTS.map(([part]) => html`<td class="number">${showCount(sum[part])}</td>`)}<td>${showVerdict(judgeSum({ sum, isOpen, hasLimit }), language)}</td></tr>`,
  )}</tbody></table>`,
)}</div>`,
  });
}
