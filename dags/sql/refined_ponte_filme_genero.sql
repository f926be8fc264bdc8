-- Which genres a film has: one row for each pair. Join it when you ask by genre; a film with two genres then counts in
-- both, so never sum money over this join without grouping by genre.
SELECT DISTINCT filmes.imdb_id, unnest([genero.id FOR genero IN tmdb.generos]) AS genero_id
FROM filmes
JOIN tmdb ON tmdb.tmdb_id = filmes.tmdb_id AND tmdb.dt = filmes.coletado_em
ORDER BY ALL
