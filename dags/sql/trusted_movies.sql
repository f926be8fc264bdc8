-- One row a film: what movies.csv says about the film itself. Its artists are in trusted_movies_people.

-- The CSV has a row per artist and repeats the film in each of them. Equal repetitions become one row, which keeps their
-- number: the sum of linhas_no_csv is the number of rows in the CSV. No min() or avg() chooses between rows that
-- disagree: they all stay, and the check `unique: [imdb_id]` refuses the table.
WITH filmes AS (
  SELECT id, tituloPincipal, tituloOriginal, anoLancamento, tempoMinutos, genero, notaMedia, numeroVotos,
    count(*) AS linhas_no_csv
  FROM raw
  GROUP BY ALL
)

-- Text becomes types; what is no number fails. The null texts of the CSV (\N and nothing) are null already. A film of
-- 0 minutes has an unknown length.
SELECT
  id AS imdb_id,
  tituloPincipal AS titulo_principal,
  tituloOriginal AS titulo_original,
  anoLancamento::smallint AS ano,
  nullif(tempoMinutos::integer, 0) AS duracao_minutos,
  string_split(genero, ',') AS generos,
  notaMedia::decimal(3, 1) AS nota_imdb,
  numeroVotos::integer AS votos_imdb,
  linhas_no_csv
FROM filmes
ORDER BY imdb_id
