/** What a new project is made of: each file's place and text. Whether it may be written is decided in init-project. */
import { randomBytes } from "node:crypto";

export interface ProjectFile {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Only its owner may read it. */
  readonly isPrivate?: boolean;
  /** A file that is there already stays, whatever its content. */
  readonly mayDiffer?: boolean;
  /** The user of the container in compose.yaml has to read it: it belongs to that user if root makes the project. */
  readonly isForContainer?: boolean;
}

/** The texts that come with the program, as they stand in its package. */
export interface PackagedTexts {
  /** Dag files, by name. */
  readonly dags: ReadonlyMap<string, string>;
  /** The SQL files that the Dags name, by name. */
  readonly sql: ReadonlyMap<string, string>;
  readonly schema: string;
  readonly envExample: string;
}

/** In a folder that Git ignores. */
export const PASSWORD_FILE = "data/web-password";
/** 192 bits. */
const PASSWORD_BYTES = 24;

const SCHEMA_FILE = "dag.schema.json";
/** Needs no token, no bucket and no other file: the first thing that a new user runs. */
export const FIRST_DAG = "first_steps";

const EDITOR_LINE = /^# yaml-language-server: \$schema=.*$/m;

export function listProjectFiles(packaged: PackagedTexts, version: string): readonly ProjectFile[] {
  return [
    ...[...packaged.dags].map(([name, text]) => ({ path: `dags/${name}`, text: turnOff(nameSchema(text)) })),
    ...[...packaged.sql].map(([name, text]) => ({ path: `dags/sql/${name}`, text })),
    { path: `dags/${FIRST_DAG}.yaml`, text: FIRST_STEPS },
    { path: `dags/${SCHEMA_FILE}`, text: packaged.schema },
    { path: `data/input/${FIRST_DAG}.csv`, text: "id|title\ntt0000001|One\ntt0000002|Two\n" },
    { path: ".env", text: packaged.envExample.replace(/^# Copy to \.env, take/, "# Take"), isPrivate: true },
    {
      path: PASSWORD_FILE,
      text: `${randomBytes(PASSWORD_BYTES).toString("base64url")}\n`,
      isPrivate: true,
      mayDiffer: true,
      isForContainer: true,
    },
    { path: ".gitignore", text: GIT_IGNORE },
    { path: ".dockerignore", text: DOCKER_IGNORE },
    { path: "README.md", text: README },
    { path: "compose.yaml", text: makeCompose(version) },
  ];
}

/** Editors look for the schema next to the Dag file. */
function nameSchema(text: string): string {
  const line = `# yaml-language-server: $schema=./${SCHEMA_FILE}`;
  return EDITOR_LINE.test(text) ? text.replace(EDITOR_LINE, () => line) : `${line}\n${text}`;
}

/** A new project has neither the files nor the tokens of these examples: no schedule may start them yet. */
function turnOff(text: string): string {
  if (/^enabled:/m.test(text)) return text;
  return text.replace(/^dag: .*$/m, "$&\nenabled: false # true: the scheduler runs it on its schedule");
}

const FIRST_STEPS = `# yaml-language-server: $schema=./${SCHEMA_FILE}
# A small example that needs no token. Copy it, or delete it together with data/input/${FIRST_DAG}.csv.
dag: ${FIRST_DAG}
description: Stores a small file in the lake and reads the ids in it.
schedule: manual
timezone: America/Sao_Paulo
tasks:
  file:
    type: file-to-lake
    with: { dataset: ${FIRST_DAG}, file: ${FIRST_DAG}.csv, key: "Raw/Local/CSV/First/\${partition}/${FIRST_DAG}.csv" }
  ids:
    type: csv-to-ids
    needs: [file]
    with: { source: { dataset: ${FIRST_DAG} }, id: id }
`;

const GIT_IGNORE = `# Secrets, and what the program makes.
.env
data/
dagmar-*.tgz
`;

const DOCKER_IGNORE = `# The image needs the package alone.
*
!dagmar-*.tgz
`;

const README = `# A Dagmar project

- \`dags/\`: one YAML file for each Dag, checked by editors against \`${SCHEMA_FILE}\`. The examples with a schedule are off
  until you set \`enabled: true\` in them. \`dags/sql/\`: the SQL that \`trusted\` and \`refined\` run.
- \`data/input/\`: the files that tasks read, such as \`movies.csv\` and \`series.csv\`.
- \`.env\`: the settings. Set the tokens of the services that you ask, and \`DAGMAR_LAKE=s3://your-bucket\` for a bucket.
- \`data/\` also holds the database, the logs, the lake while it is a folder, and the password of the container's pages
  (\`web-password\`). Git ignores \`data/\` and \`.env\`.

\`dagmar doctor\` checks the settings; \`dagmar --help\` lists all commands. \`compose.yaml\` runs the scheduler in a container.
`;

/** The image is made of the package that the user has: it is in no registry. */
const makeCompose = (
  version: string,
): string => `# The scheduler in a container. Put the package next to this file first, then build and start:
#   npm pack --ignore-scripts "$(npm root --global)/dagmar"     (or copy your dagmar-${version}.tgz)
#   docker compose up --build --detach
# Then log in at http://127.0.0.1:8793 with the password in data/web-password. Only the file's owner can read it, and the
# container's user has the id 1000. If your id (id -u) is another, copy the password, then give the file to the container's
# user: sudo chown 1000 data/web-password
# Any other command: docker compose run --rm dagmar run ${FIRST_DAG}
services:
  dagmar:
    build:
      context: .
      dockerfile_inline: |
        FROM node:26-trixie-slim
        ENV npm_config_build_from_source=true npm_config_nodedir=/usr/local
        RUN apt-get update \\
          && apt-get install --yes --no-install-recommends g++ make python3 tini \\
          && rm -rf /var/lib/apt/lists/* \\
          && mkdir /data && chown 1000:1000 /data
        COPY dagmar-${version}.tgz /tmp/
        RUN npm install --global --allow-scripts=better-sqlite3 /tmp/dagmar-${version}.tgz
        USER 1000:1000
        WORKDIR /app
        ENTRYPOINT ["/usr/bin/tini", "--", "dagmar"]
        CMD ["scheduler"]
    image: dagmar-project
    env_file:
      - path: .env
        required: false
    environment:
      # The container's own places: values in .env must not change them.
      DAGMAR_HTTP: 0.0.0.0:8793
      DAGMAR_WEB_PASSWORD_FILE: /run/secrets/web_password
      DAGMAR_DB: /data/dagmar.db
      DAGMAR_LOGS: /data/logs
      DAGMAR_INPUT: /input
      DAGMAR_DAGS: /app/dags
      XDG_CACHE_HOME: /data/cache
      # What .env names, or else a folder in the volume.
      DAGMAR_LAKE: $\{DAGMAR_LAKE:-file:/data/lake}
    # Only this machine reaches it. For others, put a proxy with TLS in front: docs/operations.md of the package.
    ports:
      - 127.0.0.1:8793:8793
    secrets:
      - web_password
    volumes:
      - dagmar-data:/data
      - ./data/input:/input:ro
      - ./dags:/app/dags:ro
    read_only: true
    tmpfs:
      - /tmp:size=64m,mode=1777
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    pids_limit: 256
    stop_grace_period: 2m
    restart: unless-stopped

volumes:
  dagmar-data:

secrets:
  web_password:
    file: ./${PASSWORD_FILE}
`;
