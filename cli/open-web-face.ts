/** Puts together the HTTP face of a service: its settings, and the thread that reads for it. */
import type { App } from "../app/app.ts";
import type { MakeFace } from "../app/service/endpoint.ts";
import { createWebFace } from "../web/endpoint.ts";
import { startReadThread } from "./process/start-read-thread.ts";

export function openWebFace({ clock, log, settings, version, lake }: App): MakeFace {
  const { databaseFile, dagsFolder, logsFolder, timezone, pools, maxActiveTasks, web } = settings;
  const reading = {
    databaseFile,
    dagsFolder,
    logsFolder,
    version,
    lakeId: lake.id,
    timezone,
    limits: { pools, maxActiveTasks },
    settings: settings.inForce,
    base: web.basePath,
  };
  const startReader = () => startReadThread(reading);
  const tools = { address: settings.http, web, timezone, clock, log, lake, version, startReader };
  return (database) => createWebFace(database, tools);
}
