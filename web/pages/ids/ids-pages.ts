/** Ids: which are missing and why, and the story of one. */
import { describeId } from "../../../app/lake/describe-id.ts";
import { FIRST_GENERATION } from "../../../model/records/question.ts";
import type { IdEntry } from "../../../state/pages/id-page.ts";
import { REMOVED } from "../../../state/records/missing-objects.ts";
import { countMissing, reportMissing } from "../../../state/reports.ts";
import { html, type Html, type Piece } from "../frame/html.ts";
import type { Page, PageInput, PageTools } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { readDatasetSums, showEveryId } from "../parts/every-id.ts";
import { showCount } from "../parts/figures.ts";
import { showHead } from "../parts/page-head.ts";
import { panel, scrollTable, showEmpty } from "../parts/panel.ts";
import { pathOfDataset, pathOfId, pathOfRun } from "../parts/run-links.ts";
import { drawState, nameState, showState } from "../parts/state.ts";
import { showTime } from "../parts/time.ts";
import { countRead, showTotal } from "../parts/total.ts";
import { ID_WORDS } from "./words.ts";

const MOST_IDS = 500;

export const idsPage: Page = {
  method: "GET",
  path: "/ids",
  render(tools, input) {
    const { language, href } = tools;
    const words = ID_WORDS[language];
    const asked = input.search.get("id")?.trim() ?? "";
    return {
      title: words.title,
      area: "ids",
      ...(asked === "" ? {} : { goTo: pathOfId(asked) }),
      main: html`${showHead(tools, { title: words.title, text: words.text })}
<form class="filters" action="${href("/ids")}"><label>${words.one} <input class="is-search code" name="id" placeholder="tt0133093"></label><button class="is-small">${words.show}</button></form>
<div class="split"><div class="stack">${showMissing(tools, input)}</div><div class="stack">${showEveryId(tools, readDatasetSums(tools))}</div></div>`,
    };
  },
};

function showMissing(tools: PageTools, { search, here }: PageInput): Html {
  const { query, lakeId, language, href, keep } = tools;
  const words = ID_WORDS[language];
  const dataset = search.get("dataset");
  const outcome = search.get("outcome");
  const filter = {
    lakeId,
    ...(dataset === null ? {} : { dataset }),
    ...(outcome === null ? {} : { outcome }),
  };
  const counts = keep(`missing ${JSON.stringify([dataset, outcome])}`, () => countMissing(query, filter));
  const isChosen = dataset !== null || outcome !== null;
  const list = isChosen ? reportMissing(query, { ...filter, limit: MOST_IDS + 1 }) : [];
  const total = counts.reduce((sum, row) => sum + Number(row["ids"]), 0);
  return html`${panel({
    id: "missing",
    title: words.missing,
    count: showCount(total),
    body:
      counts.length === 0
        ? showEmpty(words.none, words.noneText)
        : scrollTable(
            words.missingLabel,
            html`<table class="table"><thead><tr><th scope="col">${words.dataset}</th><th scope="col">${words.outcome}</th><th scope="col">${words.reason}</th><th scope="col" class="number">${words.ids}</th></tr></thead><tbody>${counts.map(
              (row) =>
                html`<tr><th scope="row">${String(row["dataset"])}</th><td>${showOutcome(String(row["outcome"]))}</td><td>${String(row["reason"])}</td><td class="number"><a href="${href(here.path, { dataset: String(row["dataset"]), outcome: String(row["outcome"]) })}#list">${showCount(Number(row["ids"]))}</a></td></tr>`,
            )}</tbody></table>`,
          ),
    footer: showCommand(language, [
      "lake",
      "missing",
      ...(dataset === null ? [] : ["--dataset", dataset]),
      ...(outcome === null ? [] : ["--outcome", outcome]),
    ]),
  })}
${
  isChosen &&
  panel({
    id: "list",
    title: words.which,
    count: showTotal(language, countRead(list.length, MOST_IDS)),
    aside: html`<a href="${href(here.path)}">${words.reset}</a>`,
    body: scrollTable(
      words.listLabel,
      html`<table class="table"><thead><tr><th scope="col">Id</th><th scope="col">${words.dataset}</th><th scope="col">${words.outcome}</th><th scope="col">${words.reason}</th></tr></thead><tbody>${list
        .slice(0, MOST_IDS)
        .map(
          (row) =>
            html`<tr><th scope="row"><a href="${href(pathOfId(String(row["asked_id"])))}">${String(row["asked_id"])}</a></th><td>${String(row["dataset"])}</td><td>${showOutcome(String(row["outcome"]))}</td><td>${showText(row["reason"])}</td></tr>`,
        )}</tbody></table>`,
    ),
  })
}`;
}

/** Outcomes have looks of their own; the word stays. */
const LOOKS: Readonly<Record<string, string>> = { spooled: "running", not_asked: "none" };

function showOutcome(outcome: string): Html {
  return showState(LOOKS[outcome] ?? outcome, nameState(outcome));
}

function showText(value: unknown): Piece {
  return typeof value === "string" ? value : "";
}

export const idPage: Page = {
  method: "GET",
  path: "/ids/{asked_id}",
  render(tools, { params }) {
    const { query, lakeId, language } = tools;
    const words = ID_WORDS[language];
    const asked = params["asked_id"] ?? "";
    const entries = describeId(query, lakeId, asked);
    return {
      title: asked,
      area: "ids",
      main: html`${showHead(tools, { crumbs: [[words.title, "/ids"]], title: asked, text: words.story })}
${panel({
  id: "story",
  title: words.storyTitle,
  count: entries.length,
  body: html`<ol class="story panel-body">${entries.map((entry) => showStep(tools, entry))}</ol>`,
  footer: showCommand(language, ["ids", "show", asked]),
})}`,
    };
  },
};

function showStep(tools: PageTools, entry: IdEntry): Html {
  const { language, href, timezone } = tools;
  const words = ID_WORDS[language];
  const look = LOOKS[entry.outcome] ?? entry.outcome;
  const run =
    entry.dagId !== null &&
    entry.runId !== null &&
    html` <a href="${href(pathOfRun(entry.dagId, entry.runId))}">${entry.dagId}</a> ${entry.taskId}`;
  return html`<li data-state="${look}">${drawState(look)}<b>${nameState(entry.outcome)}</b> ${words.in} <a href="${href(pathOfDataset(entry.dataset))}">${entry.dataset}</a>${run}
<p>${entry.decidedAt !== null && showTime(tools, entry.decidedAt, timezone)}${isLater(entry) && html` <span class="muted">${words.generation(entry.generation ?? "")}</span>`}</p>
${entry.reason !== null && html`<p><span class="why">${entry.reason}</span> ${entry.detail}</p>`}
${entry.key !== null && html`<p><code>${entry.key}</code>${entry.isCommitted === 0 && html` <span class="why">${words.notCommitted}</span>`}</p>`}
${entry.facts !== null && html`<p><code class="muted">${entry.facts}</code></p>`}
<p class="muted">${words.again[judgeAgain(entry)]}</p></li>`;
}

/** Not of the first time that it was asked for. */
function isLater({ generation }: IdEntry): boolean {
  return generation !== null && generation !== FIRST_GENERATION;
}

/** As the asking policy has it: a failure for good is asked again when an absent title is. */
function judgeAgain({ outcome, reason, isPermanent }: IdEntry): IdEntry["outcome"] | "removed" {
  if (outcome !== "failed" || isPermanent !== 1) return outcome;
  return reason === REMOVED.reason ? "removed" : "not_found";
}
