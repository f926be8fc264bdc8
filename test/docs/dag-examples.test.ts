/** A Dag that a document shows is one that Dagmar takes, beside the Dags that are shipped. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadDags } from "../../config/dag-file/load-dags.ts";
import { createRegistry } from "../../tasks/registry.ts";
import { createTestClock, makeTempFolder, silentLog } from "../support/test-world.ts";
import { parseMarkdown } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const registry = createRegistry({
  inputFolder: "/input",
  tmdb: { baseUrl: "https://api.themoviedb.org/3", token: undefined, apiKey: undefined, ratePerSecond: 30 },
  clock: createTestClock(),
  log: silentLog,
  random: () => 0,
});

it("the shipped Dags and the README's are without a fault, and clash nowhere", async () => {
  const { blocks } = parseMarkdown(readFileSync(join(ROOT, "README.md"), "utf8"));
  const shown = blocks.filter((block) => block.language === "yaml").map((block) => block.text);
  expect(shown.length).toBeGreaterThan(0);
  const folder = makeTempFolder();
  const shipped = readdirSync(join(ROOT, "dags"));
  for (const name of shipped) copyFileSync(join(ROOT, "dags", name), join(folder, name));
  for (const text of shown) {
    const name = /^# dags\/(\w+\.yaml)$/m.exec(text)?.[1] ?? "";
    expect(shipped, "a name of its own").not.toContain(name);
    writeFileSync(join(folder, name), text);
  }
  const loaded = await loadDags(folder, { registry, timezone: "UTC", pools: new Set(["default", "tmdb"]) });
  expect([...loaded.broken.values()].flat()).toEqual([]);
  expect(loaded.dags.size).toBe(shipped.length + shown.length);
});
