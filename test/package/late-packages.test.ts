/** Packages that most processes never use are in chunks of their own, which only the code that needs them loads. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const CHUNKS = new Map(
  [...listFiles("cli"), ...listFiles("chunks")].map((file) => [file, readFileSync(join(DIST, file), "utf8")]),
);

function listFiles(folder: string): readonly string[] {
  const names = readdirSync(join(DIST, folder)).filter((name) => name.endsWith(".js"));
  return names.map((name) => `${folder}/${name}`);
}

/** The chunks that this one loads before its first line runs, and itself. */
function listLoaded(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name = ""] of (CHUNKS.get(file) ?? "").matchAll(
    /^(?:import|export) [^"]*"[^"]*?([^"/]+\.js)";/gm,
  )) {
    listLoaded(`chunks/${name}`, seen);
  }
  return seen;
}

const holds = (file: string, text: string): boolean => CHUNKS.get(file)?.includes(text) === true;

test.each([
  ["nodemailer", "// scheduler/notices/mail-channel.ts"],
  ["axios", "// scheduler/notices/webhook-channel.ts"],
])("%s is not loaded with the code that uses it", (name, user) => {
  const users = [...CHUNKS.keys()].filter((file) => holds(file, user));
  expect(users.length).toBeGreaterThan(0);
  for (const file of ["cli/main.js", ...users]) {
    const loaded = [...listLoaded(file)].filter((chunk) => holds(chunk, `// node_modules/${name}/`));
    expect(loaded, file).toEqual([]);
  }
  expect([...CHUNKS.keys()].some((file) => holds(file, `// node_modules/${name}/`))).toBe(true);
});
