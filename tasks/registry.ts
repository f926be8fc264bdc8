/** The task types that come with Dagmar, one line each. Each type's own folder defines what it is and needs. */
import type { Agent } from "node:http";
import { declareErrors } from "../model/errors.ts";
import type { Clock } from "../model/ports/clock.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { SettingValues, TaskDeclaration } from "../model/ports/task-declaration.ts";
import type { AnyTaskType } from "../model/ports/task-type.ts";
import { CSV_TO_IDS } from "./csv-to-ids/declare.ts";
import { createCsvToIds } from "./csv-to-ids/index.ts";
import { FILE_TO_LAKE } from "./file-to-lake/declare.ts";
import { createFileToLake } from "./file-to-lake/index.ts";
import { createNoop } from "./noop/index.ts";
import { REPORT_TO_LAKE } from "./report-to-lake/declare.ts";
import { createReportToLake } from "./report-to-lake/index.ts";
import { SHELL } from "./shell/declare.ts";
import { createShell } from "./shell/index.ts";
import { SQL_TO_LAKE } from "./sql-to-lake/declare.ts";
import { createSqlToLake } from "./sql-to-lake/index.ts";
import { readTmdbSettings, TMDB_TO_LAKE } from "./tmdb-to-lake/declare.ts";
import { createTmdbToLake } from "./tmdb-to-lake/index.ts";
import { openTmdbSource } from "./tmdb-to-lake/tmdb-source.ts";

/** What task types are made with. */
export interface TaskTools {
  /** Absolute path of DAGMAR_INPUT. */
  readonly inputFolder: string;
  /** Values of the variables that the types declare. */
  readonly values: SettingValues;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** Makes the agents of connections, for example through a proxy. */
  readonly makeAgent?: (() => Agent) | undefined;
  /** The variables that shell tasks may pass on; none by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Texts that must not appear in a shell task's output. */
  readonly secrets?: readonly string[];
}

export interface TaskModule {
  readonly declaration: TaskDeclaration;
  create(tools: TaskTools): AnyTaskType;
}

/** In the order of the reference. */
export const TASK_MODULES: readonly TaskModule[] = [
  { declaration: FILE_TO_LAKE, create: ({ inputFolder }) => createFileToLake(inputFolder) },
  { declaration: CSV_TO_IDS, create: () => createCsvToIds() },
  {
    declaration: TMDB_TO_LAKE,
    create: (tools) => createTmdbToLake(openTmdbSource(readTmdbSettings(tools.values), tools)),
  },
  {
    declaration: SHELL,
    create: ({ environment = {}, secrets = [] }) => createShell({ environment, secrets }),
  },
  { declaration: SQL_TO_LAKE, create: () => createSqlToLake() },
  { declaration: REPORT_TO_LAKE, create: () => createReportToLake() },
  { declaration: {}, create: () => createNoop() },
];

export const DECLARATIONS: readonly TaskDeclaration[] = TASK_MODULES.map(({ declaration }) => declaration);

export function createRegistry(
  tools: TaskTools,
  modules: readonly TaskModule[] = TASK_MODULES,
): ReadonlyMap<string, AnyTaskType> {
  for (const { declaration } of modules) declareErrors(declaration.errors ?? {});
  const types = modules.map((module) => module.create(tools));
  return new Map(types.map((type) => [type.type, type]));
}
