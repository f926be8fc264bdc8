/**
 * Whether a task's `when` has been judged to hold: it is judged once, and the answer is kept until the task is cleared.
 * Tasks that had come past it before are left as they are.
 */
export const keptConditions: readonly string[] = [
  "ALTER TABLE task_instances ADD COLUMN when_held INTEGER NOT NULL DEFAULT 0",
  `UPDATE task_instances SET when_held = 1
    WHERE state IN ('scheduled', 'queued', 'running', 'up_for_retry', 'up_for_reschedule')`,
];
