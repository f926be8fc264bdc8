/** `dagmar scheduler`: the long-running service. */
import type { Command } from "../command.ts";

export const scheduler: Command = {
  name: "scheduler",
  summary: "run Dags when they are due, until SIGTERM; a second scheduler is a standby",
  examples: ["dagmar scheduler", "DAGMAR_HTTP=0.0.0.0:8793 DAGMAR_LOG_FORMAT=json dagmar scheduler"],
  async run({ drain }) {
    const { withApp } = await import("../open-app.ts");
    const { runScheduler } = await import("../../app/service/run-scheduler.ts");
    const { openWebFace } = await import("../open-web-face.ts");
    const { startVerifyThread } = await import("../process/start-verify-thread.ts");
    return withApp((app) =>
      runScheduler(app, { makeFace: openWebFace(app), startVerify: startVerifyThread }, drain),
    );
  },
};
