/** What the guard and the login need of the server. */
import type { Orders } from "../../app/service/orders.ts";
import type { Credential } from "../../model/access/credential.ts";
import type { User } from "../../model/access/user.ts";
import type { Clock } from "../../model/ports/clock.ts";
import type { Logger } from "../../model/ports/logger.ts";
import type { HttpReply, HttpRequest } from "../server/exchange.ts";

export interface AccessTools {
  /** Other machines reach the server, or there is a password. */
  readonly isLoginNeeded: boolean;
  readonly password: string | null;
  /** Empty, or such as `/x/y`. */
  readonly basePath: string;
  readonly databaseId: string;
  readonly timezone: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly orders: Orders;
  /** The user of a credential; a reply if that cannot be found out now. */
  readonly identify: (credential: Credential) => Promise<{ readonly user: User | null } | HttpReply>;
  /** A page of this server for a request of the guard's own. */
  readonly render: (request: HttpRequest) => Promise<HttpReply>;
}
