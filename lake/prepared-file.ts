/**
 * Whether the bytes read from a source are the planned ones: the file is opened once, its `stat` is taken before and
 * after, and its hash is compared before the last byte may be stored. The store decides where the bytes go.
 */
import { createHash, type Hash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { TaskFailure, type ErrorCode } from "../model/errors.ts";

export interface FilePlan {
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

const OPEN_FAULTS: Readonly<Record<string, readonly [ErrorCode, string, boolean]>> = {
  ENOENT: ["INPUT_MISSING", "does not exist", true],
  EACCES: ["INPUT_UNREADABLE", "is not readable by this user", false],
  EPERM: ["INPUT_UNREADABLE", "is not readable by this user", false],
  EISDIR: ["INPUT_NOT_A_FILE", "is a directory", false],
};

/** One reading of a planned file from its first byte to its last. Always close it. */
export class PreparedFile {
  readonly plan: FilePlan;
  readonly #handle: FileHandle;
  readonly #before: BigIntStats;
  readonly #hash: Hash = createHash("sha256");
  #readBytes = 0;

  private constructor(plan: FilePlan, handle: FileHandle, before: BigIntStats) {
    this.plan = plan;
    this.#handle = handle;
    this.#before = before;
  }

  /** Raises `INPUT_*` failures; `INPUT_CHANGED` when the size is not the planned one. */
  static async open(plan: FilePlan): Promise<PreparedFile> {
    const handle = await open(plan.path, "r").catch((fault: unknown) => {
      throw describeOpenFault(plan.path, fault);
    });
    try {
      const before = await handle.stat({ bigint: true });
      if (!before.isFile()) {
        throw new TaskFailure("INPUT_NOT_A_FILE", `${plan.path} is not a regular file.`, false);
      }
      if (before.size !== BigInt(plan.sizeBytes)) {
        throw describeChange(plan, `its size is ${before.size} bytes`);
      }
      return new PreparedFile(plan, handle, before);
    } catch (fault) {
      await handle.close();
      throw fault;
    }
  }

  get remainingBytes(): number {
    return this.plan.sizeBytes - this.#readBytes;
  }

  /**
   * Fills the buffer, or as much of it as the plan has bytes left; resolves to the number of bytes. Hashes what it
   * read.
   */
  async read(buffer: Buffer): Promise<number> {
    const wantedBytes = Math.min(buffer.length, this.remainingBytes);
    let filledBytes = 0;
    while (filledBytes < wantedBytes) {
      const bytesRead = await this.#readInto(buffer, filledBytes, wantedBytes - filledBytes);
      if (bytesRead === 0) throw describeChange(this.plan, `it ends after ${this.#readBytes} bytes`);
      filledBytes += bytesRead;
      this.#readBytes += bytesRead;
    }
    this.#hash.update(buffer.subarray(0, filledBytes));
    return filledBytes;
  }

  /**
   * Call it once, after the last byte was read and before it is passed on. Raises `INPUT_CHANGED` if the hash, the
   * size, the modification time, or the file behind the name has changed.
   */
  async verify(): Promise<void> {
    const sha256 = this.#hash.digest("hex");
    if (sha256 !== this.plan.sha256) throw describeChange(this.plan, `its SHA-256 is now ${sha256}`);
    const byHandle = await this.#handle.stat({ bigint: true });
    const byName = await stat(this.plan.path, { bigint: true }).catch(() => undefined);
    for (const after of [byHandle, byName]) {
      if (after === undefined) throw describeChange(this.plan, "it is gone");
      if (after.size !== this.#before.size) {
        throw describeChange(this.plan, `its size is now ${after.size} bytes`);
      }
      if (after.mtimeNs !== this.#before.mtimeNs) {
        throw describeChange(this.plan, "its modification time changed");
      }
      if (after.ino !== this.#before.ino || after.dev !== this.#before.dev) {
        throw describeChange(this.plan, "another file has replaced it");
      }
    }
  }

  async #readInto(buffer: Buffer, offset: number, wantedBytes: number): Promise<number> {
    try {
      return (await this.#handle.read(buffer, offset, wantedBytes, this.#readBytes)).bytesRead;
    } catch (fault) {
      throw new TaskFailure("INPUT_UNREADABLE", `${this.plan.path} could not be read to its end.`, true, {
        cause: fault,
      });
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function describeChange(plan: FilePlan, what: string): TaskFailure {
  return new TaskFailure(
    "INPUT_CHANGED",
    `${plan.path} changed while it was read: ${what}. Nothing was stored.`,
    true,
    {
      hint: "Let its writer finish, or use wait_for.",
    },
  );
}

function describeOpenFault(path: string, fault: unknown): unknown {
  const code = fault instanceof Error && "code" in fault ? String(fault.code) : "";
  const known = OPEN_FAULTS[code];
  if (known === undefined) return fault;
  return new TaskFailure(known[0], `${path} ${known[1]}.`, known[2], { cause: fault });
}
