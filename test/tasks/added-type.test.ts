/**
 * A task type that is added later needs only its folder (test/support/weather-to-lake) and one line among the modules.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadDags } from "../../config/dag-file/load-dags.ts";
import { parseSettings, type Settings } from "../../config/settings/settings.ts";
import { ConfigError, isErrorCode } from "../../model/errors.ts";
import { armFailpoints, type FailpointName } from "../../model/failpoint.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { createRegistry, TASK_MODULES, type TaskModule } from "../../tasks/registry.ts";
import { runTask } from "../support/task-context.ts";
import { createTestClock, makeTempFolder, openTestWorld, silentLog } from "../support/test-world.ts";
import { WEATHER_TO_LAKE } from "../support/weather-to-lake/declare.ts";
import { createWeatherToLake } from "../support/weather-to-lake/index.ts";
import { saveCandidates } from "../support/candidates.ts";

const MODULES: readonly TaskModule[] = [
  ...TASK_MODULES,
  { declaration: WEATHER_TO_LAKE, create: (tools) => createWeatherToLake(tools) },
];
const STATIONS = ["north", "south"];
const FOLDER = "Raw/Weather/2026/11/23";
const WRITTEN = {
  dataset: "weather",
  key: "Raw/Weather/${partition}/${run_stamp}-${seq}.json",
  units: "metric",
};

function configure(variables: Readonly<Record<string, string>>): Settings {
  return parseSettings(
    { variables, fromDotEnv: new Set(), faults: [] },
    {
      workingFolder: "/work",
      readSecretFile: () => "key-from-file",
      declarations: MODULES.map(({ declaration }) => declaration),
    },
  );
}

function makeTypes(variables: Readonly<Record<string, string>> = {}) {
  const { inputFolder, tasks } = configure(variables);
  const tools = { inputFolder, values: tasks, clock: createTestClock(), log: silentLog, random: () => 0 };
  return createRegistry(tools, MODULES);
}

function makeWeather(variables: Readonly<Record<string, string>> = {}) {
  const type = makeTypes(variables).get("weather-to-lake");
  if (type === undefined) throw new Error("the type is not in the registry");
  return type;
}

describe("its settings", () => {
  test("are read with Dagmar's, each by the type's own parser, with a default and a secret from a file", () => {
    const settings = configure({ WEATHER_ADDRESS: "https://weather.test/v2/", WEATHER_KEY_FILE: "key" });
    expect(settings.tasks).toMatchObject({
      WEATHER_ADDRESS: "https://weather.test/v2",
      WEATHER_KEY: "key-from-file",
      TMDB_RATE_PER_SECOND: 30,
    });
    expect(settings.secrets).toEqual(["key-from-file"]);
    expect(configure({}).tasks).toMatchObject({ WEATHER_ADDRESS: "https://weather.example/v1" });
  });

  test("that are wrong are faults of the configuration, with the others and without the value", () => {
    expect(() => configure({ WEATHER_KEY: "hush hush", WEATHER_ADDRESS: "here", DAGMAR_HTTP: "x" })).toThrow(
      new ConfigError(
        "CONFIG_INVALID",
        "The configuration is not valid:\n" +
          "  DAGMAR_HTTP must be <host>:<port> such as 127.0.0.1:8793, or off (set in the environment)\n" +
          "  WEATHER_ADDRESS must be an address such as https://example.com (set in the environment)\n" +
          "  WEATHER_KEY holds a space (set in the environment)",
      ),
    );
  });

  test("add its pool to the default ones", () => {
    expect(configure({ DAGMAR_POOLS: "tmdb=4" }).pools).toEqual(
      new Map([
        ["default", 16],
        ["tmdb", 4],
        ["weather", 3],
      ]),
    );
  });
});

test("a Dag file may use it, and its faults have a line", async () => {
  const folder = makeTempFolder();
  const write = (units: string) => {
    writeFileSync(
      join(folder, "weather.yaml"),
      `dag: weather\nschedule: manual\ntasks:\n  now:\n    type: weather-to-lake\n    pool: weather\n    with:\n      dataset: weather\n      key: "Raw/Weather/\${partition}/\${run_stamp}-\${seq}.json"\n      units: ${units}\n`,
    );
    const pools = new Set(configure({}).pools.keys());
    return loadDags(folder, {
      registry: makeTypes(),
      timezone: "UTC",
      pools,
      readKnown: () => Promise.resolve(new Map()),
    });
  };
  const valid = await write("metric");
  expect([[...valid.dags.keys()], valid.broken.size]).toEqual([["weather"], 0]);
  const broken = await write("furlongs");
  expect(broken.broken.get("weather")).toMatchObject([{ line: 10, path: "tasks.now.with.units" }]);
});

test("its own error code is one of Dagmar's, with the exit code that it declares", () => {
  makeWeather({ WEATHER_KEY: "k" }).assertConfigured?.();
  expect(isErrorCode("WEATHER_UNKNOWN_STATION")).toBe(true);
  expect(() => makeWeather().assertConfigured?.()).toThrow(
    expect.objectContaining({ code: "WEATHER_UNKNOWN_STATION", exitCode: 78 }),
  );
});

test("its records go through the record protocol with facets and facts of its own, once each", async () => {
  const world = await openTestWorld();
  const passed: FailpointName[] = [];
  armFailpoints((name) => passed.push(name));
  onTestFinished(() => armFailpoints(undefined));
  const key = { lakeId: world.lake.id, sha256: "a".repeat(64), conditions: {} };
  const counts = { rows: 2, matchedRows: 2, faultyRows: {} };
  const { candidateSetId } = await saveCandidates(world.ports.candidates, key, "stations", STATIONS, counts);
  const ask = async (date: string, units = "metric") =>
    runTask(makeWeather(), world, {
      run: await world.makeRunFacts(date),
      written: { ...WRITTEN, units },
      outputs: { stations: { candidate_set: candidateSetId } },
    });
  expect(await ask("2026-11-23T09:00:00Z")).toEqual({ stored: 2 });
  expect(await ask("2026-11-24T09:00:00Z")).toEqual({ stored: 0 });
  expect(await ask("2026-11-25T09:00:00Z", "imperial")).toEqual({ stored: 2 });
  expect(passed).toContain("weather.before");

  const manifest: unknown = JSON.parse(
    readFileSync(
      join(world.folder, "lake", `${FOLDER}/.manifest-20261123T090000000Z-test_dag-task-1.lake`),
      "utf8",
    ),
  );
  expect(manifest).toMatchObject({
    question: { address: "https://weather.example/v1", units: "metric" },
    record_columns: ["asked_id", "sensor", "fetched_at"],
    objects: [
      {
        records: [
          ["north", "sensor-north", expect.any(String)],
          ["south", "sensor-south", expect.any(String)],
        ],
      },
    ],
  });
  expect(
    world.database.all(
      sql`SELECT asked_id, source, facets, facts, entity, language, append, provider_id FROM v_ids
          WHERE asked_id = 'north' ORDER BY facets DESC`,
    ),
  ).toEqual(
    ["metric", "imperial"].map((units) => ({
      asked_id: "north",
      source: '{"address":"https://weather.example/v1"}',
      facets: `{"units":"${units}"}`,
      facts: '{"sensor":"sensor-north"}',
      entity: null,
      language: null,
      append: null,
      provider_id: null,
    })),
  );
});
