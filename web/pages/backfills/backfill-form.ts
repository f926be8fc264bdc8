/** Starts a backfill after a preview of every slot with its reason, and cancels one. */
import {
  orderBackfill,
  previewBackfillOrder,
  type BackfillPreview,
  type BackfillWords,
} from "../../../app/backfills/order-backfill.ts";
import { orderCancelBackfill, readBackfillEntry } from "../../../app/backfills/order-cancel.ts";
import { readFollowedDags } from "../../../app/dags/followed-dags.ts";
import { DagmarError } from "../../../model/errors.ts";
import { REPROCESS } from "../../../state/runs/backfills.ts";
import { listDagPage, type DagEntry } from "../../../state/pages/dag-page.ts";
import { pickEnabledDag } from "../../api/v2/known-dag.ts";
import type { Action } from "../frame/action.ts";
import { html, type Html } from "../frame/html.ts";
import { pathOf } from "../frame/links.ts";
import type { Page, PageTools, RenderedPage } from "../frame/page.ts";
import { actionForm } from "../parts/action-form.ts";
import { showCommandText } from "../parts/command.ts";
import { showCount } from "../parts/figures.ts";
import { selectFilter } from "../parts/filters.ts";
import { showHead } from "../parts/page-head.ts";
import { showChanged, showRefusal } from "../parts/notice.ts";
import { panel, scrollTable } from "../parts/panel.ts";
import { pathOfBackfill } from "../parts/run-links.ts";
import { showState } from "../parts/state.ts";
import { showTime } from "../parts/time.ts";
import { BACKFILL_WORDS } from "./words.ts";

const PATH = "/backfills/new";
const MOST_DAGS = 1_000;
const MOST_SLOTS = 500;

export const newBackfillPage: Page = {
  method: "GET",
  path: PATH,
  isForm: true,
  render: (tools, { search }) => renderForm(tools, search, false),
};

export const backfillAction: Action = {
  method: "POST",
  path: PATH,
  order(tools, { fields }) {
    const dag = pickEnabledDag(tools.query, fields.get("dag") ?? "");
    return orderBackfill(
      dag,
      readFollowedDags(tools.query, dag),
      readWords(fields),
      fields.get("hash") ?? "",
    );
  },
  done(_, __, answer) {
    const started = answer as { readonly how: string; readonly backfillId?: number } | null;
    return started?.backfillId === undefined ? "/backfills" : pathOfBackfill(started.backfillId);
  },
  again: (tools, { fields }) => renderForm(tools, fields, true),
};

export const cancelBackfillAction: Action = {
  method: "POST",
  path: "/backfills/{backfill_id}/cancel",
  order: ({ query, lakeId }, { params }) =>
    orderCancelBackfill(readBackfillEntry(query, params["backfill_id"] ?? ""), lakeId),
  done: (_, { params }) => pathOf("backfills", params["backfill_id"] ?? ""),
};

function readWords(given: URLSearchParams): BackfillWords {
  const maxActive = Number(given.get("max_active") ?? "");
  return {
    from: given.get("from")?.trim() ?? "",
    to: given.get("to")?.trim() ?? "",
    reprocess: given.get("reprocess") ?? "none",
    isRefetch: false,
    maxActive: Number.isSafeInteger(maxActive) && maxActive > 0 ? maxActive : null,
  };
}

function renderForm(tools: PageTools, given: URLSearchParams, hasChanged: boolean): RenderedPage {
  const { query, language, href } = tools;
  const words = BACKFILL_WORDS[language];
  const dags = listDagPage(query, { isActive: true }, [{ column: "dag_id", isDescending: false }], {
    limit: MOST_DAGS,
    offset: 0,
  }).rows;
  const chosen = given.get("dag") ?? dags[0]?.dagId ?? "";
  const { from, to, reprocess } = readWords(given);
  const field = (name: string, label: string, value: string, example: string): Html =>
    html`<div class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" class="code" value="${value}" placeholder="${example}" autocomplete="off"></div>`;
  return {
    title: words.newTitle,
    area: "backfills",
    main: html`${showHead(tools, { crumbs: [[words.title, "/backfills"]], title: words.newTitle, text: words.text })}
<div class="split is-left"><section class="panel"><form class="panel-body is-padded stack" action="${href(PATH)}">
<div class="field">${selectFilter(
      "dag",
      "Dag",
      dags.map(({ dagId }) => [dagId, dagId] as const),
      chosen,
    )}</div>
${field("from", words.from, from, "2026-11-01")}${field("to", words.to, to, "2026-11-30")}<p class="hint">${words.rangeHint}</p>
<div class="field">${selectFilter(
      "reprocess",
      words.reprocess,
      REPROCESS.map((each) => [each, words.reprocessNames[each]] as const),
      reprocess,
    )}</div>
${field("max_active", words.maxActive, given.get("max_active") ?? "", "1")}
<div class="actions"><button>${words.preview}</button></div></form></section>
<div class="stack">${hasChanged && showChanged(words.changed)}
${from === "" || to === "" ? html`<section class="panel"><p class="panel-body is-padded muted">${words.fillIn}</p></section>` : showPreview(tools, chosen, given)}</div></div>`,
  };
}

function showPreview(tools: PageTools, dagId: string, given: URLSearchParams): Html {
  try {
    const dag = pickEnabledDag(tools.query, dagId);
    const words = readWords(given);
    const preview = previewBackfillOrder(tools, dag, readFollowedDags(tools.query, dag), words);
    return showSlots(tools, dag, preview, given);
  } catch (error) {
    if (!(error instanceof DagmarError)) throw error;
    return showRefusal(error);
  }
}

const LOOKS = { new: "new", again: "again", open: "queued", skip: "skipped" } as const;

function showSlots(
  tools: PageTools,
  { dagId, definition }: DagEntry,
  { verdicts, hash, command }: BackfillPreview,
  given: URLSearchParams,
): Html {
  const { language, href } = tools;
  const words = BACKFILL_WORDS[language];
  const work = verdicts.filter(({ verdict }) => verdict !== "skip").length;
  const shown = verdicts.slice(0, MOST_SLOTS);
  const fields = ["from", "to", "reprocess", "max_active"].map(
    (name) => [name, given.get(name) ?? ""] as const,
  );
  return html`${panel({
    id: "slots",
    title: words.slots,
    count: showCount(verdicts.length),
    body: scrollTable(
      words.slots,
      html`<table class="table"><thead><tr><th scope="col">${words.slot}</th><th scope="col">${words.what}</th><th scope="col">${words.why}</th></tr></thead><tbody>${shown.map(
        ({ logicalDate, verdict, reason }) =>
          html`<tr><th scope="row">${showTime(tools, logicalDate, definition.timezone)}</th><td>${showState(LOOKS[verdict], words.verdicts[verdict])}</td><td>${reason}</td></tr>`,
      )}</tbody></table>`,
    ),
    footer:
      verdicts.length > shown.length && html`<p>${words.more(showCount(verdicts.length - shown.length))}</p>`,
  })}
<section class="panel"><div class="panel-body is-padded stack">${showCommandText(language, command)}
${
  work === 0
    ? html`<p class="muted">${words.nothing}</p>`
    : actionForm({
        action: href(PATH),
        hidden: { ...Object.fromEntries(fields), dag: dagId, hash },
        button: words.start(work),
        leave: [words.leave, href("/backfills")],
      })
}</div></section>`;
}
