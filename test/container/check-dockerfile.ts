/** Whether a Dockerfile and its .dockerignore make the image that is promised; gives a word for each fault. */
import * as dockerfile from "./parse-dockerfile.ts";
import type { Copy, Stage } from "./parse-dockerfile.ts";

/** The newest LTS line since October 2026: https://github.com/nodejs/Release */
const BASE = /^node:26-[a-z]+-slim$/;
const SECRET = /TOKEN|SECRET|PASSWORD|API_?KEY|ACCESS_KEY|CREDENTIAL/i;
const ROOMS = [
  "model",
  "config",
  "logs",
  "state",
  "lake",
  "tasks",
  "scheduler",
  "app",
  "web",
  "browser",
  "cli",
];
const BUILD_FILES = [
  "package.json",
  "package-lock.json",
  ".npmrc",
  "tsconfig.json",
  "tsconfig.build.json",
  "bundle.mjs",
];

export function checkDockerfile(text: string): readonly string[] {
  const stages = dockerfile.parseDockerfile(text);
  const last = stages.at(-1);
  if (last === undefined) return ["no stage"];
  return [
    ...checkStages(stages),
    ...checkBuild(stages),
    ...checkSecrets(stages),
    ...checkProcess(last),
    ...checkShipped(stages, last),
  ];
}

function checkStages(stages: readonly Stage[]): readonly string[] {
  const faults: string[] = [];
  if (stages.length < 2) faults.push("not multi-stage");
  for (const { image } of stages) if (!BASE.test(image)) faults.push(`base ${image}`);
  const lastRuns = dockerfile.listRests(stages.at(-1)!, "RUN").join("\n");
  if (/(?<![\w-])(?:g\+\+|gcc|make|python3|build-essential)(?![\w-])/.test(lastRuns))
    faults.push("compiler shipped");
  if (/\bnpm (?:ci|install|run)\b/.test(lastRuns)) faults.push("npm used in the shipped stage");
  for (const stage of stages) {
    for (const run of dockerfile.listRests(stage, "RUN")) {
      if (run.includes("apt-get install") && !run.includes("--no-install-recommends")) {
        faults.push("recommends");
      }
      if (run.includes("apt-get install") && !run.includes("rm -rf /var/lib/apt/lists/*")) {
        faults.push("apt lists");
      }
      if (/\b(?:curl|wget)\b/.test(run)) faults.push("download without a lockfile");
    }
    if (dockerfile.listRests(stage, "ADD").length > 0) faults.push("ADD");
  }
  return faults;
}

/** The lockfile is copied before `npm ci`, and each stage that installs does it the promised way. */
function checkBuild(stages: readonly Stage[]): readonly string[] {
  const faults: string[] = [];
  const runs = stages.flatMap((stage) => dockerfile.listRests(stage, "RUN"));
  if (runs.some((run) => /\bnpm (?:i|install|add)\b/.test(run))) faults.push("npm install");
  const production = stages.find((stage) => dockerfile.listRests(stage, "RUN").includes("npm ci --omit=dev"));
  const build = stages.find((stage) => dockerfile.listRests(stage, "RUN").includes("npm run build"));
  if (production === undefined) faults.push("no production packages");
  if (build === undefined) faults.push("no build");
  for (const stage of stages) {
    const ci = stage.instructions.findIndex(({ name, rest }) => name === "RUN" && rest.startsWith("npm ci"));
    const lock = stage.instructions.findIndex(
      ({ name, rest }) => name === "COPY" && rest.includes("package-lock.json"),
    );
    if (ci !== -1 && (lock === -1 || lock > ci)) faults.push("npm ci without the lockfile");
  }
  const copied = build === undefined ? [] : dockerfile.listCopies(build).flatMap((copy) => copy.sources);
  for (const path of copied) {
    if (![...ROOMS, ...BUILD_FILES].includes(path)) faults.push(`built with ${path}`);
  }
  for (const room of ROOMS) if (!copied.includes(room)) faults.push(`built without ${room}`);
  return faults;
}

function checkSecrets(stages: readonly Stage[]): readonly string[] {
  const faults: string[] = [];
  for (const stage of stages) {
    for (const { name, rest } of stage.instructions) {
      if ((name === "ARG" || name === "ENV") && SECRET.test(rest)) faults.push(`secret in ${name}`);
      if (name === "COPY" && /(?:^|[\s/])\.env\b|(?:^|\s)\.(?:\s|$)/.test(rest)) {
        faults.push(`copies too much: ${rest}`);
      }
      if (name === "RUN" && /_authToken|AWS_\w+=|TMDB_\w+=/.test(rest)) faults.push("secret in RUN");
    }
  }
  return faults;
}

function checkProcess(stage: Stage): readonly string[] {
  const faults: string[] = [];
  const user = dockerfile.listRests(stage, "USER").at(-1) ?? "";
  if (!/^[1-9]\d*(?::[1-9]\d*)?$/.test(user)) faults.push(`user ${user === "" ? "root" : user}`);
  const entry = dockerfile.parseExecForm(dockerfile.listRests(stage, "ENTRYPOINT").at(-1));
  if (entry === undefined) faults.push("entry point not in exec form");
  else {
    if (entry[0] !== "/usr/bin/tini" || entry[1] !== "--") faults.push("no init");
    if (entry[2] !== "node" || entry.at(-1) !== "/app/dist/cli/main.js") {
      faults.push("entry point is not the program");
    }
    if (entry.includes("npm") || entry.includes("sh")) faults.push("entry point through another program");
  }
  if (!dockerfile.listRests(stage, "RUN").some((run) => /apt-get install\b.*\btini\b/.test(run))) {
    faults.push("init not installed");
  }
  const command = dockerfile.parseExecForm(dockerfile.listRests(stage, "CMD").at(-1));
  if (command === undefined) faults.push("command not in exec form");
  else if (command.join(" ") !== "scheduler") faults.push("not the service");
  const [program, flag, script = ""] = dockerfile.parseHealthcheck(stage) ?? [];
  // There is no other program in the image that could ask.
  if (
    program !== "node" ||
    flag !== "-e" ||
    !script.includes("'http://' + process.env.DAGMAR_HTTP + '/healthz'")
  ) {
    faults.push("no health check");
  }
  if (
    !dockerfile.listRests(stage, "ENV").some((variables) => variables.includes("DAGMAR_HTTP=127.0.0.1:8793"))
  ) {
    faults.push("no address to ask for its health");
  }
  return faults;
}

function checkShipped(stages: readonly Stage[], stage: Stage): readonly string[] {
  const faults: string[] = [];
  const describe = ({ from, sources, target }: Copy): string =>
    `${from ?? ""}:${sources.join(" ")}>${target}`;
  const production = stages.find((other) => dockerfile.listRests(other, "RUN").includes("npm ci --omit=dev"));
  const build = stages.find((other) => dockerfile.listRests(other, "RUN").includes("npm run build"));
  const expected = [
    ":package.json>./",
    `${production?.name ?? "?"}:/app/node_modules>./node_modules`,
    `${build?.name ?? "?"}:/app/dist>./dist`,
    ":dags>./dags",
  ];
  const copies = dockerfile.listCopies(stage).map(describe);
  for (const copy of expected) if (!copies.includes(copy)) faults.push(`not shipped: ${copy}`);
  for (const copy of copies) if (!expected.includes(copy)) faults.push(`shipped: ${copy}`);

  const volumes = dockerfile.parseExecForm(dockerfile.listRests(stage, "VOLUME").at(-1)) ?? [];
  for (const path of ["/input", "/data", "/app/dags"]) {
    if (!volumes.includes(path)) faults.push(`no volume ${path}`);
  }
  const environment = dockerfile.parseEnvironment(stage);
  const wanted = {
    NODE_ENV: "production",
    DAGMAR_DB: "/data/dagmar.db",
    DAGMAR_LAKE: "file:///data/lake",
    DAGMAR_LOGS: "/data/logs",
    DAGMAR_INPUT: "/input",
    DAGMAR_DAGS: "/app/dags",
    XDG_CACHE_HOME: "/data/cache",
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (environment[name] !== value) faults.push(`${name}=${environment[name] ?? ""}`);
  }
  if (!dockerfile.listRests(stage, "LABEL").join(" ").includes("org.opencontainers.image.title=")) {
    faults.push("no label");
  }
  return faults;
}

/** An allow-list: all is out, and only what the Dockerfile copies from the context comes in. */
export function checkDockerignore(ignore: string, dockerfileText: string): readonly string[] {
  const lines = ignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const admitted = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  const needed = new Set(
    dockerfile
      .parseDockerfile(dockerfileText)
      .flatMap(dockerfile.listCopies)
      .filter((copy) => copy.from === undefined)
      .flatMap((copy) => copy.sources),
  );
  return [
    ...(lines[0] === "*" ? [] : ["not an allow-list"]),
    ...admitted.filter((path) => !needed.has(path)).map((path) => `admits ${path}`),
    ...[...needed].filter((path) => !admitted.includes(path)).map((path) => `keeps out ${path}`),
    ...["**/.env", "**/.env.*"]
      .filter((line) => lines.lastIndexOf(line) < lines.findLastIndex((other) => other.startsWith("!")))
      .map((line) => `lacks ${line} at its end`),
  ];
}
