/** What a request gives to its route, checked by the route's schemas. Nothing that is given is ignored. */
import { z } from "zod";
import { CommandRefused } from "../../model/errors.ts";
import type { HttpRequest } from "../server/exchange.ts";
import { JSON_BODY, readContentType } from "../server/read-body.ts";
import type { Route, WriteRoute } from "./route.ts";

type Values = Record<string, unknown>;

/** Raises `USAGE`. */
export function readInput(
  route: Route,
  params: Readonly<Record<string, string>>,
  given: string,
): { readonly params: Values; readonly search: Values } {
  const parameters = new URLSearchParams(given);
  const search: Record<string, string | readonly string[]> = {};
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    search[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  const read = findSchema(route).safeParse({ params, search });
  if (read.success) return read.data;
  const known = Object.keys(route.search).join(", ");
  throw refuse(read.error.issues, (issue) => {
    if (issue.code !== "unrecognized_keys") return describeIssue(issue.path.slice(1), issue.message);
    return `There is no parameter ${issue.keys.join(", ")} here; there is: ${known === "" ? "none" : known}.`;
  });
}

const schemas = new WeakMap<Route, z.ZodType<{ params: Values; search: Values }>>();

/** A schema is compiled at its first use, which takes longer than most answers: it is made once for each route. */
function findSchema(route: Route): z.ZodType<{ params: Values; search: Values }> {
  const known = schemas.get(route);
  if (known !== undefined) return known;
  const made = z.object({ params: z.strictObject(route.params), search: z.strictObject(route.search) });
  schemas.set(route, made);
  return made;
}

/** A missing body is an empty object. Raises `USAGE`. */
export function readBody(route: Pick<WriteRoute, "body">, request: HttpRequest): unknown {
  const read = route.body.safeParse(parseBody(request));
  if (read.success) return read.data;
  throw refuse(read.error.issues, (issue) => {
    if (issue.code !== "unrecognized_keys") return describeIssue(issue.path, issue.message);
    return `There is no field ${issue.keys.map((key) => [...issue.path, key].join(".")).join(", ")} in this body.`;
  });
}

function parseBody(request: HttpRequest): unknown {
  if (request.body === "") return {};
  if (readContentType(request) !== JSON_BODY) {
    throw new CommandRefused("USAGE", `The body of ${request.path} is ${JSON_BODY}.`);
  }
  const names = new Set<string>();
  let body: unknown;
  try {
    body = JSON.parse(request.body, (name, value: unknown) => {
      names.add(name);
      return value;
    });
  } catch {
    throw new CommandRefused("USAGE", "The body is not JSON.");
  }
  // An object of JavaScript takes it for something else than a field: it would be ignored.
  if (names.has("__proto__")) throw new CommandRefused("USAGE", "There is no field __proto__ in this body.");
  return body;
}

function describeIssue(path: readonly PropertyKey[], message: string): string {
  return `${path.length === 0 ? "The body" : path.map(String).join(".")}: ${message}.`;
}

function refuse(
  issues: readonly z.core.$ZodIssue[],
  describe: (issue: z.core.$ZodIssue) => string,
): CommandRefused {
  return new CommandRefused("USAGE", issues.map(describe).join(" "));
}
