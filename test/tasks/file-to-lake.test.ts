/**
 * The task type `file-to-lake` on a real folder lake and database: what is stored, what is recognised as unchanged, and
 * which sources are refused.
 */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { TaskFailure } from "../../model/errors.ts";
import { armFailpoints } from "../../model/failpoint.ts";
import type { AnyTaskType } from "../../model/ports/task-type.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { createFileToLake } from "../../tasks/file-to-lake/index.ts";
import { runTask } from "../support/task-context.ts";
import { openTestWorld, type TestWorld } from "../support/test-world.ts";

const WRITTEN = {
  dataset: "movies",
  file: "movies.csv",
  key: "Raw/Local/CSV/Movies/${partition}/movies.csv",
  stable_for: "0s",
};
const KEY = "Raw/Local/CSV/Movies/2026/11/23/movies.csv";

interface FileWorld extends TestWorld {
  readonly input: string;
  readonly type: AnyTaskType;
}

async function openFileWorld(): Promise<FileWorld> {
  const world = await openTestWorld();
  const input = join(world.folder, "input");
  mkdirSync(input);
  return { ...world, input, type: createFileToLake(input) };
}

async function store(world: FileWorld, day: string, written: object = {}) {
  const existing = world.database.get<{ dag_run_id: number }>(
    sql`SELECT dag_run_id FROM dag_runs WHERE logical_date = ${`${day}T09:00:00.000Z`}`,
  );
  if (existing !== undefined) throw new Error("one run a day in these tests");
  const run = await world.makeRunFacts(`${day}T09:00:00Z`);
  return runTask(world.type, world, { run, written: { ...WRITTEN, ...written } });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function failure(promise: Promise<unknown>): Promise<TaskFailure> {
  return promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as TaskFailure,
  );
}

async function listKeys(world: TestWorld): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.lake.list("")) keys.push(key);
  return keys;
}

describe("bytes", () => {
  test.each([
    ["an empty file", Buffer.alloc(0)],
    ["a byte order mark", Buffer.from("\uFEFFid|t\n1|a\n")],
    ["CRLF line ends", Buffer.from("id|t\r\n1|a\r\n")],
    ["latin-1", Buffer.from("id|t\n1|caf\u00e9\n", "latin1")],
    ["NUL bytes", Buffer.from("a\0b\0\0c")],
    ["no final newline", Buffer.from("id|t\n1|a")],
    ["every byte there is", Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256))],
  ])("%s arrives as it is", async (_, bytes) => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), bytes);
    const output = await store(world, "2026-11-23");
    expect(output).toMatchObject({ key: KEY, size_bytes: bytes.length, unchanged: false });
    expect(readFileSync(join(world.folder, "lake", KEY)).equals(bytes)).toBe(true);
  });
});

describe("content that the lake has", () => {
  test("the next day's run writes nothing and names the object that is there", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    await store(world, "2026-11-23");
    expect(await store(world, "2026-11-24")).toMatchObject({ key: KEY, unchanged: true });
    expect(await listKeys(world)).toEqual([KEY]);
  });

  test("a new time stamp on old content is no change", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    await store(world, "2026-11-23");
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    expect(await store(world, "2026-11-24")).toMatchObject({ unchanged: true });
  });

  test("with on_unchanged: write every partition gets a full copy, and a rerun none", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    await store(world, "2026-11-23", { on_unchanged: "write" });
    const run = await world.makeRunFacts("2026-11-24T09:00:00Z");
    const again = { run, written: { ...WRITTEN, on_unchanged: "write" } };
    expect(await runTask(world.type, world, again)).toMatchObject({ unchanged: false });
    expect(await runTask(world.type, world, again)).toMatchObject({ unchanged: true });
    expect(await listKeys(world)).toEqual([KEY, KEY.replace("/23/", "/24/")]);
  });

  test("a lost database learns from the lake that the content is there", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    await store(world, "2026-11-23");
    const reborn = {
      ...(await openTestWorld({ folder: world.folder, databaseFile: join(world.folder, "new.db") })),
      input: world.input,
      type: world.type,
    };
    expect(await store(reborn, "2026-11-24")).toMatchObject({ key: KEY, unchanged: true });
  });

  test("an object that another program deleted is written again", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    await store(world, "2026-11-23");
    rmSync(join(world.folder, "lake", KEY));
    expect(await store(world, "2026-11-24")).toMatchObject({
      unchanged: false,
      key: KEY.replace("/23/", "/24/"),
    });
  });
});

describe("an object that is not as recorded", () => {
  const lakeFile = (world: FileWorld, name: string): string =>
    join(world.folder, "lake/Raw/Local/CSV/Movies/2026/11/23", name);

  test("is put again under its own key when it is absent, by the same run", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    await runTask(world.type, world, { run, written: WRITTEN });
    rmSync(lakeFile(world, "movies.csv"));
    expect(await runTask(world.type, world, { run, written: WRITTEN })).toMatchObject({
      key: KEY,
      unchanged: false,
    });
    expect(readFileSync(lakeFile(world, "movies.csv"), "utf8")).toBe("id\n1\n");
    expect(world.database.all(sql`SELECT key, state, missing_since FROM v_objects`)).toEqual([
      { key: KEY, state: "committed", missing_since: null },
    ]);
    expect(world.database.all(sql`SELECT kind FROM events`)).toContainEqual({ kind: "objects_missing" });
  });

  test("gives way to the older object with the same content if that one exists", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    await store(world, "2026-11-23", { on_unchanged: "write" });
    await store(world, "2026-11-24", { on_unchanged: "write" });
    rmSync(join(world.folder, "lake", KEY.replace("23", "24")));
    expect(await store(world, "2026-11-25")).toMatchObject({ key: KEY, unchanged: true });
  });

  test("with other bytes of the same length is not changed, and the content gets a key of its own", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
    await store(world, "2026-11-23");
    writeFileSync(lakeFile(world, "movies.csv"), "id\n2\n");
    const output = await store(world, "2026-11-24");
    expect(output).toMatchObject({ key: KEY.replace("23", "24"), unchanged: false });
    expect(readFileSync(lakeFile(world, "movies.csv"), "utf8")).toBe("id\n2\n");
    expect(world.database.all(sql`SELECT kind FROM events`)).toContainEqual({ kind: "objects_replaced" });
  });

  test.each(["the database knows", "another database finds"])(
    "only in that its metadata is gone is the same content, when %s it",
    async (who) => {
      const world = await openFileWorld();
      writeFileSync(join(world.input, "movies.csv"), "id\n1\n");
      await store(world, "2026-11-23");
      rmSync(lakeFile(world, ".meta-movies.csv.lake"));
      const other =
        who === "the database knows"
          ? world
          : {
              ...(await openTestWorld({ folder: world.folder, databaseFile: join(world.folder, "new.db") })),
              input: world.input,
              type: world.type,
            };
      expect(await store(other, "2026-11-24")).toMatchObject({ key: KEY, unchanged: true });
      expect(await listKeys(world)).toEqual([KEY]);
    },
  );
});

describe("changed content under the same key", () => {
  test("the first object stays and the new one gets its own key, with an event", async () => {
    const world = await openFileWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    writeFileSync(join(world.input, "movies.csv"), "first");
    await runTask(world.type, world, { run, written: WRITTEN });
    writeFileSync(join(world.input, "movies.csv"), "second");
    const output = await runTask(world.type, world, { run, written: WRITTEN });
    expect(output["key"]).toMatch(/\/movies-16367aac\.csv$/);
    expect(readFileSync(join(world.folder, "lake", KEY), "utf8")).toBe("first");
    expect(readFileSync(join(world.folder, "lake", text(output["key"])), "utf8")).toBe("second");
    expect(world.database.all(sql`SELECT kind FROM events`)).toContainEqual({ kind: "key_taken" });
  });

  test("going back to the first content makes its object the newest and writes nothing", async () => {
    const world = await openFileWorld();
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    for (const content of ["first", "second"]) {
      writeFileSync(join(world.input, "movies.csv"), content);
      await runTask(world.type, world, { run, written: WRITTEN });
    }
    writeFileSync(join(world.input, "movies.csv"), "first");
    const output = await runTask(world.type, world, { run, written: WRITTEN });
    expect(output).toMatchObject({ key: KEY, unchanged: true });
    expect((await world.ports.objects.findNewestFile(world.lake.id, "movies"))?.key).toBe(KEY);
    expect(await listKeys(world)).toHaveLength(2);
  });
});

describe("sources that cannot be stored", () => {
  test("a file that grows while it is hashed aborts the task and leaves no object", async () => {
    const world = await openFileWorld();
    const file = join(world.input, "movies.csv");
    writeFileSync(file, Buffer.alloc(3_000_000, 97));
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    let hasGrown = false;
    const error = await failure(
      runTask(world.type, world, {
        run,
        written: WRITTEN,
        onProgress: () => {
          if (!hasGrown) appendFileSync(file, "more");
          hasGrown = true;
        },
      }),
    );
    expect(error.code).toBe("INPUT_CHANGED");
    expect(error.retryable).toBe(true);
    expect(await listKeys(world)).toEqual([]);
  });

  test("a file that is edited between hash and upload aborts the task and leaves no object", async () => {
    const world = await openFileWorld();
    const file = join(world.input, "movies.csv");
    writeFileSync(file, Buffer.alloc(200_000, 97));
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const list = world.lake.list.bind(world.lake);
    // The listing of KNOW comes after the hash and before the upload.
    world.lake.list = (...args) => {
      writeFileSync(file, Buffer.alloc(200_000, 98));
      return list(...args);
    };
    const error = await failure(runTask(world.type, world, { run, written: WRITTEN }));
    expect(error.code).toBe("INPUT_CHANGED");
    world.lake.list = list;
    expect(await listKeys(world)).toEqual([]);
  });

  test("a missing file names the folder, and the zip that is there instead", async () => {
    const world = await openFileWorld();
    expect((await failure(store(world, "2026-11-22"))).hint).toContain("DAGMAR_INPUT");
    writeFileSync(join(world.input, "Filmes+e+Series.zip"), "PK");
    const error = await failure(store(world, "2026-11-23"));
    expect(error.code).toBe("INPUT_MISSING");
    expect(error.hint).toContain("unzip");
  });

  test.each([
    ["that leads to nothing", "gone.csv"],
    ["that leads to itself", "movies.csv"],
  ])(
    "a missing file that is a link %s has a hint about the link, not about upper and lower case",
    async (_, target) => {
      const world = await openFileWorld();
      symlinkSync(target, join(world.input, "movies.csv"));
      const error = await failure(store(world, "2026-11-23"));
      expect(error.code).toBe("INPUT_MISSING");
      expect(error.message).toContain(`is a broken symbolic link (to ${target})`);
      expect(error.hint).toBe(`Point the link to a file inside ${realpathSync(world.input)}.`);
    },
  );

  test.each([
    ["a zip archive", "504b03040a000000", "unzip movies.csv.zip"],
    ["gzip-compressed", "1f8b080000000000", "gunzip movies.csv.gz"],
    ["bzip2-compressed", "425a683931415926", "bunzip2 movies.csv.bz2"],
    ["xz-compressed", "fd377a585a000004", "unxz movies.csv.xz"],
    ["Zstandard-compressed", "28b52ffd04000000", "unzstd movies.csv.zst"],
    ["a 7z archive", "377abcaf271c0004", "Unpack it"],
  ])(
    "%s under the CSV's name is refused with what to do, and stored under its own",
    async (name, magic, hint) => {
      const world = await openFileWorld();
      writeFileSync(join(world.input, "movies.csv"), Buffer.from(magic, "hex"));
      const error = await failure(store(world, "2026-11-23"));
      expect(error.code).toBe("INPUT_IS_ARCHIVE");
      expect(error.message).toContain(`is ${name}, not the file itself`);
      expect(error.hint).toContain(hint);
      const [ending = ""] =
        /\.(zip|gz|bz2|xz|zst|7z)$/.exec(/end in (\S+)\.$/.exec(error.hint ?? "")?.[1] ?? "") ?? [];
      renameSync(join(world.input, "movies.csv"), join(world.input, `movies.csv${ending}`));
      expect(await store(world, "2026-11-24", { file: `movies.csv${ending}` })).toMatchObject({
        unchanged: false,
      });
    },
  );

  test("a text that begins with BZh is no archive", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "BZhname|id\n");
    expect(await store(world, "2026-11-23")).toMatchObject({ unchanged: false });
  });

  test.each([
    [
      "another delimiter",
      { columns: ["id"] },
      "id;title\n",
      /no column "id".*Nothing was stored\./,
      /is the delimiter ";"/,
    ],
    [
      "another delimiter, and no columns declared",
      {},
      "id;title\n",
      /one column: "\|" does not split it/,
      /delimiter ";"/,
    ],
    [
      "a missing column",
      { columns: ["id", "ano"] },
      "id|title\n",
      /no column "ano"\. Its columns: id, title/,
      /./,
    ],
    ["quotes", { columns: ["id"] }, '"id"|"title"\n', /no column "id"/, /quotes belong to the name/],
    ["nothing in it", { columns: ["id"] }, "", /first line is empty/, /^$/],
    [
      "a compressed file under its own name",
      { file: "movies.csv.gz" },
      "\u001f\u008b\u0008",
      /gzip-compressed, not a CSV/,
      /Unpack/,
    ],
  ])(
    "a file with %s is not what the task declares, and is not stored",
    async (_, more, content, message, hint) => {
      const world = await openFileWorld();
      const file = "file" in more ? more.file : "movies.csv";
      writeFileSync(join(world.input, file), Buffer.from(content, "latin1"));
      const error = await failure(store(world, "2026-11-23", { format: "csv", ...more }));
      expect(error).toMatchObject({ code: "INPUT_NOT_AS_DECLARED", retryable: false });
      expect(error.message).toMatch(message);
      expect(error.hint ?? "").toMatch(error.hint === undefined ? /^$/ : hint);
      expect(await listKeys(world)).toEqual([]);
    },
  );

  test("a file that is as declared is stored", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "\uFEFFid;ano;title\r\n1;2;3\r\n");
    const declared = { format: "csv", delimiter: ";", columns: ["title", "id"] };
    expect(await store(world, "2026-11-23", declared)).toMatchObject({ unchanged: false });
  });

  test("a directory and a link that leads out are refused when the task runs", async () => {
    const world = await openFileWorld();
    mkdirSync(join(world.input, "folder"));
    writeFileSync(join(world.folder, "secret.csv"), "secret");
    symlinkSync(join(world.folder, "secret.csv"), join(world.input, "link.csv"));
    const codes: string[] = [];
    const messages: string[] = [];
    for (const [index, file] of ["folder", "link.csv"].entries()) {
      const { code, message } = await failure(store(world, `2026-11-1${index}`, { file }));
      codes.push(code);
      messages.push(message);
    }
    expect(messages.at(-1)).toContain(`it is a link to ${join(world.folder, "secret.csv")}`);
    expect(codes).toEqual(["INPUT_NOT_A_FILE", "INPUT_OUTSIDE"]);
    expect(await listKeys(world)).toEqual([]);
  });

  test.each(["../secret.csv", "a/../../secret.csv", "/tmp/secret.csv"])(
    "the path %s is refused by the options, before anything runs",
    async (file) => {
      const world = await openFileWorld();
      await expect(store(world, "2026-11-10", { file })).rejects.toThrow(
        /a path (?:in|inside|below)|input folder|absolute|folder/,
      );
      expect(await listKeys(world)).toEqual([]);
    },
  );

  test.each([
    ["before it is hashed", "hash"],
    ["before it is stored", "put"],
  ])("a file that Kubernetes swaps %s is stored as it is then", async (_, when) => {
    const world = await openFileWorld();
    const mount = (version: string): void => {
      mkdirSync(join(world.input, `..${version}`));
      writeFileSync(join(world.input, `..${version}/movies.csv`), `id\n${version}\n`);
      symlinkSync(`..${version}`, join(world.input, "..tmp"));
      renameSync(join(world.input, "..tmp"), join(world.input, "..data"));
    };
    mount("v1");
    symlinkSync("..data/movies.csv", join(world.input, "movies.csv"));
    const swap = (): void => {
      if (existsSync(join(world.input, "..v2"))) return;
      mount("v2");
      rmSync(join(world.input, "..v1"), { recursive: true });
    };
    armFailpoints((name) => {
      if (name === (when === "hash" ? "hash.before" : "file.put.before")) swap();
    });
    onTestFinished(() => armFailpoints(undefined));
    const output = await store(world, "2026-11-23");
    expect(readFileSync(join(world.folder, "lake", text(output["key"])), "utf8")).toBe("id\nv2\n");
  });

  test.skipIf(process.getuid?.() === 0)("an unreadable file says so", async () => {
    const world = await openFileWorld();
    writeFileSync(join(world.input, "movies.csv"), "id\n");
    chmodSync(join(world.input, "movies.csv"), 0);
    expect((await failure(store(world, "2026-11-23"))).code).toBe("INPUT_UNREADABLE");
  });

  test("with wait_for a missing file reschedules the task until the time is up", async () => {
    const world = await openFileWorld();
    const written = { ...WRITTEN, wait_for: "1h", poll: "20s" };
    const run = await world.makeRunFacts("2026-11-23T09:00:00Z");
    const early = await failure(runTask(world.type, world, { run, written, waitedSeconds: 60 }));
    expect(early).toMatchObject({ code: "INPUT_NOT_READY", afterSeconds: 20 });
    const late = await failure(runTask(world.type, world, { run, written, waitedSeconds: 3601 }));
    expect(late.code).toBe("INPUT_MISSING");
  });
});
