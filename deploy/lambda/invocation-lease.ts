/**
 * One invocation at a time on a lake, by a note that holds until the invocation's deadline and a minute more. A holder in the
 * same sandbox that is dead holds nothing: a process that was killed cannot give its lease back.
 */
import { randomUUID } from "node:crypto";
import type { LakeNotes } from "../../lake/lake-notes.ts";
import { failpoint } from "../../model/failpoint.ts";
import type { Clock } from "../../model/ports/clock.ts";
import {
  identifyProcess,
  isProcessAlive,
  type ProcessIdentity,
} from "../../scheduler/lease/process-identity.ts";

const LEASE = "lambda/lease.json";
const AFTER_DEADLINE_MS = 60_000;

export interface Invocation {
  readonly requestId: string;
  readonly dag: string;
  /** Milliseconds since 1970. */
  readonly deadlineMs: number;
}

export interface LeaseHolder {
  readonly request_id: string;
  readonly dag: string;
  /** ISO UTC, like the next. */
  readonly since: string;
  readonly until: string;
}

interface LeaseText extends LeaseHolder {
  readonly is_released: boolean;
  readonly process: ProcessIdentity;
  /** Makes each text different from every other. */
  readonly nonce: string;
}

export type TakenInvocation = { readonly release: () => Promise<void> } | { readonly heldBy: LeaseHolder };

/** Of two that come at once, one takes it and the other learns who has it. */
export async function takeInvocation(
  notes: LakeNotes,
  clock: Clock,
  { requestId, dag, deadlineMs }: Invocation,
): Promise<TakenInvocation> {
  const own = identifyProcess();
  for (;;) {
    const standing = await notes.read(LEASE);
    const held = standing === undefined ? undefined : readLease(standing.body);
    if (held !== undefined && isHeld(held, own, clock.now())) {
      const { request_id, since, until } = held;
      return { heldBy: { request_id, dag: held.dag, since, until } };
    }
    const text: LeaseText = {
      request_id: requestId,
      dag,
      since: clock.now().toISOString(),
      until: new Date(deadlineMs + AFTER_DEADLINE_MS).toISOString(),
      is_released: false,
      process: own,
      nonce: randomUUID(),
    };
    failpoint("lambda.lease.before");
    const version = await notes.write(LEASE, writeLease(text), standing?.version ?? null);
    failpoint("lambda.lease.after");
    if (version === undefined) continue;
    return {
      async release() {
        const released = { ...text, is_released: true, nonce: randomUUID() };
        await notes.write(LEASE, writeLease(released), version);
      },
    };
  }
}

/** A process runs one invocation at a time: its own lease is that of one which has ended. */
function isHeld(held: LeaseText, own: ProcessIdentity, now: Date): boolean {
  if (held.is_released || !(Date.parse(held.until) > now.getTime())) return false;
  const { pid, host, processStarted } = held.process;
  const isOwn = pid === own.pid && host === own.host && processStarted === own.processStarted;
  return !isOwn && isProcessAlive(held.process) !== false;
}

function writeLease(text: LeaseText): Buffer {
  return Buffer.from(`${JSON.stringify(text, null, 2)}\n`);
}

/** `undefined` for a text that is no lease: it holds nothing. */
function readLease(body: Buffer): LeaseText | undefined {
  try {
    const text = JSON.parse(body.toString()) as Partial<LeaseText>;
    const { request_id, dag, since, until, process } = text;
    const isWhole = [request_id, dag, since, until].every((value) => typeof value === "string");
    return isWhole && typeof process?.pid === "number" ? (text as LeaseText) : undefined;
  } catch {
    return undefined;
  }
}
