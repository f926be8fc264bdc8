/** What Dagmar's own task types get as `context.state`: their access to the database and to leases, as ports. */
import type { BatchStore } from "./batch-store.ts";
import type { CandidateStore } from "./candidate-store.ts";
import type { DatasetCatalog } from "./dataset-catalog.ts";
import type { DatasetLeases } from "./dataset-leases.ts";
import type { EventLog } from "./event-log.ts";
import type { InputStore } from "./input-store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { TableStore } from "./table-store.ts";

export interface TaskPorts {
  readonly objects: ObjectStore;
  readonly inputs: InputStore;
  readonly catalog: DatasetCatalog;
  readonly leases: DatasetLeases;
  readonly candidates: CandidateStore;
  readonly batches: BatchStore;
  readonly events: EventLog;
  readonly tables: TableStore;
}
