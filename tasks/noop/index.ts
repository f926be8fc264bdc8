/** The task type `noop`: does nothing; it joins branches of a Dag and measures the scheduler. */
import { z } from "zod";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import type { TaskType } from "../../model/ports/task-type.ts";

const optionsSchema = z.strictObject({});
type NoopOptions = z.infer<typeof optionsSchema>;

export function createNoop(): TaskType<NoopOptions, TaskPorts> {
  return {
    type: "noop",
    summary: "Does nothing: a place where branches of a Dag meet.",
    options: optionsSchema,
    ownTemplateNames: [],
    outputNames: [],
    writes: () => undefined,
    reads: () => [],
    exclusiveKey: () => null,
    run: () => Promise.resolve({}),
  };
}
