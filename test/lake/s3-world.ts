/** One S3 test server with lakes on it, for tests of single corner cases; everything is closed together. */
import { openLake } from "../../lake/open-lake.ts";
import type { S3Options } from "../../lake/s3/s3-options.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import type { Operation } from "../support/s3-server/faults.ts";
import { startS3Server, type S3Server, type S3ServerOptions } from "../support/s3-server/server.ts";
import { makeEagerClock, makeKeptLogger, makeScratch, type KeptLogger, type Scratch } from "./lake-tools.ts";

export interface S3World {
  readonly server: S3Server;
  readonly scratch: Scratch;
  readonly log: KeptLogger;
  /** A lake in the prefix `zone`, signed with the server's credentials by default. */
  open(s3?: S3Options, prefix?: string): SweepableLake;
  /** Requests except those of the probe. */
  count(operation: Operation): number;
  close(): Promise<void>;
}

export async function startS3World(options: S3ServerOptions = {}): Promise<S3World> {
  const server = await startS3Server({ minPartBytes: 1024, ...options });
  const scratch = await makeScratch();
  const log = makeKeptLogger();
  const lakes: SweepableLake[] = [];
  return {
    server,
    scratch,
    log,
    open(s3 = {}, prefix = "zone") {
      const { endpoint, region, credentials } = server;
      const lake = openLake(`s3://${server.bucket}/${prefix}`, {
        clock: makeEagerClock(),
        log,
        random: () => 0.999,
        s3: { endpoint, region, credentials, ...s3 },
      });
      lakes.push(lake);
      return lake;
    },
    count: (operation) =>
      server.requests.filter((request) => request.operation === operation && !request.key.endsWith("/probe"))
        .length,
    async close() {
      for (const lake of lakes) await lake.close();
      await server.close();
      await scratch.remove();
    },
  };
}
