/** Every id of the run in one place: an equation, a bar, and a row for each task. */
import { listRunSums } from "../../../state/reports.ts";
import { html, type Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { SUM_WORDS } from "../home/words.ts";
import { showCount } from "../parts/figures.ts";
import { panel, scrollTable } from "../parts/panel.ts";
import { addSums, doesSumHold, drawSumBar, showHolds, SUM_PARTS } from "../parts/sum.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { RUN_WORDS } from "./words.ts";

export function showSums({ query, language }: PageTools, dagRunId: number): Html {
  const sums = listRunSums(query, dagRunId);
  if (sums.length === 0) return html``;
  const words = RUN_WORDS[language];
  const names = SUM_WORDS[language];
  const total = addSums(sums.map(({ sum }) => sum));
  // Ids may remain while the task runs, and under a limit: the task itself judges that.
  const holds = sums.every(({ sum }) => doesSumHold(sum, true));
  return panel({
    id: "sum",
    title: words.everyId,
    aside: showHolds(holds, holds ? words.addsUp(showCount(total.asked)) : words.doesNotAddUp),
    isFailed: !holds,
    body: html`<div class="panel-body stack"><p class="equation"><span><small>${names.asked}</small>${showCount(total.asked)}</span>${SUM_PARTS.map(
      ([part, style], index) =>
        html`<span class="${style}"><small>${names[part]}</small><span><i>${index === 0 ? "=" : "+"}</i>${showCount(total[part])}</span></span>`,
    )}</p>${drawSumBar(total)}
${scrollTable(
  words.sumsByTask,
  html`<table class="table is-inset"><thead><tr><th scope="col">${COMMON_WORDS[language].task}</th><th scope="col" class="number">${names.asked}</th>${SUM_PARTS.map(([part]) => html`<th scope="col" class="number">${names[part]}</th>`)}<th scope="col">${words.sum}</th></tr></thead><tbody>${sums.map(
    ({ taskId, sum, kept }) =>
      html`<tr><th scope="row">${taskId}${kept > 0 && html`<small>${words.kept(showCount(kept))}</small>`}</th><td class="number">${showCount(sum.asked)}</td>${SUM_PARTS.map(([part]) => html`<td class="number">${showCount(sum[part])}</td>`)}<td>${showHolds(doesSumHold(sum, true), doesSumHold(sum, true) ? words.holds : words.doesNotHold)}</td></tr>`,
  )}</tbody></table>`,
)}</div>`,
  });
}
