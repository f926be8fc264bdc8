/** Which datasets a query may name, and which objects each of them is: tables and records whole, of other files the newest. */
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { mapAtOnce } from "../../lake/protocol/look-at.ts";
import { CommandRefused, LakeError } from "../../model/errors.ts";
import { listDatasetObjects, listDatasets, type DatasetObject } from "../../state/reports.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { ChosenInput, InputContent } from "../../tasks/sql-to-lake/choose-inputs.ts";
import type { NamedTable } from "../../tasks/sql-to-lake/engine/named-tables.ts";
import type { InputOption } from "../../tasks/sql-to-lake/options.ts";
import type { App } from "../app.ts";
import { listPlaces, type DatasetPlace } from "../dags/dataset-places.ts";
import { listReadings, type DatasetReading } from "./dataset-readings.ts";
import { learnEach, withCopy } from "./learn-datasets.ts";

export interface Datasets {
  /** Names by their lower case, as DuckDB compares them; sorted. */
  readonly known: ReadonlyMap<string, string>;
  readonly places: readonly DatasetPlace[];
  readonly readings: ReadonlyMap<string, DatasetReading>;
  /** `undefined` while there is no database. */
  readonly database: Database | undefined;
}

export async function openDatasets(app: App): Promise<Datasets> {
  const folder = await app.loadDags();
  const places = listPlaces(folder, app.registry);
  const database = existsSync(app.settings.databaseFile) ? await app.openDatabase("read") : undefined;
  const names = [
    ...places.map(({ dataset }) => dataset).filter((dataset) => /^\w+$/.test(dataset)),
    ...(database === undefined ? [] : listDatasets(database, app.lake.id)),
  ];
  const known = new Map(names.toSorted().map((name) => [name.toLowerCase(), name]));
  return { known, places, readings: listReadings(folder, app.registry), database };
}

/** Raises `DATASET_EMPTY` for a dataset without objects. */
export async function chooseDatasets(
  app: App,
  { known, places, readings, database }: Datasets,
  names: readonly NamedTable[],
  signal: AbortSignal,
): Promise<readonly ChosenInput[]> {
  const wanted = names.map(({ name }) => known.get(name.toLowerCase()) ?? name);
  const found = new Map<string, readonly DatasetObject[]>();
  const look = (dataset: string, from: Database): void => {
    found.set(dataset, listDatasetObjects(from, app.lake.id, dataset));
  };
  if (database !== undefined) for (const dataset of wanted) look(dataset, database);
  const unseen = wanted.filter((dataset) => (found.get(dataset) ?? []).length === 0);
  const toLearn = places.filter(({ dataset }) => unseen.includes(dataset));
  // Of what this database does not know the lake is asked; the database stays as it is.
  if (toLearn.length > 0) {
    await withCopy(app, async (copy) => {
      await learnEach(app, copy, toLearn, signal);
      for (const dataset of unseen) look(dataset, copy);
    });
  }
  const chosen: ChosenInput[] = [];
  for (const dataset of wanted) {
    const objects = dropOlderFiles(found.get(dataset) ?? []);
    const contents = await mapAtOnce(objects, (object) => describe(app, object, signal));
    chosen.push(asInput(dataset, contents, readings.get(dataset) ?? {}));
  }
  return chosen;
}

/** A file of a later day is the whole file again. */
function dropOlderFiles(objects: readonly DatasetObject[]): readonly DatasetObject[] {
  const newest = objects.findLast(({ kind, is_table }) => kind === "file" && is_table === 0);
  return objects.filter((object) => object.kind === "records" || object.is_table === 1 || object === newest);
}

/** A table may have been replaced since it was recorded: what stands is what counts. */
async function describe(app: App, object: DatasetObject, signal: AbortSignal): Promise<InputContent> {
  const { key, sha256, size_bytes: sizeBytes, logical_date: logicalDate } = object;
  const head = object.is_table === 1 ? await app.lake.head(key, signal) : undefined;
  return {
    key,
    sha256: head?.metadata["sha256"] ?? sha256,
    sizeBytes: head?.sizeBytes ?? sizeBytes,
    logicalDate: logicalDate ?? "",
  };
}

function asInput(
  dataset: string,
  contents: readonly InputContent[],
  { delimiter = "|", nulls = ["\\N", ""], columns }: DatasetReading,
): ChosenInput {
  const objects = contents.toSorted((left, right) => (left.key < right.key ? -1 : 1));
  const [first] = objects;
  if (first === undefined) {
    throw new CommandRefused("DATASET_EMPTY", `The lake holds no object of the dataset ${dataset}.`, {
      hint: "Run the Dag that stores it.",
    });
  }
  const format = readFormat(first.key);
  const option: InputOption = {
    dataset,
    format,
    take: "all",
    delimiter,
    nulls: [...nulls],
    ...(format === "json" && columns !== undefined ? { columns } : {}),
  };
  return { name: dataset, option, objects };
}

function readFormat(key: string): InputOption["format"] {
  const ending = posix.extname(key).slice(1).toLowerCase();
  if (ending === "csv" || ending === "json" || ending === "parquet") return ending;
  throw new LakeError("LAKE_UNSUPPORTED", `${key} is no CSV, JSON or Parquet object by its name.`, false);
}
