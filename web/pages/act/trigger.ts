/** Triggers a Dag: a field for the date and one for each of its params. What the fields show is what is sent. */
import { readFollowedDags } from "../../../app/dags/followed-dags.ts";
import { orderNewRun, planNewRun, type NewRunWords } from "../../../app/runs/order-run.ts";
import { DagmarError } from "../../../model/errors.ts";
import type { JsonValue, Params } from "../../../model/dag/dag.ts";
import { escapeControlCharacters } from "../../../model/text/control-character.ts";
import type { DagEntry } from "../../../state/pages/dag-page.ts";
import { readRun } from "../../../state/runs/dag-runs.ts";
import { pickEnabledDag } from "../../api/v2/known-dag.ts";
import type { Action } from "../frame/action.ts";
import { html, type Html } from "../frame/html.ts";
import { icon } from "../frame/icons.ts";
import type { Page, PageInput, PageTools, RenderedPage } from "../frame/page.ts";
import { actionForm } from "../parts/action-form.ts";
import { showCommandText } from "../parts/command.ts";
import { showHead } from "../parts/page-head.ts";
import { pathOfDag, pathOfRun } from "../parts/run-links.ts";
import { ACT_WORDS } from "./words.ts";

const PATH = "/dags/{dag_id}/trigger";
/** In front of a param's name, so that no param is taken for a field of the form. */
const PARAM = "param.";

export const triggerPage: Page = {
  method: "GET",
  path: PATH,
  isForm: true,
  render: (tools, input) =>
    renderForm(tools, pickEnabledDag(tools.query, input.params["dag_id"] ?? ""), input.search),
};

export const triggerAction: Action = {
  method: "POST",
  path: PATH,
  order(tools, { params, fields }) {
    const dag = pickEnabledDag(tools.query, params["dag_id"] ?? "");
    return orderNewRun(tools, dag, readFollowedDags(tools.query, dag), readWords(dag, fields), null);
  },
  done({ query }, _, answer) {
    const { dagRunId } = answer as { readonly dagRunId: number };
    const { dagId, runId } = readRun(query, dagRunId);
    return pathOfRun(dagId, runId);
  },
};

function renderForm(tools: PageTools, dag: DagEntry, given: PageInput["search"]): RenderedPage {
  const { language, href } = tools;
  const { dagId, definition, isPaused } = dag;
  const words = ACT_WORDS[language];
  const path = `${pathOfDag(dagId)}/trigger`;
  return {
    title: words.triggerTitle(dagId),
    area: "dags",
    main: html`${showHead(tools, {
      crumbs: [
        ["Dags", "/dags"],
        [dagId, pathOfDag(dagId)],
      ],
      title: words.triggerTitle(dagId),
      text: definition.description,
    })}
<section class="panel is-problem"><div class="panel-body is-padded stack">
${isPaused && html`<div class="notice" data-state="late">${icon("paused")}<p>${words.pausedNote}</p></div>`}
${actionForm({
  action: href(path),
  fields: html`<div class="field"><label for="date">${words.date}</label><input id="date" name="date" class="code" value="${given.get("date") ?? ""}" placeholder="2026-11-23T06:00" autocomplete="off"><p class="hint">${words.dateHint(definition.timezone)}</p></div>
${Object.entries(definition.params).map(([name, value]) => paramField(tools, name, given.get(PARAM + name) ?? writeParam(value)))}`,
  button: html`${icon("play")}${words.triggerButton}`,
  leave: [words.leave, href(pathOfDag(dagId))],
})}
${showCommandText(language, describeCommand(tools, dag, given))}
</div></section>`,
  };
}

function paramField({ language }: PageTools, name: string, value: string): Html {
  const id = `param-${name}`;
  return html`<div class="field"><label for="${id}">${name}</label><input id="${id}" name="${PARAM}${name}" class="code" value="${value}" autocomplete="off"><p class="hint">${ACT_WORDS[language].paramHint}</p></div>`;
}

/** As the field shows and sends it: text as it is, unless it would be read as something else, or a field would change it. */
function writeParam(value: JsonValue): string {
  if (typeof value !== "string") return escapeControlCharacters(JSON.stringify(value));
  const isPlain = readParam(value) === value && escapeControlCharacters(value) === value;
  return isPlain ? value : escapeControlCharacters(JSON.stringify(value));
}

function readParam(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** Params that are as in the Dag's file are left out. */
function readWords({ definition }: DagEntry, fields: URLSearchParams): NewRunWords {
  const params = Object.entries(definition.params).flatMap(([name, byDefault]) => {
    const text = fields.get(PARAM + name);
    if (text === null || text === writeParam(byDefault)) return [];
    return [[name, readParam(text)] as const];
  });
  const date = fields.get("date")?.trim() ?? "";
  const given: Params = Object.fromEntries(params);
  return { date: date === "" ? null : date, params: given, isForced: false };
}

function describeCommand(tools: PageTools, dag: DagEntry, given: URLSearchParams): string {
  try {
    return planNewRun(tools, dag, readFollowedDags(tools.query, dag), readWords(dag, given)).command;
  } catch (error) {
    if (error instanceof DagmarError) return `dagmar trigger ${dag.dagId}`;
    throw error;
  }
}
