/** `dagmar scheduler`: the long-running service. */
import type { Command } from "../command.ts";

export const scheduler: Command = {
  name: "scheduler",
  summary: "run Dags when they are due, until SIGTERM; a second scheduler is a standby",
  examples: ["dagmar scheduler", "DAGMAR_HTTP=0.0.0.0:8793 DAGMAR_LOG_FORMAT=json dagmar scheduler"],
  async run({ drain }) {
    const { withApp } = await import("../open-app.ts");
    const { runScheduler } = await import("../../app/service/run-scheduler.ts");
    const { createWebFace } = await import("../../web/endpoint.ts");
    const { startReadThread } = await import("../process/start-read-thread.ts");
    return withApp((app) => {
      const { clock, log, settings, version, lake } = app;
      const { databaseFile, dagsFolder, logsFolder, timezone, pools, maxActiveTasks } = settings;
      const limits = { pools, maxActiveTasks };
      const reading = {
        databaseFile,
        dagsFolder,
        logsFolder,
        version,
        lakeId: lake.id,
        timezone,
        limits,
        settings: settings.inForce,
        base: settings.web.basePath,
      };
      const face = {
        address: settings.http,
        web: settings.web,
        timezone: settings.timezone,
        clock,
        log,
        version,
        startReader: () => startReadThread(reading),
      };
      return runScheduler(app, (database) => createWebFace(database, face), drain);
    });
  },
};
