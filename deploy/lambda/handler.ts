/** The program in AWS Lambda: one event, one run of a Dag, with the same operations as `dagmar run`. */
import { runDag } from "../../app/runs/run-dag.ts";
import { checkParams } from "../../app/runs/check-params.ts";
import { chooseLogicalDate } from "../../app/runs/choose-date.ts";
import { describeRunAsJson } from "../../cli/display/run-report.ts";
import { withApp } from "../../cli/open-app.ts";
import { readEvent } from "./read-event.ts";

/** `event`: see `readEvent`. Gives the run's figures as `dagmar run --json` prints them. */
export async function handler(event: unknown): Promise<unknown> {
  const asked = readEvent(event);
  return withApp(async (app) => {
    const folder = await app.loadDags();
    const { definition, fingerprint } = app.pickEnabledDag(folder, asked.dag);
    checkParams(asked.params, definition, "params");
    const request = {
      version: { definition, fingerprint },
      logicalDate: await chooseLogicalDate(app, definition, folder.dags, asked.date ?? undefined, false),
      isNew: false,
      params: asked.params,
      onlyTasks: null,
      namedTasks: [],
      isRerun: false,
      isRefetch: false,
    };
    const show = { observer: {}, close: () => Promise.resolve() };
    return describeRunAsJson(await runDag(app, request, () => show, new AbortController().signal));
  });
}
