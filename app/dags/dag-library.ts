/** Reads the configured Dag files, for commands that run nothing; a command that runs tasks needs the app. */
import type { Agent } from "node:http";
import type { LoadedDag } from "../../config/dag-file/check-dag-file.ts";
import { stampFolder } from "../../config/dag-file/folder-stamp.ts";
import { loadDagFiles, loadDags, type DagFolder } from "../../config/dag-file/load-dags.ts";
import type { KeptChecks } from "../../config/dag-file/kept-checks.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { suggestName } from "../../config/suggestion.ts";
import { CommandRefused, DagDefinitionError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { createRegistry } from "../../tasks/registry.ts";
import { listPlaces, type DatasetPlace } from "./dataset-places.ts";
import { readKnownDags } from "./read-dag-row.ts";

export interface DagLibrary {
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: Settings;
  readonly registry: ReadonlyMap<string, AnyTaskType>;
  /** `kept`: results of earlier checks, which are not repeated. */
  loadDags(kept?: KeptChecks): Promise<DagFolder>;
  /** Where the folder's tasks store datasets. The files are read only if they have changed since they were last loaded. */
  listPlaces(): Promise<readonly DatasetPlace[]>;
  /** `others`: the folder's other Dags, if there is a folder; keys may clash across files. */
  loadDagFiles(files: readonly string[], others: DagFolder | undefined): Promise<DagFolder>;
  /** Raises `DAG_UNKNOWN`, or `DAG_INVALID` when its file is broken. */
  pickDag(folder: DagFolder, dagId: string): LoadedDag;
  /** As `pickDag`, for commands that start tasks. Raises `USAGE` for a Dag that is off. */
  pickEnabledDag(folder: DagFolder, dagId: string): LoadedDag;
}

/** The dependencies of the task types: `log` for their lines, `makeAgent` for their connections. */
export interface LibraryTools {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** The environment of programs that tasks start. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly makeAgent?: (() => Agent) | undefined;
}

export function openDagLibrary(settings: Settings, tools: LibraryTools): DagLibrary {
  const { clock, log, random, environment, makeAgent } = tools;
  const registry = createRegistry({
    inputFolder: settings.inputFolder,
    values: settings.tasks,
    makeAgent,
    clock,
    log,
    random,
    environment,
    secrets: settings.secrets,
  });
  const rules = {
    registry,
    timezone: settings.timezone,
    pools: new Set(settings.pools.keys()),
    readKnown: (dagIds: readonly string[]) => readKnownDags({ settings, clock }, dagIds),
  };
  /** Small, where the folder's definitions are not. */
  let known: { readonly stamp: string; readonly places: readonly DatasetPlace[] } | undefined;
  const library: DagLibrary = {
    clock,
    random,
    settings,
    registry,
    async loadDags(kept) {
      // Before the files: one that is written meanwhile has another stamp afterwards.
      const stamp = await stampFolder(settings.dagsFolder);
      const folder = await loadDags(settings.dagsFolder, rules, kept);
      known = { stamp, places: listPlaces(folder, registry) };
      return folder;
    },
    async listPlaces() {
      if (known?.stamp === (await stampFolder(settings.dagsFolder))) return known.places;
      return listPlaces(await library.loadDags(), registry);
    },
    loadDagFiles: (files, others) => loadDagFiles(files, rules, others),
    pickDag(folder, dagId) {
      const dag = folder.dags.get(dagId);
      if (dag !== undefined) return dag;
      const issues = folder.broken.get(dagId);
      if (issues !== undefined) throw new DagDefinitionError(issues);
      const hint = suggestName(dagId, [...folder.dags.keys()]);
      throw new CommandRefused("DAG_UNKNOWN", `There is no Dag ${dagId} in ${settings.dagsFolder}.`, {
        hint: `\`dagmar dags list\` shows the Dags${hint === undefined ? "." : `; ${hint}`}`,
      });
    },
    pickEnabledDag(folder, dagId) {
      const dag = library.pickDag(folder, dagId);
      if (dag.enabled) return dag;
      throw new CommandRefused("USAGE", `${dagId} is off: none of its tasks are run.`, {
        hint: `Remove \`enabled: false\` from ${dag.file} to run it.`,
      });
    },
  };
  return library;
}
