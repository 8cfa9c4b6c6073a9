-- The same as dashboards/places.sql, asked of the events themselves.
SELECT country, device_type, toFloat64(count()) AS events, toFloat64(uniq(user_id)) AS users
FROM events
WHERE toStartOfMinute(toDateTime(event_time, 'UTC')) > now() - INTERVAL 30 MINUTE
GROUP BY country, device_type
ORDER BY events DESC, country, device_type;
