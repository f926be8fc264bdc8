/** A route of the API as data: its path, what it takes and what it answers. The OpenAPI document is made from the same. */
import { z } from "zod";
import type { Query } from "../../state/sqlite/query.ts";
import type { HttpReply } from "../server/exchange.ts";

/** What a handler may use. It reads; writes are requests to the scheduler, and not its work. */
export interface ReadTools {
  /** One snapshot for the whole request. */
  readonly query: Query;
  readonly now: Date;
  readonly lakeId: string;
  readonly databaseId: string;
  /** Absolute. */
  readonly dagsFolder: string;
  readonly version: string;
  /** The request's Accept header, or empty. */
  readonly accept: string;
}

type Shape = Readonly<Record<string, z.ZodType>>;
type Values<S extends Shape> = { readonly [Name in keyof S]: z.output<S[Name]> };

export interface RouteInput<Params extends Shape, Search extends Shape> {
  /** From the path, decoded. */
  readonly params: Values<Params>;
  /** From the query string. */
  readonly search: Values<Search>;
}

export interface Route {
  readonly operationId: string;
  readonly method: "GET";
  /** Such as `/api/v2/dags/{dag_id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly params: Shape;
  readonly search: Shape;
  /** Of a 200. */
  readonly answer: z.ZodType;
  /** What is sent as JSON, or a reply of its own. Raises a `DagmarError` for a refusal. */
  handle(tools: ReadTools, input: RouteInput<Shape, Shape>): unknown;
}

interface TypedRoute<Params extends Shape, Search extends Shape, Answer extends z.ZodType> extends Omit<
  Route,
  "params" | "search" | "answer" | "handle"
> {
  readonly params: Params;
  readonly search: Search;
  readonly answer: Answer;
  handle(tools: ReadTools, input: RouteInput<Params, Search>): z.input<Answer> | HttpReply;
}

/** Lets the compiler hold the handler to its schemas. */
export function defineRoute<Params extends Shape, Search extends Shape, Answer extends z.ZodType>(
  route: TypedRoute<Params, Search, Answer>,
): Route {
  return route;
}

/** A parameter that may be given several times. */
export function several<Item extends z.ZodType>(item: Item) {
  return z.preprocess((given) => (typeof given === "string" ? [given] : given), z.array(item).optional());
}
