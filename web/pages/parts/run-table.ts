/** A table of runs, of one Dag or of all. */
import type { RunEntry } from "../../../state/pages/run-page.ts";
import { html, type Html } from "../frame/html.ts";
import type { PageTools } from "../frame/page.ts";
import { scrollTable } from "./panel.ts";
import { pathOfBackfill, pathOfDag, pathOfRun } from "./run-links.ts";
import { showState } from "./state.ts";
import { showElapsed, showTime } from "./time.ts";
import { COMMON_WORDS } from "./words.ts";

export function showRuns(
  tools: PageTools,
  label: string,
  runs: readonly RunEntry[],
  { hasDag }: { readonly hasDag: boolean },
): Html {
  const { language, href } = tools;
  const words = COMMON_WORDS[language];
  return scrollTable(
    label,
    html`<table class="table"><thead><tr><th scope="col">${words.run}</th><th scope="col">${words.state}</th><th scope="col" class="wide-only">${words.type}</th><th scope="col" class="wide-only">${words.started}</th><th scope="col" class="number">${words.took}</th></tr></thead><tbody>${runs.map(
      (run) => {
        const { timezone: zone } = run;
        return html`<tr><th scope="row">${hasDag && html`<a href="${href(pathOfDag(run.dagId))}">${run.dagId}</a> `}<a href="${href(pathOfRun(run.dagId, run.runId))}">${showTime(tools, run.logicalDate, zone)}</a></th><td>${showState(run.state)}</td><td class="wide-only">${run.backfillId === null ? run.runType : html`<a href="${href(pathOfBackfill(run.backfillId))}">backfill #${run.backfillId}</a>`}</td><td class="wide-only">${run.startedAt === null ? html`<span class="muted">–</span>` : showTime(tools, run.startedAt, zone)}</td><td class="number">${showElapsed(tools, run.runningSince, run.finishedAt)}</td></tr>`;
      },
    )}</tbody></table>`,
  );
}
