/** What a process knows of the places where its Dags store datasets, without reading the files again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDagLibrary, type DagLibrary } from "../../../app/dags/dag-library.ts";
import { createDatasetCatalog } from "../../../app/dags/dataset-catalog.ts";
import { systemClock } from "../../../cli/process/system-clock.ts";
import type { KeptCheck, KeptChecks } from "../../../config/dag-file/kept-checks.ts";
import { parseSettings } from "../../../config/settings/settings.ts";
import { DECLARATIONS } from "../../../tasks/registry.ts";
import { makeKeptLogger } from "../../lake/lake-tools.ts";

function open(): { library: DagLibrary; write: (dataset: string, prefix: string) => void } {
  const folder = mkdtempSync(path.join(tmpdir(), "dagmar-library-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const environment = { DAGMAR_DAGS: folder, DAGMAR_DB: path.join(folder, "none.db") };
  const library = openDagLibrary(
    parseSettings(
      { variables: environment, fromDotEnv: new Set(), faults: [] },
      { workingFolder: folder, readSecretFile: () => "", declarations: DECLARATIONS },
    ),
    { clock: systemClock, log: makeKeptLogger(), random: () => 0.5, environment: {} },
  );
  return {
    library,
    write: (dataset, prefix) =>
      writeFileSync(
        path.join(folder, `${dataset}.yaml`),
        `dag: ${dataset}\nschedule: manual\ntasks:\n  store:\n    type: file-to-lake\n` +
          `    with: { file: a.csv, dataset: ${dataset}, key: "${prefix}/\${partition}/a.csv" }\n`,
      ),
  };
}

/** Gives other places than the files hold: what comes from it was not read from them. */
function createMarkedStore(): KeptChecks {
  const checks = new Map<string, string>();
  return {
    build: "one",
    find(key) {
      const text = checks.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as KeptCheck);
    },
    remember: (key, check) =>
      void checks.set(key, JSON.stringify(check).replaceAll("Raw/Written/", "Raw/Kept/")),
  };
}

test("after the files were loaded, places are known without reading them", async () => {
  const { library, write } = open();
  write("films", "Raw/Written");
  const kept = createMarkedStore();
  for (let loads = 0; loads < 2; loads += 1) await library.loadDags(kept);
  expect(await library.listPlaces()).toEqual([{ dataset: "films", prefix: "Raw/Kept/" }]);
  expect(await createDatasetCatalog(library).listPrefixes("films")).toEqual(["Raw/Kept/"]);
});

test("an edited folder is read again", async () => {
  const { library, write } = open();
  write("films", "Raw/Written");
  const catalog = createDatasetCatalog(library);
  expect(await catalog.listPrefixes("films")).toEqual(["Raw/Written/"]);
  expect(await catalog.listPrefixes("series")).toEqual([]);
  write("series", "Raw/Other");
  expect(await catalog.listPrefixes("series")).toEqual(["Raw/Other/"]);
  write("films", "Raw/Moved/Far");
  expect(await catalog.listPrefixes("films")).toEqual(["Raw/Moved/Far/"]);
  expect(await library.listPlaces()).toHaveLength(2);
});
