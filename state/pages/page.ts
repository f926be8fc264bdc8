/** Pages of rows: how many, from where, and in which order. Each listing has its own columns for filters and order. */
import type { Query } from "../sqlite/query.ts";
import { sql, type Sql } from "../sqlite/statement.ts";

/** The values of a row in the columns of a list's order, the last one unique. */
export type RowPlace = readonly (string | number | null)[];

export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly offset: number;
  /** Instead of an offset: only rows after that one. */
  readonly after?: RowPlace | undefined;
}

/** How many rows a list has. */
export interface RowCount {
  /** Of all pages; at most `MOST_COUNTED` after this one are counted, so that a long history costs nothing. */
  readonly total: number;
  /** There are more than `total`. */
  readonly isCut: boolean;
}

export interface Page<T> extends RowCount {
  readonly rows: readonly T[];
}

/** A page of a list that can be continued after its last row. */
export interface SlicedPage<T> extends Page<T> {
  readonly next: RowPlace | null;
}

/** One column and its direction. */
export interface Order<Column extends string> {
  readonly column: Column;
  readonly isDescending: boolean;
}

/** `conditions` joined by AND. */
export function whereAll(conditions: readonly (Sql | undefined)[]): Sql {
  return conditions.reduce<Sql>(
    (all, condition) => (condition === undefined ? all : sql`${all} AND ${condition}`),
    sql`TRUE`,
  );
}

/** Whether the expression is one of the values; `undefined` if no values are given. */
export function isOneOf(expression: Sql, values: readonly string[] | undefined): Sql | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return sql`${expression} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** The expressions in the order's columns, then the last one, which is unique. */
export function orderBy<Column extends string>(
  order: readonly Order<Column>[],
  expressions: Readonly<Record<Column, Sql>>,
  last: Sql,
): Sql {
  const direction = (isDescending: boolean): Sql => (isDescending ? sql`DESC` : sql`ASC`);
  const isLastDescending = order[0]?.isDescending ?? false;
  return order.reduceRight<Sql>(
    (rest, { column, isDescending }) => sql`${expressions[column]} ${direction(isDescending)}, ${rest}`,
    sql`${last} ${direction(isLastDescending)}`,
  );
}

export const MOST_COUNTED = 1_000;

/** `rows`: a statement that selects every entry. */
export function countRows(query: Query, rows: Sql, { limit, offset }: PageRequest): RowCount {
  return countUpTo(query, rows, offset + limit + MOST_COUNTED);
}

export function countUpTo(query: Query, rows: Sql, most: number): RowCount {
  const { found } = query.one<{ found: number }>(
    sql`SELECT count(*) AS found FROM (${rows} LIMIT ${most + 1})`,
  );
  return { total: Math.min(found, most), isCut: found > most };
}
