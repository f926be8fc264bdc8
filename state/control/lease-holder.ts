/** The process that holds the lease, as in its row. `lease.ts` takes leases. */
export interface LeaseHolder {
  /** What it does, as text, such as `run csv_ingest`. */
  readonly purpose: string;
  readonly pid: number;
  readonly host: string;
  /** Distinguishes this process from a later one with the same pid. */
  readonly processStarted: string;
}

export interface Lease extends LeaseHolder {
  readonly epoch: number;
  readonly acquiredAt: string;
  readonly expiresAt: string;
}
