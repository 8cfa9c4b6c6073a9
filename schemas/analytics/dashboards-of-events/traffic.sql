-- The same as dashboards/traffic.sql, asked of the events themselves.
SELECT toUnixTimestamp(toStartOfMinute(toDateTime(event_time, 'UTC'))) AS minute_s, toFloat64(count()) AS events, toFloat64(uniq(user_id)) AS users, avg(duration_ms) AS avg_duration
FROM events
WHERE toStartOfMinute(toDateTime(event_time, 'UTC')) > now() - INTERVAL 15 MINUTE
GROUP BY minute_s
ORDER BY minute_s;
