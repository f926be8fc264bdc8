-- The fact: one row a film that TMDB answered. Genres, companies and people hang on it by imdb_id, in tables of their own,
-- so that no join of theirs repeats a film's money. Money is in US$, nominal, as TMDB's users entered it.

-- A film that was collected on several days counts once, with its newest day: here by TMDB's id, because a film's IMDb id
-- may be corrected between two days. A film without an IMDb id has no key; Trusted warns of it.
WITH por_tmdb AS (
  SELECT tmdb_id, imdb_id, dt, data_lancamento, orcamento_usd, receita_usd, nota_tmdb, votos_tmdb, popularidade,
    [produtora.id FOR produtora IN produtoras] AS produtora_ids
  FROM tmdb
  WHERE imdb_id IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY tmdb_id ORDER BY dt DESC) = 1
),

-- And once by IMDb's id: when TMDB joins two entries of one film, the film has another TMDB id from then on.
por_imdb AS (
  SELECT *
  FROM por_tmdb
  QUALIFY row_number() OVER (PARTITION BY imdb_id ORDER BY dt DESC, tmdb_id DESC) = 1
)

-- IMDb's rating comes by the id alone: titles and amounts of money are shared by different films. A profit needs both of
-- its figures; with one of them it is unknown. Disney is known by the ids of its companies, because other companies
-- have "Disney" in their names. A film that was released to streaming has no box office that says how it did, so the
-- declared list marks it.
SELECT
  por_imdb.imdb_id,
  por_imdb.tmdb_id,
  por_imdb.data_lancamento,
  por_imdb.orcamento_usd,
  por_imdb.receita_usd,
  por_imdb.receita_usd - por_imdb.orcamento_usd AS lucro_usd,
  imdb.nota_imdb,
  imdb.votos_imdb,
  por_imdb.nota_tmdb,
  por_imdb.votos_tmdb,
  por_imdb.popularidade,
  por_imdb.dt AS coletado_em,
  list_has_any(por_imdb.produtora_ids, $companies::bigint[]) AS is_disney,
  list_contains($streaming::varchar[], por_imdb.imdb_id) AS is_streaming
FROM por_imdb
LEFT JOIN imdb USING (imdb_id)
ORDER BY por_imdb.imdb_id
