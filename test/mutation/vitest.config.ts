/** The tests of one mutated room: without commands of their own, and without a build. */
import { defineConfig } from "vitest/config";
import { CODE_ROOMS, ROOM_VARIABLE, SQL_ROOM } from "./rooms.ts";

const name = process.env[ROOM_VARIABLE];
const room = [...CODE_ROOMS, SQL_ROOM].find((candidate) => candidate.name === name);
if (room === undefined) throw new Error(`${ROOM_VARIABLE} names none of the mutated rooms`);

export default defineConfig({
  test: {
    include: [...room.tests],
    // A thread does not have the mutant.
    exclude: ["test/scheduler/attempts/worker-thread.test.ts"],
    // A busy machine must not pass for a test that noticed something.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
