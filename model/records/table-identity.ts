/** What tells a derived table from another, and which of two is the newer one. Kept in the object's metadata too. */

export interface TableIdentity {
  /** SHA-256, lower-case hex, of all that the content follows from. */
  readonly fingerprint: string;
  /** The newest logical date of its inputs, ISO UTC. */
  readonly inputsDate: string;
  readonly rowCount: number;
  /** The program that computed it, with its version; not part of the fingerprint. */
  readonly engine: string;
}

export interface TableAge {
  readonly inputsDate: string;
  /** Of the run. */
  readonly logicalDate: string;
}

/** Whether `one` was made from newer inputs than `other`, or from inputs of the same date by a later run. */
export function isNewer(one: TableAge, other: TableAge): boolean {
  if (one.inputsDate !== other.inputsDate) return one.inputsDate > other.inputsDate;
  return one.logicalDate > other.logicalDate;
}
