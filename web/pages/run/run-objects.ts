/** What the run wrote to the lake, and what its tasks read from it. */
import type { DagRun } from "../../../model/run/dag-run.ts";
import { listRunObjects } from "../../../state/pages/run-objects-page.ts";
import { reportInputs } from "../../../state/reports.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { PageTools } from "../frame/page.ts";
import { showBytes } from "../parts/figures.ts";
import { panel } from "../parts/panel.ts";
import { pathOfDataset } from "../parts/run-links.ts";
import { drawState } from "../parts/state.ts";
import { countRead, showTotal } from "../parts/total.ts";
import { RUN_WORDS } from "./words.ts";

const MOST_OBJECTS = 100;

export function showObjects({ query, language, href }: PageTools, run: DagRun): Html {
  const objects = listRunObjects(query, run, MOST_OBJECTS + 1);
  const words = RUN_WORDS[language];
  const shown = objects.slice(0, MOST_OBJECTS);
  return panel({
    id: "objects",
    title: words.objects,
    count: showTotal(language, countRead(objects.length, MOST_OBJECTS)),
    body:
      shown.length === 0
        ? html`<p class="panel-body muted">${words.noObjects}</p>`
        : html`<ul class="rows is-tight">${shown.map(
            ({ key, state, kind, records, sizeBytes, dataset }) =>
              html`<li data-state="${state}">${drawState(state === "missing" ? "missing" : state)}<div>${dataset === null ? html`<code>${key}</code>` : html`<a href="${href(pathOfDataset(dataset))}"><code>${key}</code></a>`}</div><span class="aside">${records === null || kind === "manifest" ? kind : words.records(records)}, ${showBytes(sizeBytes)}</span></li>`,
          )}</ul>`,
    footer: objects.length > MOST_OBJECTS && html`<a href="${href("/lake")}">${words.inLake}</a>`,
  });
}

export function showInputs({ query, language, href }: PageTools, run: DagRun): Html {
  const words = RUN_WORDS[language];
  const inputs = reportInputs(query, run.dagId, run.runId);
  if (inputs.length === 0) return html``;
  return panel({
    id: "inputs",
    title: words.inputs,
    count: inputs.length,
    body: html`<ul class="rows is-tight">${inputs.map((input) => {
      const dataset = String(input["dataset"]);
      return html`<li>${icon("file")}<div><p><b class="who">${String(input["task_id"])}</b> <a href="${href(pathOfDataset(dataset))}">${dataset}</a></p><p><code>${String(input["key"])}</code></p></div><span class="aside">${words.sources[String(input["source"])] ?? String(input["source"])}</span></li>`;
    })}</ul>`,
  });
}
