/** What the listings of Airflow's API share: limit, offset, order_by, and instants. */
import { z } from "zod";
import { CommandRefused } from "../../../model/errors.ts";
import type { Order, PageRequest } from "../../../state/pages/page.ts";
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
