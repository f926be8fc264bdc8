/** What commands say of a paused Dag, of a newcomer that claims what another Dag has, and of a dataset that nothing writes. */
import { expect, test } from "vitest";
import { useServiceWorld } from "../support/service-process.ts";

const NOOP = `schedule: "0 6 * * *"\ntasks: { nothing: { type: noop } }\n`;
const store = (key: string) =>
  `schedule: manual\ntasks: { file: { type: file-to-lake, with: { dataset: titles, file: f.csv, key: "${key}" } } }\n`;

test("a paused Dag is said to be paused, wherever its schedule is shown and wherever it is run by hand", async () => {
  const world = useServiceWorld();
  world.writeDag("plain", NOOP);
  world.writeDag("after", NOOP.replace(`"0 6 * * *"`, "{ after: plain }"));
  await world.prepare(["dags", "pause", "plain"]);
  const read = async (...args: readonly string[]) => {
    const { stdout, stderr } = await world.run(args);
    return stdout + stderr;
  };
  expect(await read("dags", "list")).toMatch(/^plain +paused /m);
  expect(await read("dags", "list", "--json")).toContain('"state": "paused"');
  expect(await read("dags", "next", "plain")).toContain("paused: no runs until `dagmar dags unpause plain`");
  expect(await read("dags", "next", "plain", "--json")).toContain('"paused": true');
  expect(await read("dags", "next", "after")).toContain("paused");
  expect(await read("dags", "show", "plain")).toContain("paused");
  const range = ["--from", "2026-11-01", "--to", "2026-11-01"];
  for (const args of [
    ["backfill", "plain", ...range, "--dry-run"],
    ["run", "plain"],
    ["trigger", "plain"],
  ]) {
    expect(await read(...args)).toContain("plain is paused: this run starts anyway");
  }
  await world.prepare(["dags", "unpause", "plain"]);
  expect(await read("dags", "list")).toMatch(/^plain +on /m);
}, 120_000);

test("a newcomer that takes another Dag's dataset is the broken one, whatever it is called", async () => {
  const world = useServiceWorld();
  world.writeDag("known", store("Raw/one.csv"));
  // The database has it, though the run has no file to store.
  await world.run(["run", "known", "--date", "2026-11-01"]);
  world.writeDag("a_newcomer", store("Raw/other.csv"));
  const { stdout, exitCode } = await world.run(["dags", "validate", "--json"]);
  expect(exitCode).toBe(78);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: ["known"],
    faults: [
      {
        message:
          'the dataset "titles" is also written by task "file" of Dag "known"; a dataset has one writer',
      },
    ],
  });
});

test("a dataset that no Dag writes is a warning without a database, and a fault with one that holds no object of it", async () => {
  const world = useServiceWorld();
  world.writeDag(
    "reads",
    `schedule: manual\ntasks: { ids: { type: csv-to-ids, with: { source: { dataset: tittles }, id: id } } }\n`,
  );
  const unknown = await world.run(["dags", "validate"]);
  expect(unknown).toMatchObject({ exitCode: 0, stdout: "1 Dag is valid\n" });
  expect(unknown.stderr).toMatch(
    /^warning: \S+reads\.yaml: tasks\.ids: it reads the dataset "tittles", which no Dag writes; cannot tell here whether the lake has it/,
  );
  await world.prepare(["db", "migrate"]);
  const missing = await world.run(["dags", "validate"]);
  expect(missing.exitCode).toBe(78);
  expect(missing.stderr).toContain(
    'it reads the dataset "tittles", which no Dag writes, and the lake holds no object of it',
  );
  world.writeDag("writes", store("Raw/one.csv").replace("titles", "tittles"));
  expect(await world.run(["dags", "validate"])).toMatchObject({ exitCode: 0, stderr: "" });
});
