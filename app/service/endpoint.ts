/** What a scheduler process shows to the outside over HTTP, as the service needs it; how it looks is the face's. */
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { ServiceFacts } from "./health.ts";

/** Made before the service has a role, since it listens from the first moment on. */
export interface ServiceFace {
  readonly observer: ServiceObserver;
  /** Opened where the address is free. */
  open(facts: () => ServiceFacts): Promise<Endpoint>;
}

export type MakeFace = (database: Database) => ServiceFace;

/** A standby does without it where the process that it stands by for has the address. */
export interface Endpoint {
  /** This process is the one that schedules: opens it if it is not open. Raises `CONFIG_INVALID` where that fails. */
  insist(): Promise<void>;
  /** As `insist`, but tries again until it is closed: a holder that hangs is taken over from, and still has the address. */
  keepTrying(): void;
  close(): Promise<void>;
}
