-- Who took part in a film, and as what: one row per credit. A person may have several in one film (director and writer,
-- two characters), so count people with count(DISTINCT pessoa_id).

-- The answers that fato_filme took.
WITH respostas AS (
  SELECT filmes.imdb_id, tmdb.elenco, tmdb.equipe
  FROM filmes
  JOIN tmdb ON tmdb.tmdb_id = filmes.tmdb_id AND tmdb.dt = filmes.coletado_em
),

-- The cast, in the order of the credits: 0 is the first name.
elenco AS (
  SELECT imdb_id, unnest(elenco, max_depth := 2)
  FROM respostas
),

-- The crew: directors, writers, composers and all others, by TMDB's English names of department and job.
equipe AS (
  SELECT imdb_id, unnest(equipe, max_depth := 2)
  FROM respostas
),

-- Both together. UNION makes one row of equal ones.
participacoes AS (
  SELECT imdb_id, credito_id, pessoa_id, nome, 'Acting' AS departamento, 'Actor' AS papel, personagem, ordem FROM elenco
  UNION
  SELECT imdb_id, credito_id, pessoa_id, nome, departamento, funcao, NULL, NULL FROM equipe
)

-- Sorted, so that the same input gives the same file.
SELECT *
FROM participacoes
ORDER BY imdb_id, credito_id
