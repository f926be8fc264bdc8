/** What the listings of Airflow's API share: limit, offset, order_by, and instants. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { CommandRefused } from "../../../model/errors.ts";
import type { Order, PageRequest, RowPlace } from "../../../state/pages/page.ts";
import { several } from "../route.ts";

/** As Airflow's defaults and limits. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
} as const;

export function readPage({
  limit,
  offset,
}: {
  readonly limit: number;
  readonly offset: number;
}): PageRequest {
  return { limit, offset };
}

/** For lists that can be continued: instead of an offset, the `next_cursor` of the page before. */
export const cursorPaging = {
  ...paging,
  cursor: z
    .string()
    .max(2_000)
    .optional()
    .describe("The next_cursor of the page before; not with an offset."),
} as const;

export const nextCursor = z.string().nullable().describe("null: this is the last page.");

interface CursorSearch extends Readonly<Record<string, unknown>> {
  readonly limit: number;
  readonly offset: number;
  readonly cursor?: string | undefined;
}

/** `columns`: how many values a place of the list has. Raises `USAGE`. */
export function readCursorPage(path: string, search: CursorSearch, columns: number): PageRequest {
  const { limit, offset, cursor } = search;
  if (cursor === undefined) return { limit, offset };
  if (offset > 0) throw new CommandRefused("USAGE", "cursor: not together with an offset.");
  const after = decodeCursor(cursor, signList(path, search), columns);
  return { limit, offset: 0, after };
}

export function writeCursor(path: string, search: CursorSearch, next: RowPlace | null): string | null {
  if (next === null) return null;
  return Buffer.from(JSON.stringify([signList(path, search), ...next])).toString("base64url");
}

/** The list that a cursor belongs to: the same filters and the same order. */
function signList(path: string, search: CursorSearch): string {
  const asked = Object.entries(search)
    .filter(([name, value]) => !["limit", "offset", "cursor"].includes(name) && value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([path, asked]))
    .digest("base64url")
    .slice(0, 8);
}

function decodeCursor(cursor: string, list: string, columns: number): RowPlace {
  const parsed = cursorSchema.safeParse(parseJson(Buffer.from(cursor, "base64url").toString("utf8")));
  const [signature, ...place] = parsed.success ? parsed.data : [];
  if (signature === list && place.length === columns) return place;
  throw new CommandRefused("USAGE", "cursor: it is not one of this list.", {
    hint: "Take the next_cursor of the page before, with the same filters and the same order.",
  });
}

const cursorSchema = z.array(z.union([z.string(), z.number(), z.null()]));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function orderParameter(columns: readonly string[]) {
  return several(z.string()).describe(`${columns.join(", ")}; with - in front for descending.`);
}

/** Raises `USAGE` for a column that is not one of them. */
export function readOrder<Column extends string>(
  given: readonly string[] | undefined,
  columns: readonly Column[],
  byDefault: readonly Order<Column>[],
): readonly Order<Column>[] {
  if (given === undefined || given.length === 0) return byDefault;
  return given.map((text) => {
    const isDescending = text.startsWith("-");
    const name = isDescending ? text.slice(1) : text;
    const column = columns.find((known) => known === name);
    if (column !== undefined) return { column, isDescending };
    throw new CommandRefused(
      "USAGE",
      `order_by: ${JSON.stringify(name)} is not one of ${columns.join(", ")}.`,
    );
  });
}

/** ISO 8601 with an offset. */
export const instant = z.iso.datetime({ offset: true }).optional();

/** As the database has instants: ISO UTC to the millisecond. */
export function toUtc(given: string | undefined): string | undefined {
  return given === undefined ? undefined : new Date(given).toISOString();
}

/** As Airflow's clients write booleans. */
export const flagParameter = z.enum(["true", "false", "True", "False"]).optional();

export function readFlag(given: string | undefined): boolean | undefined {
  return given === undefined ? undefined : given.toLowerCase() === "true";
}

/** In an answer. */
export const utc = z.iso.datetime();
