-- One row a series: what series.csv says about the series itself. Its artists are in trusted_series_people.

-- The CSV has a row per artist and repeats the series in each of them. Equal repetitions become one row, which keeps
-- their number: the sum of linhas_no_csv is the number of rows in the CSV. No min() or avg() chooses between rows that
-- disagree: they all stay, and the check `unique: [imdb_id]` refuses the table.
WITH series AS (
  SELECT id, tituloPincipal, tituloOriginal, anoLancamento, anoTermino, tempoMinutos, genero, notaMedia, numeroVotos,
    count(*) AS linhas_no_csv
  FROM raw
  GROUP BY ALL
)

-- Text becomes types; what is no number fails. The null texts of the CSV (\N and nothing) are null already. An episode
-- of 0 minutes has an unknown length.
SELECT
  id AS imdb_id,
  tituloPincipal AS titulo_principal,
  tituloOriginal AS titulo_original,
  anoLancamento::smallint AS ano,
  anoTermino::smallint AS ano_termino,
  nullif(tempoMinutos::integer, 0) AS duracao_minutos,
  string_split(genero, ',') AS generos,
  notaMedia::decimal(3, 1) AS nota_imdb,
  numeroVotos::integer AS votos_imdb,
  linhas_no_csv
FROM series
ORDER BY imdb_id
