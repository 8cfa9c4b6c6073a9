-- Where it happens: the countries and kinds of device of the last half hour, the busiest first.
SELECT country, device_type, COUNT(*) AS events, DISTINCTCOUNT(user_id) AS users
FROM hot_events
WHERE minute > ago('PT30M')
GROUP BY country, device_type
ORDER BY events DESC, country, device_type
LIMIT 10000;
