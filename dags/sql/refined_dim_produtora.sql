-- TMDB's production companies: one row for each id, with the name and the country of the day on which it was collected
-- last.

-- The names that stand in the answers which fato_filme took, one row per film.
WITH nomes AS (
  SELECT unnest(tmdb.produtoras, recursive := true), tmdb.dt, filmes.imdb_id
  FROM filmes
  JOIN tmdb ON tmdb.tmdb_id = filmes.tmdb_id AND tmdb.dt = filmes.coletado_em
)

-- Of two names of one day, the film's id decides, so that the same input gives the same table.
SELECT
  id AS produtora_id,
  max_by(nome, (dt, imdb_id)) FILTER (nome IS NOT NULL) AS nome,
  max_by(pais, (dt, imdb_id)) FILTER (pais IS NOT NULL) AS pais,
  list_contains($companies::bigint[], id) AS is_disney
FROM nomes
GROUP BY id
ORDER BY produtora_id
