/** The cache of compiled code: with the Node that runs the tests, and with the interfaces of newer and older ones. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { keepCompiledCode } from "../../cli/process/compile-cache.ts";
import { openCliWorld } from "../support/cli.ts";

const root = mkdtempSync(join(tmpdir(), "dagmar-compile-cache-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const NEW_NODE = { enableCompileCache: (directory: string) => ({ directory }) };

function makeFolder(name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
}

test("it lies in a folder of the version's own, which no other user may read or write", () => {
  const cache = makeFolder("valid");
  const folder = keepCompiledCode(cache, "1.2.3", NEW_NODE);
  expect(folder).toBe(join(cache, "dagmar", "1.2.3"));
  expect(readdirSync(join(cache, "dagmar"))).toEqual(["1.2.3"]);
});

test("a Node without it makes no folder", () => {
  const cache = makeFolder("old");
  expect(keepCompiledCode(cache, "1.2.3", {})).toBeUndefined();
  expect(readdirSync(cache)).toEqual([]);
});

test.each([
  ["there is no place for it", () => undefined],
  [
    "its place is a file",
    () => {
      const file = join(root, "file");
      writeFileSync(file, "");
      return file;
    },
  ],
  [
    "others may write to it",
    () => {
      const cache = makeFolder("open");
      mkdirSync(join(cache, "dagmar", "1.2.3"), { recursive: true });
      chmodSync(join(cache, "dagmar", "1.2.3"), 0o777);
      return cache;
    },
  ],
  [
    "others may write to the folder above it",
    () => {
      const cache = makeFolder("open-above");
      mkdirSync(join(cache, "dagmar"));
      chmodSync(join(cache, "dagmar"), 0o777);
      return cache;
    },
  ],
])("it is left out where %s", (_, prepare) => {
  expect(keepCompiledCode(prepare(), "1.2.3", NEW_NODE)).toBeUndefined();
});

test("it is left out where Node refuses the folder", () => {
  const refuse = (): never => {
    throw new Error("refused");
  };
  expect(keepCompiledCode(makeFolder("refused"), "1.2.3", { enableCompileCache: refuse })).toBeUndefined();
});

test("the program fills it where its Node can, and answers the same with it, without it and where it cannot be written", async () => {
  const world = openCliWorld();
  onTestFinished(() => world.remove());
  const isOffered = "enableCompileCache" in nodeModule;
  const cache = join(world.folder, "cache");
  const places = [cache, cache, "/dev/null"];
  for (const place of places) {
    const { exitCode, stdout, stderr } = await world.run(["dags", "validate"], { XDG_CACHE_HOME: place });
    expect({ exitCode, stderr }, place).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe("3 Dags are valid\n");
    expect(existsSync(join(cache, "dagmar"))).toBe(isOffered);
  }
});
