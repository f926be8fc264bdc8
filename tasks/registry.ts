/** The task types that come with Dagmar, made with what the configuration gives them. */
import type { Clock } from "../model/ports/clock.ts";
import type { Logger } from "../model/ports/logger.ts";
import type { AnyTaskType } from "../model/ports/task-type.ts";
import { createCsvToIds } from "./csv-to-ids/index.ts";
import { createFileToLake } from "./file-to-lake/index.ts";
import { createNoop } from "./noop/index.ts";
import { createShell, type ShellSettings } from "./shell/index.ts";
import { openTmdbSource, type TmdbSettings } from "./tmdb-to-lake/tmdb-source.ts";
import { createTmdbToLake } from "./tmdb-to-lake/index.ts";

export interface RegistrySettings {
  /** Absolute path of DAGMAR_INPUT. */
  readonly inputFolder: string;
  readonly tmdb: TmdbSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** What shell tasks hand on from; nothing by default. */
  readonly environment?: ShellSettings["environment"];
  /** Tells the shell tasks of this database from those of others: the path of its file. */
  readonly cookieScope?: string;
  /** What no shell task's program may show in its words. */
  readonly secrets?: readonly string[];
}

export function createRegistry(settings: RegistrySettings): ReadonlyMap<string, AnyTaskType> {
  const types: readonly AnyTaskType[] = [
    createFileToLake(settings.inputFolder),
    createCsvToIds(),
    createTmdbToLake(openTmdbSource(settings.tmdb, settings)),
    createShell({
      environment: settings.environment ?? {},
      cookieScope: settings.cookieScope ?? "",
      secrets: settings.secrets ?? [],
    }),
    createNoop(),
  ];
  return new Map(types.map((type) => [type.type, type]));
}
