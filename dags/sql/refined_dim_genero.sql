-- TMDB's genres: one row for each id, with the name of the day on which it was collected last.

-- The names that stand in the answers which fato_filme took, one row per film.
WITH nomes AS (
  SELECT unnest(tmdb.generos, recursive := true), tmdb.dt, filmes.imdb_id
  FROM filmes
  JOIN tmdb ON tmdb.tmdb_id = filmes.tmdb_id AND tmdb.dt = filmes.coletado_em
)

-- Of two names of one day, the film's id decides, so that the same input gives the same table.
SELECT id AS genero_id, max_by(nome, (dt, imdb_id)) FILTER (nome IS NOT NULL) AS nome
FROM nomes
GROUP BY id
ORDER BY genero_id
