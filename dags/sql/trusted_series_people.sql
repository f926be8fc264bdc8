-- One row per row of series.csv: an artist in a series. The series' own columns are in trusted_series, by imdb_id. The
-- CSV has no id of a person: two artists of one name cannot be told apart here.
SELECT
  id AS imdb_id,
  nomeArtista AS nome,
  generoArtista AS genero_artista,
  personagem,
  anoNascimento::smallint AS ano_nascimento,
  anoFalecimento::smallint AS ano_falecimento,
  string_split(profissao, ',') AS profissoes,
  string_split(titulosMaisConhecidos, ',') AS titulos_mais_conhecidos
FROM raw
