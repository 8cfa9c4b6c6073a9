-- On which pages: the ten with most views in the last five minutes.
SELECT page_url, COUNT(*) AS views
FROM hot_events
WHERE minute > ago('PT5M') AND event_type = 'pageview'
GROUP BY page_url
ORDER BY views DESC, page_url
LIMIT 10;
