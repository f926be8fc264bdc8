/** Faulty rows for a sample file: known in number and kind, with a genre and a year that match. */
import type { Random } from "../invented/random.ts";
import { HEADERS, type SampleKind } from "./title-rows.ts";

export interface FaultyRows {
  readonly wrongColumnCount?: number;
  readonly badIds?: number;
  readonly overlongLines?: number;
  /** Of one overlong line, in bytes. */
  readonly overlongSizeBytes?: number;
}

const DEFAULT_OVERLONG_SIZE_BYTES = 1_200_000;
const BAD_IDS = [
  "tt12",
  "nm0000123",
  "",
  "\\N",
  "tt99999999999",
  "TT0012345",
  " tt0012345",
  "tt00123a5",
  "id",
];

/** The faulty lines in a shuffled order. Ids are even numbers near the end, so a reader that accepts one is detected. */
export function inventFaultyRows(kind: SampleKind, faulty: FaultyRows, random: Random): readonly string[] {
  const lines: string[] = [];
  const width = HEADERS[kind].split("|").length;
  for (let index = 0; index < (faulty.wrongColumnCount ?? 0); index += 1) {
    const fields = inventFields(kind, inventFaultyId(index));
    lines.push(
      (index % 2 === 0 ? fields.slice(0, width - 1 - (index % 3)) : [...fields, "surplus"]).join("|"),
    );
  }
  for (let index = 0; index < (faulty.badIds ?? 0); index += 1) {
    lines.push(inventFields(kind, BAD_IDS[index % BAD_IDS.length] ?? "").join("|"));
  }
  for (let index = 0; index < (faulty.overlongLines ?? 0); index += 1) {
    const fields = inventFields(kind, inventFaultyId(1000 + index));
    const missing = (faulty.overlongSizeBytes ?? DEFAULT_OVERLONG_SIZE_BYTES) - fields.join("|").length;
    fields[1] = `${fields[1] ?? ""}${"x".repeat(Math.max(0, missing))}`;
    lines.push(fields.join("|"));
  }
  return lines
    .map((line) => ({ line, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ line }) => line);
}

function inventFaultyId(index: number): string {
  return `tt${String(29_500_000 + index * 2)}`;
}

function inventFields(kind: SampleKind, id: string): string[] {
  const end = kind === "series" ? ["2012"] : [];
  const tail = [
    "90",
    "Animation,Comedy",
    "6.1",
    "12",
    "actor",
    "Noname",
    "Zé Kovanski",
    "1970",
    "\\N",
    "actor",
    "\\N",
  ];
  return [id, "A Faulty Row", "A Faulty Row", "2011", ...end, ...tail];
}
