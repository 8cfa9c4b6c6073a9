-- On which pages: the ten with most views in the last five minutes.
SELECT page_url, toFloat64(sum(hot_pages.views)) AS views
FROM hot_pages
WHERE minute > now() - INTERVAL 5 MINUTE
GROUP BY page_url
ORDER BY views DESC, page_url
LIMIT 10;
