/** What must hold for any text, key, batch or cron line at all, however odd. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeControlCharacters } from "../../model/text/control-character.ts";
import { composeLine } from "../../logs/log-line.ts";
import { makeRedact } from "../../logs/log-value.ts";
import { FolderLake } from "../../lake/folder/folder-lake.ts";
import { checkKey } from "../../lake/object-key.ts";
import type { JsonValue } from "../../model/dag/dag.ts";
import { LakeError } from "../../model/errors.ts";
import {
  createBatchPacker,
  frameRecords,
  MAX_BYTES_PER_BATCH,
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_BATCH,
  measureFrame,
} from "../../model/records/record-batch.ts";
import { listReferences, renderTemplates } from "../../model/dag/template.ts";
import { createTimetable, validateCron, type Timetable } from "../../model/time/timetable.ts";
import { hashStructure } from "../../tasks/http/json-body.ts";
import { createRealClock } from "../support/hand-clock.ts";
import { makeTempFolder } from "../support/test-world.ts";
import { BAIT, CANARY } from "./hostile/hostile-world.ts";
import { isLong } from "./load/lane.ts";

const numRuns = isLong ? 20_000 : 1_000;

const odd = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom(
    "..",
    ".",
    "/",
    "//",
    "\\",
    "~",
    "%2e%2e%2f",
    "\u0000",
    "\n",
    "\u001b[2J",
    "\u202e",
    "\ud800",
    "CON",
    "a:b",
  ),
  fc.constantFrom(
    "${",
    "}",
    "${params.x}",
    "${seq}",
    "$&",
    "$1",
    "__proto__",
    "constructor",
    "_a.meta.json",
    ".meta-a.lake",
    "_dagmar",
  ),
  fc.constantFrom("é", "e\u0301", "É", "ı", "İ", "ß", "SS", "\ufb01", "\u200b", " ", ".json", BAIT),
);

const WELL_SAID = /^(fine|a cron expression has .+|the [\w-]+ field .+|".*" is not one of .+)$/s;

function catchError(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** `taken` when there is none; anything but a LakeError as it is. */
function describeRefusal(refusal: unknown): string {
  if (refusal === undefined) return "taken";
  return refusal instanceof LakeError
    ? `${refusal.code}: ${refusal.message}`
    : `a fault: ${inspect(refusal)}`;
}

describe("templates", () => {
  const text = fc.array(odd, { maxLength: 6 }).map((parts) => parts.join(""));

  test("render any text with any values, and what a value holds is not read as a template again", () => {
    fc.assert(
      fc.property(text, text, (template, value) => {
        const seen: string[] = [];
        const rendered = renderTemplates(template, (name) => {
          seen.push(name);
          return value;
        });
        expect(new Set(seen)).toEqual(new Set(listReferences(template)));
        // Computed in another way: split at the references, and join with the value.
        expect(rendered).toBe(template.split(/\$\{[^{}]*\}/).join(value));
      }),
      { numRuns },
    );
  });

  test("keep the form of any value, and reach no prototype", () => {
    const value = fc.jsonValue() as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(value, (given) => {
        expect(renderTemplates(given, () => undefined)).toEqual(given);
      }),
      { numRuns },
    );
    const rendered = renderTemplates(
      JSON.parse('{"__proto__":{"polluted":"${x}"}}') as JsonValue,
      () => "yes",
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(JSON.stringify(rendered)).toBe('{"__proto__":{"polluted":"yes"}}');
  });
});

describe("keys", () => {
  const key = fc
    .array(
      fc.oneof(odd, fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/), fc.constantFrom("x".repeat(250), "Raw")),
      { minLength: 1, maxLength: 5 },
    )
    .chain((parts) => fc.constantFrom("/", "", "//").map((joint) => parts.join(joint)));
  const body = Buffer.from("a body");
  const sha256 = createHash("sha256").update(body).digest("hex");

  test("that a folder takes lie in it under their own name, and all others are refused with a reason", async () => {
    const surroundings = makeTempFolder();
    const root = join(surroundings, "a", "lake");
    mkdirSync(root, { recursive: true });
    writeFileSync(join(surroundings, "a", "secret.txt"), CANARY);
    const lake = new FolderLake(root, { clock: createRealClock() });
    const taken = new Set<string>();
    await fc.assert(
      fc.asyncProperty(key, async (given) => {
        const refusal = await lake
          .putBytes({ key: given, body, sha256, metadata: {}, contentType: "text/plain" })
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        if (refusal === undefined) taken.add(given);
        expect(describeRefusal(refusal)).toMatch(/^(taken|LAKE_KEY_REFUSED: The key .+: .+\.)$/s);
        // Only the same folder is read, whatever is asked for.
        const found = await lake.head(given).catch(() => undefined);
        expect(found === undefined || taken.has(given)).toBe(true);
      }),
      { numRuns: isLong ? 3_000 : 300 },
    );
    await lake.close();
    const files = readdirSync(surroundings, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const objects = files.filter(
      (path) =>
        path.startsWith(`${root}/`) &&
        !/^\.meta-.*\.lake$/.test(basename(path)) &&
        !path.startsWith(`${root}/_dagmar/`),
    );
    expect(new Set(objects.map((path) => relative(root, path)))).toEqual(taken);
    expect(taken.size).toBeGreaterThan(10);
    for (const path of objects) expect(readFileSync(path)).toEqual(body);
    const outside = files.filter((path) => !path.startsWith(`${root}/`));
    expect(outside).toEqual([join(surroundings, "a", "secret.txt")]);
    expect(statSync(outside[0] ?? "").size).toBe(CANARY.length);
  }, 60_000);

  test("are judged without an exception of another kind, with any prefix", () => {
    fc.assert(
      fc.property(key, odd, (given, prefix) => {
        const refusal = catchError(() => checkKey(given, prefix));
        expect(describeRefusal(refusal)).toMatch(/^(taken|LAKE_KEY_REFUSED: .+)$/s);
        // Accepted: then no part of it can lead out of the folder.
        const isPlain =
          given.split("/").every((part) => part !== "" && part !== "." && part !== "..") &&
          !/[\\\p{Cc}\p{Cs}]/u.test(given) &&
          Buffer.byteLength(prefix + given) <= 1024;
        expect(refusal !== undefined || isPlain).toBe(true);
      }),
      { numRuns },
    );
  });
});

describe("batches", () => {
  const sizes = fc.array(
    fc.record({
      sizeBytes: fc.oneof(
        fc.nat(5_000),
        fc.nat(MAX_RECORD_BYTES),
        fc.constant(MAX_RECORD_BYTES),
        fc.constant(0),
      ),
      group: fc.constantFrom("a", "b", "__proto__", "constructor"),
    }),
    { maxLength: 350 },
  );

  test("hold each record once, in order, within both limits, each of one group", () => {
    fc.assert(
      fc.property(sizes, (given) => {
        const packer = createBatchPacker<{ spoolId: number; sizeBytes: number; group: string }>();
        const records = given.map((record, spoolId) => ({ ...record, spoolId }));
        const batches = [...records.flatMap((record) => packer.add(record)), ...packer.flush()];
        expect(
          batches
            .flat()
            .map(({ spoolId }) => spoolId)
            .toSorted((a, b) => a - b),
        ).toEqual(records.map(({ spoolId }) => spoolId));
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(MAX_RECORDS_PER_BATCH);
          const bytes = batch.reduce((sum, record) => sum + record.sizeBytes, 0);
          expect(measureFrame(batch.length, bytes)).toBeLessThanOrEqual(MAX_BYTES_PER_BATCH);
          expect(new Set(batch.map(({ group }) => group)).size).toBe(1);
          const ids = batch.map(({ spoolId }) => spoolId);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        }
        expect(packer.flush()).toEqual([]);
      }),
      { numRuns: isLong ? 2_000 : 200 },
    );
  });

  test("are JSON that gives back every record as it came, byte for byte", () => {
    const record = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), (records) => {
        const bodies = records.map((one) => Buffer.from(JSON.stringify(one)));
        const framed = frameRecords(bodies);
        expect(framed.length).toBe(measureFrame(bodies.length, Buffer.concat(bodies).length));
        const parsed = JSON.parse(framed.toString("utf8")) as readonly unknown[];
        expect(parsed.map((one) => JSON.stringify(one))).toEqual(
          bodies.map((one) => JSON.stringify(JSON.parse(one.toString("utf8")))),
        );
        for (const one of bodies) expect(framed.includes(one)).toBe(true);
      }),
      { numRuns: numRuns / 5 },
    );
  });
});

describe("cron lines", () => {
  const field = fc.oneof(
    fc.constantFrom(
      "*",
      "*/5",
      "0",
      "59",
      "60",
      "1-5",
      "5-1",
      "1,2,3",
      "L",
      "1#2",
      "SUN",
      "feb",
      "*/0",
      "?",
      "W",
      "15W",
    ),
    fc.constantFrom(
      "",
      "-",
      ",",
      "/",
      "#",
      "1/",
      "/1",
      "1--2",
      "99999999999999999999",
      "1e1",
      "0x1",
      "٣",
      "-1",
      "1-5/0",
    ),
    odd,
  );
  const line = fc.oneof(
    fc.array(field, { maxLength: 8 }).map((fields) => fields.join(" ")),
    fc.constantFrom("@daily", "@reboot", "@", "constructor", "__proto__", "toString", "@@@", " @HOURLY "),
    odd,
  );
  const zones = fc.constantFrom(
    "UTC",
    "America/Sao_Paulo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
  );
  const instants = fc.date({ min: new Date("1970-01-02"), max: new Date("2900-01-01"), noInvalidDate: true });

  test("are refused with a message, or have slots that come one after the other", () => {
    fc.assert(
      fc.property(line, zones, instants, (expression, zone, from) => {
        const fault = validateCron(expression);
        const make = (): Timetable => createTimetable(expression, zone, { startAt: null, endAt: null });
        expect(fault ?? "fine").toMatch(WELL_SAID);
        expect(catchError(make) instanceof RangeError).toBe(fault !== undefined);
        if (fault !== undefined) return;
        const timetable = make();
        const first = timetable.next(from);
        const second = first === undefined ? undefined : timetable.next(first);
        if (first === undefined || second === undefined) return;
        expect(from.getTime()).toBeLessThan(first.getTime());
        expect(first.getTime()).toBeLessThan(second.getTime());
        expect(timetable.previous(second)).toEqual(first);
        expect(timetable.between(from, second, 3).slice(-2)).toEqual([first, second]);
      }),
      { numRuns: isLong ? 10_000 : 800 },
    );
  }, 60_000);
});

describe("what is shown", () => {
  const secrets = fc.constantFrom(CANARY, `${CANARY}/+=%`, `"${CANARY}\\`);

  test("of any text is one line that steers no terminal and holds no secret", () => {
    fc.assert(
      fc.property(
        fc.array(odd, { maxLength: 5 }),
        secrets,
        fc.constantFrom("text", "json"),
        (parts, secret, format) => {
          const message = [...parts, secret, ...parts].join("");
          const at = new Date("2026-11-23T09:00:00Z");
          const event = {
            at,
            level: "warn",
            message,
            bound: { [message]: message },
            fields: { error: { message } },
          } as const;
          const line = composeLine(format, event, makeRedact([secret]));
          expect(line).not.toContain(CANARY);
          // oxlint-disable-next-line no-control-regex -- the pattern looks for control characters
          expect(line).not.toMatch(/[\u0000-\u001f\u007f]/);
          expect(format === "json" || escapeControlCharacters(line) === line).toBe(true);
        },
      ),
      { numRuns },
    );
  });
});

test("the structures of answers that are nothing but names, no two alike, do not stay in memory", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const measure = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const before = measure();
  const structures = new Set<string>();
  for (let nth = 0; nth < 900; nth += 1) {
    const names = Array.from({ length: 20 }, (_, index) => [`${nth}_${index}_${"x".repeat(5_000)}`, 1]);
    structures.add(hashStructure(Object.fromEntries(names) as Record<string, number>));
  }
  expect(structures.size).toBe(900);
  expect(measure() - before).toBeLessThan(20);
}, 60_000);
