/** What a lake of ours can do beyond the port: clear away what a process that died has left unfinished. */
import type { Lake } from "../model/ports/lake.ts";

export interface SweepableLake extends Lake {
  /**
   * Ends unfinished multipart uploads (S3) and removes temporaries (folder) that were begun before `startedBefore`,
   * under the prefix only; resolves to their number. Objects are never touched. `startedBefore` must lie further back than
   * the longest upload may take, because an upload under way cannot be told from one that was left.
   */
  sweepLeftovers(prefix: string, startedBefore: Date, signal?: AbortSignal): Promise<number>;
}
