-- What a film is called and what it is: one row for each film of fato_filme, with the words of the same answer.

-- The answer that fato_filme took: it is named there by the film's TMDB id and the day.
WITH respostas AS (
  SELECT tmdb.*
  FROM filmes
  JOIN tmdb ON tmdb.tmdb_id = filmes.tmdb_id AND tmdb.dt = filmes.coletado_em
)

-- The year of the CSV stands next to the release date and never replaces it: a film belongs to the year of its release
-- date. Where the two differ, often by a festival, ano_difere says so and a warning counts them.
SELECT
  respostas.imdb_id,
  respostas.tmdb_id,
  respostas.titulo,
  respostas.titulo_original,
  imdb.titulo_principal AS titulo_imdb,
  imdb.ano AS ano_imdb,
  imdb.ano <> year(respostas.data_lancamento) AS ano_difere,
  coalesce(respostas.duracao_minutos, imdb.duracao_minutos) AS duracao_minutos,
  respostas.idioma_original,
  respostas.colecao.nome AS colecao,
  respostas.situacao,
  respostas.sinopse,
  respostas.cartaz
FROM respostas
LEFT JOIN imdb USING (imdb_id)
ORDER BY respostas.imdb_id
