/** docs/operations.md, "Behind nginx or Caddy": its blocks in the programs that they are for, in front of a real scheduler. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, untilReady, useServiceWorld, type ServiceWorld } from "../support/service-process.ts";

const PAGE = fileURLToPath(new URL("../../docs/operations.md", import.meta.url));
const SITE = "dagmar.example.com";
const PASSWORD = "correct horse battery";
const NGINX = "/usr/sbin/nginx";
const CADDY = "/usr/bin/caddy";

/** The section's blocks of this language, in their order: for a site of its own, and below a path. */
function readBlocks(language: string): readonly string[] {
  const text = readFileSync(PAGE, "utf8");
  const section = /^### Behind nginx or Caddy.*?(?=^##)/ms.exec(text)?.[0] ?? "";
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, block = ""]) => block,
  );
}

interface Front {
  readonly name: string;
  readonly program: string;
  /** The program's arguments, after it has written its file. */
  readonly configure: (place: Place) => readonly string[];
}

interface Place {
  readonly folder: string;
  readonly port: number;
  /** Of the scheduler. */
  readonly target: string;
  readonly isBelowPath: boolean;
}

const FRONTS: readonly Front[] = [
  {
    name: "nginx",
    program: NGINX,
    configure({ folder, port, target, isBelowPath }) {
      const [whole = "", below = ""] = readBlocks("nginx");
      const server = isBelowPath ? whole.replace(/ {2}location \/ \{.*?\n {2}\}\n/s, below) : whole;
      const text = server
        .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
        .replace("/etc/ssl/dagmar.pem", join(folder, "cert.pem"))
        .replace("/etc/ssl/dagmar.key", join(folder, "key.pem"))
        .replaceAll("127.0.0.1:8793", target);
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((name) => `  ${name}_temp_path ${join(folder, name)};\n`)
        .join("");
      const file = join(folder, "nginx.conf");
      const user = process.getuid?.() === 0 ? "user root;\n" : "";
      writeFileSync(
        file,
        `${user}pid ${join(folder, "nginx.pid")};\nevents {}\nhttp {\n  access_log off;\n${temporary}${text}}\n`,
      );
      return ["-c", file, "-e", join(folder, "nginx.log"), "-g", "daemon off;"];
    },
  },
  {
    name: "Caddy",
    program: CADDY,
    configure({ folder, port, target, isBelowPath }) {
      const block = readBlocks("caddyfile")[isBelowPath ? 1 : 0] ?? "";
      const text = block
        .replace(
          /^\S+ \{/,
          `https://${SITE}:${port} {\n  bind 127.0.0.1\n  tls ${join(folder, "cert.pem")} ${join(folder, "key.pem")}`,
        )
        .replaceAll("127.0.0.1:8793", target);
      const file = join(folder, "Caddyfile");
      writeFileSync(
        file,
        `{\n  admin off\n  auto_https disable_redirects\n  storage file_system ${folder}\n}\n${text}`,
      );
      return ["run", "--config", file, "--adapter", "caddyfile"];
    },
  },
];

async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Gives the port on which the proxy listens with TLS. */
async function startFront(front: Front, world: ServiceWorld, url: string, isBelowPath: boolean) {
  const { folder } = world;
  execFileSync(
    "openssl",
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${SITE} -addext subjectAltName=DNS:${SITE} -keyout key.pem -out cert.pem`.split(
      " ",
    ),
    { cwd: folder, stdio: "ignore" },
  );
  const port = await findPort();
  const args = front.configure({ folder, port, target: new URL(url).host, isBelowPath });
  const environment = { PATH: process.env["PATH"], HOME: folder, XDG_DATA_HOME: folder };
  const child = spawn(front.program, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  const isThere = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`${front.name} ended: ${output}`);
    return (await ask(port, "GET", "/healthz").catch(() => undefined)) !== undefined;
  };
  await eventually(`${front.name} listens`, isThere);
  return port;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** As a browser that has the site's page open. `until`: hangs up once the text so far has it. */
function ask(
  port: number,
  method: string,
  path: string,
  more: { readonly headers?: object; readonly body?: string; readonly until?: string } = {},
): Promise<Reply> {
  const { headers, body = "", until } = more;
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        servername: SITE,
        rejectUnauthorized: false,
        headers: {
          Host: SITE,
          Accept: "text/html",
          ...(method === "POST"
            ? {
                Origin: `https://${SITE}`,
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": Buffer.byteLength(body),
              }
            : {}),
          ...headers,
        },
      },
      (answer) => {
        let text = "";
        const end = (): void => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
          if (until === undefined || !text.includes(until)) return;
          end();
          asked.destroy();
        });
        answer.once("end", end);
        answer.once("error", reject);
      },
    );
    asked.once("error", reject);
    asked.end(body);
  });
}

function openWorld(): ServiceWorld {
  const world = useServiceWorld();
  world.writeDag("daily", "schedule: manual\ntasks: { nothing: { type: noop } }\n");
  writeFileSync(join(world.folder, "password"), PASSWORD, { mode: 0o600 });
  return world;
}

describe.each(FRONTS.filter(({ program }) => existsSync(program)))("behind $name", (front) => {
  test.each([
    ["on a site of its own", ""],
    ["below a path", "/dagmar"],
  ])("%s, pages, forms and the stream work after a login", async (_, base) => {
    const world = openWorld();
    const scheduler = await world.startScheduler({
      DAGMAR_WEB_PASSWORD_FILE: join(world.folder, "password"),
      ...(base === "" ? {} : { DAGMAR_WEB_BASE_PATH: base }),
    });
    await untilReady(scheduler);
    const port = await startFront(front, world, scheduler.url, base !== "");

    const first = await ask(port, "GET", `${base}/`);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe(`${base}/login?next=%2F`);

    const login = await ask(port, "POST", `${base}/login`, {
      body: new URLSearchParams({ name: "marina", password: PASSWORD, next: "/" }).toString(),
    });
    expect(login.status, login.text).toBe(303);
    const [cookie = ""] = login.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/; Secure/);
    const headers = { Cookie: cookie.split(";")[0] };

    const home = await ask(port, "GET", `${base}/`, { headers });
    expect(home.status).toBe(200);
    expect(home.text).toContain(`${base}/api/dagmar/stream`);

    // The pause is on the stream before the stream ends: nothing on the way collects it.
    const streaming = ask(port, "GET", `${base}/api/dagmar/stream?topics=event&after=0`, {
      headers,
      until: "dag_paused",
    });
    const pause = { is_paused: "true", key: "0123456789abcdef" };
    const body = new URLSearchParams(pause).toString();
    const paused = await ask(port, "POST", `${base}/dags/daily/pause`, { headers, body });
    expect(paused.status, paused.text).toBe(303);
    expect(paused.headers.location).toBe(`${base}/dags/daily`);
    expect((await streaming).text).toContain("event: heartbeat");

    const foreign = { ...headers, Origin: "https://elsewhere.example.com" };
    expect((await ask(port, "POST", `${base}/dags/daily/pause`, { headers: foreign, body })).status).toBe(
      403,
    );
  });

  test("without a password, requests are refused", async () => {
    const world = openWorld();
    const scheduler = await world.startScheduler();
    await untilReady(scheduler);
    const port = await startFront(front, world, scheduler.url, false);
    expect((await ask(port, "GET", "/")).status).toBe(403);
    expect((await fetch(`${scheduler.url}/`)).status).toBe(200);
  });
});
