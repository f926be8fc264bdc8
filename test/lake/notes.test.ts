/** Notes on each store: a version is replaced by a process that has read it, and by no other. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { encodeNoteName } from "../../lake/lake-notes.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import { startS3World } from "./s3-world.ts";
import { BARE_TAGS, STORES, type OpenStore } from "./stores.ts";

const text = (body: Buffer | undefined): string | undefined => body?.toString();
const bytes = (body: string): Buffer => Buffer.from(body);

interface Written {
  readonly body: string;
  readonly version: string | undefined;
}

for (const store of [...STORES, BARE_TAGS]) {
  describe.skipIf(store.skippedBecause !== undefined)(`notes in ${store.name}`, () => {
    let open: OpenStore;
    let lake: SweepableLake;
    beforeAll(async () => {
      open = await store.open();
      lake = open.openLake();
      if (!(await lake.notes.areGuarded())) return;
    });
    afterAll(async () => {
      await lake.close();
      await open.close();
    });

    test("are guarded as its entry in the table says", async () => {
      expect(await lake.notes.areGuarded()).toBe(store.guardedNotes);
    });

    describe.skipIf(!store.guardedNotes)("that compares versions", () => {
      test("a note is written once where there is none, and replaced by who read it", async () => {
        const { notes } = lake;
        expect(await notes.read("leases/one")).toBeUndefined();
        const first = (await notes.write("leases/one", bytes("1"), null)) ?? "";
        expect(await notes.write("leases/one", bytes("other"), null)).toBeUndefined();
        expect(await notes.read("leases/one")).toEqual({ body: bytes("1"), version: first });
        const second = (await notes.write("leases/one", bytes("2"), first)) ?? "";
        expect(second).not.toBe(first);
        expect(await notes.write("leases/one", bytes("late"), first)).toBeUndefined();
        expect(text((await notes.read("leases/one"))?.body)).toBe("2");
        expect(await notes.write("leases/gone", bytes("3"), second)).toBeUndefined();
        expect(await notes.read("leases/gone")).toBeUndefined();
      });

      test("of twenty at once one is written, again and again, and no old version comes back", async () => {
        const { notes } = lake;
        let version: string | null = null;
        const write = async (body: string, from: string | null): Promise<Written> => ({
          body,
          version: await notes.write("leases/many", bytes(body), from),
        });
        const stale: (string | null)[] = [];
        for (let round = 0; round < 6; round += 1) {
          const bodies = Array.from({ length: 20 }, (_, index) => `${round}/${index}`);
          const from: string | null = version;
          const written: readonly Written[] = await Promise.all(bodies.map((body) => write(body, from)));
          const [winner, ...others] = written.filter((one) => one.version !== undefined);
          expect(others).toEqual([]);
          stale.push(version);
          version = winner?.version ?? "";
          expect(text((await notes.read("leases/many"))?.body)).toBe(winner?.body);
          for (const old of stale)
            expect(await notes.write("leases/many", bytes("stale"), old)).toBeUndefined();
          expect(text((await notes.read("leases/many"))?.body)).toBe(winner?.body);
        }
      });

      test("are no objects of the lake, and any dataset gives a name", async () => {
        const name = `leases/${encodeNoteName("filmes/ação (1)*~'!")}`;
        await lake.notes.write(name, bytes("x"), null);
        const keys: string[] = [];
        for await (const { key } of lake.list("")) keys.push(key);
        expect(keys).toEqual([]);
        await expect(Promise.resolve().then(() => lake.notes.read("../x"))).rejects.toThrow(
          "is no name for a note",
        );
      });
    });
  });
}

test("a store that refuses the version that stands there is looked at before and after", async () => {
  const world = await startS3World();
  try {
    const { notes } = world.open();
    const version = (await notes.write("leases/one", bytes("1"), null)) ?? "";
    world.server.faults.push({
      when: { operation: "PutObject", key: /leases/ },
      times: 2,
      fault: { kind: "error", status: 412, code: "PreconditionFailed" },
    });
    const second = await notes.write("leases/one", bytes("2"), version);
    expect(await notes.read("leases/one")).toEqual({ body: bytes("2"), version: second });
    expect(world.log.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining("does not honour If-Match"),
    ]);
    expect(await notes.write("leases/one", bytes("late"), version)).toBeUndefined();
    expect(world.server.faults.leftCount).toBe(0);
    world.server.faults.push({
      when: { operation: "PutObject", key: /leases/ },
      times: 2,
      fault: { kind: "error", status: 412, code: "PreconditionFailed" },
    });
    expect(await notes.write("leases/one", bytes("3"), second ?? "")).toBeDefined();
    expect(world.log.lines, "the warning is not repeated").toHaveLength(1);
  } finally {
    await world.close();
  }
});

test("a write whose answer was lost is found, and has the version that stands there", async () => {
  const world = await startS3World();
  try {
    const { notes } = world.open();
    const first = (await notes.write("leases/one", bytes("1"), null)) ?? "";
    world.server.faults.push({
      when: { operation: "PutObject", key: /leases/ },
      fault: { kind: "drop-after-store" },
    });
    const second = (await notes.write("leases/one", bytes("2"), first)) ?? "";
    expect(await notes.read("leases/one")).toEqual({ body: bytes("2"), version: second });
    expect(await notes.write("leases/one", bytes("3"), second)).toBeDefined();
    expect(await notes.write("leases/one", bytes("late"), second)).toBeUndefined();
    expect(world.log.lines).toEqual([]);
  } finally {
    await world.close();
  }
});

test("a store that fails for a moment is asked again; one that refuses the write is an error", async () => {
  const world = await startS3World();
  try {
    const { notes } = world.open();
    const when = { operation: "PutObject", key: /leases/ } as const;
    world.server.faults.push({ when, fault: { kind: "error", status: 503, code: "SlowDown" } });
    expect(await notes.write("leases/one", bytes("1"), null)).toBeDefined();
    world.server.faults.push({ when, fault: { kind: "error", status: 403, code: "AccessDenied" } });
    await expect(notes.write("leases/two", bytes("1"), null)).rejects.toMatchObject({ code: "LAKE_DENIED" });
    expect(await notes.read("leases/two")).toBeUndefined();
  } finally {
    await world.close();
  }
});

test("a write whose answer names no version has the one that stands there", async () => {
  const world = await startS3World();
  try {
    const { notes } = world.open();
    world.server.faults.push({
      when: { operation: "PutObject", key: /leases/ },
      fault: { kind: "no-etag" },
    });
    const version = (await notes.write("leases/one", bytes("1"), null)) ?? "";
    expect(await notes.read("leases/one")).toEqual({ body: bytes("1"), version });
    expect(version).not.toBe("");
  } finally {
    await world.close();
  }
});

test("a store that compares tags without quotation marks is asked with them once", async () => {
  const world = await startS3World({ comparesBareTags: true });
  try {
    const { notes } = world.open();
    let version: string | null = null;
    for (const body of ["1", "2", "3", "4"]) {
      version = (await notes.write("leases/one", bytes(body), version)) ?? "";
    }
    expect(text((await notes.read("leases/one"))?.body)).toBe("4");
    expect(world.count("PutObject")).toBe(5);
    expect(world.log.lines).toEqual([]);
  } finally {
    await world.close();
  }
});

test("reading ends when it is stopped", async () => {
  const world = await startS3World();
  try {
    const { notes } = world.open();
    world.server.faults.push({ when: { operation: "GetObject", key: /leases/ }, fault: { kind: "hang" } });
    const stop = new AbortController();
    const reading = notes.read("leases/one", stop.signal);
    await vi.waitFor(() => expect(world.server.faults.leftCount).toBe(0));
    stop.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
  } finally {
    await world.close();
  }
});

test.each([{ ignoresConditionalPut: true }, { rejectsConditions: true }])(
  "a store with %o: notes are looked at before and after, and a warning says so",
  async (options) => {
    const world = await startS3World(options);
    try {
      const { notes } = world.open();
      expect(await notes.areGuarded()).toBe(false);
      const first = (await notes.write("leases/one", bytes("1"), null)) ?? "";
      expect(await notes.write("leases/one", bytes("other"), null)).toBeUndefined();
      const second = await notes.write("leases/one", bytes("2"), first);
      expect(await notes.read("leases/one")).toEqual({ body: bytes("2"), version: second });
      expect(await notes.write("leases/one", bytes("late"), first)).toBeUndefined();
      expect(world.log.lines).toHaveLength(1);
    } finally {
      await world.close();
    }
  },
);
