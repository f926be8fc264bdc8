/** A Dag file that was checked before, under the same conditions, is not parsed again; under any others it is. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { DagRules } from "../../config/dag-file/dag-faults.ts";
import type { KeptCheck, KeptChecks } from "../../config/dag-file/kept-checks.ts";
import { loadDags } from "../../config/dag-file/load-dags.ts";
import { formatDagIssue } from "../../model/errors.ts";
import { rules } from "./registry.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagmar-kept-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function write(dagId: string, more = ""): void {
  const text = `dag: ${dagId}\nschedule: manual\n${more}tasks:\n  t: { type: noop }\n`;
  writeFileSync(path.join(folder, `${dagId}.yaml`), text);
}

/** Marks what it returns, and counts what is added to it. */
function createStore(build = "one") {
  const checks = new Map<string, string>();
  const store: KeptChecks = {
    build,
    find(key) {
      const text = checks.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as KeptCheck);
    },
    remember: (key, check) => void checks.set(key, JSON.stringify(check)),
  };
  return { store, checks };
}

test("a file that has not changed gives what it gave, without being parsed", async () => {
  write("a", "description: as written\n");
  const { store, checks } = createStore();
  const first = await loadDags(folder, rules, store);
  expect(checks.size).toBe(1);
  expect(await loadDags(folder, rules, store)).toEqual(first);

  for (const [key, text] of checks) checks.set(key, text.replace("as written", "as kept"));
  const again = await loadDags(folder, rules, store);
  expect(again.dags.get("a")?.definition.description).toBe("as kept");
  expect(again.dags.get("a")?.file).toBe(path.join(folder, "a.yaml"));
  expect(checks.size).toBe(1);
});

test.each<[string, Partial<DagRules>, string]>([
  ["another zone", { timezone: "America/Sao_Paulo" }, "one"],
  ["other pools", { pools: new Set(["default", "narrow"]) }, "one"],
  ["fewer task types", { registry: new Map([...rules.registry].filter(([type]) => type === "noop")) }, "one"],
  ["another build of the program", {}, "two"],
])("%s: it is checked again", async (_name, changed, build) => {
  write("a");
  const { store, checks } = createStore();
  await loadDags(folder, rules, store);
  await loadDags(folder, { ...rules, ...changed }, { ...store, build });
  expect(checks.size).toBe(2);
});

test("a changed byte is seen, and so is a file of another name", async () => {
  write("a");
  const { store, checks } = createStore();
  await loadDags(folder, rules, store);
  write("a", "description: new\n");
  write("b");
  const { dags } = await loadDags(folder, rules, store);
  expect(dags.get("a")?.definition.description).toBe("new");
  expect([...dags.keys()]).toEqual(["a", "b"]);
  expect(checks.size).toBe(3);
});

test("a file with faults is never kept", async () => {
  write("a", "shedule: manual\n");
  const { store, checks } = createStore();
  await loadDags(folder, rules, store);
  expect((await loadDags(folder, rules, store)).broken.get("a")).toHaveLength(1);
  expect(checks.size).toBe(0);
});

test("a fault across files is reported with its line, although the file was not parsed", async () => {
  write("a");
  writeFileSync(path.join(folder, "b.yaml"), "dag: b\nschedule:\n  after: a\ntasks:\n  t: { type: noop }\n");
  const { store } = createStore();
  const { broken } = await loadDags(folder, rules, store);
  expect(broken.size).toBe(0);
  rmSync(path.join(folder, "a.yaml"));
  const told = (await loadDags(folder, rules, store)).broken.get("b")?.map(formatDagIssue);
  expect(told).toEqual((await loadDags(folder, rules)).broken.get("b")?.map(formatDagIssue));
  expect(told?.[0]).toContain("b.yaml:3:");
});
