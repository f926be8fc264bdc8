/** What is mutated, and which tests have to notice it: those of the room itself, which run in the process that has the mutant. */

export interface MutatedRoom {
  /** A part of `npm run test:mutation`. */
  readonly name: string;
  /** How the paths of its files begin. */
  readonly paths: readonly string[];
  readonly tests: readonly string[];
}

const PROTOCOL_TESTS = [
  "test/lake/{carry-out-removal,compare-listing,find-gone,identity-*,learn-*,list-standing,manifest-*,record-*,verify-*}.test.ts",
];
const TASK_TESTS = ["test/tasks/{file-to-lake,tmdb-to-lake*}.test.ts"];

export const CODE_ROOMS: readonly MutatedRoom[] = [
  { name: "model", paths: ["model/"], tests: ["test/model/**/*.test.ts", "test/config/**/*.test.ts"] },
  { name: "scheduler", paths: ["scheduler/"], tests: ["test/scheduler/**/*.test.ts"] },
  { name: "protocol", paths: ["lake/protocol/"], tests: [...PROTOCOL_TESTS, ...TASK_TESTS] },
  {
    name: "client",
    paths: [
      "tasks/http/",
      ...["tmdb-", "title-", "judge-", "describe-"].map((name) => `tasks/tmdb-to-lake/${name}`),
    ],
    tests: ["test/tasks/{tmdb-client,http}/**/*.test.ts", "test/tasks/tmdb-to-lake*.test.ts"],
  },
];

/** Its SQL alone. */
export const SQL_ROOM: MutatedRoom = {
  name: "sql",
  paths: ["state/"],
  tests: [
    "test/state/**/*.test.ts",
    ...PROTOCOL_TESTS,
    "test/scheduler/{commands,engine,lease,notices,runs}/**/*.test.ts",
    "test/scheduler/attempts/{database-identity,judge-end,recover,take-over}.test.ts",
    "test/tasks/{added-type,csv-to-ids,file-to-lake,tmdb-to-lake*}.test.ts",
    "test/app/{access/find-user,ask-scheduler,service/service-state}.test.ts",
    "test/web/{api/cursors,api/routes,api/writes,ops/read-snapshot}.test.ts",
  ],
};

/**
 * A released migration never changes, and what it makes is compared with a snapshot. Reports are for the reading commands
 * alone, whose tests start the compiled program.
 */
export const NOT_MUTATED_SQL: readonly string[] = ["state/sqlite/migrations/", "state/reports.ts"];

/** Which room's tests run, by its name. */
export const ROOM_VARIABLE = "DAGMAR_TEST_MUTATED_ROOM";

/** What every part writes: sandboxes, what was covered, results. It is not in the repository. */
export const WORK_FOLDER = "coverage/mutation";
