/** One invocation at a time on a lake, by a lease that holds until the invocation's deadline and a minute more. */
import type { LakeNotes } from "../../lake/lake-notes.ts";
import type { Clock } from "../../model/ports/clock.ts";
import { takeLakeLease, type LakeLease, type LeaseHolder } from "../../scheduler/lease/lake-lease.ts";

const LEASE = "lambda/invocation.lease";
const AFTER_DEADLINE_MS = 60_000;

export interface Invocation {
  readonly requestId: string;
  readonly dag: string;
  /** Milliseconds since 1970. */
  readonly deadlineMs: number;
}

export async function takeInvocation(
  notes: LakeNotes,
  clock: Clock,
  { requestId, dag, deadlineMs }: Invocation,
): Promise<{ readonly lease: LakeLease } | { readonly heldBy: LeaseHolder }> {
  return await takeLakeLease(notes, LEASE, clock, {
    facts: { request_id: requestId, dag },
    until: new Date(deadlineMs + AFTER_DEADLINE_MS),
  });
}
