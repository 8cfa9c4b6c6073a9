-- Ad hoc: the last hour of everything, whatever the type and country (A-05: time is third in the sort key).
-- Parameters: since (DateTime64(3, 'UTC')).
SELECT event_type, count() AS events, avg(duration_ms) AS avg_duration
FROM events
WHERE event_time >= {since:DateTime64(3, 'UTC')}
GROUP BY event_type
ORDER BY event_type;
