/**
 * What the lakes' tests pass in: a clock on which every pause is over at once, a logger that keeps its lines, bytes and
 * plans.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../model/ports/clock.ts";
import type { PutBytes, PutFile } from "../../model/ports/lake.ts";
import type { Logger } from "../../model/ports/logger.ts";

export interface EagerClock extends Clock {
  /** Every pause that was requested, in order. */
  readonly pausesMs: number[];
}

export function makeEagerClock(): EagerClock {
  const pausesMs: number[] = [];
  let ticks = 0;
  return {
    pausesMs,
    now: () => new Date("2026-11-23T09:00:00Z"),
    monotonicMs: () => (ticks += 60),
    async sleep(ms, signal) {
      pausesMs.push(ms);
      signal?.throwIfAborted();
      await Promise.resolve();
    },
  };
}

export interface KeptLogger extends Logger {
  readonly lines: { readonly level: string; readonly message: string }[];
}

export function makeKeptLogger(): KeptLogger {
  const lines: { level: string; message: string }[] = [];
  const keep = (level: string) => (message: string) => {
    lines.push({ level, message });
  };
  const log: KeptLogger = {
    lines,
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    with: () => log,
  };
  return log;
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function planBytes(key: string, text: string, more: Partial<PutBytes> = {}): PutBytes {
  const body = Buffer.from(text);
  return {
    key,
    body,
    sha256: sha256(body),
    metadata: { "batch-id": "b1" },
    contentType: "application/json",
    ...more,
  };
}

export interface Scratch {
  readonly path: string;
  /** Writes a file of these bytes, or of that many random ones, and plans to put it. */
  plan(key: string, content: number | Uint8Array, more?: Partial<PutFile>): Promise<PutFile>;
  remove(): Promise<void>;
}

export async function makeScratch(): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), "dagmar-lake-"));
  let files = 0;
  return {
    path,
    async plan(key, content, more = {}) {
      const body = typeof content === "number" ? randomBytes(content) : content;
      files += 1;
      const file = join(path, `source-${files}`);
      await writeFile(file, body);
      return {
        key,
        path: file,
        sizeBytes: body.length,
        sha256: sha256(body),
        metadata: { dataset: "movies" },
        contentType: "text/csv",
        ...more,
      };
    },
    remove: async () => await rm(path, { recursive: true, force: true }),
  };
}
