/** A service's HTTP endpoint as the service uses it; `web/` implements it. */
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Health } from "./health.ts";
import type { Orders } from "./orders.ts";

/** Created before the service has a role, because it observes from the start. */
export interface ServiceFace {
  readonly observer: ServiceObserver;
  /** Opens it if the address is free. */
  open(service: ServiceAccess): Promise<Endpoint>;
}

/** What the face may know of the service, and have it do. */
export interface ServiceAccess {
  readonly health: () => Health;
  readonly readiness: () => Health;
  readonly orders: Orders;
}

export type MakeFace = (database: Database) => ServiceFace;

/** A standby works without it while the active scheduler has the address. */
export interface Endpoint {
  /** For a process that needs it: opens it if it is not open. Raises `ADDRESS_TAKEN`, `CONFIG_INVALID`. */
  insist(): Promise<void>;
  /** As `insist`, but retries until it is closed: the former holder may hang and still have the address. */
  keepTrying(): void;
  close(): Promise<void>;
}
