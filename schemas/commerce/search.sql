-- The commerce case, as fixed: what answers a search while Elasticsearch does not (ECM-92, E-41). Run it after
-- postgres.sql; idempotent as that is. Both functions answer a page of product ids, best first, with the number of all
-- that match; the rating counts as it does in Elasticsearch, up to a quarter more for five stars (E-36).

-- Products with any of the words. The lexemes are the server's own, so nothing of the query is read as syntax.
CREATE OR REPLACE FUNCTION search_words(query text, wanted_category integer, wanted_brand text, lowest bigint,
  highest bigint, most integer, shown integer) RETURNS TABLE (product_id bigint, total integer)
LANGUAGE sql STABLE AS $$
  SELECT p.product_id, (count(*) OVER ())::integer
  FROM products p, (
    SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery AS words FROM unnest(to_tsvector('simple', query))) asked
  WHERE p.search @@ asked.words AND p.status = 'active'
    AND (wanted_category IS NULL OR p.category_id = wanted_category) AND (wanted_brand IS NULL OR p.brand = wanted_brand)
    AND (lowest IS NULL OR p.price_minor >= lowest) AND (highest IS NULL OR p.price_minor <= highest)
  ORDER BY ts_rank('{0.1, 0.33, 0.66, 1}', p.search, asked.words)
    * (1 + 0.05 * coalesce(p.rating_sum::float8 / nullif(p.review_count, 0), 0)) DESC, p.product_id DESC
  LIMIT most OFFSET shown;
$$;

-- Loads the library, without which its setting is unknown and may not be named below.
SELECT show_limit();

-- Products whose title has a word that looks like one of the query's: for typing errors. Word by word, so that each is
-- one look into the index of trigrams; two letters changed over leave a short word a third of its trigrams.
CREATE OR REPLACE FUNCTION search_alike(query text, wanted_category integer, wanted_brand text, lowest bigint,
  highest bigint, most integer, shown integer) RETURNS TABLE (product_id bigint, total integer)
LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.3 AS $$
  SELECT p.product_id, (count(*) OVER ())::integer
  FROM (
    SELECT f.category_id, f.product_id, sum(word_similarity(asked.word, f.title)) AS likeness
    FROM unnest(string_to_array(lower(query), ' ')) AS asked(word) JOIN products f ON f.title %> asked.word
    GROUP BY 1, 2) alike
  JOIN products p ON p.category_id = alike.category_id AND p.product_id = alike.product_id
  WHERE p.status = 'active'
    AND (wanted_category IS NULL OR p.category_id = wanted_category) AND (wanted_brand IS NULL OR p.brand = wanted_brand)
    AND (lowest IS NULL OR p.price_minor >= lowest) AND (highest IS NULL OR p.price_minor <= highest)
  ORDER BY alike.likeness * (1 + 0.05 * coalesce(p.rating_sum::float8 / nullif(p.review_count, 0), 0)) DESC,
    p.product_id DESC
  LIMIT most OFFSET shown;
$$;
