/** Which lake a location opens. `location` decides what its parts mean. */
import type { Clock } from "../model/ports/clock.ts";
import type { Logger } from "../model/ports/logger.ts";
import { FolderLake } from "./folder/folder-lake.ts";
import { parseEndpoint, parseLocation } from "./location.ts";
import { S3Lake } from "./s3/s3-lake.ts";
import type { S3Options } from "./s3/s3-options.ts";
import type { SweepableLake } from "./sweepable-lake.ts";

export interface OpenLakeOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1), for the pauses between tries. Default `Math.random`. */
  readonly random?: () => number;
  /** Used only for an `s3:` location. */
  readonly s3?: S3Options;
}

/**
 * Opens `s3://bucket/prefix`, `file:///absolute`, `file:./relative` or a plain path. Nothing is touched or sent until the
 * lake is used. Raises `ConfigError` `CONFIG_INVALID` for anything else.
 */
export function openLake(location: string, options: OpenLakeOptions): SweepableLake {
  const place = parseLocation(location);
  if (place.kind === "folder") return new FolderLake(place.root, { clock: options.clock });
  const s3 = options.s3 ?? {};
  if (s3.endpoint !== undefined) parseEndpoint(s3.endpoint);
  return new S3Lake(place, s3, {
    clock: options.clock,
    log: options.log,
    random: options.random ?? Math.random,
  });
}
