/** Who holds the lease, as its row says. What a lease is and how it is taken is in `lease.ts`. */
export interface LeaseHolder {
  /** What it does, in words, such as `run csv_ingest`. */
  readonly purpose: string;
  readonly pid: number;
  readonly host: string;
  /** Tells this process from a later one with the same pid. */
  readonly processStarted: string;
}

export interface Lease extends LeaseHolder {
  readonly epoch: number;
  readonly acquiredAt: string;
  readonly expiresAt: string;
}
