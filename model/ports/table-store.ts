/** The TableStore port: what stands at the keys of derived tables, and what is about to replace it. */
import type { TableIdentity } from "../records/table-identity.ts";
import type { RunFacts } from "./task-type.ts";

export interface TableContent extends TableIdentity {
  readonly contentId: number;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Of the run that made it. */
  readonly logicalDate: string;
}

export interface StandingTable extends TableContent {
  readonly objectId: number;
}

export interface PlannedTable extends TableIdentity {
  readonly lakeId: string;
  readonly dataset: string;
  readonly key: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly run: RunFacts;
  readonly taskId: string;
}

export interface TableStore {
  /** The table that the lake holds at the key, as far as this database knows. */
  findStanding(lakeId: string, key: string): Promise<StandingTable | undefined>;
  /** The table whose put had not ended when its process did. */
  findPlanned(lakeId: string, key: string): Promise<TableContent | undefined>;
  /** Before the put; an earlier plan for the key is forgotten. Returns its content id. */
  plan(table: PlannedTable): Promise<number>;
  /** After the put: the planned content stands, what stood before is replaced. Returns the object's id. */
  commit(contentId: number, etag: string): Promise<number>;
  /** Forgets a plan that was not carried out. */
  drop(contentId: number): Promise<void>;
}
