/** The Dockerfile, .dockerignore and compose.yaml keep their promises, and each check is shown to catch a broken one. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkCompose } from "./check-compose.ts";
import { checkDockerfile, checkDockerignore } from "./check-dockerfile.ts";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), "utf8");
const DOCKERFILE = read("Dockerfile");
const IGNORE = read(".dockerignore");
const COMPOSE = read("compose.yaml");

/** The text with one passage changed; fails when the passage is not there, so that no case plants nothing. */
function plant(text: string, passage: string | RegExp, replacement: string): string {
  const planted = text.replace(passage, replacement);
  if (planted === text) throw new Error(`${String(passage)} is not in the file`);
  return planted;
}

describe("the Dockerfile", () => {
  it("makes the image that is promised", () => {
    expect(checkDockerfile(DOCKERFILE)).toEqual([]);
  });

  it.each<[string, string | RegExp, string]>([
    ["user root", /^USER .*$/m, ""],
    ["user root", "USER 1000:1000", "USER root"],
    ["user node", "USER 1000:1000", "USER node"],
    ["user 0:0", "USER 1000:1000", "USER 0:0"],
    ["no init", '"/usr/bin/tini", "--", ', ""],
    ["init not installed", "--no-install-recommends tini", "--no-install-recommends dumb-init"],
    ["entry point not in exec form", /^ENTRYPOINT .*$/m, "ENTRYPOINT node /app/dist/cli/main.js"],
    [
      "entry point is not the program",
      '/app/dist/cli/main.js"]\n# The service',
      '/app/dist/bench/main.js"]\n# The service',
    ],
    ["command not in exec form", /^CMD \[.*$/m, "CMD scheduler"],
    ["not the service", 'CMD ["scheduler"]', 'CMD ["dags", "list"]'],
    ["no health check", /^HEALTHCHECK [^\n]*\n[^\n]*$/m, ""],
    ["no health check", 'CMD ["node", "-e", "fetch', 'CMD ["curl", "-f", "fetch'],
    ["no address to ask for its health", "  DAGMAR_HTTP=127.0.0.1:8793\n", "  DAGMAR_HTTP=off\n"],
    ["no health check", "/healthz", "/metrics"],
    ["base node:20-slim", "FROM node:26-trixie-slim AS runtime", "FROM node:20-slim AS runtime"],
    ["base node:26-trixie", "FROM node:26-trixie-slim AS build", "FROM node:26-trixie AS build"],
    ["npm install", "RUN npm ci --omit=dev", "RUN npm install --omit=dev"],
    ["no production packages", "RUN npm ci --omit=dev", "RUN npm ci"],
    ["no build", "RUN npm run build", "RUN true"],
    ["npm ci without the lockfile", "package.json package-lock.json .npmrc", "package.json .npmrc"],
    ["built without lake", "COPY lake ./lake\n", ""],
    ["built with quickstart", "COPY cli ./cli", "COPY cli ./cli\nCOPY quickstart ./quickstart"],
    ["secret in ENV", "ENV NODE_ENV=production", "ENV TMDB_API_TOKEN=x NODE_ENV=production"],
    ["secret in ARG", "WORKDIR /app", "ARG AWS_SECRET_ACCESS_KEY\nWORKDIR /app"],
    ["secret in RUN", "RUN npm run build", "RUN TMDB_API_KEY=x npm run build"],
    ["copies too much: .env ./", "COPY dags ./dags", "COPY dags ./dags\nCOPY .env ./"],
    ["copies too much: . .", "COPY model ./model", "COPY . ."],
    ["ADD", "COPY model ./model", "ADD model ./model"],
    ["shipped: :test>./test", "COPY dags ./dags", "COPY dags ./dags\nCOPY test ./test"],
    ["shipped: build:/app/node_modules>./node_modules", "--from=packages", "--from=build"],
    ["not shipped: :dags>./dags", "COPY dags ./dags\n", ""],
    ["compiler shipped", "--no-install-recommends tini", "--no-install-recommends tini g++"],
    ["recommends", "--no-install-recommends tini", "tini"],
    ["download without a lockfile", "mkdir /data", "curl -O https://example.com && mkdir /data"],
    ["no volume /data", '"/data", ', ""],
    ["no volume /app/dags", ', "/app/dags"]', "]"],
    ["DAGMAR_LAKE=s3://b", "file:///data/lake", "s3://b"],
    ["DAGMAR_LOGS=", "  DAGMAR_LOGS=/data/logs \\\n", ""],
    ["XDG_CACHE_HOME=/cache", "XDG_CACHE_HOME=/data/cache", "XDG_CACHE_HOME=/cache"],
    ["NODE_ENV=", "NODE_ENV=production", "NODE_OPTIONS="],
    ["no label", "LABEL org.opencontainers.image.title", "LABEL title"],
  ])("is faulted: %s, for %j", (fault, passage, replacement) => {
    expect(checkDockerfile(plant(DOCKERFILE, passage, replacement))).toContain(fault);
  });

  it("is faulted when it has one stage only", () => {
    expect(checkDockerfile("FROM node:26-trixie-slim\nUSER 1000\n")).toContain("not multi-stage");
    expect(checkDockerfile("")).toEqual(["no stage"]);
  });
});

describe(".dockerignore", () => {
  it("lets in what the Dockerfile copies, and nothing else", () => {
    expect(checkDockerignore(IGNORE, DOCKERFILE)).toEqual([]);
  });

  it.each<[string, string | RegExp, string]>([
    ["not an allow-list", "*\n", "node_modules\n"],
    ["admits data", "!dags", "!dags\n!data"],
    ["admits .env", "!dags", "!dags\n!.env"],
    ["keeps out dags", "!dags\n", ""],
    ["lacks **/.env at its end", "**/.env\n", ""],
  ])("is faulted: %s, for %j", (fault, passage, replacement) => {
    expect(checkDockerignore(plant(IGNORE, passage, replacement), DOCKERFILE)).toContain(fault);
  });
});

describe("compose.yaml", () => {
  it("runs the image as tightly as is promised", () => {
    expect(checkCompose(COMPOSE)).toEqual([]);
  });

  it.each<[string, string | RegExp, string]>([
    ["env file", "required: false", "required: true"],
    ["writable root", "read_only: true", "read_only: false"],
    ["no /tmp", / +tmpfs:\n.*\n/, ""],
    ["capabilities", / +cap_drop:\n.*\n/, ""],
    ["capabilities", "    read_only: true", "    cap_add: [NET_ADMIN]\n    read_only: true"],
    ["new privileges", "no-new-privileges:true", "seccomp:unconfined"],
    ["privileged", "    read_only: true", "    privileged: true\n    read_only: true"],
    ["two inits", "    read_only: true", "    init: true\n    read_only: true"],
    ["root", "    read_only: true", '    user: "0:0"\n    read_only: true'],
    ["network", "    read_only: true", "    network_mode: host\n    read_only: true"],
    ["network", "127.0.0.1:8793:8793", "8793:8793"],
    ["network", "127.0.0.1:8793:8793", "0.0.0.0:8793:8793"],
    ["no password", /\n +DAGMAR_WEB_PASSWORD_FILE:.*/, ""],
    ["no password", /\n +secrets:\n.*\n/, "\n"],
    ["no password", "file: ./data/web-password", "file: ./.env"],
    ["secret", "DAGMAR_WEB_PASSWORD_FILE:", "DAGMAR_WEB_PASSWORD:"],
    ["no named volume for /data", "dagmar-data:/data", "./data:/data"],
    ["input not read-only", "/input:ro", "/input"],
    ["dags not read-only", "/app/dags:ro", "/app/dags"],
    ["no time to drain", "stop_grace_period: 2m", "stop_grace_period: 5s"],
    ["DAGMAR_DB may be moved by .env", /\n +DAGMAR_DB:.*/, ""],
    ["DAGMAR_LOGS may be moved by .env", /\n +DAGMAR_LOGS:.*/, ""],
    ["health is asked elsewhere", /\n +DAGMAR_HTTP:.*/, ""],
    ["does not come back", "restart: unless-stopped", 'restart: "no"'],
    ["not the service", "    read_only: true", "    command: [dags, list]\n    read_only: true"],
    ["secret", "      DAGMAR_DB:", "      TMDB_API_TOKEN: abc\n      DAGMAR_DB:"],
  ])("is faulted: %s, for %j", (fault, passage, replacement) => {
    expect(checkCompose(plant(COMPOSE, passage, replacement))).toContain(fault);
  });
});
