-- Ad hoc: the last hour of everything, whatever the type and country.
-- Parameters: $1, since (timestamptz).
SELECT event_type, count(*) AS events, sum(duration_ms)::float8 / count(*) AS avg_duration
FROM events
WHERE event_time >= $1
GROUP BY event_type
ORDER BY event_type;
