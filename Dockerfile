# Dagmar in a container. Node 26 is the newest LTS line (since October 2026), on Debian 13.
# Only files named here are copied, and .dockerignore keeps all others out of the context: no .env, no data.

# --- Production packages: the only stage with a compiler. ------------------------------------------------------------
FROM node:26-trixie-slim AS packages
RUN apt-get update \
  && apt-get install --yes --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# better-sqlite3 would download a binary that the lockfile does not check. So it is compiled here, with this image's headers.
ENV npm_config_build_from_source=true npm_config_nodedir=/usr/local
# npm calls bundle.mjs after an install. Without rolldown it prints that and does nothing.
COPY package.json package-lock.json .npmrc bundle.mjs ./
RUN npm ci --omit=dev

# --- The bundled sources. Neither TypeScript nor the bundler needs an install script, so none may run. -----------------
FROM node:26-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json bundle.mjs ./
COPY model ./model
COPY config ./config
COPY logs ./logs
COPY state ./state
COPY lake ./lake
COPY tasks ./tasks
COPY scheduler ./scheduler
COPY app ./app
COPY web ./web
COPY browser ./browser
COPY cli ./cli
RUN npm run build

# --- The image. -------------------------------------------------------------------------------------------------------
FROM node:26-trixie-slim AS runtime
LABEL org.opencontainers.image.title="dagmar" \
  org.opencontainers.image.description="An Airflow-style Dag scheduler that feeds a data lake's raw zone." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.base.name="docker.io/library/node:26-trixie-slim"
# npm is not needed at run time; without it there is less to patch.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
  && mkdir /data /input \
  && chown 1000:1000 /data
WORKDIR /app
COPY package.json ./
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY dags ./dags
ENV NODE_ENV=production \
  DAGMAR_DB=/data/dagmar.db \
  DAGMAR_LAKE=file:///data/lake \
  DAGMAR_LOGS=/data/logs \
  DAGMAR_INPUT=/input \
  DAGMAR_DAGS=/app/dags \
  XDG_CACHE_HOME=/data/cache \
  DAGMAR_HTTP=127.0.0.1:8793
# The image's user "node", as a number, so that Kubernetes' runAsNonRoot can see that it is not root.
USER 1000:1000
VOLUME ["/input", "/data", "/app/dags"]
# For the service; a standby is healthy too. For a single command: `docker run --no-healthcheck …`.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://' + process.env.DAGMAR_HTTP + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--max-semi-space-size=2", "/app/dist/cli/main.js"]
# The service is the default. For a single command: `docker run … dagmar dags list`.
CMD ["scheduler"]
