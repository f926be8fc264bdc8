/**
 * Stores that a task's `when` holds: it is judged once, and the verdict stays until the task is cleared. Tasks that
 * passed it earlier are not changed.
 */
export const keptConditions: readonly string[] = [
  "ALTER TABLE task_instances ADD COLUMN when_held INTEGER NOT NULL DEFAULT 0",
  `UPDATE task_instances SET when_held = 1
    WHERE state IN ('scheduled', 'queued', 'running', 'up_for_retry', 'up_for_reschedule')`,
];
