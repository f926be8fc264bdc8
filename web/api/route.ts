/** A route of the API as data: its path, what it takes and what it answers. The OpenAPI document is made from the same. */
import { z } from "zod";

import type { Order, OrderAnswer, OrderKind } from "../../app/service/orders.ts";
import type { TaskLogs } from "../../app/tasks/task-logs.ts";
import type { SettingInForce } from "../../model/access/setting-in-force.ts";
import type { ReadVersion } from "../../state/runs/version-reader.ts";
import type { Query } from "../../state/sqlite/query.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { ChangeFeed } from "../reading/change-feed.ts";
import type { HttpAnswer } from "../server/exchange.ts";

/** How much may run at the same time: with it, what a task waits for can be explained. */
export interface RunLimits {
  readonly pools: ReadonlyMap<string, number>;
  readonly maxActiveTasks: number;
}

/** What a handler may use. It reads; what changes something is an order to the scheduler. */
export interface ReadTools {
  /** One snapshot for the whole request; of a route that writes, one before its order and one after it. */
  readonly query: Query;
  /** A Dag's definition by its fingerprint; parsed once in a request, however many tasks need it. */
  readonly readVersion: ReadVersion;
  readonly now: Date;
  readonly lakeId: string;
  readonly databaseId: string;
  /** Absolute. */
  readonly dagsFolder: string;
  readonly version: string;
  /** The service's zone: for what belongs to no Dag. */
  readonly timezone: string;
  readonly limits: RunLimits;
  /** Without the values of secrets. */
  readonly settings: readonly SettingInForce[];
  /** The request's Accept header, or empty. */
  readonly accept: string;
  /** The request's Last-Event-ID header, or empty. */
  readonly lastEventId: string;
  readonly live: LiveTools;
  /** What `work` returns, computed once for each state of the database: for figures that take long. */
  readonly keep: <T>(name: string, work: () => T) => T;
  readonly logs: TaskLogs;
}

/** What a stream may use after its request's snapshot has ended. */
export interface LiveTools {
  readonly clock: Clock;
  readonly feed: ChangeFeed;
  /** Reads in a snapshot of its own. */
  read<T>(work: (query: Query) => T): Promise<T>;
}

type Shape = Readonly<Record<string, z.ZodType>>;
type Values<S extends Shape> = { readonly [Name in keyof S]: z.output<S[Name]> };

export interface RouteInput<Params extends Shape, Search extends Shape> {
  /** From the path, decoded. */
  readonly params: Values<Params>;
  /** From the query string. */
  readonly search: Values<Search>;
}

export interface BodyInput<Params extends Shape, Search extends Shape, Body> extends RouteInput<
  Params,
  Search
> {
  readonly body: Body;
}

interface RouteFacts {
  readonly operationId: string;
  /** Such as `/api/v2/dags/{dag_id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly params: Shape;
  readonly search: Shape;
  /** The media type of a 200; `application/json` without it. */
  readonly answerType?: string;
  /** Of a 200. */
  readonly answer: z.ZodType;
}

export interface ReadRoute extends RouteFacts {
  readonly method: "GET";
  /**
   * What is sent as JSON, or a reply of its own. Raises a `DagmarError` for a refusal. It reads the database before its
   * first `await`: the snapshot ends there.
   */
  handle(tools: ReadTools, input: RouteInput<Shape, Shape>): unknown;
}

/** What a route that writes has found out by reading: an order, or an answer because there is nothing to do. */
export type Plan<Kind extends OrderKind, Answer> =
  { readonly order: Order<Kind> } | { readonly answer: Answer };

export interface WriteRoute extends RouteFacts {
  readonly method: "POST" | "PATCH" | "PUT";
  readonly body: z.ZodType;
  /** Raises a `DagmarError` for a refusal. */
  plan(tools: ReadTools, input: BodyInput<Shape, Shape, unknown>): Plan<OrderKind, unknown>;
  /** Called once the order is carried out, with its answer. */
  conclude(tools: ReadTools, input: BodyInput<Shape, Shape, unknown>, answer: never): unknown;
  /** What a refusal with `PLAN_CHANGED` shows in addition: the plan as it is now. */
  preview?(tools: ReadTools, input: BodyInput<Shape, Shape, unknown>): unknown;
}

/** Takes a body as a route that writes, and only reads: it says what such a route would do. */
export interface PreviewRoute extends RouteFacts {
  readonly method: "POST" | "PATCH";
  readonly body: z.ZodType;
  /** What is sent as JSON. Raises a `DagmarError` for a refusal. */
  handle(tools: ReadTools, input: BodyInput<Shape, Shape, unknown>): unknown;
}

export type Route = ReadRoute | WriteRoute | PreviewRoute;

/** Whether it gives orders: its Idempotency-Key counts. */
export function isWrite(route: Route): route is WriteRoute {
  return "plan" in route;
}

interface TypedRoute<Params extends Shape, Search extends Shape, Answer extends z.ZodType> extends Omit<
  ReadRoute,
  "params" | "search" | "answer" | "handle"
> {
  readonly params: Params;
  readonly search: Search;
  readonly answer: Answer;
  handle(
    tools: ReadTools,
    input: RouteInput<Params, Search>,
  ): z.input<Answer> | HttpAnswer | Promise<z.input<Answer> | HttpAnswer>;
}

/** Lets the compiler hold the handler to its schemas. */
export function defineRoute<Params extends Shape, Search extends Shape, Answer extends z.ZodType>(
  route: TypedRoute<Params, Search, Answer>,
): ReadRoute {
  return route;
}

interface TypedWrite<
  Params extends Shape,
  Search extends Shape,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Kind extends OrderKind,
> extends Omit<WriteRoute, "params" | "search" | "body" | "answer" | "plan" | "conclude" | "preview"> {
  readonly params: Params;
  readonly search: Search;
  readonly body: Body;
  readonly answer: Answer;
  /** The kinds of its orders. */
  readonly orders: readonly Kind[];
  plan(tools: ReadTools, input: BodyInput<Params, Search, z.output<Body>>): Plan<Kind, z.input<Answer>>;
  conclude(
    tools: ReadTools,
    input: BodyInput<Params, Search, z.output<Body>>,
    answer: OrderAnswer<Kind>,
  ): z.input<Answer>;
  preview?(tools: ReadTools, input: BodyInput<Params, Search, z.output<Body>>): unknown;
}

/** As `defineRoute`, for a route that writes. */
export function defineWrite<
  Params extends Shape,
  Search extends Shape,
  Body extends z.ZodType,
  Answer extends z.ZodType,
  Kind extends OrderKind,
>(route: TypedWrite<Params, Search, Body, Answer, Kind>): WriteRoute {
  return route as unknown as WriteRoute;
}

interface TypedPreview<
  Params extends Shape,
  Search extends Shape,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> extends Omit<PreviewRoute, "params" | "search" | "body" | "answer" | "handle"> {
  readonly params: Params;
  readonly search: Search;
  readonly body: Body;
  readonly answer: Answer;
  handle(tools: ReadTools, input: BodyInput<Params, Search, z.output<Body>>): z.input<Answer>;
}

/** As `defineRoute`, for a preview. */
export function definePreview<
  Params extends Shape,
  Search extends Shape,
  Body extends z.ZodType,
  Answer extends z.ZodType,
>(route: TypedPreview<Params, Search, Body, Answer>): PreviewRoute {
  return route;
}

/** A parameter that may be given several times. */
export function several<Item extends z.ZodType>(item: Item) {
  return z.preprocess((given) => (typeof given === "string" ? [given] : given), z.array(item).optional());
}
