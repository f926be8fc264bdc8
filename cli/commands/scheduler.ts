/** `dagmar scheduler`: the long-running service. */
import type { Command } from "../command.ts";

export const scheduler: Command = {
  name: "scheduler",
  summary: "run Dags when they are due, until SIGTERM; a second one stands by",
  examples: ["dagmar scheduler", "DAGMAR_HTTP=0.0.0.0:8793 DAGMAR_LOG_FORMAT=json dagmar scheduler"],
  async run({ drain }) {
    const { withApp } = await import("../../app/app.ts");
    const { serve } = await import("../../app/service/serve.ts");
    return withApp((app) => serve(app, drain));
  },
};
