/** Recommended commands that other tests execute in the state in which they are recommended. */

interface Elsewhere {
  readonly covers: readonly string[];
  readonly file: string;
  readonly title: string;
  /** What the test's text holds: the command, as it gives it. */
  readonly holds: string;
}

export const EXECUTED_ELSEWHERE: readonly Elsewhere[] = [
  {
    covers: ["docs completion"],
    file: "test/cli/completion.test.ts",
    title: "completes commands, Dags, runs with colons in them, and tasks",
    holds: "dagmar completion bash",
  },
  {
    covers: ["docs dags show"],
    file: "test/cli/paused-and-known.test.ts",
    title: "a paused Dag is said to be paused, wherever its schedule is shown and wherever it is run by hand",
    holds: `read("dags", "show", "plain")`,
  },
  {
    covers: ["docs dags pause"],
    file: "test/cli/pause.test.ts",
    title:
      "while it is paused only the others run; then it resumes, and the slots between are recorded as skipped",
    holds: `"dags", "pause", "seconds"`,
  },
  {
    covers: ["docs db prune"],
    file: "test/cli/db-prune.test.ts",
    title: "what a dry run counted is removed, and a copy made after it has no faults",
    holds: `"db", "prune", "--older-than"`,
  },
  {
    covers: ["docs lake migrate"],
    file: "test/cli/lake-migrate.test.ts",
    title: "every name that a pattern for objects matches is an object's afterwards",
    holds: `world.run(["lake", "migrate"])`,
  },
  {
    covers: ["cli/commands/lake/learn.ts lake learn", "docs lake learn"],
    file: "test/cli/lake-learn.test.ts",
    title: "without it the database knows them, and a second time there is nothing to learn",
    holds: `"lake", "learn"`,
  },
  {
    covers: ["app/lake/learn-datasets.ts lake learn"],
    file: "test/cli/lake-learn.test.ts",
    title: "with a scheduler at work it is refused with what to do instead, and a dry run works",
    holds: `learn("--dry-run")`,
  },
  {
    covers: ["docs lake query"],
    file: "test/cli/lake-query.test.ts",
    title:
      "a CSV, records and a table's days are tables by their names, and only those of the statement are read",
    holds: `read("SELECT count(DISTINCT id) AS titles FROM movies")`,
  },
  {
    covers: ["docs lake catalog"],
    file: "test/cli/lake-catalog.test.ts",
    title: "for Athena each table has its folder, and days begin with the oldest object's",
    holds: `world.run(["lake", "catalog", "--format", "athena"])`,
  },
  {
    covers: ["docs lake ls"],
    file: "test/cli/reading-commands.test.ts",
    title: "lake ls lists objects by prefix and dataset, and says when there is more",
    holds: `readTable("lake", "ls"`,
  },
  {
    covers: [
      "cli/commands/lake/ls.ts lake rm",
      "cli/commands/lake/rm.ts lake ls",
      "cli/commands/lake/rm.ts lake verify",
      "docs lake rm",
      "lake/s3/s3-examine.ts lake rm",
      "scheduler/commands/remove-object.ts lake ls",
    ],
    file: "test/cli/lake-rm.test.ts",
    title: "--undo takes it back, once",
    holds: `"lake", "rm", KEY, "--undo"`,
  },
  {
    covers: ["app/lake/remove-object.ts lake ls", "app/lake/remove-object.ts lake verify"],
    file: "test/cli/lake-rm.test.ts",
    title: "an object that holds other bytes than recorded",
    holds: `"lake", "verify"`,
  },
  {
    covers: ["app/lake/finish-removals.ts lake rm"],
    file: "test/chaos/sweep-removal.test.ts",
    title: "the same command finishes a removal that was killed",
    holds: "world.run(REMOVE)",
  },
  {
    covers: ["lake/protocol/record-learned.ts lake rm"],
    file: "test/e2e/lake-rm.test.ts",
    title: "that is put back stays left out and is reported; a second removal removes it again",
    holds: "world.removeObject(records.key)",
  },
  {
    covers: ["cli/commands/lake/rm.ts lake missing"],
    file: "test/e2e/lake-rm.test.ts",
    title: "is left out by lake verify, lake ls and the next runs, which ask nothing and write nothing",
    holds: "listMissingReasons()",
  },
  {
    covers: [
      "scheduler/commands/remove-object.ts lake rm",
      "tasks/file-to-lake/declare.ts lake rm",
      "tasks/file-to-lake/store-file.ts lake rm",
    ],
    file: "test/e2e/lake-rm.test.ts",
    title: "counts again after --undo: the next run adopts or stores it, and the record is gone",
    holds: `"--undo"`,
  },
  {
    covers: ["app/doctor/examine-dags.ts dags validate"],
    file: "test/cli/doctor.test.ts",
    title: "no Dag file at all, or one with faults: the command that is named makes one, or shows them all",
    holds: "world.run(command.split",
  },
  {
    covers: ["app/doctor/examine-database.ts scheduler"],
    file: "test/cli/doctor.test.ts",
    title: "it works while a scheduler runs, and names it",
    holds: "startScheduler()",
  },
  {
    covers: [
      "app/doctor/examine-dags.ts init",
      "config/dag-file/load-dags.ts init",
      "app/project/project-files.ts doctor",
      "docs init",
      "docs doctor",
      "cli/commands/init.ts doctor",
      "cli/commands/init.ts run",
    ],
    file: "test/package/init.test.ts",
    title: "has everything, and the commands that are named next work as they are printed",
    holds: "dagmar doctor",
  },
  {
    covers: ["app/doctor/examine-database.ts db check"],
    file: "test/cli/db-prune.test.ts",
    title: "what a dry run counted is removed, and a copy made after it has no faults",
    holds: `"db", "check"`,
  },
  {
    covers: ["cli/display/run-report.ts run"],
    file: "test/cli/lost-work.test.ts",
    title: "%s is reported with its key, and the command that is named stores it again",
    holds: `world.prepare(remedy.split(" "))`,
  },
  {
    covers: ["app/runs/report-waits.ts run"],
    file: "test/cli/stuck-runs.test.ts",
    title: "run says what it waits for and ends with 1; what it recommends lets it continue",
    holds: "world.run(readRemedy(held.stderr))",
  },
  {
    covers: ["app/runs/report-waits.ts runs"],
    file: "test/cli/stuck-runs.test.ts",
    title: "a run that waits for its turn says whose turn it is",
    holds: `"runs", "show"`,
  },
  {
    covers: [
      "app/dags/warn-paused.ts dags unpause",
      "cli/commands/dags/next.ts dags unpause",
      "cli/commands/dags/show.ts dags unpause",
      "docs dags unpause",
    ],
    file: "test/cli/paused-and-known.test.ts",
    title: "a paused Dag is said to be paused, wherever its schedule is shown and wherever it is run by hand",
    holds: `"dags", "unpause", "plain"`,
  },
  {
    covers: [
      "cli/commands/trigger.ts scheduler",
      "cli/commands/tasks/clear.ts scheduler",
      "cli/display/run-page.ts scheduler",
      "docs scheduler",
    ],
    file: "test/cli/trigger.test.ts",
    title: "each trigger makes another run, which comes to its end when a scheduler is there",
    holds: "startScheduler()",
  },
  {
    covers: ["cli/commands/tasks/logs.ts tasks logs"],
    file: "test/cli/tasks-logs.test.ts",
    title: "without a task it lists the run's tasks, with the name that the next command takes",
    holds: `"tasks", "logs", NAME, "broken"`,
  },
  {
    covers: ["cli/commands/db/prune.ts db backup"],
    file: "test/cli/db-prune.test.ts",
    title: "what a dry run counted is removed, and a copy made after it has no faults",
    holds: `"db", "backup"`,
  },
  {
    covers: ["scheduler/runs/make-due-runs.ts run"],
    file: "test/scheduler/runs/slots-taken.test.ts",
    title: "a cancelled run takes the slot, and the event says how to resume it",
    holds: `kind: "run"`,
  },
  {
    covers: ["scheduler/runs/make-due-runs.ts backfill", "docs backfill"],
    file: "test/scheduler/runs/slots-taken.test.ts",
    title: "a backfill runs skipped slots, as the event says",
    holds: `kind: "backfill"`,
  },
  {
    covers: ["scheduler/runs/follow-successes.ts tasks clear"],
    file: "test/scheduler/runs/follow-successes.test.ts",
    title: "a success that is cleared and repeated creates no second run of its follower, with an event",
    holds: `kind: "clear"`,
  },
  {
    covers: ["scheduler/commands/backfill.ts backfill"],
    file: "test/cli/backfill.test.ts",
    title: "--cancel stops its runs, those that wait and the one at work",
    holds: `backfill(world, "slow", "--cancel")`,
  },
  {
    covers: ["scheduler/notices/render-mail.ts runs show"],
    file: "test/e2e/mail-notices.test.ts",
    title: "a failure arrives by mail over STARTTLS and at the webhook, and the password is in no output",
    holds: "world.run(command.split",
  },
  {
    covers: ["scheduler/commands/refuse-running.ts runs cancel"],
    file: "test/cli/runs-cancel.test.ts",
    title: "with a scheduler the running program and its children are ended, and a follower exits 1",
    holds: `"runs", "cancel"`,
  },
  {
    covers: ["tasks/tmdb-to-lake/index.ts lake missing", "docs lake missing"],
    file: "test/chaos/tmdb-faults.test.ts",
    title: "one answer that asking again would not mend fails its title alone, after one request:",
    holds: `"lake", "missing"`,
  },
  {
    covers: [
      "docs dags validate",
      "scheduler/commands/named-dag.ts dags validate",
      "app/service/health.ts dags validate",
      "web/api/v2/known-dag.ts dags validate",
    ],
    file: "test/cli/reading-commands.test.ts",
    title: "dags validate lists all faults of a file, as text and as JSON",
    holds: `"dags", "validate"`,
  },
  {
    covers: [
      "app/backfills/order-backfill.ts backfill",
      "app/describe-order.ts backfill",
      "app/describe-order.ts run",
      "app/describe-order.ts runs cancel",
      "app/runs/order-run.ts trigger",
      "app/tasks/order-clear.ts tasks clear",
      "app/tasks/order-mark.ts tasks mark",
      "web/pages/act/trigger.ts trigger",
    ],
    file: "test/e2e/named-commands.test.ts",
    title: "each command that a preview or a refused order names works as it is printed",
    holds: "world.run(readWords(command))",
  },
  {
    covers: [
      "app/service/orders.ts scheduler",
      "app/service/assert-guarded.ts tokens",
      "web/access/access.ts tokens",
      "web/api/openapi-access.ts tokens",
    ],
    file: "test/e2e/access.test.ts",
    title: "starts with a valid token alone, and not with one that is revoked or has expired",
    holds: `"tokens", "create", "--role", "viewer"`,
  },
  {
    covers: [
      "cli/commands/tokens/create.ts tokens",
      "cli/commands/tokens/list.ts tokens",
      "cli/commands/tokens/revoke.ts tokens",
      "docs tokens",
      "scheduler/commands/manage-access.ts tokens",
    ],
    file: "test/cli/tokens.test.ts",
    title: "a token is revoked once",
    holds: `"tokens", "revoke", "1"`,
  },
  {
    covers: ["docs ids"],
    file: "test/cli/reading-commands.test.ts",
    title: "ids show tells the story of one id, and says that another one was never asked for",
    holds: `readTable("ids", "show", stored)`,
  },
  {
    covers: ["docs web", "web/server/http-server.ts web"],
    file: "test/e2e/web.test.ts",
    title: "with the scheduler's address it ends with 75 and says what to do",
    holds: `world.run(["web"]`,
  },
  {
    covers: ["app/service/serve-web.ts tokens"],
    file: "test/e2e/web.test.ts",
    title: "where other machines reach it, a token is enough, and it says so",
    holds: `"tokens", "create", "--role", "operator"`,
  },
  {
    covers: ["app/service/web-orders.ts dags validate"],
    file: "test/e2e/web.test.ts",
    title: "a file that was edited since the page was read is refused, and the new version is taken then",
    holds: `world.run(["dags", "validate"])`,
  },
  {
    covers: ["web/api/own/verifications.ts lake verify"],
    file: "test/e2e/verify.test.ts",
    title: "an object that is gone is found, kept and shown",
    holds: `world.run(["lake", "verify"])`,
  },
];
