-- The commerce case, as fixed: what answers a search while Elasticsearch does not (ECM-92, E-41). Run it after
-- postgres.sql; idempotent as that is.

-- Loads the library, without which its setting is unknown and may not be named below.
SELECT show_limit();

-- A page of products, best first, with the number of all that match any word, as Elasticsearch does it. A word that no
-- product has is taken for a typing error: titles that look alike stand in for it, word by word, so that each is one look
-- into the index of trigrams (two letters changed over leave a short word a third of its trigrams). The rating counts as
-- it does in Elasticsearch, up to a quarter more for five stars (E-36).
CREATE OR REPLACE FUNCTION search_products(query text, wanted_category integer, wanted_brand text, lowest bigint,
  highest bigint, most integer, shown integer) RETURNS TABLE (product_id bigint, total integer)
LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.3 AS $$
  WITH asked AS MATERIALIZED (
    SELECT word, plainto_tsquery('simple', word) AS term,
      EXISTS (SELECT FROM products p WHERE p.search @@ plainto_tsquery('simple', word)) AS known
    FROM unnest(string_to_array(lower(query), ' ')) AS split(word)
  ), hits AS (
    SELECT p.category_id, p.product_id, ts_rank('{0.1, 0.33, 0.66, 1}', p.search, a.term) AS score
    FROM asked a JOIN products p ON p.search @@ a.term WHERE a.known
    UNION ALL
    -- A word of the title counts .6 in ts_rank.
    SELECT p.category_id, p.product_id, 0.6 * word_similarity(a.word, p.title)
    FROM asked a JOIN products p ON p.title %> a.word WHERE NOT a.known
  ), sums AS (
    SELECT h.category_id, h.product_id, sum(h.score) AS score FROM hits h GROUP BY 1, 2
  )
  SELECT p.product_id, (count(*) OVER ())::integer
  FROM sums s JOIN products p ON p.category_id = s.category_id AND p.product_id = s.product_id
  WHERE p.status = 'active'
    AND (wanted_category IS NULL OR p.category_id = wanted_category) AND (wanted_brand IS NULL OR p.brand = wanted_brand)
    AND (lowest IS NULL OR p.price_minor >= lowest) AND (highest IS NULL OR p.price_minor <= highest)
  ORDER BY s.score * (1 + 0.05 * coalesce(p.rating_sum::float8 / nullif(p.review_count, 0), 0)) DESC, p.product_id DESC
  LIMIT most OFFSET shown;
$$;
