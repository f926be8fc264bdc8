/** Comparing the lake with its records: the scheduler does it next to its loop, and its progress and result are read here. */
import { z } from "zod";
import { orderVerify } from "../../../app/lake/order-verify.ts";
import { CommandRefused } from "../../../model/errors.ts";
import {
  findVerification,
  listVerifications as readVerifications,
  readDeviations,
  VERIFICATION_STATES,
  type Verification,
} from "../../../state/records/verifications.ts";
import { defineRoute, defineWrite, type ReadTools } from "../route.ts";
import { utc } from "../v2/listing.ts";

const PREFIX = z.string().max(1_024);

const verification = z.strictObject({
  verification_id: z.int(),
  state: z.enum(VERIFICATION_STATES),
  prefix: z.string().describe("Of the keys that are compared; empty: all."),
  deep: z.boolean().describe("Every object is read, and its SHA-256 compared."),
  requested_by: z.string(),
  requested_at: utc,
  started_at: utc.nullable(),
  finished_at: utc.nullable(),
  checked: z.int().describe("Recorded objects that were compared so far."),
  objects: z.int().nullable().describe("Of all; null until they are counted."),
  foreign: z.int().nullable().describe("Objects of other programs, which are skipped."),
  is_faulty: z.boolean().nullable().describe("Data is lost, changed or stored twice; null until it is done."),
  counts: z.record(z.string(), z.int()).nullable().describe("The number of deviations by verdict."),
  error: z.string().nullable().describe("Why it failed or was cancelled."),
});

const verificationWithDeviations = verification.extend({
  deviations: z
    .array(z.strictObject({ key: z.string(), verdict: z.string(), detail: z.string() }))
    .describe("The first 500, faults before remarks."),
});

export const requestVerification = defineWrite({
  operationId: "verify_lake",
  method: "POST",
  path: "/api/dagmar/lake/verify",
  tag: "Lake",
  summary:
    "Has the scheduler compare the lake with its records, as `dagmar lake verify` does; one at a time. " +
    "It may take minutes: its result is read at /api/dagmar/lake/verifications/{verification_id}.",
  params: {},
  search: {},
  body: z.strictObject({ prefix: PREFIX.default(""), deep: z.boolean().default(false) }),
  answer: verificationWithDeviations,
  orders: ["verify_lake"],
  plan: ({ timezone }, { body: { prefix, deep } }) => ({
    order: orderVerify({ prefix, isDeep: deep }, timezone),
  }),
  conclude: (tools, _, { verificationId }) => describe(tools, verificationId),
});

export const listVerifications = defineRoute({
  operationId: "get_verifications",
  method: "GET",
  path: "/api/dagmar/lake/verifications",
  tag: "Lake",
  summary: "The verifications of the lake, newest first; 20 are kept.",
  params: {},
  search: {},
  answer: z.strictObject({ verifications: z.array(verification) }),
  handle: ({ query, lakeId }) => ({ verifications: readVerifications(query, lakeId).map(writeVerification) }),
});

export const getVerification = defineRoute({
  operationId: "get_verification",
  method: "GET",
  path: "/api/dagmar/lake/verifications/{verification_id}",
  tag: "Lake",
  summary: "One verification: how far it is, or what it found.",
  params: { verification_id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) },
  search: {},
  answer: verificationWithDeviations,
  handle: (tools, { params }) => describe(tools, params.verification_id),
});

/** Raises `VERIFICATION_UNKNOWN`. */
function describe({ query, lakeId }: ReadTools, id: number): z.infer<typeof verificationWithDeviations> {
  const found = findVerification(query, lakeId, id);
  if (found === undefined) {
    throw new CommandRefused("VERIFICATION_UNKNOWN", `There is no verification ${id} of this lake.`, {
      hint: "/api/dagmar/lake/verifications lists those that are kept.",
    });
  }
  return { ...writeVerification(found), deviations: [...readDeviations(query, id)] };
}

function writeVerification(found: Verification): z.infer<typeof verification> {
  return {
    verification_id: found.verificationId,
    state: found.state,
    prefix: found.prefix,
    deep: found.isDeep,
    requested_by: found.requestedBy,
    requested_at: found.requestedAt,
    started_at: found.startedAt,
    finished_at: found.finishedAt,
    checked: found.checked,
    objects: found.objects,
    foreign: found.foreignObjects,
    is_faulty: found.isFaulty,
    counts: found.counts,
    error: found.error,
  };
}
