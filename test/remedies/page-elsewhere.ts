/** Commands of the pages that other tests execute, and those of Docker, whose files are checked without its engine. */

interface PageElsewhere {
  readonly covers: readonly string[];
  readonly file: string;
  /** What the test's text holds: the command, as it gives it, or what stands for it. */
  readonly holds: string;
}

export const PAGE_EXECUTED_ELSEWHERE: readonly PageElsewhere[] = [
  {
    covers: [
      "Install: npm install --global ./dagmar-0.2.0.tgz",
      "Install: npx --package=./dagmar-0.2.0.tgz dagmar --version",
    ],
    file: "test/package/packed-program.test.ts",
    holds: "says its version",
  },
  {
    covers: ["Install: npm ci && npm pack", "Install: npm install git+file:///path/to/clone"],
    file: "test/package/packed-program.test.ts",
    holds: "is the same when it is built from a clone as npm builds it from git",
  },
  {
    covers: [
      "A new project: dagmar init my-lake",
      "A new project: dagmar dags validate",
      "A new project: dagmar run first_steps",
      "A new project: dagmar lake ls",
      "Install it: dagmar init my-lake",
      "Install it: dagmar init",
      "Install it: dagmar doctor",
      "Install it: npm install --global ./dagmar-0.2.0.tgz",
      "Install it: npm pack",
    ],
    file: "test/package/init.test.ts",
    holds: "the commands that are named next work as they are printed",
  },
  {
    covers: [`A new project: npm pack --ignore-scripts "$(npm root --global)/dagmar"`],
    file: "test/package/init.test.ts",
    holds: "made of the package that npm packs of an installed program",
  },
  {
    covers: ["In AWS Lambda: npm run package:lambda"],
    file: "test/lambda/packages.test.ts",
    holds: "are the same byte for byte, made again and elsewhere",
  },
  {
    covers: ["A run has to end in time: dagmar run tmdb_ingest --stop-after 14m"],
    file: "test/cli/stop-after.test.ts",
    holds: `"--stop-after", "14m"`,
  },
  {
    covers: ["At the terminal: dagmar completion fish | source"],
    file: "test/cli/completion.test.ts",
    holds: "dagmar completion fish | source",
  },
  {
    covers: [
      "In a container: docker compose up --detach",
      "In a container: docker compose exec dagmar node /app/dist/cli/main.js runs list",
      "In a container: docker compose run --rm --no-deps dagmar backfill csv_ingest --from 2026-11-01 --to 2026-11-07",
      "Configure: docker --env-file",
    ],
    file: "test/container/image-files.test.ts",
    holds: `read("compose.yaml")`,
  },
  {
    covers: [
      "Retention: dagmar db prune --older-than 90d --dry-run",
      "Retention: dagmar db prune --older-than 90d",
    ],
    file: "test/cli/db-prune.test.ts",
    holds: "what a dry run counted is removed, and a copy made after it has no faults",
  },
  {
    covers: ["By mail: dagmar doctor", "Delivery: dagmar doctor"],
    file: "test/e2e/mail-notices.test.ts",
    holds: 'world.run(["doctor"])',
  },
  {
    covers: ["Alert on what: dagmar backfill"],
    file: "test/scheduler/runs/slots-taken.test.ts",
    holds: "a backfill runs skipped slots, as the event says",
  },
  {
    covers: ["Try it: npm run quickstart", "Try it: npm cit"],
    file: "test/quickstart/start.test.ts",
    holds: "a fresh clone is installed and built, one line a step, and then runs",
  },
  {
    covers: ["Use your own data: npx dagmar", "Use your own data: npm ci && npm run build"],
    file: "test/quickstart/start.test.ts",
    holds: "a source newer than the build is built",
  },
  {
    covers: ["Where things are: npm run bench"],
    file: "test/bench/bench.test.ts",
    holds: "bench",
  },
  {
    covers: ["Dagmar: dagmar scheduler", "Pages and API: dagmar scheduler"],
    file: "test/e2e/api.test.ts",
    holds: "world.startScheduler()",
  },
];
