-- The report on Disney's films of the 21st century: each part is one SELECT, and a table for the parts below it and for the
-- blocks of report.yaml.

-- part: filmes
-- One row a film. Disney is known by the ids of its companies (is_disney, made in refined.yaml); a film belongs to its
-- release date. saldo_usd needs both figures. Titles are those that readers of the page's language know.
SELECT
  fato_filme.imdb_id,
  CASE
    WHEN $language = 'pt' THEN coalesce(titulo, titulo_original, titulo_imdb)
    ELSE coalesce(titulo_imdb, titulo_original, titulo)
  END AS titulo,
  year(data_lancamento) AS ano,
  nota_tmdb,
  votos_tmdb,
  orcamento_usd,
  receita_usd,
  lucro_usd AS saldo_usd,
  is_streaming,
  coletado_em
FROM fato_filme
JOIN dim_filme USING (imdb_id)
WHERE is_disney AND data_lancamento >= $since::date

-- part: media
-- C of the weighted rating: the mean of all votes, so that a film counts as often as it was rated.
SELECT sum(nota_tmdb * votos_tmdb) / sum(votos_tmdb) AS c
FROM filmes
WHERE nota_tmdb IS NOT NULL

-- part: avaliados
-- Films with enough votes. With few of them a rating is drawn towards C: (v·R + m·C) / (v + m).
SELECT filmes.*, (votos_tmdb * nota_tmdb + $m * c) / (votos_tmdb + $m) AS nota_ponderada
FROM filmes, media
WHERE nota_tmdb IS NOT NULL AND votos_tmdb >= $least_votes

-- part: no_cinema
-- Films with both figures. Those that were released to streaming are told apart: few of their viewers bought a ticket.
SELECT *
FROM filmes
WHERE saldo_usd IS NOT NULL AND NOT is_streaming

-- part: melhores
-- Up to ten, and never more than half of the films, so that no film is among the best and among the worst.
SELECT titulo, nota_ponderada, ano, nota_tmdb, votos_tmdb
FROM avaliados
QUALIFY row_number() OVER (ORDER BY nota_ponderada DESC, imdb_id) <= least(10, greatest(1, count(*) OVER () // 2))
ORDER BY nota_ponderada DESC, imdb_id

-- part: piores
SELECT titulo, nota_ponderada, ano, nota_tmdb, votos_tmdb
FROM avaliados
QUALIFY row_number() OVER (ORDER BY nota_ponderada, imdb_id) <= least(10, count(*) OVER () // 2)
ORDER BY nota_ponderada, imdb_id

-- part: maiores_saldos
SELECT titulo, saldo_usd, ano, orcamento_usd, receita_usd
FROM no_cinema
QUALIFY row_number() OVER (ORDER BY saldo_usd DESC, imdb_id) <= least(10, greatest(1, count(*) OVER () // 2))
ORDER BY saldo_usd DESC, imdb_id

-- part: menores_saldos
SELECT titulo, saldo_usd, ano, orcamento_usd, receita_usd
FROM no_cinema
QUALIFY row_number() OVER (ORDER BY saldo_usd, imdb_id) <= least(10, count(*) OVER () // 2)
ORDER BY saldo_usd, imdb_id

-- part: por_ano
-- Every year from the first to the last, so that one without films is a gap and not a line across it.
SELECT
  ano,
  CASE WHEN count(imdb_id) >= $least_films THEN avg(nota_tmdb) END AS media,
  count(imdb_id) AS avaliados
FROM (SELECT unnest(range(min(ano), max(ano) + 1)) AS ano FROM filmes)
LEFT JOIN avaliados USING (ano)
GROUP BY ano
ORDER BY ano

-- part: orcamento_e_receita
-- The greatest differences first: the chart names the first rows.
SELECT titulo, orcamento_usd, receita_usd, saldo_usd, ano
FROM no_cinema
ORDER BY abs(saldo_usd) DESC, imdb_id
LIMIT 500

-- part: generos
-- A film with two genres is in both. TMDB's answers have the names in Portuguese; its English ones are these.
SELECT
  filme_genero.imdb_id,
  CASE WHEN $language = 'pt' THEN dim_genero.nome ELSE coalesce(ingles.nome, dim_genero.nome) END AS genero
FROM filme_genero
JOIN dim_genero USING (genero_id)
LEFT JOIN (
  VALUES (12, 'Adventure'), (14, 'Fantasy'), (16, 'Animation'), (18, 'Drama'), (27, 'Horror'), (28, 'Action'),
    (35, 'Comedy'), (36, 'History'), (37, 'Western'), (53, 'Thriller'), (80, 'Crime'), (99, 'Documentary'),
    (878, 'Science Fiction'), (9648, 'Mystery'), (10402, 'Music'), (10749, 'Romance'), (10751, 'Family'),
    (10752, 'War'), (10770, 'TV Movie')
) AS ingles (genero_id, nome) USING (genero_id)

-- part: por_genero
SELECT
  genero,
  min(nota_tmdb) AS menor,
  quantile_cont(nota_tmdb, 0.25) AS primeiro_quartil,
  median(nota_tmdb) AS mediana,
  quantile_cont(nota_tmdb, 0.75) AS terceiro_quartil,
  max(nota_tmdb) AS maior,
  count(*) AS filmes
FROM avaliados
JOIN generos USING (imdb_id)
GROUP BY genero
HAVING count(*) >= $least_films
ORDER BY mediana DESC, genero

-- part: streaming
SELECT titulo, ano, nota_tmdb, orcamento_usd, receita_usd, saldo_usd
FROM filmes
WHERE is_streaming
ORDER BY ano, titulo

-- part: sem_valores
SELECT titulo, ano, orcamento_usd, receita_usd
FROM filmes
WHERE saldo_usd IS NULL
ORDER BY ano, titulo, imdb_id
LIMIT 500

-- part: resumo
SELECT
  (SELECT titulo FROM melhores LIMIT 1) AS melhor,
  (SELECT nota_ponderada FROM melhores LIMIT 1) AS melhor_nota,
  (SELECT titulo FROM piores LIMIT 1) AS pior,
  (SELECT nota_ponderada FROM piores LIMIT 1) AS pior_nota,
  (SELECT titulo FROM maiores_saldos LIMIT 1) AS maior,
  (SELECT saldo_usd FROM maiores_saldos LIMIT 1) AS maior_saldo,
  (SELECT titulo FROM menores_saldos LIMIT 1) AS menor,
  (SELECT saldo_usd FROM menores_saldos LIMIT 1) AS menor_saldo
FROM filmes
LIMIT 1

-- part: fatos
-- What the texts name, and of how many films each block knows.
SELECT
  count(*) AS filmes,
  min(ano) AS primeiro_ano,
  max(ano) AS ultimo_ano,
  max(coletado_em) AS coletado_em,
  count(orcamento_usd) AS com_orcamento,
  count(receita_usd) AS com_receita,
  count(saldo_usd) AS com_os_dois,
  count(*) - count(saldo_usd) AS sem_um,
  sum(saldo_usd) AS saldo_total,
  count(*) FILTER (is_streaming) AS de_streaming,
  count(*) FILTER (NOT is_streaming) AS de_cinema,
  (SELECT count(*) FROM no_cinema) AS de_cinema_com_os_dois,
  (SELECT count(*) FROM streaming WHERE saldo_usd IS NOT NULL) AS de_streaming_com_os_dois,
  (SELECT count(*) FROM avaliados) AS avaliados,
  (SELECT count(*) FROM por_ano) AS anos,
  (SELECT count(media) FROM por_ano) AS anos_com_media,
  (SELECT count(DISTINCT imdb_id) FROM avaliados JOIN generos USING (imdb_id) JOIN por_genero USING (genero)) AS em_generos,
  (SELECT round(c, 2) FROM media) AS media,
  $m AS m,
  $least_votes AS least_votes,
  $least_films AS least_films,
  $note AS note
FROM filmes
