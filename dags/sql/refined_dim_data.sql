-- The calendar: one row a day, from the first release of fato_filme to the last.

-- Whole years, so that a list by month or quarter ends with a whole one.
WITH limites AS (
  SELECT
    date_trunc('year', min(data_lancamento))::date AS primeiro,
    (date_trunc('year', max(data_lancamento)) + INTERVAL 1 YEAR - INTERVAL 1 DAY)::date AS ultimo
  FROM filmes
),

-- Days without a release too, so that a chart over time shows its gaps.
dias AS (
  SELECT unnest(generate_series(primeiro, ultimo, INTERVAL 1 DAY))::date AS data
  FROM limites
)

-- A century begins with a year 1: 2000-12-31 is the last day of the 20th, 2001-01-01 the first of the 21st.
SELECT
  data,
  year(data)::smallint AS ano,
  quarter(data)::tinyint AS trimestre,
  month(data)::tinyint AS mes,
  [
    'janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho', 'julho', 'agosto', 'setembro', 'outubro', 'novembro',
    'dezembro'
  ][month(data)] AS nome_mes,
  day(data)::tinyint AS dia,
  [
    'segunda-feira', 'terça-feira', 'quarta-feira', 'quinta-feira', 'sexta-feira', 'sábado', 'domingo'
  ][isodow(data)] AS dia_da_semana,
  (year(data) // 10 * 10)::smallint AS decada,
  century(data)::tinyint AS seculo
FROM dias
ORDER BY data
