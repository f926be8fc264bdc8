/** The lake: its datasets, and the objects, partitions and manifests of each. */
import {
  listDatasetEntries,
  listObjectEntries,
  listPartitionEntries,
  OBJECT_STATES,
  type ObjectEntry,
} from "../../../state/pages/lake-page.ts";
import { listReports } from "../../../state/pages/reports.ts";
import { html, type Html } from "../frame/html.ts";
import type { Page, PageInput, PageTools } from "../frame/page.ts";
import { showCommand } from "../parts/command.ts";
import { showBytes, showCount } from "../parts/figures.ts";
import { selectFilter, showFilters } from "../parts/filters.ts";
import { showHead } from "../parts/page-head.ts";
import { panel, scrollTable, showEmpty } from "../parts/panel.ts";
import { pathOfDataset, pathOfReport, pathOfRun } from "../parts/run-links.ts";
import { drawState, showState } from "../parts/state.ts";
import { showTime } from "../parts/time.ts";
import { countRead, showTotal } from "../parts/total.ts";
import { COMMON_WORDS } from "../parts/words.ts";
import { showVerification } from "./verification.ts";
import { LAKE_WORDS } from "./words.ts";

const PAGE_OBJECTS = 100;
const MOST_PARTITIONS = 60;
const MOST_REPORTS = 50;
const KINDS = ["file", "records", "manifest", "foreign"] as const;

export const lakePage: Page = {
  method: "GET",
  path: "/lake",
  render(tools, input) {
    const { query, lakeId, language, href, timezone } = tools;
    const words = LAKE_WORDS[language];
    const datasets = listDatasetEntries(query, lakeId);
    return {
      title: words.title,
      area: "lake",
      main: html`${showHead(tools, { title: words.title, text: html`<code>${lakeId}</code>` })}
${showReports(tools)}
${panel({
  id: "datasets",
  title: words.datasets,
  count: datasets.length,
  body:
    datasets.length === 0
      ? showEmpty(words.empty, words.howObjects)
      : scrollTable(
          words.datasetsLabel,
          html`<table class="table"><thead><tr><th scope="col">${words.dataset}</th><th scope="col" class="number">${words.objects}</th><th scope="col" class="number">${words.records}</th><th scope="col" class="number">${words.size}</th><th scope="col" class="wide-only">${words.newest}</th></tr></thead><tbody>${datasets.map(
            (each) =>
              html`<tr><th scope="row"><a href="${href(pathOfDataset(each.dataset))}">${each.dataset}</a></th><td class="number">${showCount(each.objects)}</td><td class="number">${each.records === 0 ? "–" : showCount(each.records)}</td><td class="number">${showBytes(each.sizeBytes)}</td><td class="wide-only">${each.newestCommit === null ? "–" : showTime(tools, each.newestCommit, timezone)}</td></tr>`,
          )}</tbody></table>`,
        ),
})}
${showVerification(tools)}
${showObjects(tools, input, undefined)}`,
    };
  },
};

/** Nothing, where no task makes reports. */
function showReports(tools: PageTools): Html | false {
  const { query, lakeId, language, href, timezone } = tools;
  const words = LAKE_WORDS[language];
  const reports = listReports(query, lakeId, MOST_REPORTS + 1);
  if (reports.length === 0) return false;
  return panel({
    id: "reports",
    title: words.reports,
    count: showTotal(language, countRead(reports.length, MOST_REPORTS)),
    body: html`<ul class="rows is-dense">${reports
      .slice(0, MOST_REPORTS)
      .map(
        ({ key, dataset, sizeBytes, committedAt }) =>
          html`<li>${drawState("committed")}<div><a class="who" href="${href(pathOfReport(key))}">${key.split("/").at(-1) ?? key}</a><p>${dataset}${committedAt !== null && html`, ${showTime(tools, committedAt, timezone)}`}</p></div><span class="aside">${showBytes(sizeBytes)}</span></li>`,
      )}</ul>`,
  });
}

export const datasetPage: Page = {
  method: "GET",
  path: "/lake/datasets/{dataset}",
  render(tools, input) {
    const { query, lakeId, language } = tools;
    const words = LAKE_WORDS[language];
    const dataset = input.params["dataset"] ?? "";
    const partitions = listPartitionEntries(query, lakeId, dataset, MOST_PARTITIONS + 1);
    return {
      title: dataset,
      area: "lake",
      main: html`${showHead(tools, { crumbs: [[words.title, "/lake"]], title: dataset })}
<div class="split"><div class="stack">${showObjects(tools, input, dataset)}</div>
${panel({
  id: "partitions",
  title: words.partitions,
  count: showTotal(language, countRead(partitions.length, MOST_PARTITIONS)),
  body:
    partitions.length === 0
      ? showEmpty(words.empty, words.howObjects)
      : html`<ul class="rows is-dense">${partitions
          .slice(0, MOST_PARTITIONS)
          .map(
            ({ partition, objects, records, sizeBytes }) =>
              html`<li>${drawState("committed")}<div><b class="who">${partition}</b><p>${words.counts(objects, records)}</p></div><span class="aside">${showBytes(sizeBytes)}</span></li>`,
          )}</ul>`,
})}</div>`,
    };
  },
};

/** By key, in parts: the address says after which key this one begins. */
function showObjects(tools: PageTools, { search, here }: PageInput, dataset: string | undefined): Html {
  const { query, lakeId, language, href } = tools;
  const words = LAKE_WORDS[language];
  const common = COMMON_WORDS[language];
  const kind = KINDS.find((known) => known === search.get("kind"));
  const state = OBJECT_STATES.find((known) => known === search.get("state"));
  const prefix = search.get("key") ?? "";
  const found = listObjectEntries(
    query,
    { lakeId, dataset, kind, state, prefix },
    { after: search.get("after") ?? "", limit: PAGE_OBJECTS + 1 },
  );
  const shown = found.slice(0, PAGE_OBJECTS);
  const last = shown.at(-1);
  return panel({
    id: "objects",
    title: words.objects,
    count: showTotal(language, countRead(found.length, PAGE_OBJECTS)),
    aside: showFilters(tools, here.path, [
      html`<label><span class="unseen">${words.prefix}</span><input class="is-search code" name="key" value="${prefix}" placeholder="${words.prefix}"></label>`,
      selectFilter(
        "kind",
        words.kind,
        [["", common.all], ...KINDS.map((known) => [known, words.kinds[known]] as const)],
        kind ?? null,
      ),
      selectFilter(
        "state",
        common.state,
        [["", common.all], ...OBJECT_STATES.map((known) => [known, known] as const)],
        state ?? null,
      ),
    ]),
    body: shown.length === 0 ? showEmpty(words.empty, words.howObjects) : showTable(tools, shown),
    footer: [
      // The command knows neither kinds nor states.
      kind === undefined &&
        state === undefined &&
        showCommand(language, [
          "lake",
          "ls",
          ...(prefix === "" ? [] : [prefix]),
          ...(dataset === undefined ? [] : ["--dataset", dataset]),
        ]),
      found.length > PAGE_OBJECTS &&
        last !== undefined &&
        html`<a rel="next" href="${href(here.path, { ...here.search, after: last.key })}">${words.more}</a>`,
    ],
  });
}

function showTable(tools: PageTools, objects: readonly ObjectEntry[]): Html {
  const { language, href, timezone } = tools;
  const words = LAKE_WORDS[language];
  const common = COMMON_WORDS[language];
  return scrollTable(
    words.objectsLabel,
    html`<table class="table"><thead><tr><th scope="col">${words.key}</th><th scope="col">${common.state}</th><th scope="col" class="number wide-only">${words.records}</th><th scope="col" class="number">${words.size}</th><th scope="col" class="wide-only">SHA-256</th><th scope="col" class="wide-only">${common.run}</th></tr></thead><tbody>${objects.map(
      (each) =>
        html`<tr><th scope="row">${isReport(each) ? html`<a href="${href(pathOfReport(each.key))}"><code>${each.key}</code></a>` : html`<code>${each.key}</code>`}${each.kind === "foreign" && html`<small>${words.foreign}</small>`}${each.isAdopted !== 0 && html`<small>${words.adopted}</small>`}</th><td>${each.kind === "foreign" ? showState("foreign") : showState(each.state)}</td><td class="number wide-only">${each.records === null || each.kind === "manifest" ? "–" : showCount(each.records)}</td><td class="number">${showBytes(each.sizeBytes)}</td><td class="wide-only"><code class="muted" title="${each.sha256 ?? ""}">${each.sha256?.slice(0, 8) ?? "–"}</code></td><td class="wide-only">${each.dagId === null || each.runId === null ? "–" : html`<a href="${href(pathOfRun(each.dagId, each.runId))}">${each.dagId}</a>`}${each.committedAt !== null && html`<small class="under-state">${showTime(tools, each.committedAt, timezone)}</small>`}</td></tr>`,
    )}</tbody></table>`,
  );
}

/** A file of ours that a browser shows; what else has such a name is not served. */
function isReport({ key, kind, state }: ObjectEntry): boolean {
  return kind === "file" && state === "committed" && key.endsWith(".html");
}
