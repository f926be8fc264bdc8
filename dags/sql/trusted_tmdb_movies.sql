-- One row a film: TMDB's answers of one day, typed. Money is in US$, nominal, as TMDB's users entered it.

-- A film that was asked twice on this day (--refetch) keeps the newer answer, which is in the object with the greater key.
WITH respostas AS (
  SELECT *
  FROM raw
  QUALIFY row_number() OVER (PARTITION BY id ORDER BY _object DESC) = 1
)

-- TMDB writes 0 for an unknown budget, revenue or runtime, 0.0 for a rating without votes, and '' for a missing text or
-- date. All of these become null, so that no average and no sum counts them.
SELECT
  id AS tmdb_id,
  coalesce(nullif(trim(imdb_id), ''), nullif(trim(external_ids.imdb_id), '')) AS imdb_id,
  nullif(title, '') AS titulo,
  nullif(original_title, '') AS titulo_original,
  nullif(original_language, '') AS idioma_original,
  nullif(release_date, '')::date AS data_lancamento,
  nullif(status, '') AS situacao,
  nullif(runtime, 0) AS duracao_minutos,
  nullif(budget, 0) AS orcamento_usd,
  nullif(revenue, 0) AS receita_usd,
  (CASE WHEN vote_count > 0 THEN vote_average END)::decimal(5, 3) AS nota_tmdb,
  vote_count AS votos_tmdb,
  popularity AS popularidade,
  nullif(overview, '') AS sinopse,
  nullif(tagline, '') AS slogan,
  nullif(homepage, '') AS pagina,
  nullif(poster_path, '') AS cartaz,
  nullif(backdrop_path, '') AS fundo,
  adult AS adulto,
  video,
  CASE
    WHEN belongs_to_collection IS NOT NULL
    THEN {'id': belongs_to_collection.id, 'nome': nullif(belongs_to_collection.name, '')}
  END AS colecao,
  [{'id': genero.id, 'nome': nullif(genero.name, '')} FOR genero IN genres] AS generos,
  [
    {'id': produtora.id, 'nome': nullif(produtora.name, ''), 'pais': nullif(produtora.origin_country, '')}
    FOR produtora IN production_companies
  ] AS produtoras,
  origin_country AS paises_origem,
  [pais.iso_3166_1 FOR pais IN production_countries] AS paises_producao,
  [idioma.iso_639_1 FOR idioma IN spoken_languages] AS idiomas_falados,
  [{'id': palavra.id, 'nome': palavra.name} FOR palavra IN keywords.keywords] AS palavras_chave,
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
  flatten([
    [
      {
        'pais': lugar.iso_3166_1, 'data': nullif(estreia.release_date, '')[:10]::date, 'tipo': estreia.type,
        'classificacao': nullif(estreia.certification, '')
      }
      FOR estreia IN lugar.release_dates
    ]
    FOR lugar IN release_dates.results
  ]) AS estreias,
  nullif(external_ids.wikidata_id, '') AS wikidata_id,
  $ds::date AS dt
FROM respostas
ORDER BY imdb_id, tmdb_id
