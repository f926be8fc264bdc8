-- One row a series: TMDB's answers of one day, typed.

-- A series that was asked twice on this day (--refetch) keeps the newer answer, which is in the object with the greater
-- key.
WITH respostas AS (
  SELECT *
  FROM raw
  QUALIFY row_number() OVER (PARTITION BY id ORDER BY _object DESC) = 1
)

-- TMDB writes 0 for an unknown runtime, 0.0 for a rating without votes, and '' for a missing text or date. All of these
-- become null, so that no average and no sum counts them. The IMDb id of a series is in external_ids alone.
SELECT
  id AS tmdb_id,
  nullif(trim(external_ids.imdb_id), '') AS imdb_id,
  nullif(name, '') AS titulo,
  nullif(original_name, '') AS titulo_original,
  nullif(original_language, '') AS idioma_original,
  nullif(first_air_date, '')::date AS data_estreia,
  nullif(last_air_date, '')::date AS data_ultimo_episodio,
  nullif(status, '') AS situacao,
  nullif(type, '') AS tipo,
  in_production AS em_producao,
  number_of_seasons AS temporadas,
  number_of_episodes AS episodios,
  [minutos FOR minutos IN episode_run_time IF minutos > 0] AS duracoes_minutos,
  (CASE WHEN vote_count > 0 THEN vote_average END)::decimal(5, 3) AS nota_tmdb,
  vote_count AS votos_tmdb,
  popularity AS popularidade,
  nullif(overview, '') AS sinopse,
  nullif(tagline, '') AS slogan,
  nullif(homepage, '') AS pagina,
  nullif(poster_path, '') AS cartaz,
  nullif(backdrop_path, '') AS fundo,
  adult AS adulto,
  [{'id': genero.id, 'nome': nullif(genero.name, '')} FOR genero IN genres] AS generos,
  [{'id': pessoa.id, 'nome': nullif(pessoa.name, '')} FOR pessoa IN created_by] AS criadores,
  [{'id': rede.id, 'nome': nullif(rede.name, ''), 'pais': nullif(rede.origin_country, '')} FOR rede IN networks] AS redes,
  [
    {'id': produtora.id, 'nome': nullif(produtora.name, ''), 'pais': nullif(produtora.origin_country, '')}
    FOR produtora IN production_companies
  ] AS produtoras,
  origin_country AS paises_origem,
  [pais.iso_3166_1 FOR pais IN production_countries] AS paises_producao,
  languages AS idiomas,
  [idioma.iso_639_1 FOR idioma IN spoken_languages] AS idiomas_falados,
  [
    {
      'id': parte.id, 'numero': parte.season_number, 'nome': nullif(parte.name, ''),
      'data_estreia': nullif(parte.air_date, '')::date, 'episodios': parte.episode_count,
      'nota_tmdb': nullif(parte.vote_average, 0)
    }
    FOR parte IN seasons
  ] AS lista_temporadas,
  [{'id': palavra.id, 'nome': palavra.name} FOR palavra IN keywords.results] AS palavras_chave,
  [
    {
      'credito_id': ator.credit_id, 'pessoa_id': ator.id, 'nome': nullif(ator.name, ''),
      'personagem': nullif(ator.character, ''), 'ordem': ator.order
    }
    FOR ator IN credits.cast
  ] AS elenco,
  [
    {
      'credito_id': membro.credit_id, 'pessoa_id': membro.id, 'nome': nullif(membro.name, ''),
      'departamento': nullif(membro.department, ''), 'funcao': nullif(membro.job, '')
    }
    FOR membro IN credits.crew
  ] AS equipe,
  [
    {'pais': lugar.iso_3166_1, 'classificacao': nullif(lugar.rating, '')}
    FOR lugar IN content_ratings.results
  ] AS classificacoes,
  external_ids.tvdb_id,
  nullif(external_ids.wikidata_id, '') AS wikidata_id,
  $ds::date AS dt
FROM respostas
ORDER BY imdb_id, tmdb_id
