/** The runs of all Dags, newest date first; `/dags/{dag_id}/runs` has those of one. */
import { pickDag } from "../../api/v2/known-dag.ts";
import { html } from "../frame/html.ts";
import type { Page } from "../frame/page.ts";
import { showDag } from "../dag/dag-frame.ts";
import { showHead } from "../parts/page-head.ts";
import { showRunList } from "../parts/run-list.ts";

const TITLES = { en: "Runs", pt: "Execuções" } as const;

export const runsPage: Page = {
  method: "GET",
  path: "/runs",
  render(tools, input) {
    const title = TITLES[tools.language];
    return {
      title,
      area: "runs",
      main: html`${showHead(tools, { title })}${showRunList(tools, input, null)}`,
    };
  },
};

export const dagRunsPage: Page = {
  method: "GET",
  path: "/dags/{dag_id}/runs",
  render(tools, input) {
    const dag = pickDag(tools.query, input.params["dag_id"] ?? "");
    return showDag(tools, dag, "runs", showRunList(tools, input, dag));
  },
};
