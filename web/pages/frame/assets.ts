/** The style sheet, the script and the mark: their names hold a hash of their content, so that browsers keep them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { reply, TEXT, type HttpReply, type HttpRequest } from "../../server/exchange.ts";

export const ASSET_PATHS = "/assets/";

const TYPES = {
  "dagmar.css": "text/css; charset=utf-8",
  "dagmar.js": "text/javascript; charset=utf-8",
  "mark.svg": "image/svg+xml",
} as const;
type AssetName = keyof typeof TYPES;

export interface Assets {
  /** `/assets/dagmar.css?v=…`, without the base path. */
  path(name: AssetName): string;
  answer(request: HttpRequest): HttpReply;
}

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly version: string;
}

/** `folder`: where the build put them. They are read once. */
export function readAssets(folder: string): Assets {
  const assets = new Map<string, Asset>(
    Object.entries(TYPES).map(([name, type]) => {
      const plain = readFileSync(join(folder, name));
      const version = createHash("sha256").update(plain).digest("base64url").slice(0, 12);
      return [name, { type, plain, zipped: gzipSync(plain), version }];
    }),
  );
  return {
    path: (name) => `${ASSET_PATHS}${name}?v=${assets.get(name)?.version ?? ""}`,
    answer({ path, headers }) {
      const asset = assets.get(path.slice(ASSET_PATHS.length));
      if (asset === undefined) return reply(404, TEXT, "There is no such file.\n");
      const isZipped = acceptsGzip(headers["accept-encoding"]);
      return {
        status: 200,
        headers: {
          "Content-Type": asset.type,
          "Cache-Control": "public, max-age=31536000, immutable",
          Vary: "Accept-Encoding",
          ...(isZipped ? { "Content-Encoding": "gzip" } : {}),
        },
        body: isZipped ? asset.zipped : asset.plain,
      };
    },
  };
}

export function acceptsGzip(header: string | undefined): boolean {
  return /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0+)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/i.test(header ?? "");
}
