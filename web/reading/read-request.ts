/** What the main thread and the reading thread send each other. */
import type { GivenOrder, OrderOutcome } from "../../app/service/orders.ts";
import type { RunLimits } from "../api/route.ts";
import type { Credential } from "../../model/access/credential.ts";
import type { User } from "../../model/access/user.ts";
import type { HttpReply, HttpRequest } from "../server/exchange.ts";

/** Plain data: it crosses to the thread when it starts. */
export interface ReadSettings {
  readonly databaseFile: string;
  readonly lakeId: string;
  /** Absolute. */
  readonly dagsFolder: string;
  readonly version: string;
  /** The service's zone. */
  readonly timezone: string;
  readonly limits: RunLimits;
  /** Where pages are mounted: empty, or such as `/x/y`. */
  readonly base: string;
  /** Style sheet and script, as the build made them. */
  readonly assetsFolder: string;
}

/** A request, the outcome of an order that its answer needs, or a credential whose user is asked for. */
export type ToReader =
  | { readonly kind: "credential"; readonly id: number; readonly credential: Credential }
  | { readonly kind: "request"; readonly id: number; readonly request: HttpRequest }
  | { readonly kind: "outcome"; readonly id: number; readonly outcome: OrderOutcome };

/** The reply to a request, an order that comes first, or a credential's user. */
export type FromReader =
  | { readonly kind: "user"; readonly id: number; readonly user: User | null }
  | ({ readonly kind: "reply"; readonly id: number } & Answered)
  | { readonly kind: "order"; readonly id: number; readonly given: GivenOrder };

export interface Answered {
  readonly reply: HttpReply;
  /** Why it could not be answered, for the log; `null` if it was. */
  readonly fault: string | null;
  /** The request of an order with a key: its repetitions get the same reply. */
  readonly keepFor: number | null;
}
