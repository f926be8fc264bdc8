/** The scanner equals the obvious reference, whatever the file contains and wherever the stream is cut. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileByteTest } from "../../../tasks/csv-to-ids/scan/byte-filter.ts";
import {
  conditionsSchema,
  type Condition,
  type Conditions,
} from "../../../tasks/csv-to-ids/scan/conditions.ts";
import { compileCellTest } from "../../../tasks/csv-to-ids/scan/match-conditions.ts";
import { createScanner, type ScanResult } from "../../../tasks/csv-to-ids/scan/scanner.ts";
import { scanByReference } from "./scan-reference.ts";

const NAMES = ["id", "title", "genero", "ano", "nota"];
const MAX_LINE_BYTES = 60;

const idCell = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom("tt0000001", "tt0000002", "tt0000003", "tt12345678", "tt1234567890"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "tt123456",
      "tt12345678901",
      "TT0000001",
      "tt000000x",
      "",
      "\\N",
      " tt0000001",
      "tt0000001\r",
      '"tt0000001"',
    ),
  },
);
const genreCell = fc.constantFrom(
  "Comedy",
  "Music",
  "Musical",
  "Drama,Music",
  "Music,Musical",
  " Music , Drama",
  "music",
  "Ação",
  "Drama,Ação",
  "",
  "\\N",
  ",",
  "Music\0",
);
const yearCell = fc.oneof(
  fc.integer({ min: 1990, max: 2010 }).map(String),
  fc.constantFrom(
    "",
    "\\N",
    "2001",
    "2001.0",
    " 2001",
    "+2001",
    "-5",
    "2e3",
    "0x7d1",
    "20O1",
    "2001-05-01",
    "Infinity",
    "1e999",
    "٢٠٠١",
    "00000000000002001",
    "99999999999999999999",
    "\uFEFF2001",
  ),
);
const textCell = fc.oneof(
  fc.constantFrom(
    "",
    "\\N",
    '"',
    '"half',
    'a "b" c',
    "'",
    "é",
    "日本",
    "😀",
    "\r",
    "\0",
    "#",
    "\uFEFF",
    "}",
    "}}x",
    "x".repeat(70),
  ),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);

const line = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(idCell, textCell, genreCell, yearCell, textCell).map((cells) => cells.join("|")),
  },
  { weight: 1, arbitrary: fc.array(textCell, { maxLength: 8 }).map((cells) => cells.join("|")) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "\r",
      "|",
      "||||",
      "x".repeat(59),
      "x".repeat(60),
      "x".repeat(61),
      "x".repeat(200),
    ),
  },
);
/** A line's bytes; now and then invalid UTF-8 or a copy of it with another end. */
const lineBytes = fc
  .record({
    text: line,
    broken: fc.option(fc.constantFrom(0xff, 0xc3, 0x80, 0x0d, 0x00), { freq: 8, nil: undefined }),
    at: fc.nat(40),
  })
  .map(({ text, broken, at }) => {
    const bytes = Buffer.from(text);
    if (broken !== undefined && at < bytes.length) bytes[at] = broken;
    return bytes;
  });
const rows = fc
  .array(
    fc.record({
      bytes: lineBytes,
      times: fc.integer({ min: 1, max: 4 }),
      suffix: textCell,
      end: fc.constantFrom("\n", "\r\n", "\r\r\n"),
    }),
    {
      maxLength: 25,
    },
  )
  // Neighbours that share their first columns, as the rows of a title do.
  .map((groups) =>
    groups.flatMap(({ bytes, times, suffix, end }) =>
      Array.from({ length: times }, (_, index) =>
        Buffer.concat([bytes, Buffer.from(index === 0 ? end : `${suffix}${end}`)]),
      ),
    ),
  );
const header = fc
  .tuple(
    fc.constantFrom("", "\uFEFF"),
    fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
    fc.constantFrom("\n", "\r\n"),
  )
  .map(([bom, names, end]) => Buffer.from(`${bom}${names.join("|")}${end}`));
const file = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(Buffer.from(`${NAMES.join("|")}\n`)) },
      { weight: 1, arbitrary: header },
    ),
    rows,
    fc.boolean(),
  )
  .map(([head, lines, isCut]) => {
    const whole = Buffer.concat([head, ...lines]);
    return isCut && lines.length > 0 ? whole.subarray(0, -1) : whole;
  });

const limit = fc.oneof(
  fc.integer({ min: 1990, max: 2010 }),
  fc.constantFrom("2001", "2001-01-01", "M", "x", 2000.5, -5, 0),
);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    any_of: fc.subarray(["Music", "Comedy", "Ação", "2001", "Mus\uFFFDc", "\uFFFD"], { minLength: 1 }),
  }),
  fc.record({ is_null: fc.boolean() }),
  fc.record({
    equals: fc.oneof(limit, fc.constantFrom("Music", "é", "\uFFFD", "A\uFFFD\uFFFDão", "\ud83d")),
  }),
  fc
    .record({ at_least: optional(limit), at_most: optional(limit), is_null: optional(fc.boolean()) })
    .filter((keys) => conditionsSchema.safeParse({ ano: keys }).success),
);
const yearCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ at_least: limit }),
  fc.record({ at_most: limit }),
  fc.record({ at_least: limit, at_most: limit }),
  fc.record({ equals: limit }),
);
// Mostly conditions that fit the columns' cells; two random ones would seldom match in a row.
const conditions: fc.Arbitrary<Conditions> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ano: yearCondition }) },
  { weight: 3, arbitrary: fc.record({ genero: condition }) },
  { weight: 1, arbitrary: fc.record({ genero: condition, ano: yearCondition }) },
  { weight: 1, arbitrary: fc.record({ title: condition }) },
  { weight: 1, arbitrary: fc.record({ nota: condition }) },
  { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), condition, { maxKeys: 3 }) },
);

function scanInPieces(bytes: Buffer, where: Conditions, cuts: readonly number[]): ScanResult {
  const scanner = createScanner({
    delimiter: "|",
    idColumn: "id",
    conditions: where,
    maxLineBytes: MAX_LINE_BYTES,
    sampleSize: 1000,
  });
  let from = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    // One buffer for all pieces, overwritten after each: the scanner may keep none of the bytes that it got.
    const piece = Uint8Array.from(bytes.subarray(from, cut));
    scanner.push(piece);
    piece.fill(0x7c);
    from = cut;
  }
  return scanner.finish();
}

function summarize({ samples, ...result }: ScanResult): unknown {
  return {
    ...result,
    faultyLines: samples.map(({ kind, line: lineNumber }) => ({ kind, line: lineNumber })),
  };
}

describe("the scanner", () => {
  it("gives what splitting lines and cells gives, on dirty files cut anywhere", () => {
    let matched = 0;
    let faulty = 0;
    fc.assert(
      fc.property(file, conditions, fc.array(fc.nat(1000), { maxLength: 12 }), (bytes, where, cuts) => {
        const expected = scanByReference(bytes, "|", "id", where, MAX_LINE_BYTES);
        matched += expected.matchedRows;
        faulty += expected.faultyLines.length;
        const pieces = cuts.map((cut) => cut % (bytes.length + 1));
        expect(summarize(scanInPieces(bytes, where, pieces))).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
    // Otherwise the files were too simple to show anything.
    expect(matched).toBeGreaterThan(300);
    expect(faulty).toBeGreaterThan(1000);
  });

  it("gives the same, excerpts included, for one cut at every position and for single bytes", () => {
    const bytes = Buffer.concat([
      Buffer.from("\uFEFFid|title|genero|ano|nota\r\n"),
      Buffer.from(
        'tt0000001|Ação 😀 "F"|Music,Ação|2001|7\r\ntt0000001|Ação 😀 "F"|Music,Ação|2001|8\r\n\r\n',
      ),
      Buffer.from(
        `tt0000002|${"日".repeat(30)}|Music|2002|1\ntt0000003|a|Music|2002\nx|\u0007|Music|2002|\r\n`,
      ),
      Buffer.from("tt0000004|\xff\0|Music|2003|\\N\r", "latin1"),
    ]);
    const where: Conditions = { genero: { any_of: ["Music"] }, ano: { at_least: 2001 } };
    const whole = scanInPieces(bytes, where, []);
    expect(summarize(whole)).toEqual(scanByReference(bytes, "|", "id", where, MAX_LINE_BYTES));
    expect(whole.ids).toEqual(["tt0000001", "tt0000004"]);
    for (let cut = 0; cut <= bytes.length; cut++) expect(scanInPieces(bytes, where, [cut])).toEqual(whole);
    expect(scanInPieces(bytes, where, [...bytes.keys()])).toEqual(whole);
  });

  it("remembers no row over the edge of a group handed to the parser", () => {
    const head = "id|genero|rest\n";
    const lines = Array.from({ length: 40_000 }, (_, index) => {
      const title = Math.floor(index / 4);
      return `tt${String(1_000_000 + title)}|${title % 3 === 0 ? "Music" : "Musical"},Drama|${index}\n`;
    });
    const bytes = Buffer.from(head + lines.join(""));
    const scanner = createScanner({
      delimiter: "|",
      idColumn: "id",
      conditions: { genero: { any_of: ["Music"] } },
    });
    for (let from = 0; from < bytes.length; from += 10_007) scanner.push(bytes.subarray(from, from + 10_007));
    const result = scanner.finish();
    expect(result).toMatchObject({ rows: 40_000, matchedRows: 13_336 });
    expect(result.ids).toEqual(Array.from({ length: 3334 }, (_, index) => `tt${1_000_000 + index * 3}`));
  });
});

describe("the byte filter", () => {
  it("holds back no cell that meets the condition", () => {
    let met = 0;
    const cell = fc.oneof(genreCell, yearCell, textCell).map((text) => Buffer.from(text));
    const brokenCell = fc
      .tuple(cell, fc.nat(10), fc.constantFrom(0xff, 0xc3, 0x80))
      .map(([bytes, at, byte]) => {
        const copy = Buffer.from(bytes);
        if (at < copy.length) copy[at] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(cell, brokenCell), condition, (bytes, wanted) => {
        if (!compileCellTest(wanted)(bytes.toString())) return;
        met++;
        const framed = Buffer.concat([Buffer.from("1,Music|"), bytes, Buffer.from("|Music,2001")]);
        expect(compileByteTest(wanted)(framed, 8, 8 + bytes.length)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(met).toBeGreaterThan(300);
  });

  it("lets broken UTF-8 through where a condition names the character that stands for it", () => {
    const broken = Buffer.from([0x41, 0xff]);
    for (const wanted of [{ equals: "A\uFFFD" }, { any_of: ["A\uFFFD"] }]) {
      expect(compileCellTest(wanted)(broken.toString())).toBe(true);
      expect(compileByteTest(wanted)(broken, 0, 2)).toBe(true);
    }
  });

  it.each([
    [{ any_of: ["Comedy"] }, "Drama"],
    [{ any_of: ["Comedy"] }, ""],
    [{ any_of: ["Comedy"] }, "\\N"],
    [{ equals: "Comedy" }, "Comedy,Drama"],
    [{ equals: 7 }, "8"],
    [{ at_least: 2001 }, "2000"],
    [{ at_least: "2001" }, "2000"],
    [{ at_most: 2001 }, "2002"],
    [{ is_null: true }, "x"],
    [{ is_null: false }, "\\N"],
  ] satisfies [Condition, string][])("spares the parser what cannot meet %j: %j", (wanted, text) => {
    expect(compileByteTest(wanted)(Buffer.from(text), 0, Buffer.byteLength(text))).toBe(false);
  });
});
