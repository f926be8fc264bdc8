/**
 * Eight ways to break the promise, as exact replacements in a copy of the sources: made for the suite, and in no way of the
 * program's own. Each names the crash at which it must be caught.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { foreground, type Scene } from "./sweep-scenes.ts";
import type { LakeKind } from "./sweep-world.ts";

interface Replacement {
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly name: string;
  readonly replacements: readonly Replacement[];
  readonly lake: LakeKind;
  readonly scene: Scene;
  readonly crashAt: string;
}

const CSV = foreground("csv_ingest");
const TMDB = foreground("tmdb_ingest");

export const MUTANTS: readonly Mutant[] = [
  {
    name: "random keys",
    replacements: [
      {
        file: "lake/protocol/put-sealed.ts",
        from: "let batch = sealed;",
        to: "let batch = { ...sealed, key: sealed.key.replace(/\\.json$/, `-${Math.random().toString(36).slice(2)}.json`) };",
      },
    ],
    lake: "folder",
    scene: TMDB,
    crashAt: "put.after:1",
  },
  {
    name: "no spool: answers live in memory until they are sealed",
    replacements: [
      {
        file: "state/records/batch-store.ts",
        from: "openAsk: (request) => database.write((query) => openAsk(query, request, clock.now())),",
        to: "openAsk: (request) => database.write((query) => { query.run(sql`DELETE FROM spool WHERE batch_id IS NULL`); return openAsk(query, request, clock.now()); }),",
      },
      {
        file: "state/records/batch-store.ts",
        from: 'import type { Database } from "../sqlite/database.ts";',
        to: 'import type { Database } from "../sqlite/database.ts";\nimport { sql } from "../sqlite/statement.ts";',
      },
    ],
    lake: "folder",
    scene: TMDB,
    crashAt: "seal.before:1",
  },
  {
    name: "commit before put",
    replacements: [
      {
        file: "lake/protocol/put-sealed.ts",
        from: "    const result = await putVerified();",
        to: '    const body = await readVerified(batches, batch);\n    const manifests = await commit("");\n    const result = await putVerified(body);',
      },
      {
        file: "lake/protocol/put-sealed.ts",
        from: "async function putVerified(): Promise",
        to: "async function putVerified(body: Uint8Array): Promise",
      },
      {
        file: "lake/protocol/put-sealed.ts",
        from: "        body: await readVerified(batches, batch),",
        to: "        body,",
      },
      {
        file: "lake/protocol/put-sealed.ts",
        from: 'if (result.outcome === "created") return commit(result.etag);',
        to: 'if (result.outcome === "created") return manifests;',
      },
    ],
    lake: "folder",
    scene: TMDB,
    crashAt: "commit.after:1",
  },
  {
    name: "no conditional put",
    replacements: [
      {
        file: "lake/s3/s3-single-put.ts",
        from: "    ...condition,\n",
        to: "",
      },
    ],
    lake: "s3",
    scene: TMDB,
    crashAt: "seal.after:1",
  },
  {
    name: "412 taken as success",
    replacements: [
      {
        file: "lake/s3/s3-placing.ts",
        from: "      const result = await this.look();\n      return result === undefined ? undefined : { answer: result };",
        to: '      return { answer: { outcome: "created", etag: "taken" } };',
      },
    ],
    lake: "s3",
    scene: TMDB,
    crashAt: "seal.after:1",
  },
  {
    name: "the last partial batch is dropped",
    replacements: [
      {
        file: "lake/protocol/record-sink.ts",
        from: "      isClosing = true;\n      await settleAll();",
        to: "      isClosing = true;\n      await settle();",
      },
    ],
    lake: "folder",
    scene: TMDB,
    crashAt: "plan.after:1",
  },
  {
    name: "the partition comes from the clock",
    replacements: [
      {
        file: "state/runs/dag-runs.ts",
        from: "formatPartition(run.logicalDate, definition.timezone),",
        to: "formatPartition(new Date(), definition.timezone),",
      },
    ],
    lake: "folder",
    scene: CSV,
    crashAt: "file.put.after:1",
  },
  {
    name: "a lost attempt is charged as a success",
    replacements: [
      {
        file: "scheduler/attempts/recover.ts",
        from: 'isSetAside ? "failed" : "up_for_retry"',
        to: 'isSetAside ? "failed" : "success"',
      },
    ],
    lake: "folder",
    scene: TMDB,
    crashAt: "spool.after:3",
  },
];

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = [
  "model",
  "config",
  "logs",
  "state",
  "lake",
  "tasks",
  "scheduler",
  "app",
  "web",
  "browser",
  "cli",
  "package.json",
  "tsconfig.json",
  "bundle.mjs",
];

/** A folder with the program's sources, changed and bundled; throws where a text is not there exactly once. */
export function buildMutant(replacements: readonly Replacement[]): {
  readonly folder: string;
  readonly cliPath: string;
} {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dagmar-mutant-")));
  for (const name of SOURCES) cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  for (const { file, from, to } of replacements) {
    const path = join(folder, file);
    const parts = readFileSync(path, "utf8").split(from);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
    writeFileSync(path, parts.join(to));
  }
  execFileSync(process.execPath, ["bundle.mjs"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  return { folder, cliPath: join(folder, "dist", "cli", "main.js") };
}
