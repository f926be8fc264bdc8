/** What `dagmar doctor` looks at, once the settings are read: nothing is written to the database, nothing is repaired. */
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import type { Finding } from "../../model/ports/examination.ts";
import type { App } from "../app.ts";
import { examine, type Check } from "./examine.ts";
import { examineClock, examineZone } from "./examine-clock.ts";
import { examineDagFiles, examineInput, examineService, listPrefixes, listUses } from "./examine-dags.ts";
import { examineDatabase } from "./examine-database.ts";
import { listEngineChecks } from "./examine-engines.ts";
import { examineNotices } from "./examine-notices.ts";
import { examineProxy } from "./examine-proxy.ts";
import { examineWeb } from "./examine-web.ts";

const NO_USES = { dagIds: [], offDagIds: [] };

export interface ExamineOptions {
  /** Of the time zone data that this Node brings. */
  readonly zoneDataVersion: string | undefined;
  readonly limitMs?: number;
}

export async function examineApp(app: App, options: ExamineOptions): Promise<readonly Finding[]> {
  const { settings, registry, lake, clock } = app;
  // Read once. A folder that cannot be read is the finding of its own check, and keeps no other from its work.
  const loading = app.loadDags();
  const dagsOrNone = (): Promise<DagFolder> => loading.catch(() => ({ dags: new Map(), broken: new Map() }));
  const services = [...registry.values()].flatMap(({ service }) => service ?? []);
  const engines = [...registry.values()].flatMap(({ engine }) => engine ?? []);
  const findUses = async (typeName: string) =>
    listUses(await dagsOrNone(), registry).find(({ type }) => type.type === typeName) ?? NO_USES;
  const addressesInUse = async (): Promise<readonly string[]> => {
    const used = listUses(await dagsOrNone(), registry).filter(({ dagIds }) => dagIds.length > 0);
    return [lake.serverAddress ?? [], ...used.map(({ type }) => type.service?.address ?? [])].flat();
  };
  const checks: readonly Check[] = [
    { what: "database", run: () => examineDatabase(app) },
    {
      what: "lake",
      run: async (signal) => [
        { what: "lake", state: "ok", says: lake.id, todo: null },
        ...(await lake.examine(listPrefixes(await dagsOrNone(), registry), signal)),
      ],
    },
    { what: "dag files", run: async () => examineDagFiles(await loading, settings.dagsFolder) },
    { what: "input folder", run: async () => examineInput(settings.inputFolder) },
    ...[...registry.values()].flatMap(({ type, service }): readonly Check[] =>
      service === undefined
        ? []
        : [
            {
              what: service.name,
              run: async (signal) => examineService(service, await findUses(type), signal),
            },
          ],
    ),
    ...listEngineChecks(engines, async () => listUses(await dagsOrNone(), registry), clock),
    { what: "web", run: () => examineWeb(app) },
    { what: "notices", run: async (signal) => examineNotices(app, signal) },
    { what: "clock", run: async (signal) => examineClock(await addressesInUse(), app, signal) },
    { what: "zone", run: async () => examineZone(settings.timezone, clock, options.zoneDataVersion) },
    {
      what: "proxy",
      run: async (signal) =>
        examineProxy(
          settings.proxy,
          [lake.serverAddress ?? [], services.map(({ address }) => address)].flat(),
          signal,
        ),
    },
  ];
  return await examine(checks, clock, options.limitMs);
}
