/** What the main thread and the reading thread send each other. */
import type { SettingInForce } from "../../model/access/setting-in-force.ts";
import type { GivenOrder, OrderOutcome, ReplyOwner } from "../../app/service/orders.ts";
import type { RunLimits } from "../api/route.ts";
import type { Credential } from "../../model/access/credential.ts";
import type { User } from "../../model/access/user.ts";
import type { Chunk, HttpAnswer, HttpReply, HttpRequest } from "../server/exchange.ts";

/** Plain data: it crosses to the thread when it starts. */
export interface ReadSettings {
  readonly databaseFile: string;
  readonly lakeId: string;
  /** Absolute. */
  readonly dagsFolder: string;
  /** Of the logs of attempts; absolute. */
  readonly logsFolder: string;
  readonly version: string;
  /** The service's zone. */
  readonly timezone: string;
  readonly limits: RunLimits;
  readonly settings: readonly SettingInForce[];
  /** Where pages are mounted: empty, or such as `/x/y`. */
  readonly base: string;
  /** Style sheet and script, as the build made them. */
  readonly assetsFolder: string;
}

/** `id` names the request in everything that belongs to it. */
export type ToReader =
  /** Whose it is is asked for. */
  | { readonly kind: "credential"; readonly id: number; readonly credential: Credential }
  | { readonly kind: "request"; readonly id: number; readonly request: HttpRequest }
  /** The client has taken what the stream has given so far: its next chunk may be made. */
  | { readonly kind: "pull"; readonly id: number }
  | { readonly kind: "cancel"; readonly id: number }
  /** Of an order that the answer needs. */
  | { readonly kind: "outcome"; readonly id: number; readonly outcome: OrderOutcome };

export type FromReader =
  /** A credential's. */
  | { readonly kind: "user"; readonly id: number; readonly user: User | null }
  | ({ readonly kind: "reply"; readonly id: number } & Replied)
  /** The reply is a stream: its chunks come one for each `pull`. */
  | {
      readonly kind: "stream";
      readonly id: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "chunk"; readonly id: number; readonly chunk: Chunk }
  /** `fault`: why the stream ended early. */
  | { readonly kind: "end"; readonly id: number; readonly fault: string | null }
  /** An order that comes before the reply. */
  | { readonly kind: "order"; readonly id: number; readonly given: GivenOrder };

/** The message of that kind. */
export type MessageOf<Message extends { readonly kind: string }, Kind extends Message["kind"]> = Extract<
  Message,
  { readonly kind: Kind }
>;

export interface Replied extends Answered {
  readonly reply: HttpReply;
}

export interface Answered {
  readonly reply: HttpAnswer;
  /** Why it could not be answered, for the log; `null` if it was. */
  readonly fault: string | null;
  /** Of a request with a key: its repetitions get the same reply. */
  readonly keepFor: ReplyOwner | null;
}
