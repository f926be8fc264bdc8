/** Datasets that tasks read, no Dag writes and the lake does not hold: a fault, or a warning if the database cannot be read. */
import { existsSync } from "node:fs";
import type { DagFolder } from "../../config/dag-file/load-dags.ts";
import { mayTextsBeSame } from "../../config/dag-file/key-clash.ts";
import { DagmarError, type DagIssue } from "../../model/errors.ts";
import type { App } from "../app.ts";
import type { DagLibrary } from "./dag-library.ts";

/** Opens the app for one use, and closes it. */
export type UseApp = <Result>(use: (app: App) => Promise<Result>) => Promise<Result>;

export interface UnknownDatasets {
  readonly faults: readonly DagIssue[];
  /** Datasets that the lake may hold: there is no database, or it cannot be read. */
  readonly warnings: readonly DagIssue[];
}

interface Reading {
  readonly file: string;
  readonly taskId: string;
  readonly dataset: string;
}

/** Checks the Dags in `folder`; `whole` holds every Dag that may write. With a broken file, which may be the writer, it reports none. */
export async function findUnknownDatasets(
  { registry, settings }: Pick<DagLibrary, "registry" | "settings">,
  folder: DagFolder,
  whole: DagFolder,
  useApp: UseApp,
): Promise<UnknownDatasets> {
  if (whole.broken.size > 0) return { faults: [], warnings: [] };
  const written = [...whole.dags.values(), ...folder.dags.values()].flatMap(({ definition }) =>
    definition.tasks.flatMap((task) => registry.get(task.type)?.writes(task.with)?.dataset ?? []),
  );
  const unwritten = [...folder.dags.values()].flatMap(({ definition, file }) =>
    definition.tasks.flatMap((task) =>
      (registry.get(task.type)?.reads(task.with) ?? [])
        .filter(
          (dataset) => !dataset.includes("${") && !written.some((other) => mayTextsBeSame(dataset, other)),
        )
        .map((dataset) => ({ file, taskId: task.taskId, dataset })),
    ),
  );
  if (unwritten.length === 0) return { faults: [], warnings: [] };
  const held = existsSync(settings.databaseFile) ? await listHeld(unwritten, useApp) : undefined;
  if (held === undefined)
    return {
      faults: [],
      warnings: unwritten.map((reading) => describe(reading, "; cannot tell here whether the lake has it")),
    };
  return {
    faults: unwritten
      .filter(({ dataset }) => !held.has(dataset))
      .map((reading) => describe(reading, ", and the lake holds no object of it")),
    warnings: [],
  };
}

/** `undefined` if the database cannot be read. */
async function listHeld(
  readings: readonly Reading[],
  useApp: UseApp,
): Promise<ReadonlySet<string> | undefined> {
  const { findNewestFile } = await import("../../state/records/objects.ts");
  try {
    return await useApp(async (app) => {
      const database = await app.openDatabase("read");
      const isHeld = (dataset: string): boolean =>
        findNewestFile(database, app.lake.id, dataset) !== undefined;
      return new Set(readings.map(({ dataset }) => dataset).filter(isHeld));
    });
  } catch (error) {
    if (error instanceof DagmarError) return undefined;
    throw error;
  }
}

function describe({ file, taskId, dataset }: Reading, end: string): DagIssue {
  return {
    file,
    line: 0,
    column: 0,
    path: `tasks.${taskId}`,
    message: `it reads the dataset "${dataset}", which no Dag writes${end}`,
    hint: "check its name, or add the Dag that writes it",
  };
}
