/** The argument `<run>`, shared by every command that takes one; `app/runs/find-run.ts` resolves it to a run. */
import type { CommandArgument } from "../command.ts";

export const RUN_ARGUMENT: CommandArgument = {
  name: "<run>",
  description: "DAG for its newest run that is not in the future, DAG@DATE, DAG/RUN_ID, or a run id",
};
