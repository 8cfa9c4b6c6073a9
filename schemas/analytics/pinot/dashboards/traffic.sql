-- What happens: events, people and the average time on a page, by the minute, in the last quarter of an hour.
SELECT minute / 1000 AS minute_s, COUNT(*) AS events, DISTINCTCOUNT(user_id) AS users, AVG(duration_ms) AS avg_duration
FROM hot_events
WHERE minute > ago('PT15M')
GROUP BY minute
ORDER BY minute
LIMIT 100;
