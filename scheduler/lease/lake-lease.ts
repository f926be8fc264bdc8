/**
 * A lease in the lake: a note that says who holds it, and until when. It is for processes that do not share a database. A
 * holder that is dead holds nothing, and neither does this process itself: what it did not give back is free.
 */
import { randomUUID } from "node:crypto";
import type { LakeNotes } from "../../lake/lake-notes.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Clock } from "../../model/ports/clock.ts";
import { identifyProcess, isProcessAlive, type ProcessIdentity } from "./process-identity.ts";

/** What people should know about the holder, by name. */
export type LeaseFacts = Readonly<Record<string, string>>;

export interface LeaseHolder {
  readonly facts: LeaseFacts;
  readonly pid: number;
  readonly host: string;
  /** ISO UTC, like the next. */
  readonly since: string;
  readonly until: string;
}

export interface LakeLease {
  /** `false`: another process has taken it. */
  extend(until: Date, signal?: AbortSignal): Promise<boolean>;
  /** Changes nothing if another process has taken it. */
  release(): Promise<void>;
}

interface LeaseText {
  /** Of one taking: no two bodies of different processes are the same. */
  readonly id: string;
  readonly holder: LeaseFacts;
  readonly since: string;
  readonly until: string;
  readonly is_released: boolean;
  readonly process: ProcessIdentity;
}

/** Of two that come at once, one takes it and the other learns who has it. */
export async function takeLakeLease(
  notes: LakeNotes,
  name: string,
  clock: Clock,
  wanted: { readonly facts: LeaseFacts; readonly until: Date },
  signal?: AbortSignal,
): Promise<{ readonly lease: LakeLease } | { readonly heldBy: LeaseHolder }> {
  const own = identifyProcess();
  const id = randomUUID();
  const { facts: holder } = wanted;
  const since = clock.now().toISOString();
  let version: string | null = null;

  async function write(until: Date, isReleased: boolean, stop?: AbortSignal): Promise<boolean> {
    const times = { since, until: until.toISOString() };
    const text: LeaseText = { id, holder, ...times, is_released: isReleased, process: own };
    const body = Buffer.from(`${JSON.stringify(text, null, 2)}\n`);
    const written = await notes.write(name, body, version, stop);
    version = written ?? version;
    return written !== undefined;
  }

  /** An earlier write may have been done although no answer came. */
  async function writeAgain(until: Date, isReleased: boolean, stop?: AbortSignal): Promise<boolean> {
    if (await write(until, isReleased, stop)) return true;
    const standing = await notes.read(name, stop);
    if (standing === undefined || readLease(standing.body)?.id !== id) return false;
    version = standing.version;
    return await write(until, isReleased, stop);
  }

  for (;;) {
    const standing = await notes.read(name, signal);
    const heldBy = readHolder(standing?.body, own, clock.now());
    if (heldBy !== undefined) return { heldBy };
    version = standing?.version ?? null;
    failpoint("lake-lease.take.before");
    const isTaken = await write(wanted.until, false, signal);
    failpoint("lake-lease.take.after");
    if (!isTaken) continue;
    return {
      lease: {
        extend: (until, stop) => writeAgain(until, false, stop),
        async release() {
          failpoint("lake-lease.release.before");
          await writeAgain(clock.now(), true);
          failpoint("lake-lease.release.after");
        },
      },
    };
  }
}

/** Who else holds it at the moment. */
export async function findLeaseHolder(
  notes: LakeNotes,
  name: string,
  clock: Clock,
): Promise<LeaseHolder | undefined> {
  return readHolder((await notes.read(name))?.body, identifyProcess(), clock.now());
}

function readHolder(body: Buffer | undefined, own: ProcessIdentity, now: Date): LeaseHolder | undefined {
  const lease = body === undefined ? undefined : readLease(body);
  if (lease === undefined || lease.is_released || !(Date.parse(lease.until) > now.getTime()))
    return undefined;
  const { holder: facts, since, until, process: taker } = lease;
  const { pid, host, processStarted } = taker;
  const isOwn = pid === own.pid && host === own.host && processStarted === own.processStarted;
  return isOwn || isProcessAlive(taker) === false ? undefined : { facts, pid, host, since, until };
}

/** `undefined` for a text that is no lease: it holds nothing. */
function readLease(body: Buffer): LeaseText | undefined {
  try {
    const text = JSON.parse(body.toString()) as Partial<LeaseText>;
    const { id, holder, since, until, process: taker } = text;
    const texts = [id, since, until, taker?.host, taker?.processStarted];
    const isWhole = texts.every((value) => typeof value === "string") && typeof taker?.pid === "number";
    return isWhole && typeof holder === "object" && (holder as unknown) !== null
      ? (text as LeaseText)
      : undefined;
  } catch {
    return undefined;
  }
}
