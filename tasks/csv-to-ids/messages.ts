/** The messages between the scanning thread and its owner; the thread's `workerData` is `ScannerOptions`. */
import type { ErrorCode } from "../../model/errors.ts";
import type { ScanResult } from "./scan/scanner.ts";

export type ToScanWorker =
  /** The file's next bytes: the first `length` of the buffer, which moves to the thread. */
  | { readonly kind: "chunk"; readonly bytes: ArrayBuffer; readonly length: number }
  /** All bytes were sent. */
  | { readonly kind: "end" };

export type FromScanWorker =
  /**
   * A chunk is done. Its buffer comes back, which permits sending another. Rows and bytes count from the start; the ids
   * are those found since the last message.
   */
  | {
      readonly kind: "progress";
      readonly rows: number;
      readonly bytes: number;
      readonly ids: readonly string[];
      readonly buffer: ArrayBuffer;
    }
  /** The last message after `end`, with the ids found since the last one. */
  | { readonly kind: "result"; readonly result: ScanResult }
  /** The last message if the file cannot be scanned: the content of a `TaskFailure`. Later messages are ignored. */
  | {
      readonly kind: "failure";
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | undefined;
      readonly retryable: boolean;
    };
