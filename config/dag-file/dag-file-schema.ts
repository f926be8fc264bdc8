/**
 * The shape of a Dag file: fields, types, ranges and defaults, each described for the editor's schema. Rules that need
 * more than one field, or the registry, are checked elsewhere.
 */
import { z } from "zod";
import { CATCHUPS, OPERATORS, TRIGGER_RULES } from "../../model/dag/dag.ts";
import {
  DURATION,
  DURATION_FORM,
  findDurationFault,
  parseDurationSeconds,
} from "../../model/time/duration.ts";

const ID = /^[a-z][a-z0-9_]{0,62}$/;
/** The cost of the graph's checks grows with its square. */
export const TASK_LIMIT = 1_000;

/** A task's settings if neither the task nor its Dag's `defaults` set them. */
export const BUILT_IN_DEFAULTS = {
  retries: 0,
  retry_delay: "30s",
  retry_backoff: "fixed",
  retry_delay_max: "1h",
  timeout: "24h",
  pool: "default",
  priority: 0,
  depends_on_past: false,
} as const;

export function isId(text: string): boolean {
  return ID.test(text);
}

const id = z
  .string()
  .regex(ID, "must be snake_case: a small letter, then at most 62 small letters, digits and underscores");

const duration = z
  .string(DURATION_FORM)
  // The pattern is for editors; the one rule for durations reports what is wrong.
  .regex(DURATION, { error: ({ input }) => findDurationFault(String(input)) })
  .refine((text) => !DURATION.test(text) || findDurationFault(text) === undefined, {
    error: ({ input }) => findDurationFault(String(input)),
  });
const positiveDuration = duration.refine(
  (text) => (parseDurationSeconds(text) ?? 1) > 0,
  "must be longer than 0",
);

const taskSettings = {
  retries: z.int().min(0).max(100).optional().describe("Attempts after the first failed one. Default: 0."),
  retry_delay: duration
    .optional()
    .describe("Wait before the next attempt; a wait below 1s counts as 1s. Default: 30s."),
  retry_backoff: z
    .enum(["fixed", "exponential"])
    .optional()
    .describe("Whether the wait stays the same or doubles with each attempt. Default: fixed."),
  retry_delay_max: duration.optional().describe("The longest wait. Default: 1h."),
  timeout: positiveDuration
    .optional()
    .describe("An attempt that takes longer is stopped and fails. Default: 24h."),
  pool: id
    .optional()
    .describe("The pool whose slots the task takes; pools are set in DAGMAR_POOLS. Default: default."),
  priority: z
    .int()
    .min(-1_000)
    .max(1_000)
    .optional()
    .describe(
      "Of the tasks of all Dags that wait for a slot, the one with the highest priority starts first. Default: 0.",
    ),
  depends_on_past: z
    .boolean()
    .optional()
    .describe(
      "Whether the task waits until the same task of the Dag's previous run has succeeded or was skipped. Default: false.",
    ),
};

const paramScalar = z.union([z.null(), z.boolean(), z.number(), z.string()]);
const paramValue = z.union([paramScalar, z.array(paramScalar)], {
  error: "must be null, true or false, a number, text, or a list of these",
});

const scalar = z.union([z.boolean(), z.number(), z.string()], {
  error: "must be true or false, a number, or text",
});
const whenSchema = z
  .strictObject({
    value: z.string().describe("A template, such as ${params.mode} or ${outputs.check.is_new}."),
    equals: scalar.optional().describe("Equal to this value."),
    not_equals: scalar.optional().describe("Not equal to this value."),
    any_of: z.array(scalar).min(1).optional().describe("One of these values."),
    at_least: z.union([z.number(), z.string()]).optional().describe("This value or greater."),
    at_most: z.union([z.number(), z.string()]).optional().describe("This value or less."),
    is_null: z.boolean().optional().describe("Null (true) or not null (false)."),
  })
  .refine(
    (when) => OPERATORS.filter((name) => when[name] !== undefined).length === 1,
    `must compare its value by exactly one of ${OPERATORS.join(", ")}`,
  );

const taskSchema = z.strictObject({
  type: z.string().describe("The task type: what the task does."),
  needs: z
    .array(id)
    .optional()
    .describe("Tasks of this Dag that must end before this one starts. Default: none."),
  trigger_rule: z
    .enum(TRIGGER_RULES)
    .optional()
    .describe("How the needed tasks must have ended. Default: all_success."),
  allow_failure: z
    .boolean()
    .optional()
    .describe("Whether the run can succeed although this task fails. Default: false."),
  when: whenSchema
    .optional()
    .describe("The task is skipped if this condition is false. Default: the task always runs."),
  ...taskSettings,
  with: z
    .record(z.string(), z.unknown(), { error: "must be a map of the task type's options" })
    .optional()
    .describe("The task type's options. Texts may hold templates such as ${partition} or ${params.x}."),
});

const afterSchema = z.strictObject({
  after: z
    .union([id, z.array(id).min(1)], { error: "must be a Dag id or a list of Dag ids" })
    .describe(
      "One run for each successful run of that Dag. With several Dags: one run a day, when all have succeeded.",
    ),
});

export const dagFileSchema = z.strictObject({
  dag: id.describe("The Dag's id; the file is named after it."),
  description: z.string().max(2_000).optional().describe("What the Dag is for, in a sentence."),
  enabled: z
    .boolean()
    .optional()
    .describe("false: the file is checked and listed, but the Dag is never run. Default: true."),
  schedule: z
    .union([z.string(), afterSchema], {
      error: "must be a cron expression in quotes, manual, or { after: <Dag id> }",
    })
    .describe('A cron expression such as "0 6 * * *", manual, or { after: <Dag id or ids> }.'),
  timezone: z
    .string()
    .optional()
    .describe("IANA zone of the schedule, of start and end, and of the partition. Default: DAGMAR_TIMEZONE."),
  start: z.string().optional().describe("No slot before this day or instant. Default: no bound."),
  end: z
    .string()
    .optional()
    .describe("No slot after this instant, or after the end of this day. Default: no bound."),
  catchup: z
    .enum(CATCHUPS)
    .optional()
    .describe("Which missed slots become runs: none, the latest, or all of them. Default: none."),
  catchup_limit: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe("How many runs catchup: all creates. Default: 100."),
  max_active_runs: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe("How many runs may run at the same time. Default: 1."),
  max_active_tasks: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      "How many tasks of this Dag may run at the same time, over all its runs. Default: no limit of its own.",
    ),
  timeout: positiveDuration
    .optional()
    .describe("A run that takes longer is stopped and fails. Default: no limit."),
  params: z
    .record(id, paramValue)
    .optional()
    .describe("Names and default values that a run may override; tasks read them as ${params.name}."),
  defaults: z
    .strictObject(taskSettings)
    .optional()
    .describe("Settings of every task that does not set them itself."),
  tasks: z
    .record(id, taskSchema)
    .refine((tasks) => Object.keys(tasks).length > 0, "must name at least one task")
    .refine((tasks) => Object.keys(tasks).length <= TASK_LIMIT, `must not name more than ${TASK_LIMIT} tasks`)
    .describe("The tasks, by id."),
});

export type DagFile = z.output<typeof dagFileSchema>;
