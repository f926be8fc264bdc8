/** Backfills, newest first, and one of them with its runs. */
import { readBackfillEntry } from "../../../app/backfills/order-cancel.ts";
import { mayWrite } from "../../../model/access/user.ts";
import { listBackfillPage, type BackfillEntry } from "../../../state/pages/backfill-page.ts";
import { listZones } from "../../../state/pages/dag-page.ts";
import { listRunPage } from "../../../state/pages/run-page.ts";
import { html, type Html } from "../frame/html.ts";
import type { Page, PageTools } from "../frame/page.ts";
import { actionForm } from "../parts/action-form.ts";
import { showCommand } from "../parts/command.ts";
import { showHead } from "../parts/page-head.ts";
import { PAGE_ROWS, readOffset, showPager } from "../parts/pager.ts";
import { panel, scrollTable, showEmpty } from "../parts/panel.ts";
import { pathOfBackfill, pathOfDag } from "../parts/run-links.ts";
import { showRuns } from "../parts/run-table.ts";
import { labelState, showState } from "../parts/state.ts";
import { showTime } from "../parts/time.ts";
import { showTotal } from "../parts/total.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { BACKFILL_WORDS } from "./words.ts";

const WIDTH = 200;

export const backfillsPage: Page = {
  method: "GET",
  path: "/backfills",
  render(tools, input) {
    const { query, language, href } = tools;
    const words = BACKFILL_WORDS[language];
    const offset = readOffset(input.search);
    const { rows, ...found } = listBackfillPage(
      query,
      { dagId: undefined, isActive: undefined },
      { limit: PAGE_ROWS, offset },
    );
    return {
      title: words.title,
      area: "backfills",
      main: html`${showHead(tools, {
        title: words.title,
        text: words.text,
        actions:
          mayWrite(tools.user) &&
          html`<a class="button is-primary" href="${href("/backfills/new")}">${words.make}</a>`,
      })}
${panel({
  id: "backfills",
  title: words.title,
  count: showTotal(language, found),
  body: rows.length === 0 ? showEmpty(words.none, words.how) : showTable(tools, rows),
  footer: showPager(tools, input, { offset, total: found.total }),
})}`,
    };
  },
};

function showTable(tools: PageTools, rows: readonly BackfillEntry[]): Html {
  const { language, href, query, timezone } = tools;
  const words = BACKFILL_WORDS[language];
  const common = COMMON_WORDS[language];
  const zones = listZones(
    query,
    rows.map(({ dagId }) => dagId),
  );
  return scrollTable(
    words.label,
    html`<table class="table"><thead><tr><th scope="col">Backfill</th><th scope="col">${common.state}</th><th scope="col">${words.range}</th><th scope="col" class="wide-only">${words.progress}</th><th scope="col" class="number">${words.runs}</th></tr></thead><tbody>${rows.map(
      (entry) => {
        const zone = zones.get(entry.dagId) ?? timezone;
        return html`<tr><th scope="row"><a href="${href(pathOfBackfill(entry.backfillId))}">#${entry.backfillId}</a> <a href="${href(pathOfDag(entry.dagId))}">${entry.dagId}</a></th><td>${showBackfillState(entry)}</td><td>${showTime(tools, entry.fromDate, zone)} – ${showTime(tools, entry.toDate, zone)}</td><td class="wide-only">${drawProgress(entry)}</td><td class="number">${words.counts(entry.runCount - entry.openCount, entry.runCount, entry.failedCount)}</td></tr>`;
      },
    )}</tbody></table>`,
  );
}

function showBackfillState({ state, failedCount }: BackfillEntry): Html {
  return showState(state === "done" ? (failedCount > 0 ? "failed" : "success") : state, state);
}

function drawProgress({ runCount, openCount, failedCount }: BackfillEntry): Html {
  const share = (count: number): number => Math.round((count / Math.max(1, runCount)) * WIDTH);
  const good = runCount - openCount - failedCount;
  return html`<svg class="bar" viewBox="0 0 ${WIDTH} 8" preserveAspectRatio="none" aria-hidden="true"><rect class="part-already" width="${share(good)}" height="8"/><rect class="part-failed" x="${share(good)}" width="${share(failedCount)}" height="8"/></svg>`;
}

export const backfillPage: Page = {
  method: "GET",
  path: "/backfills/{backfill_id}",
  render(tools, input) {
    const { query, language, href, timezone } = tools;
    const entry = readBackfillEntry(query, input.params["backfill_id"] ?? "");
    const words = BACKFILL_WORDS[language];
    const zone = listZones(query, [entry.dagId]).get(entry.dagId) ?? timezone;
    const offset = readOffset(input.search);
    const { rows, ...found } = listRunPage(
      query,
      { backfillId: entry.backfillId },
      [{ column: "logical_date", isDescending: false }],
      { limit: PAGE_ROWS, offset },
    );
    const title = `Backfill #${entry.backfillId}, ${entry.dagId}`;
    return {
      title,
      area: "backfills",
      main: html`${showHead(tools, {
        crumbs: [[words.title, "/backfills"]],
        title,
        label: labelState(entry.state === "done" ? "success" : entry.state, entry.state),
        facts: [
          ["Dag", html`<a href="${href(pathOfDag(entry.dagId))}">${entry.dagId}</a>`],
          [
            words.range,
            html`${showTime(tools, entry.fromDate, zone)} – ${showTime(tools, entry.toDate, zone)}`,
          ],
          [words.reprocess, entry.reprocess],
          [words.runs, words.counts(entry.runCount - entry.openCount, entry.runCount, entry.failedCount)],
          [words.made, showTime(tools, entry.createdAt, timezone)],
        ],
        actions:
          mayWrite(tools.user) &&
          entry.state === "running" &&
          actionForm({
            action: href(`${pathOfBackfill(entry.backfillId)}/cancel`),
            button: words.cancel(entry.openCount),
            look: "danger",
          }),
      })}
${panel({ id: "progress", title: words.progress, body: html`<div class="panel-body">${drawProgress(entry)}</div>`, footer: entry.state === "running" && showCommand(language, ["backfill", entry.dagId, "--cancel"]) })}
${panel({
  id: "runs",
  title: words.runs,
  count: showTotal(language, found),
  body:
    rows.length === 0
      ? showEmpty(words.none, words.how)
      : showRuns(tools, words.runs, rows, { hasDag: false }),
  footer: showPager(tools, input, { offset, total: found.total }),
})}`,
    };
  },
};
