/** What the reading thread loads for a page: the routes of the API, with their schemas, come when one of them is asked for. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadFinder } from "../../../web/api/find-api-route.ts";
import { ROUTES } from "../../../web/api/routes.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The file and what it imports, except types and what it loads later. */
function listLoaded(file: string, known = new Map<string, string>()): ReadonlyMap<string, string> {
  if (known.has(file)) return known;
  const text = readFileSync(ROOT + file, "utf8");
  known.set(file, text);
  for (const [, specifier = ""] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "(\.[^"]+)";/gm))
    listLoaded(posix.join(posix.dirname(file), specifier), known);
  return known;
}

test("a page and its stream load one route", () => {
  const loaded = listLoaded("cli/process/read-thread.ts");
  expect(loaded.size).toBeGreaterThan(100);
  const withRoutes = [...loaded].filter(([, text]) => /= define(?:Route|Write|Preview)\(/.test(text));
  expect(withRoutes.map(([file]) => file)).toEqual(["web/api/own/stream.ts"]);
});

test("every route is found", async () => {
  for (const { method, path } of ROUTES) {
    const find = await loadFinder(path);
    expect(find(method, path)).toMatchObject({ kind: "route", route: { path, method } });
  }
});
