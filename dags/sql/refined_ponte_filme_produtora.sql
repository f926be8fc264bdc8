-- Which companies made a film: one row for each pair. A film of two companies counts in both, so never sum money over this
-- join without grouping by company; is_disney of fato_filme asks the same without a join.
SELECT DISTINCT filmes.imdb_id, unnest([produtora.id FOR produtora IN tmdb.produtoras]) AS produtora_id
FROM filmes
JOIN tmdb ON tmdb.tmdb_id = filmes.tmdb_id AND tmdb.dt = filmes.coletado_em
ORDER BY ALL
