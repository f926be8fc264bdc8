/** What the scanner treats as a row, a fault and an id, case by case. */
import { describe, expect, it, test } from "vitest";
import { TaskFailure } from "../../../model/errors.ts";
import {
  createScanner,
  type ScannerOptions,
  type ScanResult,
} from "../../../tasks/csv-to-ids/scan/scanner.ts";

const HEADER = "id|title|genero|ano\n";

function scan(content: string | Uint8Array, options: Partial<ScannerOptions> = {}): ScanResult {
  const scanner = createScanner({ delimiter: "|", idColumn: "id", conditions: {}, ...options });
  scanner.push(typeof content === "string" ? Buffer.from(content) : content);
  return scanner.finish();
}

function failureOf(action: () => unknown): TaskFailure {
  try {
    action();
  } catch (error) {
    if (error instanceof TaskFailure) return error;
    throw error;
  }
  throw new Error("nothing was raised");
}

describe("rows", () => {
  it("are chosen by all conditions, and their ids come once each, in the file's order, also when not adjacent", () => {
    const result = scan(
      `${HEADER}tt0000009|a|Drama,Comedy|2001\ntt0000001|b|Comedy|2005\ntt0000009|a|Comedy|2001\ntt0000002|c|Comedy|1999\ntt0000003|d|Comedia|2005\n`,
      { conditions: { genero: { any_of: ["Comedy"] }, ano: { at_least: 2001 } } },
    );
    expect(result).toEqual({
      ids: ["tt0000009", "tt0000001"],
      rows: 5,
      emptyLines: 0,
      bytes: 147,
      matchedRows: 3,
      faulty: { too_long: 0, wrong_columns: 0, bad_id: 0 },
      samples: [],
      notUtf8: { cells: {}, rows: 0, firstLine: null },
      seen: {},
    });
  });

  it("are judged one by one, so neighbours of one id may differ", () => {
    const result = scan(`${HEADER}tt0000001|a|Drama|2001\ntt0000001|a|Music|2001\ntt0000001|a|Drama|2001\n`, {
      conditions: { genero: { any_of: ["Music"] } },
    });
    expect(result).toMatchObject({ ids: ["tt0000001"], matchedRows: 1 });
  });

  it("may hold quotes anywhere, which are letters", () => {
    const result = scan(
      `${HEADER}tt0000001|"half|Music|1\ntt0000002|Resurrection "F"|"Music"|1\ntt0000003|"|Music|1\n`,
      {
        conditions: { genero: { any_of: ["Music"] } },
      },
    );
    expect(result).toMatchObject({ ids: ["tt0000001", "tt0000003"], rows: 3 });
  });

  it("end at LF, CRLF or the end of the file, and empty lines are none", () => {
    const result = scan("\uFEFFid|ano\r\n\r\ntt0000001|1\r\n\ntt0000002|1\n\n\ntt0000003|1\r");
    expect(result).toMatchObject({ ids: ["tt0000001", "tt0000002", "tt0000003"], rows: 3, emptyLines: 4 });
  });

  it("may have their id and conditions in the last columns", () => {
    const result = scan("ano|genero|id\r\n1|Music|tt0000001\r\n1|Music|tt0000001\r\n1|Drama|tt0000002\r\n", {
      conditions: { genero: { any_of: ["Music"] } },
    });
    expect(result).toMatchObject({ ids: ["tt0000001"], matchedRows: 2 });
  });

  it("may be of one column, split by another delimiter, and of another kind of id", () => {
    expect(scan("id\ntt0000001\n\ntt0000002")).toMatchObject({ ids: ["tt0000001", "tt0000002"], rows: 2 });
    expect(
      scan("n\tid\n1\tnm1\n2\tnm22\n3\ttt3\n", { delimiter: "\t", idPattern: "^nm\\d+$" }),
    ).toMatchObject({
      ids: ["nm1", "nm22"],
      faulty: { bad_id: 1 },
    });
  });

  it("with a cell far larger than csv-parse's usual limit are read", () => {
    const name = "x".repeat(300_000);
    const result = scan(`${HEADER}tt0000001|a|Music,${name}|1\n`, {
      conditions: { genero: { any_of: [name] } },
    });
    expect(result.ids).toEqual(["tt0000001"]);
  });

  it("of a file with a header alone are none", () => {
    expect(scan("id|ano")).toMatchObject({ ids: [], rows: 0, bytes: 6 });
  });
});

describe("faults", () => {
  const dirty = `${HEADER}tt123456|six digits|Music|1\ntt12345678901|eleven|Music|1\n\\N|null|Music|1\n|empty|Music|1\nTT0000001|capital|Music|1\ntt0000001|few|Music\ntt0000001|too|many|Music|1\ntt0000001|${"y".repeat(50)}|Music|1\ntt0000001|good|Drama|1\n`;

  it("are counted over all rows, whatever the conditions are", () => {
    const faulty = { bad_id: 5, wrong_columns: 2, too_long: 1 };
    expect(scan(dirty, { maxLineBytes: 50 })).toMatchObject({ rows: 9, faulty, matchedRows: 1 });
    const conditions = { genero: { any_of: ["Music"] } };
    expect(scan(dirty, { maxLineBytes: 50, conditions })).toMatchObject({
      rows: 9,
      faulty,
      matchedRows: 0,
      ids: [],
    });
  });

  it("are counted for each row of a title", () => {
    expect(scan(`${HEADER}tt1|a|Music|1\ntt1|a|Music|2\ntt1|a|Music|3\n`).faulty.bad_id).toBe(3);
  });

  it("give the first samples of each kind, with line numbers as editors count them", () => {
    const { samples } = scan(dirty, { maxLineBytes: 50, sampleSize: 2 });
    expect(samples).toEqual([
      { kind: "bad_id", line: 2, excerpt: "tt123456|six digits|Music|1" },
      { kind: "bad_id", line: 3, excerpt: "tt12345678901|eleven|Music|1" },
      { kind: "wrong_columns", line: 7, excerpt: "tt0000001|few|Music" },
      { kind: "wrong_columns", line: 8, excerpt: "tt0000001|too|many|Music|1" },
      { kind: "too_long", line: 9, excerpt: `tt0000001|${"y".repeat(40)}…` },
    ]);
  });

  it("show nothing in a sample that could forge or garble a log", () => {
    const line = Buffer.concat([
      Buffer.from("a\u001b[2J\t\0\u202eb\u2028😀"),
      Buffer.from([0xff]),
      Buffer.from("é"),
    ]);
    const { samples } = scan(Buffer.concat([Buffer.from(HEADER), line]));
    expect(samples[0]?.excerpt).toBe("a\\u{1b}[2J\\u{9}\\u{0}\\u{202e}b\\u{2028}😀\\u{fffd}é");
    for (const letter of ["\u0001", "😀", "x"]) {
      const excerpt = scan(`${HEADER}${letter.repeat(5000)}`).samples[0]?.excerpt ?? "";
      expect(excerpt.length).toBeLessThanOrEqual(120);
      expect(excerpt.endsWith("…")).toBe(true);
    }
  });

  it("count a line as too long from the first byte over the limit, its break aside", () => {
    const row = `tt0000001|${"z".repeat(40)}`;
    for (const [end, more, expected] of [
      ["\n", "", 0],
      ["\r\n", "", 0],
      ["", "", 0],
      ["\n", "z", 1],
      ["\r\n", "z", 1],
      ["", "z", 1],
    ] as const) {
      const scanner = createScanner({
        delimiter: "|",
        idColumn: "id",
        conditions: {},
        maxLineBytes: row.length,
      });
      for (const byte of Buffer.from(`id|title\n${row}${more}${end}`)) scanner.push(Uint8Array.of(byte));
      expect(scanner.finish()).toMatchObject({
        rows: 1,
        faulty: { too_long: expected },
        matchedRows: 1 - expected,
      });
    }
  });

  it("keep memory flat over a line of 1 GB", () => {
    const scanner = createScanner({ delimiter: "|", idColumn: "id", conditions: {} });
    scanner.push(Buffer.from("id|title\ntt0000001|"));
    const piece = Buffer.alloc(1024 * 1024, "x");
    const before = process.memoryUsage();
    for (let count = 0; count < 1024; count++) scanner.push(piece);
    const after = process.memoryUsage();
    scanner.push(Buffer.from("|\ntt0000002|fine\n"));
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(8 * 1024 * 1024);
    const result = scanner.finish();
    expect(result).toMatchObject({ ids: ["tt0000002"], rows: 2, faulty: { too_long: 1 } });
    expect(result.samples).toMatchObject([{ kind: "too_long", line: 2 }]);
  });
});

describe("a header", () => {
  it.each([
    ["no bytes", ""],
    ["a BOM alone", "\uFEFF"],
    ["an empty first line", "\nid|ano\ntt0000001|1\n"],
    ["a first line without end, over the limit", "x".repeat(2_000_000)],
    ["a first line over the limit", `id|${"x".repeat(2_000_000)}\ntt0000001|1\n`],
  ])("is missing in a file with %s", (_, content) => {
    expect(failureOf(() => scan(content))).toMatchObject({ code: "CSV_EMPTY", retryable: false });
  });

  it("without a needed column lists those it has and says what may be meant", () => {
    const failure = failureOf(() => scan(HEADER, { conditions: { Generos: { is_null: false } } }));
    expect(failure).toMatchObject({
      code: "CSV_COLUMN_MISSING",
      retryable: false,
      message: 'The CSV has no column "Generos". Its columns: id, title, genero, ano.',
      hint: 'Did you mean "genero"?',
    });
    expect(failureOf(() => scan(HEADER, { idColumn: "tconst" })).hint).toBeUndefined();
  });

  it("that another delimiter splits, or in UTF-16, is recognised", () => {
    expect(failureOf(() => scan("tconst;title;year\n", { idColumn: "id" })).hint).toContain(
      'is the delimiter ";"?',
    );
    expect(failureOf(() => scan("tconst|title\n", { delimiter: "\t" })).hint).toContain(
      'is the delimiter "|"?',
    );
    expect(failureOf(() => scan(Buffer.from("\uFEFFid|title\n", "utf16le"))).hint).toContain("UTF-16");
  });

  it("with a needed column twice is refused, with another twice is not", () => {
    const failure = failureOf(() => scan("id|ano|id\n"));
    expect(failure.code).toBe("CSV_COLUMN_MISSING");
    expect(failure.message).toContain('2 columns named "id"');
    expect(scan("id|ano|ano\ntt0000001|1|2\n").ids).toEqual(["tt0000001"]);
  });

  it("of thousands of hostile names gives a message of bounded size without control characters", () => {
    const names = Array.from({ length: 5000 }, (_, index) => `\u001b[31m${"n".repeat(150)}${index}`);
    const { message } = failureOf(() => scan(`${names.join("|")}\n`));
    expect(message).toContain("and 4940 more");
    expect(message.length).toBeLessThan(8000);
    expect(message).not.toContain("\u001b");
  });
});

test.each([
  ["with quotes around its names", `"id"|"title"\n`, /Its name is "id": the quotes belong to the name/],
  ["in Latin-1", Buffer.from("id|gênero\n", "latin1"), /not UTF-8/],
])("the error for a header %s says what is wrong", (_, content, hint) => {
  const wanted = typeof content === "string" ? "id" : "gênero";
  expect(failureOf(() => scan(content, { idColumn: wanted })).hint).toMatch(hint);
});

test.each([
  ["gzip-compressed", "1f8b0800"],
  ["a zip archive", "504b0304"],
])("the error for a file that is %s says what it is", (name, magic) => {
  const failure = failureOf(() => scan(Buffer.concat([Buffer.from(magic, "hex"), Buffer.from("x\ny\n")])));
  expect(failure).toMatchObject({ code: "CSV_EMPTY", message: `The file is ${name}, not a CSV.` });
});

describe("texts", () => {
  const where = (name: string) => ({ conditions: { genero: { any_of: [name] } } });
  const row = (genero: string): string => `${HEADER}tt0000001|a|${genero}|1\n`;
  const composed = "Fic\u00e7\u00e3o";
  const apart = composed.normalize("NFD");

  it.each([
    ["the cell is taken apart", composed, apart],
    ["the condition is taken apart", apart, composed],
    ["a letter has a sign of its own", "K", "\u212a"],
  ])("are compared in NFC where %s", (_, wanted, cell) => {
    expect(scan(row(`Drama,${cell}`), where(wanted)).ids).toEqual(["tt0000001"]);
    expect(scan(row(cell), { conditions: { genero: { equals: wanted } } }).ids).toEqual(["tt0000001"]);
    expect(
      scan(row(cell), { conditions: { genero: { at_least: wanted, at_most: wanted } } }).ids,
    ).toHaveLength(1);
  });

  it("that are not UTF-8 are counted by column, with the first line", () => {
    const latin = Buffer.from(`tt0000002|é|${composed}|1\ntt0000003|b|${composed}|1\n`, "latin1");
    const result = scan(Buffer.concat([Buffer.from(row("Drama")), latin]), where(composed));
    expect(result).toMatchObject({
      ids: [],
      notUtf8: { cells: { title: 1, genero: 2 }, rows: 2, firstLine: 3 },
    });
  });
});

test("a survey counts every row's values, repeated ones too, and the members of lists", () => {
  const rows = "tt0000001|a|Drama,Comedy|1\n".repeat(3) + "tt0000002|b|Drama|2\nbroken\n";
  const result = scan(HEADER + rows, {
    isSurvey: true,
    conditions: { genero: { any_of: ["Musical"] }, ano: { at_least: 2001 } },
  });
  expect(result.ids).toEqual([]);
  expect(result.seen).toEqual({
    genero: [
      ["Drama", 4],
      ["Comedy", 3],
    ],
    ano: [
      ["1", 3],
      ["2", 1],
    ],
    id: [
      ["tt0000001", 3],
      ["tt0000002", 1],
    ],
  });
});

describe("a delimiter", () => {
  it.each(["", "||", "\n", "\r", "é", "😀"])("%j is refused", (delimiter) => {
    expect(() => createScanner({ delimiter, idColumn: "id", conditions: {} })).toThrow(RangeError);
  });
});
