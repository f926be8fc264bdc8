/** The argument `<run>` as every command that takes one describes it; which run it means is found in `app/runs/find-run.ts`. */
import type { CommandArgument } from "../command.ts";

export const RUN_ARGUMENT: CommandArgument = {
  name: "<run>",
  description: "DAG for its newest run that is not in the future, DAG@DATE, DAG/RUN_ID, or a run id",
};
