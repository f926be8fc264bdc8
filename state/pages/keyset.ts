/**
 * Pages that continue after a row: the next page begins after the values of the last row of the page before, so that
 * rows that are added or removed meanwhile move nothing.
 */
import { sql, type Sql } from "../sqlite/statement.ts";
import type { Order, PageRequest, RowPlace } from "./page.ts";

export interface SlicedRows<T> {
  readonly rows: readonly T[];
  /** Of the last row; `null` if there is no further row. */
  readonly next: RowPlace | null;
}

/** Ordered by `order` and then by `last`, in the direction of the first column. */
export interface Keyset<Column extends string> {
  readonly order: readonly Order<Column>[];
  readonly expressions: Readonly<Record<Column, Sql>>;
  readonly last: Sql;
  /** Columns that may be NULL: SQLite sorts it before every value. */
  readonly nullable?: readonly Column[];
}

/** A column `place` of each row, for `slicePage`. */
export function placeOf<Column extends string>({ order, expressions, last }: Keyset<Column>): Sql {
  const columns = order.reduceRight((rest, { column }) => sql`${expressions[column]}, ${rest}`, last);
  return sql`json_array(${columns}) AS place`;
}

/** One more than the page has: it says whether there is another page. */
export function limitOf({ limit, offset }: PageRequest): Sql {
  return sql`LIMIT ${limit + 1} OFFSET ${offset}`;
}

export function slicePage<T extends { readonly place: unknown }>(
  rows: readonly T[],
  { limit }: PageRequest,
): SlicedRows<T> {
  const shown = rows.slice(0, limit);
  const place = shown.at(-1)?.place;
  const hasMore = rows.length > limit && typeof place === "string";
  return { rows: shown, next: hasMore ? (JSON.parse(place) as RowPlace) : null };
}

/** The rows after that place; `undefined` without one. The place has a value for each column, and for the last one. */
export function afterPlace<Column extends string>(
  { order, expressions, last, nullable = [] }: Keyset<Column>,
  place: RowPlace | undefined,
): Sql | undefined {
  if (place === undefined) return undefined;
  const isLastDescending = order[0]?.isDescending ?? false;
  const end = place.at(-1) ?? null;
  const afterLast = isLastDescending ? sql`${last} < ${end}` : sql`${last} > ${end}`;
  const after = order.reduceRight((rest, { column, isDescending }, index) => {
    const value = place[index] ?? null;
    const expression = expressions[column];
    return sql`(${isBeyond(expression, value, isDescending)} OR (${expression} IS ${value} AND ${rest}))`;
  }, afterLast);
  const bound = boundFirst(order[0], expressions, nullable, place[0] ?? null);
  return bound === undefined ? after : sql`${bound} AND ${after}`;
}

function isBeyond(expression: Sql, value: string | number | null, isDescending: boolean): Sql {
  if (value === null) return isDescending ? sql`FALSE` : sql`${expression} IS NOT NULL`;
  return isDescending
    ? sql`(${expression} < ${value} OR ${expression} IS NULL)`
    : sql`${expression} > ${value}`;
}

/** Says the same again about the first column alone: an index then leads to the page without reading those before it. */
function boundFirst<Column extends string>(
  first: Order<Column> | undefined,
  expressions: Readonly<Record<Column, Sql>>,
  nullable: readonly Column[],
  value: string | number | null,
): Sql | undefined {
  if (first === undefined || value === null) return undefined;
  if (!first.isDescending) return sql`${expressions[first.column]} >= ${value}`;
  return nullable.includes(first.column) ? undefined : sql`${expressions[first.column]} <= ${value}`;
}
